"""Credit and debit notes, what belongs to what, Multibanco references."""

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.domain.records import Document
from ix_tools.guards.corrected_documents import corrected_document_is_issued
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import LISBON
from tests.guards.judging import judge
from tests.harness import Harness, Json, document_arguments, guide, invoice, line, warnings_by_field

NOW = datetime(2026, 11, 20, 10, tzinfo=LISBON)


def note(owner: Json | int | None, kind: str = "credit_notes", **changes: Any) -> Json:
    number = owner["id"] if isinstance(owner, dict) else owner
    return invoice(document_type=kind, owner_invoice_id=number, **changes)


@pytest.mark.parametrize("kind", ["credit_notes", "debit_notes"])
async def test_a_note_names_the_issued_document_it_corrects(harness: Harness, kind: str) -> None:
    """Trap 13b, CIVA 36/6; "Owner document must not be in draft"."""
    draft, issued = await harness.create_draft(), await harness.create_issued()
    assert (
        "names the document it corrects"
        in (await harness.get_refusal("create_invoice", note(None, kind)))["owner_invoice_id"]
    )
    assert (
        "no invoice has the id 99"
        in (await harness.get_refusal("create_invoice", note(99, kind)))["owner_invoice_id"]
    )
    assert (
        "is draft, not issued"
        in (await harness.get_refusal("create_invoice", note(draft, kind)))["owner_invoice_id"]
    )
    made = await harness.call("create_invoice", note(issued, kind))
    assert harness.get_last_body()["owner_invoice_id"] == str(issued["id"])
    related = await harness.call("get_related_documents", {"document_id": issued["id"]})
    assert [one["id"] for one in related["documents"]] == [made["document"]["id"]]


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        ("draft", True),
        ("canceled", True),
        ("deleted", True),
        *((one, False) for one in sorted(ISSUED_STATES)),
    ],
)
def test_only_an_issued_document_is_corrected(status: str, refused: bool) -> None:
    call: Any = SimpleNamespace(document_type="credit_notes", owner_invoice_id=1001)
    facts = Facts(now=NOW, owner=Document(id=1001, document_type="invoices", status=status))
    findings = list(corrected_document_is_issued(call, facts))
    assert [(one.kind, one.problem.field) for one in findings] == [("refuse", "owner_invoice_id")] * refused
    assert all(f"is {status}" in str(one.problem.problem) for one in findings)


@pytest.mark.parametrize("kind", ["invoice_receipts", "simplified_invoices"])
async def test_other_kinds_of_invoice_are_credited_too(harness: Harness, kind: str) -> None:
    half = [line(quantity="0.5")]
    owner = await harness.create_issued(document_type=kind, items=half)
    result = await harness.call("create_invoice", note(owner, items=half))
    assert result["document"]["document_type"] == "credit_notes"
    assert "owner_invoice_id" not in warnings_by_field(result)


async def test_a_paid_invoice_is_credited_with_a_warning(harness: Harness) -> None:
    """Reading 15: sources disagree, so it is allowed and said."""
    owner = await harness.create_issued()
    await harness.call("change_state", document_arguments(owner, state="settled"))
    result = await harness.call("create_invoice", note(owner))
    assert "already paid" in warnings_by_field(result)["owner_invoice_id"]


async def test_a_note_goes_to_the_client_of_its_invoice(harness: Harness) -> None:
    owner = await harness.create_issued()
    assert (
        "issued to 'ACME, Lda'"
        in (await harness.get_refusal("create_invoice", note(owner, client={"code": "BETA"})))["client"]
    )
    assert (await harness.call("create_invoice", note(owner)))["ok"]


@pytest.mark.parametrize("kind", ["credit_notes", "debit_notes"])
async def test_a_note_that_names_no_client_goes_to_that_of_its_invoice(harness: Harness, kind: str) -> None:
    await harness.call("create_client", {"name": "Gama, Lda", "code": "GAMA", "fiscal_id": "508025338"})
    owner = await harness.create_issued(client={"code": "GAMA"})
    made = await harness.call("create_invoice", note(owner, kind, client=None))
    assert made["document"]["client"]["code"] == "GAMA"
    assert made["corrects"]["id"] == owner["id"]
    assert set(await harness.get_refusal("create_invoice", invoice(client=None))) == {"client"}


async def test_a_note_that_names_no_client_of_an_anonymous_sale_goes_to_the_final_consumer(
    harness: Harness,
) -> None:
    owner = await harness.create_issued(document_type="simplified_invoices", client=None)
    made = await harness.call("create_invoice", note(owner, client=None, items=[line(quantity="0.1")]))
    assert made["document"]["client"]["code"] == "CONSUMIDOR-FINAL"


async def test_credit_stops_at_what_is_left(harness: Harness) -> None:
    """Trap 13: cumulative over all notes; the service says so only at finalize and leaves a draft behind."""
    owner = await harness.create_issued()  # 123.00
    found = await harness.get_refusal(
        "create_invoice", note(owner, items=[line(name="C", unit_price="100.01")])
    )
    assert "only 123.00 of 1/2026 is left" in found["items"]
    await harness.call("create_invoice", note(owner, items=[line(name="C", unit_price=60)]))
    found = await harness.get_refusal(
        "create_invoice", note(owner, items=[line(name="D", unit_price="40.01")])
    )
    assert "worth 49.21, but only 49.20" in found["items"]
    assert (await harness.call("create_invoice", note(owner, items=[line(name="D", unit_price=40)])))["ok"]


async def test_a_discount_counts_in_what_a_note_is_worth(harness: Harness) -> None:
    owner = await harness.create_issued()
    discount = {"value_type": "absolute", "value": 1}
    found = note(
        owner, items=[line(name="C", unit_price=101)], global_discount=discount, accept=["global_discount"]
    )
    assert (await harness.call("create_invoice", found))["document"]["total"] == "123.00"


async def test_a_debit_note_may_be_worth_more_than_its_invoice(harness: Harness) -> None:
    owner = await harness.create_issued()
    result = await harness.call(
        "create_invoice", note(owner, "debit_notes", items=[line(name="C", unit_price=500)])
    )
    assert result["document"]["total"] == "615.00"


async def test_a_note_that_came_too_late_is_not_finalized(harness: Harness) -> None:
    """Notes issued elsewhere between our draft and its finalizing."""
    owner = await harness.create_issued()
    first = (await harness.call("create_invoice", note(owner)))["document"]
    harness.sandbox.fault("GET", "related_documents", times=None, status=200, body={"documents": []})
    second = (await harness.call("create_invoice", note(owner, idempotency_key="second")))["document"]
    harness.sandbox.clear_faults()
    assert (await harness.call("change_state", document_arguments(first, state="finalized")))["document"][
        "status"
    ] == "final"
    found = await harness.get_refusal("change_state", document_arguments(second, state="finalized"))
    assert "only 0.00 of 1/2026 is left" in found["document_id"]
    assert (await harness.call("change_state", document_arguments(second, state="deleted")))["ok"]


async def test_another_draft_does_not_keep_a_note_from_being_finalized(harness: Harness) -> None:
    owner = await harness.create_issued()
    first = (await harness.call("create_invoice", note(owner, items=[line(name="C", unit_price=60)])))[
        "document"
    ]
    await harness.call("create_invoice", note(owner, items=[line(name="D", unit_price=40)]))
    assert (await harness.call("change_state", document_arguments(first, state="finalized")))["document"][
        "status"
    ] == "final"


async def test_an_update_of_a_note_keeps_what_it_belongs_to(harness: Harness) -> None:
    """Trap 5, trap 13b."""
    owner = await harness.create_issued()
    made = (await harness.call("create_invoice", note(owner)))["document"]
    assert (await harness.call("update_invoice", document_arguments(made, reference="NC-1")))["ok"]
    assert harness.get_last_body()["owner_invoice_id"] == str(owner["id"])
    found = await harness.get_refusal(
        "update_invoice", document_arguments(made, items=[line(unit_price=101)], accept=["overwrite_items"])
    )
    assert "is left to credit" in found["items"]


async def test_an_invoice_belongs_to_a_guide_or_to_nothing(harness: Harness) -> None:
    delivered = (await harness.call("create_guide", guide()))["document"]
    other = await harness.create_issued()
    assert (await harness.call("create_invoice", invoice(owner_invoice_id=delivered["id"])))["ok"]
    assert harness.get_last_body()["owner_invoice_id"] == str(delivered["id"])
    assert (
        "one of the invoices"
        in (await harness.get_refusal("create_invoice", invoice(owner_invoice_id=other["id"])))[
            "owner_invoice_id"
        ]
    )
    assert (
        "no guide has that id"
        in (await harness.get_refusal("create_invoice", invoice(owner_invoice_id=99)))["owner_invoice_id"]
    )


@pytest.mark.parametrize("state", ["draft", "final", "canceled", "deleted"])
def test_a_cancelled_guide_is_not_billed(state: str) -> None:
    moved = Document(id=1001, document_type="transports", status=state)
    found = judge("create_invoice", invoice(owner_invoice_id=1001), owner=moved)
    assert set(found) == ({"owner_invoice_id"} if state in {"canceled", "deleted"} else set())


async def test_a_guide_that_is_cancelled_after_the_draft_is_not_billed_either(harness: Harness) -> None:
    moved = (await harness.call("create_guide", guide()))["document"]
    await harness.call("change_state", document_arguments(moved, state="finalized"))
    draft = await harness.create_draft(owner_invoice_id=moved["id"])
    cancel = document_arguments(moved, state="canceled", message="O transporte não se fez.")
    await harness.call("change_state", cancel)
    found = await harness.get_refusal("change_state", document_arguments(draft, state="finalized"))
    assert "is canceled" in found["owner_invoice_id"]


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("invoices", False),
        ("simplified_invoices", False),
        ("invoice_receipts", False),
        ("debit_notes", True),
    ],
)
def test_a_multibanco_reference_only_where_there_are_such(kind: str, refused: bool) -> None:
    """Trap 20."""
    owner = Document(id=5, document_type="invoices", status="final", number="1/2026", total=Decimal(500))
    named = {"owner_invoice_id": 5} if refused else {}
    found = judge("create_invoice", invoice(document_type=kind, mb_reference=True, **named), owner=owner)
    assert ("mb_reference" in found) is refused
    assert not refused or kind in found["mb_reference"]


async def test_a_multibanco_reference_is_asked_for(harness: Harness) -> None:
    harness.sandbox.set_option("mb_references", True)
    await harness.call("create_invoice", invoice(mb_reference=True))
    assert harness.get_last_body()["mb_reference"] == "1"
