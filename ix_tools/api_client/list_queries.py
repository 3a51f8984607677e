"""Where documents are listed: path, key of the rows, and filters."""

from collections.abc import Iterable
from datetime import date

from ix_tools.domain.document_kinds import document_type, document_types
from ix_tools.domain.records import Document

ISSUED = {
    "invoice": ("/invoices.json", "invoices", ("sent", "settled", "canceled")),
    "estimate": ("/estimates.json", "estimates", ("sent", "accepted", "refused", "canceled")),
    "guide": ("/guides.json", "guides", ("sent", "canceled")),
}
"""Where issued documents of a family are listed: path, key of the rows, states."""
ARCHIVED_TOO = (("non_archived", "true"), ("archived", "true"))


def issued(document: Document) -> tuple[str, str, list[tuple[str, str]]]:
    """The list of issued documents of a document's type: path, key of the rows, filters."""
    return _of_a_kind(document.document_type)


def every_state(kind: str) -> tuple[str, str, list[tuple[str, str]]]:
    """The list that holds every document of a kind: path, key of the rows, filters."""
    return _of_a_kind(kind, "draft")


def _of_a_kind(name: str, *besides: str) -> tuple[str, str, list[tuple[str, str]]]:
    kind = document_type(name)
    path, key, states = ISSUED.get(kind.family, ISSUED["invoice"])
    query = [("type[]", kind.camel), *(("status[]", word) for word in (*besides, *states))]
    return path, key, [*query, *ARCHIVED_TOO]


def between(first: date, last: date) -> Iterable[tuple[str, str, list[tuple[str, str]]]]:
    """The lists that together hold every document with a number, and drafts, dated between two days; guides of any day."""
    for family, (path, key, states) in ISSUED.items():
        query = [("type[]", kind.camel) for kind in document_types() if _shelf(kind.family) == family]
        query += [("status[]", word) for word in ("draft", *states, "second_copy")]
        query += ARCHIVED_TOO
        if key != "guides":  # that list knows no such filter
            query += [("date[from]", f"{first:%d/%m/%Y}"), ("date[to]", f"{last:%d/%m/%Y}")]
        yield path, key, query


def _shelf(family: str) -> str:
    return family if family in ISSUED else "invoice"
