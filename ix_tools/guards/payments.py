"""Rules about payments and receipts."""

from collections.abc import Iterator
from decimal import Decimal

from ix_tools.facts import Facts, Want, wants
from ix_tools.guards.shapes import Payment
from ix_tools.operation import Finding, refuse
from ix_tools.vocabulary import cents


def open_amount(facts: Facts) -> Decimal:
    """What is still to pay: the total, less receipts and credit notes that stand."""
    if facts.document is None:
        return Decimal(0)
    less = sum(
        (
            one.total or Decimal(0)
            for one in facts.related
            if one.document_type in {"receipts", "credit_notes"} and one.status in {"final", "settled"}
        ),
        Decimal(0),
    )
    return (facts.document.total or Decimal(0)) - less


@wants(Want.DOCUMENT)
def document_can_be_paid(call: Payment, facts: Facts) -> Iterator[Finding]:
    """Only an issued, unsettled invoice is paid."""
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
    """A payment is more than nothing and no more than what is open."""
    if call.amount == 0:
        yield refuse("amount", "a payment of nothing would still make a numbered receipt", "more than 0")
    elif facts.document is not None and facts.document.status == "final" and call.amount > open_amount(facts):
        yield refuse(
            "amount",
            f"{cents(call.amount)} is more than the {cents(open_amount(facts))} still open",
            f"at most {cents(open_amount(facts))}",
        )


@wants(Want.DOCUMENT)
def payment_date_not_before_document(call: Payment, facts: Facts) -> Iterator[Finding]:
    """Nobody pays an invoice before it exists, or tomorrow."""
    if facts.document is not None and facts.document.date and call.payment_date < facts.document.date:
        yield refuse(
            "payment_date",
            f"{call.payment_date} is before the invoice's date {facts.document.date}",
            f"{facts.document.date} or later",
        )
    if call.payment_date > facts.today:
        yield refuse("payment_date", f"{call.payment_date} is in the future", f"at latest {facts.today}")


@wants(Want.DOCUMENT)
def receipt_still_stands(call: object, facts: Facts) -> Iterator[Finding]:
    """Only a receipt that stands can be cancelled."""
    if facts.document is not None and facts.document.status not in {"final", "settled"}:
        yield refuse("receipt_id", f"the receipt is {facts.document.status}", "a receipt that stands")
