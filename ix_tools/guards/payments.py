"""Rules about payments and receipts."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ix_tools.domain.records import Document
from ix_tools.domain.types import format_cents
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse
from ix_tools.guards.protocols import Payment

IN_FORCE = {"final", "settled"}
"""States of receipts and notes that are in force."""


def _sum_in_force(related: Iterable[Document], kind: str) -> Decimal:
    amounts = (one.total for one in related if one.document_type == kind and one.status in IN_FORCE)
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def compute_paid(document: Document, related: Iterable[Document]) -> Decimal:
    """Return the amount paid of a document: the receipts in force, or all of it if it was settled without one."""
    related = tuple(related)
    receipts, credited = _sum_in_force(related, "receipts"), _sum_in_force(related, "credit_notes")
    if receipts or document.status != "settled":
        return receipts
    return max(Decimal(0), (document.total or Decimal(0)) - document.withholding_tax - credited)


def compute_credited(related: Iterable[Document]) -> Decimal:
    """Return the amount credited of a document by notes in force."""
    return _sum_in_force(related, "credit_notes")


def compute_open(document: Document, related: Iterable[Document]) -> Decimal:
    """Return the amount that a receipt can be issued for: the total less receipts and credit notes in force; 0 once it is settled."""
    if document.status not in {"final", "second_copy"}:
        return Decimal(0)
    related = tuple(related)
    less = _sum_in_force(related, "receipts") + _sum_in_force(related, "credit_notes")
    return max(Decimal(0), (document.total or Decimal(0)) - less)


def compute_open_amount(facts: Facts) -> Decimal:
    """Return the open amount of the call's document."""
    return compute_open(facts.document, facts.related) if facts.document is not None else Decimal(0)


@wants(Want.DOCUMENT)
def document_can_be_paid(call: Payment, facts: Facts) -> Iterator[Finding]:
    """Only an issued, unsettled invoice can be paid."""
    document = facts.document
    if document is not None and document.status != "final":
        advice = {
            "draft": "finalize it first with change_state",
            "settled": "it is already paid: get_related_documents shows the receipts",
        }
        yield refuse(
            "document_id",
            f"it is {document.status}; a payment needs a final invoice",
            "a final invoice",
            advice.get(document.status or "", ""),
        )


@wants(Want.DOCUMENT, Want.RELATED)
def amount_within_what_is_open(call: Payment, facts: Facts) -> Iterator[Finding]:
    """A payment must be more than 0 and at most the open amount."""
    if call.amount == 0:
        yield refuse("amount", "a payment of 0 would still issue a numbered receipt", "more than 0")
    elif (
        facts.document is not None
        and facts.document.status == "final"
        and call.amount > compute_open_amount(facts)
    ):
        yield refuse(
            "amount",
            f"{format_cents(call.amount)} is more than the {format_cents(compute_open_amount(facts))} still open",
            f"at most {format_cents(compute_open_amount(facts))}",
        )


@wants(Want.DOCUMENT)
def payment_date_not_before_document(call: Payment, facts: Facts) -> Iterator[Finding]:
    """The payment date must not be before the invoice's date or in the future."""
    if facts.document is not None and facts.document.date and call.payment_date < facts.document.date:
        yield refuse(
            "payment_date",
            f"{call.payment_date} is before the invoice's date {facts.document.date}",
            f"{facts.document.date} or later",
        )
    if call.payment_date > facts.today:
        yield refuse("payment_date", f"{call.payment_date} is in the future", f"at latest {facts.today}")


@wants(Want.DOCUMENT)
def receipt_is_in_force(call: object, facts: Facts) -> Iterator[Finding]:
    """Only a receipt in force can be cancelled."""
    if facts.document is not None and facts.document.status not in {"final", "settled"}:
        yield refuse("receipt_id", f"the receipt is {facts.document.status}", "a receipt in force")
