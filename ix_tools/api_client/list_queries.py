"""List queries for documents: path, key of the rows, and filters."""

from collections.abc import Iterable
from datetime import date

from ix_tools.domain.document_kinds import get_document_kind, list_document_kinds
from ix_tools.domain.records import Document

FAMILY_LISTS = {
    "invoice": ("/invoices.json", "invoices", ("sent", "settled", "canceled")),
    "estimate": ("/estimates.json", "estimates", ("sent", "accepted", "refused", "canceled")),
    "guide": ("/guides.json", "guides", ("sent", "canceled")),
}
"""The list of each family's issued documents: path, key of the rows, states."""
INCLUDE_ARCHIVED = (("non_archived", "true"), ("archived", "true"))


def query_issued(document: Document) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the query for issued documents of a document's type: path, key of the rows, filters."""
    return _query_kind(document.document_type)


def query_every_state(kind: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the query for all documents of a type, drafts included: path, key of the rows, filters."""
    return _query_kind(kind, "draft")


def _query_kind(name: str, *besides: str) -> tuple[str, str, list[tuple[str, str]]]:
    kind = get_document_kind(name)
    path, key, states = FAMILY_LISTS.get(kind.family, FAMILY_LISTS["invoice"])
    query = [("type[]", kind.camel), *(("status[]", word) for word in (*besides, *states))]
    return path, key, [*query, *INCLUDE_ARCHIVED]


def query_between(first: date, last: date) -> Iterable[tuple[str, str, list[tuple[str, str]]]]:
    """Yield the queries that together list all drafts and issued documents dated between two days, and guides of any date."""
    for family, (path, key, states) in FAMILY_LISTS.items():
        query = [
            ("type[]", kind.camel)
            for kind in list_document_kinds()
            if _get_list_family(kind.family) == family
        ]
        query += [("status[]", word) for word in ("draft", *states, "second_copy")]
        query += INCLUDE_ARCHIVED
        if key != "guides":  # that list has no date filter
            query += [("date[from]", f"{first:%d/%m/%Y}"), ("date[to]", f"{last:%d/%m/%Y}")]
        yield path, key, query


def _get_list_family(family: str) -> str:
    return family if family in FAMILY_LISTS else "invoice"
