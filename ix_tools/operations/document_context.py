"""Context of a document that InvoiceXpress does not return with it: corrected document, transport, payments."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ix_tools.domain.date_types import parse_moment
from ix_tools.domain.document_kinds import ISSUED_STATES, NOTES, get_document_kind
from ix_tools.domain.field_marks import Printed, Unreturned, fields_with
from ix_tools.domain.records import CorrectedDocument, Document, ReadTotal
from ix_tools.domain.settlement import compute_settlement
from ix_tools.domain.types import Call, Record
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message
from ix_tools.operations import preview

INVOICES = {"invoices", "simplified_invoices", "invoice_receipts", "vat_moss_invoices", "cash_invoices"}


class DocumentResult(Record):
    """Document as it reads back."""

    document: Document
    to_pay: ReadTotal = None
    """Amount still to pay after withholding tax, receipts and credit notes; absent if it is the total."""
    withheld: ReadTotal = None
    """Tax that the client withholds and pays to the tax authority; absent if there is none."""
    corrects: CorrectedDocument | None = None
    """Document that a credit or debit note corrects."""
    new_items: list[str] | None = None
    """Names of lines that InvoiceXpress added to the account's catalogue of items."""


def build_document_result(document: Document) -> DocumentResult:
    """Return the result of a document; `to_pay` only if withholding tax makes it differ from the total."""
    if document.retention and document.total is not None:
        return DocumentResult(document=document, to_pay=document.total - document.withholding_tax)
    return DocumentResult(document=document)


def add_context(result: DocumentResult, facts: Facts) -> DocumentResult:
    """Return the result with what is left to pay of an invoice, the document that a note corrects, or a guide's loading time."""
    document = result.document
    is_invoice = document.document_type in INVOICES and document.total is not None
    if is_invoice and (document.is_draft or facts.document is not None):
        return result.model_copy(update=_find_amounts_to_pay(document, facts))
    if document.document_type in NOTES:
        return result.model_copy(update={"corrects": _corrected_document(facts)})
    if (starts := find_loading_time(document, facts)) is not None and document.loaded_at is None:
        return result.model_copy(update={"document": document.model_copy(update={"loaded_at": starts})})
    return result


def is_settlement_unclear(document: Document) -> bool:
    """Tell whether what is open of a document, or was withheld, can only be said with its receipts and notes."""
    is_issued = document.status in ISSUED_STATES and document.document_type in INVOICES
    return is_issued and (document.status != "settled" or bool(document.retention))


def _find_amounts_to_pay(document: Document, facts: Facts) -> dict[str, Decimal]:
    known = compute_settlement(document, () if document.is_draft else facts.related)
    # Nothing is open of a draft yet, so it shows what will be.
    to_pay = known.open if document.status in {*ISSUED_STATES, "canceled"} else known.balance
    found = {"to_pay": to_pay, "withheld": known.withheld}
    return {name: one for name, one in found.items() if one != (known.total if name == "to_pay" else 0)}


def _corrected_document(facts: Facts) -> CorrectedDocument:
    owner = facts.owner
    if owner is None:
        return CorrectedDocument(
            unknown=message(
                "which document it corrects cannot be read: InvoiceXpress does not say, and it was not created here"
            )
        )
    return CorrectedDocument(
        document_type=owner.document_type,
        id=owner.id,
        number=owner.number,
        date=owner.date,
        total=owner.total,
        paid=compute_settlement(owner, facts.owner_related).paid,
    )


def find_corrected(document: Document, facts: Facts) -> preview.DocumentReference | None:
    """Return the document that a note corrects, for its approval (CIVA 36/6); None if it is no note."""
    if document.document_type not in NOTES:
        return None
    owner = facts.owner
    return (
        preview.DocumentReference()
        if owner is None
        else build_reference(owner, compute_settlement(owner, facts.owner_related).paid)
    )


def build_reference(document: Document, paid: Decimal | None = None) -> preview.DocumentReference:
    """Return a reference to a document, as another one cites it."""
    return preview.DocumentReference(
        document.document_type, document.number, document.date, document.total, paid
    )


def find_loading_time(document: Document, facts: Facts) -> Any:
    """Return a guide's loading time as ix-tools last sent it; None if it is not known."""
    if get_document_kind(document.document_type).family != "guide":
        return None
    sent = (facts.unreturned or {}).get("loaded_at")
    return document.loaded_at or (parse_moment(sent) if sent else None)


def find_transport(document: Document, facts: Facts) -> preview.Transport | None:
    """Return the transport data that the tax authority gets of a guide (DL 147/2003, art. 4); None if it is no guide."""
    if get_document_kind(document.document_type).family != "guide":
        return None
    sent = facts.unreturned or {}
    return preview.Transport(
        plate=document.license_plate or "",
        loaded_at=find_loading_time(document, facts),
        origin=_format_place(document.load_site or sent.get("load_site"), document.address_from),
        destination=_format_place(document.delivery_site or sent.get("delivery_site"), document.address_to),
    )


def list_printed_rows(document: Document, facts: Facts, draft: type[Call]) -> Iterator[preview.Row]:
    """Yield rows for printed fields that the stored draft does not show, as far as they are known.

    Args:
        draft: The class of the draft, which says what is printed.
    """
    sent = facts.unreturned or {}
    if facts.owner is not None and document.document_type not in NOTES:
        yield preview.Row("bills", build_reference(facts.owner))
    printed = fields_with(draft, Printed)
    yield from (
        preview.Row(name, sent[name])
        for name in fields_with(draft, Unreturned)
        if name in printed and sent.get(name)
    )


def _format_place(site: str | None, address: dict[str, Any] | None) -> str | None:
    """Return a place as lines of text; None if the answer has none."""
    if not address:
        return site
    town = " ".join(str(address[name]) for name in ("postal_code", "city") if address.get(name))
    lines = [site, address.get("detail"), town, address.get("country")]
    return "\n".join(str(line) for line in lines if line)


def add_payments(shown: preview.Preview, facts: Facts) -> preview.Preview:
    """Return the preview of an issued invoice with the amounts paid, credited and left to pay; others unchanged."""
    document = facts.document
    if document is None or document.document_type not in INVOICES or document.status not in ISSUED_STATES:
        return shown
    known = compute_settlement(document, facts.related)
    return replace(shown, paid=known.paid, credited=known.credited or None, to_pay=known.balance)


def find_owed_after(document: Document, facts: Facts) -> Decimal | None:
    """Return what is owed to the client once a credit note is issued; None if nothing is, or if it cannot be said."""
    owner = facts.owner
    if document.document_type != "credit_notes" or owner is None or document.total is None:
        return None
    before = compute_settlement(owner, facts.owner_related)
    after = before.balance - (document.total - document.withholding_tax)
    return -after if after < 0 else None


def find_state(document: Document, facts: Facts) -> preview.DocumentState | None:
    """Return the state of an issued document, with an invoice's open amount; None for a draft."""
    if document.is_draft or not document.status:
        return None
    is_invoice = document.document_type in INVOICES
    open_now = compute_settlement(document, facts.related).open if is_invoice else None
    return preview.DocumentState(document.document_type, document.status, open_now)
