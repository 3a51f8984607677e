"""Rules about credit and debit notes (what they correct, when, up to what amount), and about Multibanco references."""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from ix_tools.domain.document_kinds import BILLS, GUIDES, ISSUED_STATES, NOTES
from ix_tools.domain.records import Document
from ix_tools.fiscal.deadlines import get_correction_limit
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse, warn
from ix_tools.guards.protocols import InvoiceShaped, Transition
from ix_tools.i18n.messages import Money, Value, message
from ix_tools.i18n.value_labels import name_state

OWNERS = {*BILLS, "vat_moss_invoices"}


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


def find_corrected(call: InvoiceShaped, facts: Facts) -> Document | None:
    """Return the document that a note corrects; None for other documents."""
    return facts.owner if call.document_type in NOTES else None


def name_document(document: Document) -> Value:
    """Return the number by which a document is named, or its id while it has none."""
    return document.number or message("document {id}", id=document.id)


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


@wants(Want.OWNER)
def owner_of_an_invoice_is_a_guide(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """The owner of an invoice must be a guide; any other id leaves the invoice unlinked."""
    if call.document_type in NOTES or call.owner_invoice_id is None:
        return
    if call.document_type not in BILLS:
        yield refuse(
            "owner_invoice_id",
            message("not for {kind}", kind=call.document_type),
            message("credit or debit notes, or an invoice made from a guide"),
        )
    elif facts.owner is None or facts.owner.document_type not in GUIDES:
        what = (
            message("no guide has that id")
            if facts.owner is None
            else message("that is one of the {kind}", kind=facts.owner.document_type)
        )
        yield refuse(
            "owner_invoice_id",
            what,
            message(
                "the id of the guide that the invoice bills, or leave it out; InvoiceXpress links no invoice to an estimate or to a "
                "deposit's invoice: name that document in reference or observations, and bill an estimate in parts with one "
                "invoice for each part"
            ),
        )


@wants(Want.OWNER)
def billed_guide_is_in_force(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """The guide that an invoice bills must not be cancelled or deleted: nothing was delivered with it."""
    owner = facts.owner
    if call.document_type in NOTES or owner is None or owner.document_type not in GUIDES:
        return
    if owner.status in {"canceled", "deleted"}:
        yield refuse(
            "owner_invoice_id",
            message(
                "the guide {number} is {status}",
                number=owner.number or owner.id,
                status=name_state(owner.status),
            ),
            message("the guide with which the goods went"),
            message("bill the guide that replaced it, or leave owner_invoice_id out"),
        )


@wants(Want.CLIENT, Want.DOCUMENT, Want.OWNER)
def note_goes_to_the_same_client(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A note must go to the client of the document it corrects."""
    if call.document_type not in NOTES or facts.owner is None or facts.owner.client is None:
        return
    found = (
        facts.client_by_code or facts.client_by_name or (facts.document.client if facts.document else None)
    )
    theirs, ours = facts.owner.client, found.id if found else None
    if theirs.id is not None and ours is not None and theirs.id != ours:
        yield refuse(
            "client",
            message(
                "the note goes to '{client}', but {number} was issued to '{name}'",
                client=found.name if found else None,
                number=facts.owner.number,
                name=theirs.name,
            ),
            message("'{name}'", name=theirs.name),
        )


def find_owner(related: Iterable[Document], kind: str) -> int | None:
    """Return the id of the only related document that a document of this type can belong to; None if none or several can."""
    kinds = OWNERS if kind in NOTES else GUIDES
    found = [one.id for one in related if one.document_type in kinds]
    return found[0] if len(found) == 1 else None


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


def mb_reference_only_where_possible(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Only invoices, simplified invoices and invoice-receipts can have a Multibanco reference (trap 20)."""
    if call.mb_reference and call.document_type not in BILLS:
        yield refuse(
            "mb_reference",
            message("not for {kind}", kind=call.document_type),
            message("invoices, simplified_invoices or invoice_receipts"),
        )
