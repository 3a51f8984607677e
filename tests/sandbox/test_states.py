"""Sandbox, state machines: exactly the transitions of the published tables are possible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.api import SandboxApi, list_errors

TABLES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent.parent / "vendor" / "transitions.json").read_text(encoding="utf-8")
)["transitions"]
WORDS = (
    "finalized",
    "deleted",
    "canceled",
    "settled",
    "unsettled",
    "accept",
    "refuse",
    "accepted",
    "refused",
)
ALLOWED: dict[tuple[str, str, str], str] = {
    (path, row["from"], word): row["to"]
    for rows in TABLES.values()
    for row in rows
    for path in row["types"]
    for word in (row["word"], *row.get("also", ()))
}
PATHS = sorted({path for path, _, _ in ALLOWED})
WAYS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "final": ("finalized",),
    "deleted": ("deleted",),
    "settled": ("finalized", "settled"),
    "accepted": ("finalized", "accept"),
    "refused": ("finalized", "refuse"),
    "canceled": ("finalized", "canceled"),
}


def reached(api: SandboxApi, path: str, status: str) -> dict[str, Any] | None:
    """Create a document of a type in a status; None when the type does not have the status."""
    key = path[:-1]
    if key == "receipt":
        receipt: dict[str, Any] = api.pay(api.create_issued(), 10).json()["receipt"]
        if status == "canceled":
            api.change_state(key, receipt, "canceled", "Engano")
        return receipt if status in ("final", "canceled") else None
    if key == "invoice_receipt" and status in ("final", "settled"):
        return api.create_issued(key) if status == "settled" else None
    document = api.create_draft(key)
    for word in WAYS[status]:
        answer = api.change_state(key, document, word, "Engano")
        if answer.status_code != 200:
            return None
    return document


@pytest.mark.parametrize("status", WAYS)
@pytest.mark.parametrize("path", PATHS)
def test_a_document_goes_where_the_table_says_and_nowhere_else(
    api: SandboxApi, path: str, status: str
) -> None:
    for word in WORDS:
        document = reached(api, path, status)
        if document is None:
            return
        key, expected = path[:-1], ALLOWED.get((path, status, word))
        answer = api.change_state(key, document, word, "Engano")
        if expected is None:
            assert list_errors(answer) == ["Invalid state"], (status, word)
            assert api.read_document(key, document)["status"] == status
        else:
            assert answer.status_code == 200, (status, word, answer.text)
            assert answer.json()[key]["status"] == expected
            assert api.read_document(key, document)["status"] == expected


def test_a_word_that_no_document_knows_is_answered_with_its_name(api: SandboxApi) -> None:
    assert list_errors(api.change_state("invoice", api.create_draft(), "1")) == ["CantHandle: 1 for Invoice"]


@pytest.mark.parametrize("key", ["invoice", "invoice_receipt", "credit_note"])
def test_a_tax_document_is_not_cancelled_without_a_reason(api: SandboxApi, key: str) -> None:
    document = api.create_issued(key)
    assert list_errors(api.change_state(key, document, "canceled")) == ["Cancel message can't be blank"]
    assert api.change_state(key, document, "canceled", "Cliente errado").status_code == 200


def test_settling_an_invoice_makes_a_receipt_for_the_rest(api: SandboxApi) -> None:
    invoice = api.create_issued()
    api.pay(invoice, "23")
    api.change_state("invoice", invoice, "settled")
    related = api.get(f"/document/{invoice['id']}/related_documents.json").json()["documents"]
    assert [(row["type"], row["total"]) for row in related] == [("Receipt", 23), ("Receipt", 100)]
    assert [row["sequence_number"] for row in related] == ["1/2026", "2/2026"]


def test_cancelling_a_receipt_opens_the_invoice_again(api: SandboxApi) -> None:
    invoice = api.create_issued()
    receipt = api.pay(invoice, 123).json()["receipt"]
    assert api.read_document("invoice", invoice)["status"] == "settled"
    assert list_errors(api.change_state("receipt", receipt, "canceled")) == ["Cancel message can't be blank"]
    assert (
        api.change_state("receipt", receipt, "canceled", "Engano").json()["receipt"]["status"] == "canceled"
    )
    assert api.read_document("invoice", invoice)["status"] == "final"


def test_an_invoice_with_a_live_receipt_is_not_cancelled_until_the_receipt_is(api: SandboxApi) -> None:
    invoice = api.create_issued()
    receipt = api.pay(invoice, 10).json()["receipt"]
    assert list_errors(api.change_state("invoice", invoice, "canceled", "x")) == [
        "Document has receipts; cancel them first"
    ]
    api.change_state("receipt", receipt, "canceled", "Engano")
    assert api.change_state("invoice", invoice, "canceled", "x").status_code == 200


def test_an_invoice_with_a_live_credit_note_is_not_cancelled(api: SandboxApi) -> None:
    invoice = api.create_issued()
    api.create_issued("credit_note", owner_invoice_id=invoice["id"], items=[api.line(unit_price="10")])
    assert list_errors(api.change_state("invoice", invoice, "canceled", "x")) == [
        "Document has credit notes; cancel them first"
    ]


@pytest.mark.parametrize(
    ("word", "message"),
    [("finalized", "Invoice has been finalized"), ("settled", "Invoice has been settled")],
)
def test_a_finalized_document_is_not_edited(api: SandboxApi, word: str, message: str) -> None:
    invoice = api.create_issued()
    if word == "settled":
        api.change_state("invoice", invoice, "settled")
    refused = list_errors(api.put(f"/invoices/{invoice['id']}.json", {"invoice": api.body()}))
    assert refused == [f"{message} so can't be changed anymore"]


def test_state_changes_may_answer_with_nothing_as_older_documentation_says(api: SandboxApi) -> None:
    api.sandbox.set_option("empty_update_answer", True)
    answer = api.change_state("invoice", api.create_draft(), "finalized")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_document_is_not_found_under_another_types_path(api: SandboxApi) -> None:
    invoice = api.create_draft()
    assert api.get(f"/credit_notes/{invoice['id']}.json").status_code == 404
    assert api.change_state("credit_note", invoice, "finalized").json() == {
        "errors": {"error": "Document not found"}
    }


@pytest.mark.parametrize(
    "key", ["invoice", "simplified_invoice", "credit_note", "quote", "shipping", "fees_note"]
)
def test_either_the_types_own_key_or_its_familys_is_understood(api: SandboxApi, key: str) -> None:
    family = {"quote": "quote", "fees_note": "quote", "shipping": "shipping"}.get(key, "invoice")
    body = api.body(loaded_at="20/11/2026 12:00:00")
    for sent in (key, family):
        assert api.post(f"/{key}s.json", {sent: body}).json()[key]["status"] == "draft"
