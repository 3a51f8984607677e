"""Sandbox, finalizing: numbers, ATCUD, chronology, limits and refusals."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.api import SandboxApi, list_errors


def test_a_draft_has_no_number_and_no_codes(api: SandboxApi) -> None:
    draft = api.create_draft()
    assert draft["sequence_number"] == draft["inverted_sequence_number"] == "draft"
    assert "atcud" not in draft
    assert "saft_hash" not in draft
    api.sandbox.set_option("language", "pt")
    assert api.read_document("invoice", draft)["sequence_number"] == "rascunho"


def test_numbers_count_up_per_series_and_type_and_carry_the_validation_code(api: SandboxApi) -> None:
    series = api.get("/sequences.json").json()["sequences"][0]
    for number in (1, 2):
        invoice = api.create_issued()
        assert invoice["sequence_number"] == f"{number}/2026"
        assert invoice["inverted_sequence_number"] == f"2026/{number}"
        assert invoice["atcud"] == f"{series['current_invoice_validation_code']}-{number}"
        assert re.fullmatch(r"\w{4}", invoice["saft_hash"])
    note = api.create_issued("credit_note")
    assert note["sequence_number"] == "1/2026"
    assert note["atcud"] == f"{series['current_credit_note_validation_code']}-1"
    series = api.get("/sequences.json").json()["sequences"][0]
    assert (series["current_invoice_number"], series["current_credit_note_number"]) == (2, 1)


def test_types_without_a_validation_code_are_numbered_all_the_same(api: SandboxApi) -> None:
    assert api.create_issued("fees_note")["atcud"] == "N/A"
    assert api.create_issued("vat_moss_invoice")["atcud"] == "N/A"


def test_a_series_that_the_tax_authority_does_not_know_issues_nothing(api: SandboxApi) -> None:
    """Trap 12."""
    draft = api.create_draft(sequence_id="70020")
    assert list_errors(api.change_state("invoice", draft, "finalized")) == [
        "Sequence B2026 is not registered with the Tax Authority"
    ]
    assert api.put("/sequences/70020/register.json").status_code == 200
    assert api.change_state("invoice", draft, "finalized").json()["invoice"]["sequence_number"] == "1/B2026"


def test_a_date_before_the_last_of_the_series_is_refused_and_the_draft_stays(api: SandboxApi) -> None:
    """Trap 10."""
    api.create_issued("invoice_receipt", date="02/08/2026", due_date="02/08/2026")
    late = api.create_draft("invoice_receipt", date="01/08/2026", due_date="01/08/2026")
    assert list_errors(api.change_state("invoice_receipt", late, "finalized")) == [
        "Date cannot be earlier than the last invoice-receipt of this sequence[02 Aug 26]"
    ]
    assert api.read_document("invoice_receipt", late)["status"] == "draft"
    same = api.create_draft("invoice_receipt", date="02/08/2026", due_date="02/08/2026")
    assert api.change_state("invoice_receipt", same, "finalized").status_code == 200
    assert api.create_issued(date="01/08/2026", due_date="01/08/2026")["status"] == "final"  # another type


@pytest.mark.parametrize("key", ["credit_note", "debit_note"])
def test_notes_together_may_not_pass_their_invoice_and_the_draft_is_stranded(
    api: SandboxApi, key: str
) -> None:
    """Trap 13."""
    invoice = api.create_issued()
    first = api.create_issued(key, owner_invoice_id=invoice["id"], items=[api.line(unit_price="60")])
    second = api.create_draft(key, owner_invoice_id=invoice["id"], items=[api.line(unit_price="40.01")])
    assert list_errors(api.change_state(key, second, "finalized")) == [
        "O total não pode ser superior ao total dos documentos relacionados"
    ]
    assert api.read_document(key, second)["status"] == "draft"
    api.change_state(key, first, "canceled", "Engano")
    assert api.change_state(key, second, "finalized").status_code == 200


def test_a_note_on_a_draft_is_refused(api: SandboxApi) -> None:
    body = api.body(owner_invoice_id=str(api.create_draft()["id"]))
    assert list_errors(api.post("/credit_notes.json", {"credit_note": body})) == [
        "Owner document must not be in draft"
    ]
    deleted = api.create_draft()
    api.change_state("invoice", deleted, "deleted")
    body = api.body(owner_invoice_id=deleted["id"])
    assert list_errors(api.post("/credit_notes.json", {"credit_note": body})) == [
        "Owner document must not be in draft"
    ]


def test_a_note_without_an_owner_is_linked_to_nothing(api: SandboxApi) -> None:
    """Trap 13b."""
    note = api.create_issued("credit_note")
    assert api.get(f"/document/{note['id']}/related_documents.json").json() == {"documents": []}


def test_notes_and_receipts_are_related_both_ways_and_in_the_plural_too(api: SandboxApi) -> None:
    invoice = api.create_issued()
    note = api.create_issued("credit_note", owner_invoice_id=invoice["id"], items=[api.line(unit_price="1")])
    for word in ("document", "documents"):
        related = api.get(f"/{word}/{invoice['id']}/related_documents.json").json()["documents"]
        assert [row["id"] for row in related] == [note["id"]]
    related = api.get(f"/document/{note['id']}/related_documents.json").json()["documents"]
    assert [row["id"] for row in related] == [invoice["id"]]


def test_a_finalized_document_keeps_the_client_it_was_made_for(api: SandboxApi) -> None:
    invoice = api.create_issued()
    api.put("/clients/501.json", {"client": {"name": "Outra, Lda"}})
    assert api.read_document("invoice", invoice)["client"]["name"] == "ACME, Lda"


def test_a_multibanco_reference_needs_a_provider_and_is_made_at_finalize(api: SandboxApi) -> None:
    """Trap 20."""
    refused = api.post("/invoices.json", {"invoice": api.body(mb_reference="1")})
    assert list_errors(refused) == [
        "Option to generate MB reference is set but no payment provider is configurated"
    ]
    api.sandbox.set_option("mb_references", True)
    draft = api.create_draft(mb_reference="1")
    assert "mb_reference" not in draft
    reference = api.change_state("invoice", draft, "finalized").json()["invoice"]["mb_reference"]
    assert (reference["entity"], reference["value"]) == ("10611", 123)
    assert re.fullmatch(r"\d{9}", reference["reference"])
    wrong_type = api.post("/credit_notes.json", {"credit_note": api.body(mb_reference="1")})
    assert list_errors(wrong_type)[0].startswith("Option to generate MB reference")


def test_a_guide_gets_its_code_a_minute_after_it_is_finalized(api: SandboxApi) -> None:
    places = {"detail": "Rua 5", "city": "Lisboa", "postal_code": "1000-555", "country": "Portugal"}
    guide = api.create_issued("transport", address_from=places, address_to=places, license_plate="11-AA-22")
    assert (guide["at_doc_code_id"], guide["address_to"], guide["license_plate"]) == ("", places, "11-AA-22")
    assert "loaded_at" not in guide
    api.sandbox.advance(59)
    assert api.read_document("transport", guide)["at_doc_code_id"] == ""
    api.sandbox.advance(1)
    assert api.read_document("transport", guide)["at_doc_code_id"]


def paid(api: SandboxApi, amount: Any, **changes: Any) -> tuple[int, Any]:
    answer = api.pay(api.create_issued(), amount, **changes)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("amount", "changes", "refusal"),
    [
        ("abc", {}, ["amount", "is not a number"]),
        (0, {}, ["amount", "is invalid"]),
        ("123.01", {}, ["amount", "must be less than or equal to the amount due"]),
        (1, {"payment_mechanism": "XX"}, ["payment_mechanism", "is invalid"]),
        (1, {"serie": "nowhere"}, ["serie", "is invalid"]),
    ],
)
def test_a_bad_payment_is_refused_as_a_field_and_a_message(
    api: SandboxApi, amount: Any, changes: dict[str, Any], refusal: list[str]
) -> None:
    assert paid(api, amount, **changes) == (422, refusal)


@pytest.mark.parametrize(
    "mechanism", ["CC", "CD", "CH", "CO", "CS", "DE", "LC", "MB", "NU", "OU", "PR", "TB", "TR"]
)
def test_all_thirteen_payment_mechanisms_are_accepted(api: SandboxApi, mechanism: str) -> None:
    """Reading 18."""
    status, body = paid(api, "10.50", payment_mechanism=mechanism, payment_date="19/11/2026", note="Sinal")
    receipt = body["receipt"]
    assert (status, receipt["type"], receipt["status"], receipt["total"]) == (200, "Receipt", "final", 10.5)
    assert (receipt["date"], receipt["observations"]) == ("19/11/2026", "Sinal")


def test_only_what_is_owed_can_be_paid(api: SandboxApi) -> None:
    assert api.pay(api.create_draft(), 1).json() == ["base", "Document can't be paid in its current state"]
    assert api.pay(api.create_issued("invoice_receipt"), 1).status_code == 422
    assert api.pay({"id": 9}, 1).status_code == 404
    invoice = api.create_issued()
    api.create_issued("credit_note", owner_invoice_id=invoice["id"], items=[api.line(unit_price="90")])
    assert api.pay(invoice, "12.31").status_code == 422
    assert api.pay(invoice, "12.30").status_code == 200
    assert api.read_document("invoice", invoice)["status"] == "settled"
