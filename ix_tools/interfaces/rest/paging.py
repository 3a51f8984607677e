"""Pages of a list for flows: only the fields that are wanted, and a next page on which no row comes again.

InvoiceXpress numbers pages, so a document that is created between two requests moves the last rows of a page to the next one. The
address of the next page names the rows that were on the page before, and they are left out there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n.messages import Message, message, verbatim
from ix_tools.operations.base import Operation
from ix_tools.pipeline.truncation import PER_PAGE, TruncatedResponse, truncate
from ix_tools.schemas.json_schema import build_result_schema

FIELDS, SEEN = "fields", "seen"
PAGE = "page"
MAX_SEEN = 500
"""Ids that an address may name; a page has fewer rows."""


@dataclass(frozen=True, slots=True)
class ListWishes:
    """What a caller wants of a page besides the arguments of the operation."""

    rows: str = ""
    """Name of the list in the result; empty for an operation without pages."""
    fields: tuple[str, ...] = ()
    """Fields of each row; empty for all."""
    seen: frozenset[str] = frozenset()
    """Ids of rows that were on the page before."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page as it is answered, and the arguments of the next one; None on the last."""

    body: dict[str, Any]
    following: dict[str, Any] | None


def extract_wishes(
    operation: type[Operation[Any]], given: Mapping[str, Any]
) -> tuple[ListWishes, dict[str, Any]]:
    """Return the wishes, and the arguments without them.

    Raises:
        InvalidArguments: a field that the rows do not have.
    """
    rows, columns = find_rows(operation)
    rest = dict(given)
    if not rows:
        return ListWishes(), rest
    fields, seen = _read_list(rest.pop(FIELDS, None)), _read_list(rest.pop(SEEN, None))
    if unknown := [one for one in fields if one not in columns]:
        raise _build_refusal(FIELDS, message("no row has {name}", name=unknown[0]), ", ".join(columns))
    if len(seen) > MAX_SEEN or not all(one.isascii() and one.isdecimal() for one in seen):
        raise _build_refusal(SEEN, message("is not usable"), "next_page")
    return ListWishes(rows, fields, frozenset(seen)), rest


@cache
def find_rows(operation: type[Operation[Any]]) -> tuple[str, tuple[str, ...]]:
    """Return the name of the list in the result of an operation with pages, and the fields of its rows."""
    if PER_PAGE not in operation.model_fields:
        return "", ()
    for name, one in build_result_schema(operation).items():
        if one.get("type") == "array" and "properties" in one.get("items", {}):
            return name, tuple(one["items"]["properties"])
    return "", ()


def build_page(
    body: Mapping[str, Any], wishes: ListWishes, arguments: Mapping[str, Any], per_page: int | None
) -> ListPage:
    """Build a page of allowed length."""
    rows = body.get(wishes.rows)
    if not wishes.rows or not isinstance(rows, list):
        return ListPage(truncate(body, per_page).body if per_page else dict(body), None)
    masked = {**body, wishes.rows: [_mask(row, wishes.fields) for row in rows]}
    shown = truncate(masked, per_page) if per_page else TruncatedResponse(masked, None)
    # A shortened page begins where the whole one does.
    ids = [str(row.get("id", "")) for row in rows[: len(shown.body[wishes.rows])]]
    kept = [row for row, one in zip(shown.body[wishes.rows], ids, strict=True) if one not in wishes.seen]
    following = None
    if shown.per_page and shown.body.get(PAGE, 1) < shown.body.get("pages", 1):
        following = {
            **arguments,
            PAGE: shown.body[PAGE] + 1,
            PER_PAGE: shown.per_page,
            **({FIELDS: list(wishes.fields)} if wishes.fields else {}),
            SEEN: ",".join(filter(None, ids)),
        }
    return ListPage({**shown.body, wishes.rows: kept}, following)


def _mask(row: Any, fields: Sequence[str]) -> Any:
    if not fields or not isinstance(row, Mapping):
        return row
    return {name: value for name, value in row.items() if name in fields or name == "id"}


def _read_list(given: object) -> tuple[str, ...]:
    """Return the words of a list, or of a text with commas."""
    parts = given if isinstance(given, list) else [given] if given is not None else []
    return tuple(word.strip() for part in parts for word in str(part).split(",") if word.strip())


def _build_refusal(name: str, problem: Message, allowed: str) -> InvalidArguments:
    return InvalidArguments(
        message("The list cannot be returned like this."),
        problems=[Problem(name, problem, verbatim(allowed))],
        next=message("correct these fields and call again"),
    )
