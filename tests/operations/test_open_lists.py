"""What is unpaid and overdue, of each document, by client and in all; and a list that is short.

Source: domain/settlement.py for what is open; contract A1.3 for the filters, A5 for related documents.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ix_tools.errors import InvalidArguments
from ix_tools.pipeline.arguments import parse
from ix_tools.pipeline.truncation import to_compact_json
from tests.harness import Harness, Json, document_arguments, line
from tests.interfaces.mcp import sandbox_documents


async def pay(harness: Harness, document: Json, amount: float) -> None:
    payment = {"amount": amount, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
    await harness.call("generate_payment", {"document_id": document["id"], **payment})


async def unpaid(harness: Harness, **given: Any) -> Json:
    return await harness.call("list_invoices", {"unpaid": True, **given})


def amounts(result: Json) -> dict[int, str]:
    return {row["id"]: row["open"] for row in result["invoices"]}


async def test_each_kind_of_document_is_listed_with_what_is_open_of_it(harness: Harness) -> None:
    whole = await harness.create_issued()
    part = await harness.create_issued()
    await pay(harness, part, 23)
    credited = await harness.create_issued()
    note = {
        "document_type": "credit_notes",
        "owner_invoice_id": credited["id"],
        "items": [line(quantity=0.5)],
    }
    await harness.create_issued(**note)
    withheld = await harness.create_issued(items=[line(name="Obra", unit_price=1000)], retention=25)
    debit = await harness.create_issued(document_type="debit_notes", owner_invoice_id=whole["id"])
    paid = await harness.create_issued()
    await harness.call("change_state", document_arguments(paid, state="settled"))
    await harness.create_issued(document_type="invoice_receipts")
    await harness.create_draft()
    found = await unpaid(harness)
    assert amounts(found) == {
        whole["id"]: "123.00",
        part["id"]: "100.00",
        credited["id"]: "61.50",
        withheld["id"]: "980.00",
        debit["id"]: "123.00",
    }
    assert (found["open_total"], found["overdue_total"], found["total_entries"]) == ("1387.50", "0.00", 5)
    assert found["by_client"] == [
        {"client": "ACME, Lda", "open": "1387.50", "overdue": "0.00", "documents": 5}
    ]


async def test_what_is_credited_or_withheld_whole_is_not_unpaid_and_is_counted(harness: Harness) -> None:
    credited = await harness.create_issued()
    await harness.create_issued(document_type="credit_notes", owner_invoice_id=credited["id"])
    withheld = await harness.create_issued(items=[line(name="Obra", unit_price=1000)], retention=25)
    await pay(harness, withheld, 980)
    found = await unpaid(harness)
    assert found["invoices"] == []
    assert found["open_total"] == "0.00"
    assert found["left_out"].startswith("2 left out: nothing is left to pay of them")


async def test_overdue_is_what_was_due_before_today(harness: Harness) -> None:
    late = await harness.create_issued(date="2026-11-01", due_date="2026-11-19")
    await harness.create_issued(date="2026-11-01", due_date="2026-11-20")
    found = await harness.call("list_invoices", {"overdue": True})
    assert [(row["id"], row["days_overdue"]) for row in found["invoices"]] == [(late["id"], 1)]
    assert found["overdue_total"] == found["open_total"] == "123.00"
    every = await unpaid(harness)
    assert [row.get("days_overdue") for row in every["invoices"]] == [1, None]
    assert (every["open_total"], every["overdue_total"]) == ("246.00", "123.00")


async def test_the_same_is_asked_of_one_client(harness: Harness) -> None:
    mine = await harness.create_issued(due_date="2026-11-20")
    await harness.create_issued(client={"name": "Gama, SA", "code": "GAMA"})
    await pay(harness, mine, 100)
    found = await harness.call("list_client_invoices", {"client": "ACME", "unpaid": True})
    assert amounts(found) == {mine["id"]: "23.00"}
    assert (await unpaid(harness))["open_total"] == "146.00"


async def test_a_receipt_is_no_invoice(harness: Harness) -> None:
    paid = await harness.create_issued(due_date="2026-11-20")
    await harness.call("change_state", document_arguments(paid, state="settled"))
    due = await harness.call("list_invoices", {"states": ["final"], "due_date_to": "today"})
    assert due["invoices"] == []
    assert {row["document_type"] for row in (await harness.call("list_invoices"))["invoices"]} == {"invoices"}
    asked = await harness.call("list_invoices", {"types": ["receipts"]})
    assert {row["document_type"] for row in asked["invoices"]} == {"receipts"}


async def test_only_documents_whose_client_has_a_receipt_or_note_since_are_looked_up(
    harness: Harness,
) -> None:
    early = await harness.create_issued(date="2026-11-10")
    for _ in range(6):
        await harness.create_issued(client={"name": "Gama, SA", "code": "GAMA"})
    await pay(harness, early, 23)
    before = len(harness.sandbox.requests())
    found = await unpaid(harness)
    paths = [one["path"].split("?")[0] for one in harness.sandbox.requests()[before:]]
    assert sorted(set(paths)) == [f"/document/{early['id']}/related_documents.json", "/invoices.json"]
    assert len(paths) == 3
    assert found["open_total"] == "838.00"


async def test_receipts_that_cannot_be_read_are_said(harness: Harness) -> None:
    made = await harness.create_issued()
    await pay(harness, made, 23)
    harness.sandbox.fault("GET", rf"^/document/{made['id']}/related_documents", status=404, body={})
    found = await unpaid(harness)
    assert amounts(found) == {made["id"]: "123.00"}
    assert found["left_out"] == "the receipts and notes of 1 were not read, so less may be open of them"


async def test_sums_are_of_every_page(harness: Harness) -> None:
    for _ in range(3):
        await harness.create_issued()
    found = await unpaid(harness, per_page=2)
    assert (len(found["invoices"]), found["pages"], found["open_total"]) == (2, 2, "369.00")
    assert found["left_out"] == "3 in all, 2 on this page; next: page 2"
    last = await unpaid(harness, per_page=2, page=2)
    assert (len(last["invoices"]), last["open_total"]) == (1, "369.00")
    assert "left_out" not in last


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("types", ["receipts"]),
        ("types", ["invoices", "credit_notes"]),
        ("states", ["draft"]),
        ("states", ["settled"]),
    ],
)
async def test_what_cannot_be_unpaid_is_refused(harness: Harness, field: str, given: list[str]) -> None:
    found = await harness.get_refusal("list_invoices", {"unpaid": True, field: given})
    assert "cannot be unpaid" in found[field]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"states": ["unpaid"]}, {"unpaid": True}),
        ({"states": "overdue"}, {"overdue": True}),
        ({"states": ["final", "unpaid"]}, {"states": ["final"], "unpaid": True}),
    ],
)
@pytest.mark.parametrize("name", ["list_invoices", "list_client_invoices"])
def test_a_filter_among_the_states_is_understood(name: str, given: Json, meant: Json) -> None:
    client = {"client_id": 501} if name == "list_client_invoices" else {}
    assert parse(name, {**given, **client}) == parse(name, {**meant, **client})


def test_other_words_are_no_states() -> None:
    for word in ("paid", "open"):
        with pytest.raises(InvalidArguments):
            parse("list_invoices", {"states": [word, "unpaid"]})


async def test_filters_narrow_what_is_unpaid(harness: Harness) -> None:
    mine = await harness.create_issued(reference="PO-7")
    await harness.create_issued(reference="PO-70", due_date="2026-11-25")
    assert list(amounts(await unpaid(harness, reference="PO-7"))) == [mine["id"]]
    assert list(amounts(await unpaid(harness, due_date_from="2026-12-01"))) == [mine["id"]]
    assert list(amounts(await unpaid(harness, types=["invoices"], states=["final"])))[1:] == [mine["id"]]


async def test_a_hundred_rows_of_the_concise_form_are_short(harness: Harness) -> None:
    for _ in range(100):
        await sandbox_documents.create_issued(harness)
    found = await harness.call("list_invoices", {"per_page": 100, "response_format": "concise"})
    assert len(found["rows"]) == 100
    assert len(to_compact_json(found).encode()) <= 8_000
    assert found["same"]["status"] == "final"
    assert found["rows"][0][found["columns"].index("number")].startswith("FT ")
    open_ones = await unpaid(harness, per_page=100, response_format="concise")
    assert open_ones["columns"][-1] == "open"
    assert len(to_compact_json(open_ones).encode()) <= 8_000
    json.dumps(open_ones)


async def test_a_table_keeps_what_differs(harness: Harness) -> None:
    await harness.create_issued(client={"name": "Gama, SA", "code": "GAMA"})
    await harness.create_draft(due_date="2026-11-25")
    found = await harness.call("list_invoices", {"response_format": "concise"})
    rows = [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
    assert [one["client"] for one in rows] == ["ACME, Lda", "Gama, SA"]
    assert [one["status"] for one in rows] == ["draft", "final"]
    assert found["same"] == {"date": "2026-11-20"}
    assert "invoices" not in found
