"""List documents: filters, pages, and the delay with which new documents appear."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeVar

from ix_tools.sandbox.kinds import BY_TYPE, Family
from ix_tools.sandbox.ledger import documents, totals
from ix_tools.sandbox.ledger.number_formats import parse_fraction
from ix_tools.sandbox.rows import Client, Document
from ix_tools.sandbox.state import Books

VisibleDocument = TypeVar("VisibleDocument")
STATUS_WORDS = {"sent": {"final", "sent"}, "final": {"final"}, "finalized": {"final"}}
"""The filter for finalized documents is `sent`; the documents themselves show `final` (trap 8, reading 6)."""
_ARCHIVE_WORDS = (("archived", True), ("non_archived", False))
MAX_PER_PAGE = 100


@dataclass(frozen=True)
class Page:
    """A page of a list."""

    number: int
    per_page: int
    entries: int

    @property
    def first(self) -> int:
        """Number of entries before it."""
        return (self.number - 1) * self.per_page

    @property
    def pages(self) -> int:
        """Number of pages; an empty list has one."""
        return max(1, -(-self.entries // self.per_page))


class Query:
    """A query string with repeated keys: `type[]=Invoice&type[]=Receipt`."""

    def __init__(self, pairs: Iterable[tuple[str, str]], per_page: int = 10) -> None:
        self.pairs, self.per_page = list(pairs), per_page

    def get_last(self, name: str) -> str:
        """Return the last value of a key."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def get_all(self, name: str) -> set[str]:
        """Return all values of a key, with or without brackets."""
        return {value for key, value in self.pairs if key in (name, f"{name}[]") and value}

    def get_page(self, found: list[VisibleDocument]) -> tuple[list[VisibleDocument], Page]:
        """Return the requested page of a list."""
        page = self.read_page(len(found))
        return found[page.first : page.first + page.per_page], page

    def read_page(self, entries: int) -> Page:
        """Return which page is requested. A wrong number means the default, as in the service."""
        per_page = _parse_positive(self.get_last("per_page"), self.per_page)
        return Page(_parse_positive(self.get_last("page"), 1), min(per_page, MAX_PER_PAGE), entries)


def _parse_positive(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"[1-9]\d{0,5}", text) else otherwise


def find_documents(
    books: Books, query: Query, families: tuple[Family, ...], types: set[str] | None = None
) -> list[Document]:
    """Return the documents that match all filters, newest first. No filter is required (reading 7)."""
    wanted = types or query.get_all("type")
    statuses = set().union(*(STATUS_WORDS.get(word, {word}) for word in query.get_all("status")))
    # Without either filter, or with both false, the list has the documents that are not archived.
    archived = {archived for word, archived in _ARCHIVE_WORDS if query.get_last(word) == "true"} or {False}
    text, reference = _split_words(query.get_last("text")), query.get_last("reference")
    found = []
    for row in reversed(books.store.find(Document, **({"reference": reference} if reference else {}))):
        if BY_TYPE[row.type].family not in families or (wanted and row.type not in wanted):
            continue
        if row.archived not in archived:
            continue
        if (row.status not in statuses) if statuses else row.status == "deleted":
            continue
        if (
            books.is_listed(row)
            and _is_in_ranges(query, row)
            and (not text or text & _collect_text(books, row))
        ):
            found.append(row)
    return found


def find_related(books: Books, document_id: int) -> list[Document]:
    """Return the documents that refer to a document, and the one that it refers to."""
    document = documents.get(books, document_id)
    owner = books.store.get(Document, document.owner_id)
    rows = books.store.find(Document, owner_id=document.id)
    return [row for row in ([owner] if owner else []) + rows if row.status != "deleted"]


def _is_in_ranges(query: Query, row: Document) -> bool:
    days: dict[str, date] = {
        "date": date.fromisoformat(row.date),
        "due_date": date.fromisoformat(row.due_date),
    }
    if row.guide.get("loaded_at"):
        days["loaded_at"] = date.fromisoformat(row.guide["loaded_at"][:10])
    for name, day in days.items():
        first = documents.parse_day(query.get_last(f"{name}[from]")[:10])
        last = documents.parse_day(query.get_last(f"{name}[to]")[:10])
        if (first and day < first) or (last and day > last):
            return False
    least, most = (
        parse_fraction(query.get_last("total_before_taxes[from]")),
        parse_fraction(query.get_last("total_before_taxes[to]")),
    )
    if least is None and most is None:
        return True
    net: Fraction = totals.compute_document(row).before_taxes
    return (least is None or net >= least) and (most is None or net <= most)


def _collect_text(books: Books, row: Document) -> set[str]:
    client = books.store.get(Client, row.client_id)
    texts = [row.reference, row.observations, f"{row.number}/{row.serie}", client.name if client else ""]
    texts += [text for line in row.lines for text in (line.name, line.description)]
    return _split_words(" ".join(texts))


def _split_words(text: str) -> set[str]:
    """Split a text for the fuzzy full-text search: one common word is a match, a prefix of a longer number is not."""
    return set(re.findall(r"\w+", text.lower()))
