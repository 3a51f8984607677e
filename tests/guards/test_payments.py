"""Payments and receipts."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.domain.records import Client, Document
from ix_tools.errors import InvalidArguments
from ix_tools.guards.facts import Facts
from ix_tools.guards.payments import (
    amount_within_what_is_open,
    cash_within_legal_limit,
    payment_date_not_before_document,
)
from ix_tools.i18n.formats import LISBON
from ix_tools.pipeline.execute import parse
from tests.harness import Harness, Json, document_arguments, invoice, line, warnings_by_field


def payment(document: Json, amount: Any = 123, **changes: Any) -> Json:
    given = {"amount": amount, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
    return document_arguments(document, **{**given, **changes})


def payment_call(**changes: Any) -> Any:
    """A call of generate_payment, as rules see it."""
    given = {
        "amount": Decimal(1),
        "payment_mechanism": "TB",
        "payment_date": date(2026, 11, 20),
        "accept": (),
    }
    return SimpleNamespace(**{**given, **changes})


def facts_of_invoice(total: str) -> Facts:
    """A final invoice of yesterday."""
    document = Document(
        id=1001, document_type="invoices", status="final", total=Decimal(total), date=date(2026, 11, 19)
    )
    return Facts(now=datetime(2026, 11, 20, 10, tzinfo=LISBON), document=document)


async def test_only_an_issued_and_open_invoice_is_paid(harness: Harness) -> None:
    """Table B: draft no, final yes, settled no, canceled no."""
    draft, paid, gone = (
        await harness.create_draft(),
        await harness.create_issued(),
        await harness.create_issued(),
    )
    await harness.call("generate_payment", payment(paid))
    await harness.call(
        "change_state", document_arguments(gone, state="canceled", message="Emitida ao cliente errado.")
    )
    assert "is draft" in (await harness.get_refusal("generate_payment", payment(draft)))["document_id"]
    assert "is settled" in (await harness.get_refusal("generate_payment", payment(paid)))["document_id"]
    assert "is canceled" in (await harness.get_refusal("generate_payment", payment(gone)))["document_id"]


@pytest.mark.parametrize(
    ("amount", "refused"),
    [("123.01", True), ("123.00", False), ("0.01", False), ("0", True)],
)
def test_a_payment_is_at_most_what_is_open(amount: str, refused: bool) -> None:
    findings = amount_within_what_is_open(payment_call(amount=Decimal(amount)), facts_of_invoice("123.00"))
    assert [(one.kind, one.problem.field) for one in findings] == [("refuse", "amount")] * refused


@pytest.mark.parametrize("amount", ["-1", "10.001", "abc"])
def test_an_amount_is_a_positive_number_to_the_cent(amount: str) -> None:
    with pytest.raises(InvalidArguments) as refused:
        parse("generate_payment", payment({"document_type": "invoices", "id": 1001}, amount))
    assert {one.field for one in refused.value.problems} == {"amount"}


async def test_the_amount_that_is_given_is_received(harness: Harness) -> None:
    issued = await harness.create_issued()
    for amount in ("0.01", "122.99"):
        result = await harness.call("generate_payment", payment(issued, amount))
        assert (result["receipt"]["total"], harness.get_last_body()["amount"]) == (amount, amount)


async def test_receipts_and_credit_notes_that_stand_are_taken_off_what_is_open(harness: Harness) -> None:
    issued = await harness.create_issued()
    first = await harness.call("generate_payment", payment(issued, 100))
    found = await harness.get_refusal("generate_payment", payment(issued, "23.01"))
    assert "23.01 is more than the 23.00 still open | at most 23.00" in found["amount"]
    credit = invoice(
        document_type="credit_notes", owner_invoice_id=issued["id"], items=[line(name="C", unit_price=10)]
    )
    note = (await harness.call("create_invoice", credit))["document"]
    assert (
        "10.71" not in (await harness.get_refusal("generate_payment", payment(issued, "23.01")))["amount"]
    )  # still a draft
    await harness.call("change_state", document_arguments(note, state="finalized"))
    assert (
        "10.70 still open"
        in (await harness.get_refusal("generate_payment", payment(issued, "10.71")))["amount"]
    )
    await harness.call(
        "cancel_payment", {"receipt_id": first["receipt"]["id"], "message": "Pago na fatura errada."}
    )
    result = await harness.call("generate_payment", payment(issued, "110.70"))
    assert result["receipt"]["total"] == "110.70"
    assert (await harness.read_document(issued))["status"] == "settled"


HUNDRED = [line(unit_price=1000)]


async def test_what_the_client_withholds_is_never_open(harness: Harness) -> None:
    """1230.00 with 25 % withheld on 1000.00: 980.00 are paid, and 250.00 go to the tax authority."""
    issued = await harness.create_issued(items=HUNDRED, retention=25)
    read = await harness.call("get_document", document_arguments(issued))
    assert (read["to_pay"], read["withheld"]) == ("980.00", "250.00")
    text = await harness.get_approval_text("generate_payment", payment(issued, 980))
    assert "980.00" in text
    assert "250.00" in text
    await harness.call("generate_payment", payment(issued, 980))
    read = await harness.call("get_document", document_arguments(issued))
    assert (read["to_pay"], read["withheld"]) == ("0.00", "250.00")
    found = await harness.check_acceptance("generate_payment", payment(issued, "0.01"), "withholding_paid")
    assert "the client withholds 250.00" in found["amount"]
    assert "| no payment, or accept" in found["amount"]


async def test_settling_says_that_its_receipt_is_for_withheld_tax(harness: Harness) -> None:
    issued = await harness.create_issued(items=HUNDRED, retention=25)
    await harness.call("generate_payment", payment(issued, 980))
    settle = document_arguments(issued, state="settled")
    approval = await harness.get_approval_text("change_state", settle)
    assert "250.00" in approval
    assert "no such money is received" in approval
    done = await harness.call("change_state", settle)
    assert warnings_by_field(done)["state"].endswith("no such money is received; nothing is open any more")


async def test_settling_with_something_open_names_what_to_pay_instead(harness: Harness) -> None:
    issued = await harness.create_issued(items=HUNDRED, retention=25)
    done = await harness.call("change_state", document_arguments(issued, state="settled"))
    assert warnings_by_field(done)["state"].endswith("use generate_payment with 980.00 EUR")


async def test_an_invoice_credited_in_full_takes_no_payment(harness: Harness) -> None:
    issued = await harness.create_issued()
    credit = invoice(document_type="credit_notes", owner_invoice_id=issued["id"])
    note = (await harness.call("create_invoice", credit))["document"]
    await harness.call("change_state", document_arguments(note, state="finalized"))
    found = await harness.get_refusal("generate_payment", payment(issued, "0.01"))
    assert found["amount"] == "0.01 is more than the 0.00 still open | no payment"


async def test_settling_without_withholding_is_no_matter_for_a_warning(harness: Harness) -> None:
    issued = await harness.create_issued()
    done = await harness.call("change_state", document_arguments(issued, state="settled"))
    assert "state" not in warnings_by_field(done)


async def test_what_is_owed_to_the_client_is_said_in_place_of_a_negative_amount(harness: Harness) -> None:
    issued = await harness.create_issued()
    await harness.call("generate_payment", payment(issued, 60))
    note = await harness.create_issued(document_type="credit_notes", owner_invoice_id=issued["id"])
    assert note["total"] == "123.00"
    found = await harness.get_refusal("generate_payment", payment(issued, 1))
    assert "nothing is open: 60.00 is owed to the client" in found["amount"]
    read = await harness.call("get_document", document_arguments(issued))
    assert read["to_pay"] == "0.00"


COMPANY, PERSON = (
    {"name": "ACME, Lda", "country": "Portugal", "fiscal_id": "508112230"},
    {"name": "Ana", "code": "ANA", "fiscal_id": "245081305"},
)
FRENCH = {"name": "Luc", "code": "LUC", "country": "France"}
GERMAN_COMPANY = {"name": "Gamma", "code": "GAMMA", "country": "Germany", "fiscal_id": "DE136695976"}


@pytest.mark.parametrize(
    ("client", "total", "amount", "mechanism", "article"),
    [
        (COMPANY, "6150.00", "6150", "NU", "n.º 2"),
        (COMPANY, "6150.00", "100", "NU", "n.º 2"),  # all payments of one sale count together
        (COMPANY, "6150.00", "6150", "TB", ""),
        (COMPANY, "999.99", "999.99", "NU", ""),
        (COMPANY, "1000.00", "1000", "NU", "n.º 2"),
        (PERSON, "2999.99", "2999.99", "NU", ""),
        (PERSON, "3000.00", "3000", "NU", "n.º 1"),
        (FRENCH, "6150.00", "6150", "NU", ""),
        (FRENCH, "11070.00", "11070", "NU", "n.º 3"),
        (GERMAN_COMPANY, "6150.00", "6150", "NU", "n.º 1"),
    ],
)
def test_cash_above_the_legal_limit_is_warned_of(
    client: Json, total: str, amount: str, mechanism: str, article: str
) -> None:
    """LGT 63-E: companies 1000, persons 3000, persons from abroad 10000 EUR."""
    call = payment_call(amount=Decimal(amount), payment_mechanism=mechanism)
    facts = replace(facts_of_invoice(total), document_client=Client(**client))
    findings = [
        (one.kind, one.problem.field, str(one.problem.problem))
        for one in cash_within_legal_limit(call, facts)
    ]
    assert [one[:2] for one in findings] == [("warn", "payment_mechanism")] * bool(article)
    assert all(f"63.º-E, {article}" in text for *_, text in findings)


async def test_a_receipt_in_cash_carries_the_warning(harness: Harness) -> None:
    issued = await harness.create_issued(items=[line(unit_price=5000)])
    done = await harness.call("generate_payment", payment(issued, 100, payment_mechanism="NU"))
    assert "63.º-E, n.º 2" in warnings_by_field(done)["payment_mechanism"]


@pytest.mark.parametrize(
    ("day", "refused"),
    [("2026-11-18", True), ("2026-11-19", False), ("2026-11-20", False), ("2026-11-21", True)],
)
def test_nobody_pays_before_the_invoice_or_tomorrow(day: str, refused: bool) -> None:
    call = payment_call(payment_date=date.fromisoformat(day))
    findings = payment_date_not_before_document(call, facts_of_invoice("123.00"))
    assert [(one.kind, one.problem.field) for one in findings] == [("refuse", "payment_date")] * refused


async def test_a_payment_of_tomorrow_is_not_sent(harness: Harness) -> None:
    tomorrow = payment(await harness.create_issued(), payment_date="2026-11-21")
    assert "payment_date" in await harness.get_refusal("generate_payment", tomorrow)


@pytest.mark.parametrize(
    ("mechanism", "refused"),
    [
        ("TB", False),
        ("MB", False),
        ("NU", False),
        ("CI", True),
        ("tb", False),
        ("T", True),
        ("Multibanco", True),
    ],
)
def test_a_payment_mechanism_is_one_of_the_thirteen(mechanism: str, refused: bool) -> None:
    """G2; CI appears in one client only."""
    given = payment({"document_type": "invoices", "id": 1001}, payment_mechanism=mechanism)
    if not refused:
        assert parse("generate_payment", given).payment_mechanism == mechanism.upper()  # type: ignore[attr-defined]
        return
    with pytest.raises(InvalidArguments) as error:
        parse("generate_payment", given)
    (problem,) = error.value.problems
    assert problem.field == "payment_mechanism"
    assert "TB" in str(problem.allowed) + str(problem.problem)


async def test_a_receipt_series_exists_and_is_registered(harness: Harness) -> None:
    issued = await harness.create_issued()
    assert (
        "2026; B2026"
        in (await harness.get_refusal("generate_payment", payment(issued, serie="C2026")))["serie"]
    )
    assert (
        "not registered for receipts"
        in (await harness.get_refusal("generate_payment", payment(issued, serie="B2026")))["serie"]
    )
    assert (await harness.call("generate_payment", payment(issued, serie="2026")))["ok"]


async def test_a_receipt_is_cancelled_once_and_with_a_reason(harness: Harness) -> None:
    issued = await harness.create_issued()
    receipt = (await harness.call("generate_payment", payment(issued)))["receipt"]["id"]
    cancel = {"receipt_id": receipt, "message": "Pago na fatura errada."}
    assert (
        "at least 15 characters"
        in (await harness.get_refusal("cancel_payment", {**cancel, "message": "engano"}))["message"]
    )
    assert (await harness.call("cancel_payment", cancel))["receipt"]["status"] == "canceled"
    assert "the receipt is canceled" in (await harness.get_refusal("cancel_payment", cancel))["receipt_id"]


async def test_a_receipt_that_is_not_there_is_said_before_anything_is_sent(harness: Harness) -> None:
    error = await harness.get_error("cancel_payment", {"receipt_id": 99, "message": "Pago na fatura errada."})
    assert (error.code, error.sent, harness.list_writes()) == ("not_found", "nothing", [])
    assert str(error) == "There is no receipt with the id 99. Nothing was sent."
