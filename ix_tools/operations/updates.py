"""Merge a change into the stored document, because an update replaces it whole (trap 5)."""

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from pydantic import TypeAdapter

from ix_tools.domain.amount_types import parse_decimal
from ix_tools.domain.date_types import resolve_due_date
from ix_tools.domain.field_marks import Stored, Unreturned, fields_with
from ix_tools.domain.records import Document
from ix_tools.domain.types import Record
from ix_tools.fiscal.currencies import find_currency_code
from ix_tools.guards.corrected_documents import find_owner
from ix_tools.guards.facts import Facts, Want
from ix_tools.operations.drafts import (
    ClientDetails,
    DocumentDraft,
    InvoiceDraft,
    LineItem,
    fill_client,
    fill_default_taxes,
    rebuild_line,
)

Draft = TypeVar("Draft", bound=DocumentDraft)

UPDATE_NEEDS = frozenset(
    {
        Want.DOCUMENT,
        Want.TAXES,
        Want.DOCUMENT_CLIENT,
        Want.RELATED,
        Want.DIFFERENCES,
        Want.UNRETURNED,
    }
)
"""Facts needed to merge a change into the stored document."""


def merge_update(change: Draft, facts: Facts) -> Draft:
    """Return the change merged over the stored document and over the unreturned fields in the journal."""
    document = facts.document
    if document is None:
        return change
    update = {
        name: value for name, value in _carry_over(type(change), facts) if getattr(change, name) is None
    }
    if change.tax_exemption_reason is not None:
        update.pop("tax_exemption", None)
    if isinstance(change.due_date, str):
        update["due_date"] = resolve_due_date(update.get("date") or change.date, change.due_date)
    update["client"] = (
        fill_client(change.client, facts) if change.client else _carry_over_client(document, facts)
    )
    items = change.items or [LineItem.model_validate(rebuild_line(line)) for line in document.lines]
    update["items"] = fill_default_taxes(items, facts)
    return change.model_copy(update={**update, **_carry_over_currency(change, document)})


def _carry_over(model: type[DocumentDraft], facts: Facts) -> Iterator[tuple[str, Any]]:
    """Yield the value to send for every field that the update does not name: the stored one, else the journal's."""
    document, sent = facts.document, facts.unreturned or {}
    for name in (*fields_with(model, Stored), *fields_with(model, Unreturned)):
        stored = getattr(document, name, None)
        # A document shows the Multibanco reference it got, not whether one was requested (`mb_reference`).
        if stored is not None and not isinstance(stored, Record):
            yield name, stored
        elif name in sent:
            yield name, _parse_value(model, name, sent[name])
    if document is not None and "owner_invoice_id" in model.model_fields:
        known = document.owner_invoice_id or sent.get("owner_invoice_id")
        yield "owner_invoice_id", known or find_owner(facts.related, document.document_type)


def _parse_value(model: type[DocumentDraft], name: str, value: Any) -> Any:
    """Convert a JSON value of the journal to the field's type."""
    info = model.model_fields[name]
    typed: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    return TypeAdapter(typed).validate_python(value)


def _carry_over_currency(change: DocumentDraft, document: Document) -> dict[str, Any]:
    """Return the stored second currency by its code; answers show it by its name."""
    if not isinstance(change, InvoiceDraft) or change.currency_code is not None:
        return {}
    shown = document.multicurrency or {}
    code = find_currency_code(str(shown.get("currency") or ""))
    if not code or not shown.get("rate"):
        return {}
    return {"currency_code": code, "rate": change.rate or parse_decimal(shown["rate"])}


def _carry_over_client(document: Document, facts: Facts) -> ClientDetails | None:
    # Without an id there is no client record: a simplified invoice to the final consumer.
    if document.client is None or document.client.id is None:
        return None
    record = facts.document_client or document.client
    return ClientDetails.model_validate({"id": document.client.id, "name": record.name, "code": record.code})
