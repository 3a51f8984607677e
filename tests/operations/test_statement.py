"""A client's statement adds up over all pages, and says when InvoiceXpress comes to another balance.

Source: contract A9 (treasury), A7 (a client's documents).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Harness, Json, document_arguments, line
from tests.interfaces.mcp import sandbox_documents

ACME = 501


async def statement(harness: Harness, **given: Any) -> Json:
    return await harness.call("account_statement", {"client_id": ACME, **given})


async def test_a_client_without_documents_owes_nothing_and_both_agree(harness: Harness) -> None:
    shown = await statement(harness)
    assert (shown["rows"], shown["closing"], shown["agrees"]) == ([], "0.00", True)
    assert shown["client"]["name"] == "ACME, Lda"
    assert "differs" not in shown


async def test_every_kind_of_movement_is_a_row_and_the_sums_are_the_balance(harness: Harness) -> None:
    opening = {"client_id": ACME, "value": 250.5, "date": "2026-01-01"}
    await harness.call("set_initial_balance", opening)
    first = await harness.create_issued(items=[line(quantity=2)])
    paid = {"document_id": first["id"], "amount": 46, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
    await harness.call("generate_payment", paid)
    await harness.create_issued(document_type="credit_notes", owner_invoice_id=first["id"])
    await harness.create_issued(document_type="invoice_receipts", idempotency_key="r")
    await harness.call("create_regularization", {"client_id": ACME, "value": 10, "date": "2026-11-20"})
    gone = await harness.create_issued()
    await harness.call(
        "change_state", document_arguments(gone, state="canceled", message="Emitida ao cliente errado.")
    )
    await harness.create_draft()
    shown = await statement(harness)
    rows = [dict(zip(shown["columns"], row, strict=True)) for row in shown["rows"]]
    assert sorted((one["document"], one["debit"], one["credit"]) for one in rows) == [
        ("credit_notes", "", "123.00"),
        ("invoice_receipts", "123.00", "123.00"),
        ("invoices", "246.00", ""),
        ("receipts", "", "46.00"),
        ("regularization", "", "10.00"),
    ]
    assert (shown["opening"], shown["debit"], shown["credit"]) == ("250.50", "369.00", "302.00")
    assert shown["closing"] == shown["invoicexpress"] == rows[-1]["balance"] == "317.50"
    assert shown["agrees"] is True


async def test_what_the_client_withholds_is_an_entry_and_is_not_owed(harness: Harness) -> None:
    """InvoiceXpress's own balance counts it as owed."""
    made = await harness.create_issued(items=[line(unit_price=1000)], retention=25)
    paid = {"document_id": made["id"], "amount": 980, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
    assert (await statement(harness))["owed_now"] == "980.00"
    await harness.call("generate_payment", paid)
    shown = await statement(harness)
    rows = [dict(zip(shown["columns"], row, strict=True)) for row in shown["rows"]]
    assert ("withholding", "250.00") in [(one["document"], one["credit"]) for one in rows]
    assert (shown["owed_now"], shown["withheld"], shown["invoicexpress"]) == ("0.00", "250.00", "250.00")
    assert shown["agrees"] is True
    assert "also counts the €250.00 that the client withholds" in shown["differs"]
    assert shown["overdue"] == "0.00"
    await harness.create_issued(
        document_type="credit_notes",
        owner_invoice_id=made["id"],
        items=[line(name="Parte", unit_price=100)],
        retention=25,
    )
    shown = await statement(harness)
    assert (shown["owed_now"], shown["withheld"]) == ("-98.00", "225.00")


async def test_tax_that_was_receipted_was_not_withheld(harness: Harness) -> None:
    made = await harness.create_issued(items=[line(unit_price=1000)], retention=25)
    await harness.call("change_state", document_arguments(made, state="settled"))
    shown = await statement(harness)
    assert (shown["owed_now"], shown["invoicexpress"], shown["agrees"]) == ("0.00", "0.00", True)
    receipt = {"document_type": "invoice_receipts", "retention": 25, "items": [line(name="Outra")]}
    await harness.create_issued(**receipt)
    assert (await statement(harness))["owed_now"] == "0.00"


async def test_what_cannot_be_listed_is_said_with_its_amount(harness: Harness) -> None:
    movement = {"client_id": ACME, "movement_type": "Payment", "value": 40, "date": "2026-11-20"}
    await harness.create_issued()
    await harness.call("create_treasury_movement", movement)
    shown = await statement(harness)
    assert (shown["closing"], shown["invoicexpress"], shown["agrees"]) == ("123.00", "83.00", False)
    assert "treasury movements" in shown["differs"]
    assert "-€40.00" in shown["differs"]


async def test_the_dates_choose_rows_and_the_rest_is_in_the_opening_balance_or_told(harness: Harness) -> None:
    for day in ("2026-10-05", "2026-11-03", "2026-11-19"):
        await harness.create_issued(date=day)
    shown = await statement(harness, date_from="2026-11-01", date_to="2026-11-10")
    assert [row[0] for row in shown["rows"]] == ["2026-11-03"]
    assert (shown["opening"], shown["closing"], shown["owed_now"]) == ("123.00", "246.00", "369.00")
    assert shown["agrees"] is True
    assert (
        shown["left_out"]
        == "rows before 01/11/2026, part of the opening balance: 1; rows after 10/11/2026, part of what is owed now and not of "
        "the closing balance: 1"
    )
    newest = await statement(harness, most_rows=1)
    assert [row[0] for row in newest["rows"]] == ["2026-11-19"]
    assert (newest["opening"], newest["closing"]) == ("246.00", "369.00")
    assert "older rows, part of the opening balance too: 2" in newest["left_out"]


async def test_more_than_a_page_of_documents_is_read_to_the_end(harness: Harness) -> None:
    for _ in range(103):
        await sandbox_documents.create_issued(harness)
    before = len(harness.sandbox.requests())
    shown = await statement(harness, most_rows=5)
    pages = [
        one for one in harness.sandbox.requests()[before:] if one["path"] == "/clients/501/invoices.json"
    ]
    assert len(pages) == 2
    assert len(shown["rows"]) == 5
    assert (shown["closing"], shown["agrees"]) == ("12669.00", True)
    assert "opening balance too: 98" in shown["left_out"]


@pytest.mark.parametrize("who", [{"code": "ACME"}, {"name": "ACME, Lda"}, {"client_id": ACME}])
async def test_a_client_is_found_by_id_code_or_name(harness: Harness, who: Json) -> None:
    assert (await harness.call("account_statement", who))["client"]["id"] == ACME


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "client"), ({"client_id": 1, "date_from": "2026-02-01", "date_to": "2026-01-01"}, "date_to")],
)
async def test_a_statement_of_nobody_or_backwards_is_refused(
    harness: Harness, given: Json, field: str
) -> None:
    assert field in await harness.get_refusal("account_statement", given)


async def test_an_unknown_client_is_an_error_and_no_empty_statement(harness: Harness) -> None:
    assert (await harness.get_error("account_statement", {"client": "NOBODY"})).code == "refused"
