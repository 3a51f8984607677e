"""Series: the id of the type, registered with the tax authority, changed only while unused."""

from typing import Any

import pytest

from tests.harness import SERIES, Harness, document_arguments, guide, invoice
from tests.interfaces.mcp import sandbox_documents


@pytest.mark.parametrize("kind", ["invoices", "simplified_invoices", "invoice_receipts"])
async def test_a_series_id_belongs_to_one_type(harness: Harness, kind: str) -> None:
    """Trap 9: the row's id is the invoices'; "A série não corresponde ao tipo de documento"."""
    for other, number in SERIES.items():
        arguments = invoice(document_type=kind, sequence_id=number)
        if other == kind:
            assert (await harness.call("create_invoice", arguments))["document"]["sequence_id"] == number
            assert harness.get_last_body()["sequence_id"] == str(number)
        else:
            found = await harness.get_refusal("create_invoice", arguments)
            assert f"{SERIES[kind]} for" in found["sequence_id"]


async def test_an_unknown_series_is_refused_with_the_ids_there_are(harness: Harness) -> None:
    """Trap 9: an unknown one must fail, not become the default."""
    found = await harness.get_refusal("create_invoice", invoice(sequence_id=70999))
    assert "2026: 70000, B2026: 70020" in found["sequence_id"]
    assert (
        "2026: 70016, B2026: 70036"
        in (await harness.get_refusal("create_guide", guide(sequence_id=1)))["sequence_id"]
    )


@pytest.mark.parametrize("number", [0, -1, "B2026", 1.5, True, 2**53])
async def test_a_series_is_given_by_its_id(harness: Harness, number: Any) -> None:
    assert "sequence_id" in await harness.get_refusal("create_invoice", invoice(sequence_id=number))


async def test_nothing_is_finalized_in_a_series_without_a_validation_code(harness: Harness) -> None:
    """Trap 12, Portaria 195/2020."""
    draft = await harness.create_draft(sequence_id=70020)
    found = await harness.get_refusal("change_state", document_arguments(draft, state="finalized"))
    assert "B2026 is not registered with the tax authority for invoice" in found["sequence_id"]
    error = await harness.get_error("change_state", document_arguments(draft, state="finalized"))
    assert "register_sequence with sequence_id 70020" in str(error.next)
    await harness.call("register_sequence", {"sequence_id": 70020})
    result = await harness.call("change_state", document_arguments(draft, state="finalized"))
    assert result["document"]["atcud"].endswith("-1")


async def test_a_draft_in_an_unregistered_series_may_be_deleted(harness: Harness) -> None:
    draft = await harness.create_draft(sequence_id=70020)
    assert (await harness.call("change_state", document_arguments(draft, state="deleted")))["ok"]


async def test_a_type_without_codes_is_finalized(harness: Harness) -> None:
    """N/A is not N/D: VAT MOSS is none of the tax authority's business."""
    about = await sandbox_documents.create_issued(harness, "vat_moss_invoices")
    assert (await harness.call("get_document", about))["document"]["atcud"] == "N/A"


async def test_a_series_is_registered_by_the_id_of_its_row(harness: Harness) -> None:
    found = await harness.get_refusal("register_sequence", {"sequence_id": 70022})
    assert "it is the id of invoice_receipt inside B2026 | 2026: 70000, B2026: 70020" in found["sequence_id"]
    assert (
        "no series has the id 5"
        in (await harness.get_refusal("register_sequence", {"sequence_id": 5}))["sequence_id"]
    )
    assert (
        "already registered"
        in (await harness.get_refusal("register_sequence", {"sequence_id": 70000}))["sequence_id"]
    )
    result = await harness.call("register_sequence", {"sequence_id": 70020})
    assert len(result["sequence"]["types"]["invoice"]["validation_code"]) == 8
    assert (
        "already registered"
        in (await harness.get_refusal("register_sequence", {"sequence_id": 70020}))["sequence_id"]
    )


def renamed(**changes: Any) -> dict[str, Any]:
    numbers = dict.fromkeys(
        ("current_invoice_number", "current_credit_note_number", "current_debit_note_number"), 0
    )
    return {"sequence_id": 70020, "serie": "C2026", **numbers, **changes}


async def test_a_series_is_changed_only_while_nothing_was_finalized_in_it(harness: Harness) -> None:
    """API v1 documentation, sequences.update."""
    assert (
        "no series has the id 7"
        in (await harness.get_refusal("update_sequence", renamed(sequence_id=7)))["sequence_id"]
    )
    assert (
        "another series is called '2026'"
        in (await harness.get_refusal("update_sequence", renamed(serie="2026")))["serie"]
    )
    assert (await harness.call("update_sequence", renamed()))["sequence"]["serie"] == "C2026"
    assert (await harness.call("update_sequence", renamed(current_invoice_number=5)))[
        "ok"
    ]  # its own name is free
    await harness.create_issued()
    found = await harness.get_refusal("update_sequence", renamed(sequence_id=70000, serie="2026B"))
    assert "already has numbers (invoice 1)" in found["sequence_id"]


@pytest.mark.parametrize(
    ("number", "refused"), [(-1, True), (0, False), (7, False), ("x", True), (1.5, True), (None, True)]
)
async def test_numbers_of_a_series_count_from_nothing(harness: Harness, number: Any, refused: bool) -> None:
    """Seed: "Credit note: must be greater than or equal to 0", "is not a number"."""
    arguments = renamed(current_credit_note_number=number)
    if refused:
        assert "current_credit_note_number" in await harness.get_refusal("update_sequence", arguments)
    else:
        assert (await harness.call("update_sequence", arguments))["ok"]
