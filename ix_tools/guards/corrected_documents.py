"""Rules about the document that a credit or debit note corrects: there is one, it is issued, and the note is dated in time."""

from collections.abc import Iterable, Iterator

from ix_tools.domain.document_kinds import BILLS, GUIDES, ISSUED_STATES, NOTES
from ix_tools.domain.records import Document
from ix_tools.fiscal.deadlines import get_correction_limit
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse, warn
from ix_tools.guards.protocols import InvoiceShaped
from ix_tools.i18n.messages import Value, message
from ix_tools.i18n.state_names import name_state

OWNERS = {*BILLS, "vat_moss_invoices"}


def find_corrected(call: InvoiceShaped, facts: Facts) -> Document | None:
    """Return the document that a note corrects; None for other documents."""
    return facts.owner if call.document_type in NOTES else None


def name_document(document: Document) -> Value:
    """Return the number by which a document is named, or its id while it has none."""
    return document.number or message("document {id}", id=document.id)


def find_owner(related: Iterable[Document], kind: str) -> int | None:
    """Return the id of the only related document that a document of this type can belong to; None if none or several can."""
    kinds = OWNERS if kind in NOTES else GUIDES
    found = [one.id for one in related if one.document_type in kinds]
    return found[0] if len(found) == 1 else None


@wants(Want.OWNER)
def note_has_its_owner(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A note must name the document it corrects (CIVA 36/6), or InvoiceXpress leaves it unlinked (trap 13b)."""
    if call.document_type not in NOTES:
        return
    owner = facts.owner
    if call.owner_invoice_id is None:
        yield refuse(
            "owner_invoice_id",
            message("a credit or debit note names the document it corrects"),
            message("the id of a finalized invoice"),
            message("list_invoices finds it"),
        )
    elif owner is None:
        yield refuse(
            "owner_invoice_id",
            message("no invoice has the id {owner_invoice_id}", owner_invoice_id=call.owner_invoice_id),
            message("the id of a finalized invoice"),
            message("list_invoices finds it"),
        )


@wants(Want.OWNER)
def corrected_document_is_issued(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """The document that a note corrects must be issued and in force."""
    owner = facts.owner
    if call.document_type in NOTES and owner is not None and owner.status not in ISSUED_STATES:
        yield refuse(
            "owner_invoice_id",
            message("that document is {status}, not issued", status=name_state(owner.status)),
            message("a finalized invoice"),
        )


@wants(Want.OWNER)
def note_not_before_its_invoice(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A note must not be dated before the document it corrects, to which it refers (CIVA 36/6)."""
    owner = find_corrected(call, facts)
    if owner is not None and owner.date is not None and call.date < owner.date:
        yield refuse(
            "date",
            message(
                "the note is dated {date}, before {owner}, which is dated {owner_date}",
                date=call.date,
                owner=name_document(owner),
                owner_date=owner.date,
            ),
            message("{date} or later", date=owner.date),
        )


@wants(Want.OWNER)
def credit_within_two_years(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Warn of a credit note more than two years after its document: VAT charged in excess then stays lost (CIVA 78/3)."""
    owner = find_corrected(call, facts)
    if owner is None or owner.date is None or call.document_type != "credit_notes":
        return
    limit = get_correction_limit(owner.date)
    if call.date > limit:
        yield warn(
            "date",
            message(
                "{document} is dated {day}; VAT charged in excess can be corrected until {limit} (CIVA 78/3), so the note "
                "may bring none back. For goods returned or a discount given later, the time runs from that event (CIVA 78/2)",
                document=name_document(owner),
                day=owner.date,
                limit=limit,
            ),
        )
