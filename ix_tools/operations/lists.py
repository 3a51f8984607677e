"""Rows and pages of lists, and the result of a deletion."""

from collections.abc import Iterable, Mapping
from typing import Any

from ix_tools.domain.amount_types import format_cents
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import Document, Page
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Record
from ix_tools.i18n.messages import Message, join_messages, message, message_plural
from ix_tools.i18n.value_labels import name_record


class DocumentRow(Record):
    """Short form of a document in a list."""

    summary_fields = frozenset({"id", "number", "status", "total"})

    id: int | None = None
    document_type: str = ""
    number: str | None = None
    status: str | None = None
    date: str | None = None
    due_date: str | None = None
    client: str | None = None
    reference: str | None = None
    total: str | None = None
    withheld: str | None = None
    """Tax that the client withholds of the total; absent if none."""
    open: str | None = None
    """Amount still to pay; only in lists of unpaid documents."""
    days_overdue: int | None = None
    """Days since it was due; absent if it is not due yet."""
    at_doc_code_id: str | None = None


def build_row(document: Document) -> DocumentRow:
    """Return the short form of a document."""
    own = set(DocumentRow.model_fields) - {"client", "withheld", "open", "days_overdue"}
    shown = document.model_dump(mode="json", include=own)
    withheld = document.withholding_tax
    about = {
        "client": document.client.name if document.client else None,
        "withheld": format_cents(withheld) if withheld else None,
    }
    return DocumentRow.model_validate({**shown, **about})


class PageResult(Record):
    """Position in a list, and a note on rows that were left out."""

    page: int = 1
    pages: int = 1
    total_entries: int = 0
    left_out: TranslatedText | None = None


class DeletionResult(Record):
    """Name of the resource that was deleted."""

    deleted: TranslatedText


def name_deleted(kind: str, identifier: str | int | None, subject: Any = None) -> Message:
    """Return the name of a deleted record: `client 503 (Sem Documentos, Lda)`."""
    name = getattr(subject, "name", None)
    if name is None:
        return message("{record} {id}", record=name_record(kind), id=identifier)
    return message("{record} {id} ({name})", record=name_record(kind), id=identifier, name=name)


def parse_document_page(content: Any, key: str, reference: str | None = None) -> dict[str, Any]:
    """Return a page of documents as the fields of a result, with the rows under `key`."""
    rows = [build_row(Document.model_validate(one)) for one in read_rows(content, key)]
    # The service searches loosely: an exact reference is matched here, and rows that do not match are counted.
    matching = [row for row in rows if reference is None or row.reference == reference]
    shown = parse_page(content, len(rows))
    if len(matching) < len(rows):
        fell = message_plural(
            "{count} row with another reference left out",
            "{count} rows with another reference left out",
            count=len(rows) - len(matching),
        )
        shown["left_out"] = join_notes([shown["left_out"], fell])
    return {key: matching, **shown}


def describe_more_pages(total: int, shown: int, next_page: int) -> Message:
    """Return the note that more rows are on the next page."""
    return message(
        "{total} in all, {shown} on this page; next: page {page}", total=total, shown=shown, page=next_page
    )


def join_notes(notes: Iterable[Message | None]) -> Message | None:
    """Return the notes on what was left out as one; None if there are none."""
    given = [one for one in notes if one]
    return join_messages(given) if given else None


def parse_page(content: Mapping[str, Any] | None, rows: int) -> dict[str, Any]:
    """Return the position of a page in its list, as the fields of `PageResult`."""
    page = Page.model_validate((content or {}).get("pagination") or {"total_entries": rows})
    more = page.current_page < page.total_pages
    return {
        "page": page.current_page,
        "pages": page.total_pages,
        "total_entries": page.total_entries,
        "left_out": describe_more_pages(page.total_entries, rows, page.current_page + 1) if more else None,
    }
