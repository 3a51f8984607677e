"""Payments and receipts."""

from typing import Any

import pytest

from tests.harness import Harness, Json, document_arguments, invoice, line


def payment(document: Json, amount: Any = 123, **changes: Any) -> Json:
    given = {"amount": amount, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
    return document_arguments(document, **{**given, **changes})


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
    [
        ("123.01", True),
        ("123.00", False),
        ("0.01", False),
        (0, True),
        ("-1", True),
        ("10.001", True),
        ("abc", True),
    ],
)
async def test_a_payment_is_at_most_what_is_open(harness: Harness, amount: Any, refused: bool) -> None:
    issued = await harness.create_issued()
    if refused:
        assert "amount" in await harness.get_refusal("generate_payment", payment(issued, amount))
    else:
        result = await harness.call("generate_payment", payment(issued, amount))
        assert result["receipt"]["total"] == amount
        assert harness.get_last_body()["amount"] in {"123", "0.01"}


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


@pytest.mark.parametrize(
    ("day", "refused"),
    [("2026-11-18", True), ("2026-11-19", False), ("2026-11-20", False), ("2026-11-21", True)],
)
async def test_nobody_pays_before_the_invoice_or_tomorrow(harness: Harness, day: str, refused: bool) -> None:
    issued = await harness.create_issued(date="2026-11-19")
    if refused:
        assert "payment_date" in await harness.get_refusal(
            "generate_payment", payment(issued, payment_date=day)
        )
    else:
        assert (await harness.call("generate_payment", payment(issued, payment_date=day)))["ok"]


@pytest.mark.parametrize(
    ("mechanism", "refused"),
    [
        ("TB", False),
        ("MB", False),
        ("NU", False),
        ("CI", True),
        ("tb", True),
        ("", True),
        ("Multibanco", True),
    ],
)
async def test_a_payment_mechanism_is_one_of_the_thirteen(
    harness: Harness, mechanism: str, refused: bool
) -> None:
    """G2; CI appears in one client only."""
    issued = await harness.create_issued()
    if refused:
        assert (
            "TB"
            in (await harness.get_refusal("generate_payment", payment(issued, payment_mechanism=mechanism)))[
                "payment_mechanism"
            ]
        )
    else:
        assert (await harness.call("generate_payment", payment(issued, payment_mechanism=mechanism)))["ok"]


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
    assert error.message == "There is no receipt with the id 99. Nothing was sent."
