"""What an answer says: an object, rows, a record. What cannot be read is said, never guessed.

That something is not there is said by InvoiceXpress alone, in its own envelope: a 404 where there is one, or an empty list under
the list's own key. An answer that is empty, `{}`, `null` or under another key says nothing of the kind.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ix_tools.domain.records import Page
from ix_tools.errors import Unreadable

Made = TypeVar("Made", bound=BaseModel)
MAX_ID = 2**63
"""No id of InvoiceXpress comes near it."""


def parse_record(record: type[Made], content: Any) -> Made:
    """A record of what came; what cannot be read as one is said, never guessed."""
    try:
        return record.model_validate(content)
    except ValidationError as odd:
        where = ", ".join(
            dict.fromkeys(".".join(map(str, one["loc"])) for one in odd.errors(include_input=False))
        )
        failure = Unreadable(
            f"InvoiceXpress answered with something that cannot be read as a {record.__name__.lower()} ({where}).",
            next="look at it in InvoiceXpress; nothing is sent on a guess",
        )
    raise failure


def read_rows(body: Any, key: str) -> list[dict[str, Any]]:
    """Read the rows of a list, which stand under the list's own key.

    Raises: Unreadable where there is no such list, as in an answer that is empty or under another key.
    """
    rows = body.get(key) if isinstance(body, Mapping) else None
    if not isinstance(rows, list):
        raise build_unclear_error(f"{key}: there is no such list in the answer")
    return [require_content(row, key) for row in rows]


def read_page(body: Mapping[str, Any], rows: list[dict[str, Any]], key: str, *, counted: bool) -> Page | None:
    """Read where a list stands; None where the list does not count its pages.

    counted: whether InvoiceXpress counts this list; an empty page of it that is not counted says nothing.
    Raises: Unreadable where the page has no rows although the list goes on.
    """
    found = body.get("pagination")
    if found is None and not (counted and not rows):
        return None
    page = parse_record(Page, require_content(found, "pagination"))
    if not rows and (page.total_entries if page.current_page <= 1 else page.current_page < page.total_pages):
        raise build_unclear_error(f"{key}: it counts {page.total_entries} rows and gives none")
    return page


def require_content(content: Any, what: str) -> dict[str, Any]:
    """Read an object that says something.

    Raises: Unreadable where the answer is nothing, empty or something else: that says neither yes nor no.
    """
    if isinstance(content, Mapping) and content:
        return dict(content)
    raise build_unclear_error(what)


def read_id(row: Mapping[str, Any], what: str) -> int:
    """Read the id by which a row is told from others.

    Raises: Unreadable where it has none.
    """
    value = row.get("id")
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < MAX_ID:
        return value
    raise build_unclear_error(f"{what}: a row without an id")


def build_unclear_error(what: str) -> Unreadable:
    """Build the error of a look-up that says neither that something is there nor that it is not."""
    return Unreadable(
        f"InvoiceXpress did not answer what it was asked for ({what}).",
        next="try again; if it stays, the service may be down",
        retryable=True,
    )
