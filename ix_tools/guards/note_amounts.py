"""Rules about how much a credit note may credit: what remains of the corrected document, and what was paid of it."""

from collections.abc import Collection, Iterator
from decimal import Decimal

from ix_tools.domain.document_kinds import BILLS, ISSUED_STATES
from ix_tools.domain.records import Document
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse, warn
from ix_tools.guards.protocols import InvoiceShaped, Transition
from ix_tools.i18n.messages import Money, message


def _compute_remaining(
    owner: Document, notes: tuple[Document, ...], counted: Collection[str], without: int | None
) -> Decimal:
    credited = [one.total or Decimal(0) for one in notes if one.status in counted and one.id != without]
    return (owner.total or Decimal(0)) - sum(credited, Decimal(0))


@wants(Want.DOCUMENT, Want.TAXES, Want.OWNER, Want.OWNER_RELATED)
def credit_within_what_remains(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """All credit notes, drafts included, must stay within the invoice's total; InvoiceXpress checks only when finalizing (trap 13)."""
    totals = call.compute_totals(facts)
    if call.document_type != "credit_notes" or facts.owner is None or totals is None:
        return
    left = _compute_remaining(
        facts.owner,
        facts.owner_notes,
        {"draft", *ISSUED_STATES},
        facts.document.id if facts.document else None,
    )
    if totals.total > left:
        yield refuse(
            "items",
            message(
                "the note is worth {total}, but only {left} of {number} is left to credit",
                total=Money(totals.total, ""),
                left=Money(left, ""),
                number=facts.owner.number or facts.owner.id,
            ),
            message("lines worth at most {left}", left=Money(left, "")),
            message("get_related_documents shows the notes that stand against it"),
        )


@wants(Want.DOCUMENT, Want.RELATED, Want.OWNER, Want.OWNER_RELATED)
def stored_note_within_what_remains(call: Transition, facts: Facts) -> Iterator[Finding]:
    """All issued credit notes must stay within the invoice's total when a note is finalized; other drafts do not count."""
    document, owner = facts.document, facts.owner
    if call.state != "finalized" or call.document_type != "credit_notes" or document is None or owner is None:
        return
    left = _compute_remaining(owner, facts.owner_notes, ISSUED_STATES, document.id)
    if (document.total or Decimal(0)) > left:
        yield refuse(
            "document_id",
            message(
                "the note is worth {total}, but only {left} of {number} is left to credit",
                total=Money(document.total or Decimal(0), ""),
                left=Money(left, ""),
                number=owner.number,
            ),
            message("at most {left}", left=Money(left, "")),
            message("update the draft, or delete it with change_state"),
        )


@wants(Want.OWNER, Want.OWNER_RELATED)
def credit_of_a_paid_invoice(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Warn of a credit note for a paid or partly paid invoice: InvoiceXpress may require that its receipts be cancelled first."""
    owner = facts.owner
    if owner is None or owner.document_type not in BILLS or call.document_type != "credit_notes":
        return
    receipts = [
        one for one in facts.owner_related if one.document_type == "receipts" and one.status in ISSUED_STATES
    ]
    paid = sum((one.total or Decimal(0) for one in receipts), Decimal(0))
    if owner.document_type == "invoices" and owner.status == "settled":
        yield warn(
            "owner_invoice_id",
            message(
                "{number} is already paid; InvoiceXpress may want its receipt cancelled first (cancel_payment)",
                number=owner.number,
            ),
        )
    elif paid:
        yield warn(
            "owner_invoice_id",
            message(
                "{paid} of {number} is already paid; what is credited beyond the rest is owed to the client, and "
                "InvoiceXpress may want the receipt cancelled first (cancel_payment)",
                paid=Money(paid),
                number=owner.number,
            ),
        )
