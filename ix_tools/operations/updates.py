"""Updates are replacements on the wire: what is not sent is lost (trap 5). Here a change becomes the whole document."""

from typing import Any, TypeVar

from ix_tools.facts import Facts
from ix_tools.operations.drafts import (
    ClientDetails,
    DocumentDraft,
    LineItem,
    found_client,
    rebuilt_line,
    with_default_taxes,
)
from ix_tools.records import Document
from ix_tools.vocabulary import days_after

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
)
"""Fields that read back as they were sent, so that they can be sent again."""


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
    return change.model_copy(update=update)


def _same_client(document: Document, facts: Facts) -> ClientDetails | None:
    if document.client is None:
        return None
    record = facts.document_client or document.client
    return ClientDetails.model_validate({"id": document.client.id, "name": record.name, "code": record.code})
