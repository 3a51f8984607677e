"""Updates are replacements on the wire: what is not sent is lost (trap 5). Here a change becomes the whole document."""

from typing import Any, TypeVar

from ix_tools.facts import Facts
from ix_tools.fiscal.currencies import code_of
from ix_tools.operations.drafts import (
    ClientDetails,
    DocumentDraft,
    LineItem,
    found_client,
    rebuilt_line,
    with_default_taxes,
)
from ix_tools.records import Document
from ix_tools.vocabulary import days_after, decimal_of

Draft = TypeVar("Draft", bound=DocumentDraft)

KEPT = (
    "date",
    "due_date",
    "reference",
    "observations",
    "retention",
    "tax_exemption",
    "sequence_id",
    "license_plate",
    "load_site",
    "delivery_site",
)
"""Fields that read back as they were sent, so that they can be sent again."""
NOTE_OWNERS = {"invoices", "invoice_receipts", "simplified_invoices", "vat_moss_invoices"}
GUIDES = {"shippings", "transports", "devolutions"}


def merged(change: Draft, facts: Facts) -> Draft:
    """The change laid over the document as it is now."""
    document = facts.document
    if document is None:
        return change
    update: dict[str, Any] = {
        name: getattr(document, name)
        for name in KEPT
        if name in type(change).model_fields
        and getattr(change, name) is None
        and getattr(document, name) is not None
    }
    if change.tax_exemption_reason is not None:
        update.pop("tax_exemption", None)
    if isinstance(change.due_date, str):
        update["due_date"] = days_after(update.get("date") or change.date, change.due_date)
    update["client"] = found_client(change.client, facts) if change.client else _same_client(document, facts)
    items = change.items or [LineItem.model_validate(rebuilt_line(line)) for line in document.lines]
    update["items"] = with_default_taxes(items, facts)
    return change.model_copy(update={**update, **_same_ties(change, facts)})


def _same_ties(change: DocumentDraft, facts: Facts) -> dict[str, Any]:
    """The document it belongs to and the second currency: answers show them elsewhere, or under another name."""
    ties: dict[str, Any] = {}
    document = facts.document
    if document is None or "owner_invoice_id" not in type(change).model_fields:
        return ties
    if getattr(change, "owner_invoice_id", None) is None:
        owners = NOTE_OWNERS if document.document_type in {"credit_notes", "debit_notes"} else GUIDES
        related = next((one.id for one in facts.related if one.document_type in owners), None)
        ties["owner_invoice_id"] = document.owner_invoice_id or related
    shown = document.multicurrency or {}
    code = code_of(str(shown.get("currency") or ""))
    if getattr(change, "currency_code", None) is None and code and shown.get("rate"):
        ties |= {"currency_code": code, "rate": getattr(change, "rate", None) or decimal_of(shown["rate"])}
    return ties


def _same_client(document: Document, facts: Facts) -> ClientDetails | None:
    # Without an id there is no client record: a simplified invoice to the final consumer.
    if document.client is None or document.client.id is None:
        return None
    record = facts.document_client or document.client
    return ClientDetails.model_validate({"id": document.client.id, "name": record.name, "code": record.code})
