"""Small readings of documents for the fact loader: parsing, owner, and what a 404 means."""

from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from ix_tools.domain.parsing import build_unclear_error, parse_record
from ix_tools.domain.records import Document
from ix_tools.errors import NotFound, Unreadable
from ix_tools.guards.corrected_documents import find_owner
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import Message

Found = TypeVar("Found")


def build_lookup_error(what: Message) -> Unreadable:
    """Build the error for a 404 about records of an existing document."""
    failure = build_unclear_error(what)
    failure.sent = "nothing"
    return failure


async def none_if_missing(job: Awaitable[Found]) -> Found | None:
    """Return the result of a look-up, or None if InvoiceXpress answers 404."""
    try:
        return await job
    except NotFound:
        return None


def parse_document(raw: Mapping[str, Any], kind: str) -> Document:
    """Return a document whose type only the request names."""
    return parse_record(Document, {**raw, "document_type": kind})


def find_owner_id(facts: Facts) -> int | None:
    """Return the id of the owner invoice from the document, the journal or the related documents."""
    document = facts.document
    if document is None:
        return None
    known = document.owner_invoice_id or (facts.unreturned or {}).get("owner_invoice_id")
    return int(known) if known else find_owner(facts.related, document.document_type)
