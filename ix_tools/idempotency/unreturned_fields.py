"""Sent fields that InvoiceXpress does not return, from the journal entry of a document's last write."""

from collections.abc import Mapping
from typing import Any

from ix_tools.domain.records import Document
from ix_tools.idempotency.intents import NEW_ITEMS, UNRETURNED, Intent
from ix_tools.operations.drafts import READS_AS_SENT


def find_unreturned_fields(written: Intent | None, document: Document | None) -> Mapping[str, Any] | None:
    """Return these fields as JSON values; None if they are unknown or somebody else changed the document since.

    Every write of a document replaces all its fields, including those that are not returned.
    """
    if written is None:
        return None
    then = (written.outcome or {}).get("document")
    if (
        document is not None
        and then
        and _list_comparable_content(Document.model_validate(then)) != _list_comparable_content(document)
    ):
        return None
    sent: Mapping[str, Any] = written.trace[UNRETURNED]
    return sent


def find_own_items(written: Intent | None) -> frozenset[str]:
    """Return the names of the catalogue items that a document's own lines created."""
    return frozenset(written.trace.get(NEW_ITEMS, ())) if written is not None else frozenset()


def _list_comparable_content(document: Document) -> list[Any]:
    """List the content of a document, without what finalizing it or changing its client adds."""
    lines = [
        (line.name, line.description, line.quantity, line.unit_price, line.net) for line in document.lines
    ]
    return [*(getattr(document, name) for name in READS_AS_SENT), document.total, *lines]
