"""A document's number in place of its id, in every operation that takes one.

Source: contract A1.2 (numbers `17/2026` and inverted), A6 (the last number of each kind in a series).
"""

from __future__ import annotations

from typing import Any

import pytest

from ix_tools.domain.field_marks import NamesDocument, fields_with
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.document_numbers import read_number
from tests.harness import Harness, document_arguments, line
from tests.interfaces.mcp import sandbox_documents

WRITTEN = (
    "1/2026",
    "FT 1/2026",
    "FT 2026/1",
    "a fatura nº 1/2026",
    "Fatura n.º 1/2026",
    "fatura 1/2026",
    "invoice 2026/1",
    "2026/1",
)


@pytest.mark.parametrize("written", WRITTEN)
async def test_the_ways_to_write_a_number_find_the_document(harness: Harness, written: str) -> None:
    made = await harness.create_issued()
    found = await harness.call("get_document", {"document_type": "invoices", "document_id": written})
    assert found["document"]["id"] == made["id"]


@pytest.mark.parametrize("written", ["1/2026", "FT 1/2026", "1001", 1001])
async def test_the_kind_need_not_be_given_where_the_number_says_it(harness: Harness, written: object) -> None:
    made = await harness.create_issued()
    given = {"document_id": written}
    if written in {"1001", 1001}:
        given["document_type"] = "invoices"
    assert (await harness.call("get_document", given))["document"]["id"] == made["id"]


async def test_every_operation_takes_the_number(harness: Harness) -> None:
    made = await harness.create_issued()
    number = "FT 1/2026"
    assert (await harness.call("get_pdf", {"document_id": number}))["document_id"] == made["id"]
    assert (await harness.call("get_related_documents", {"document_id": number}))["documents"] == []
    mail = {"document_id": number, "email": "ana@example.pt"}
    assert (await harness.call("send_email", {**mail, "document_type": "invoices"}))["document_id"] == made[
        "id"
    ]
    note = await harness.create_issued(
        document_type="credit_notes", owner_invoice_id=number, items=[line(quantity=0.5)]
    )
    assert note["number"] == "1/2026"
    payment = {"amount": 23, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
    receipt = (await harness.call("generate_payment", {"document_id": number, **payment}))["receipt"]
    reason = {"message": "O pagamento foi registado na fatura errada."}
    gone = await harness.call("cancel_payment", {"receipt_id": f"RG {receipt['number']}", **reason})
    assert gone["receipt"]["id"] == receipt["id"]
    said = {"wrong": "too_much", "reason": "Só foi prestada meia hora.", "draft": False}
    assert (await harness.call("correct_document", {"document_id": number, **said}))["ok"]


def test_no_operation_takes_only_the_id_of_a_document() -> None:
    for name, operation in catalogue().items():
        ids = {"document_id", "receipt_id", "owner_invoice_id"} & set(operation.model_fields)
        assert set(fields_with(operation, NamesDocument)) == ids, name


async def test_two_kinds_with_the_number_are_candidates_and_nothing_is_sent(harness: Harness) -> None:
    made = await harness.create_issued()
    note = await harness.create_issued(document_type="credit_notes", owner_invoice_id=made["id"])
    error = await harness.get_error("get_pdf", {"document_id": "1/2026"})
    assert (error.code, error.sent) == ("ambiguous", "nothing")
    found = {one["document_id"]: one["number"] for one in error.details["candidates"]}
    assert found == {made["id"]: "FT 1/2026", note["id"]: "NC 1/2026"}
    assert "FT 1/2026" in str(error.next)
    assert (await harness.call("get_pdf", {"document_id": "NC 1/2026"}))["document_id"] == note["id"]
    only = {"document_type": "credit_notes", "document_id": "1/2026"}
    assert (await harness.call("get_document", only))["document"]["id"] == note["id"]


async def test_an_irreversible_call_with_an_unsure_number_asks_nobody(harness: Harness) -> None:
    made = await harness.create_issued()
    await harness.create_issued(
        document_type="credit_notes", owner_invoice_id=made["id"], items=[line(quantity=0.5)]
    )
    before = len(harness.list_writes())
    mail = {"document_id": "1/2026", "email": "ana@example.pt"}
    error = await harness.get_error("send_email", mail)
    assert error.code == "ambiguous"
    assert len(harness.list_writes()) == before


async def test_the_approval_and_its_answer_are_about_the_same_document(harness: Harness) -> None:
    await harness.create_issued()
    made = await harness.create_issued()
    given = {"document_id": "FT 2/2026", "state": "canceled", "message": "Emitida ao cliente errado."}
    text = await harness.get_approval_text("change_state", given)
    assert "2/2026" in text
    assert (await harness.call("change_state", given))["document"]["id"] == made["id"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("FT 9/2026", "the last ones are FT 1/2026"),
        ("9/2026", "FT 1/2026"),
        ("1/2019", "series 2026"),
        ("NC 1/2026", "a draft has no number"),
        ("FT 0/2026", "no document with the number"),
    ],
)
async def test_a_number_that_nothing_has_is_refused_with_the_last_ones(
    harness: Harness, written: str, said: str
) -> None:
    await harness.create_issued()
    error = await harness.get_error("get_pdf", {"document_id": written})
    problem = error.as_dict()["problems"][0]
    assert said in f"{problem['problem']} | {problem.get('allowed', '')} | {error.next!s}"
    assert error.sent == "nothing"


async def test_a_number_and_another_kind_are_refused(harness: Harness) -> None:
    await harness.create_issued()
    given = {"document_type": "credit_notes", "document_id": "FT 1/2026"}
    found = await harness.get_refusal("get_document", given)
    assert "document_type says credit_notes" in found["document_id"]


@pytest.mark.parametrize("written", ["dezassete", "17-2026", "FT", "a/b", "XX 1/2026", "", "1/2/2026"])
async def test_what_is_no_number_is_refused_as_it_is_written(harness: Harness, written: str) -> None:
    given = {"document_type": "invoices", "document_id": written}
    found = await harness.get_refusal("get_document", given)
    assert "document_id" in found


async def test_a_number_beyond_the_first_page_is_found(harness: Harness) -> None:
    for _ in range(104):
        await sandbox_documents.create_issued(harness)
    found = await harness.call("get_pdf", {"document_id": "FT 2/2026", "delivery": "link"})
    first = (await harness.call("list_invoices", {"per_page": 100, "page": 2}))["invoices"]
    assert found["document_id"] == next(row["id"] for row in first if row["number"] == "2/2026")


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("17/2026", {("2026", 17), ("17", 2026)}),
        ("A/17", {("A", 17)}),
        ("17/A-1", {("A-1", 17)}),
        ("FT 2026.B/3", {("2026.B", 3)}),
    ],
)
def test_both_orders_are_read(text: str, series: set[Any]) -> None:
    read = read_number(text)
    assert read is not None
    assert set(read.readings) == series


async def test_a_draft_is_named_by_its_id_alone(harness: Harness) -> None:
    draft = await harness.create_draft()
    changed = await harness.call("update_invoice", document_arguments(draft, reference="PO-1"))
    assert changed["document"]["reference"] == "PO-1"
    await harness.create_issued()
    refused = await harness.get_error(
        "update_invoice", {"document_type": "invoices", "document_id": "FT 1/2026", "reference": "PO-2"}
    )
    assert "only drafts can be changed" in str(refused.message)
