"""Parse the content of responses into objects, rows and records; content that cannot be read is an error, never a guess.

Only a 404 in InvoiceXpress's own format, or an empty list under the list's own key, means that something does not exist. A
response that is empty, `{}`, `null` or under another key does not.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ix_tools.domain.records import Page
from ix_tools.errors import Unreadable
from ix_tools.i18n.messages import Message, message

Made = TypeVar("Made", bound=BaseModel)
MAX_ID = 2**63
"""Upper limit for ids, far above those of InvoiceXpress."""


def parse_record(record: type[Made], content: Any) -> Made:
    """Parse content into a record.

    Raises: Unreadable when it is not one.
    """
    try:
        return record.model_validate(content)
    except ValidationError as odd:
        where = ", ".join(
            dict.fromkeys(".".join(map(str, one["loc"])) for one in odd.errors(include_input=False))
        )
        failure = Unreadable(
            message(
                "InvoiceXpress answered with something that cannot be read as a {record} ({where}).",
                record=record.__name__.lower(),
                where=where,
            ),
            next=message("check it in InvoiceXpress; ix-tools sends nothing based on a guess"),
        )
    raise failure


def read_rows(body: Any, key: str) -> list[dict[str, Any]]:
    """Read the rows of a list, which stand under the list's own key.

    Raises: Unreadable when there is no such list, as in a response that is empty or under another key.
    """
    rows = body.get(key) if isinstance(body, Mapping) else None
    if not isinstance(rows, list):
        raise build_unclear_error(f"{key}: there is no such list in the answer")
    return [require_content(row, key) for row in rows]


def read_page(body: Mapping[str, Any], rows: list[dict[str, Any]], key: str, *, counted: bool) -> Page | None:
    """Read the pagination of a list; None when it has none.

    Args:
        body: The response.
        rows: Its rows.
        key: The key of the rows.
        counted: Whether this list returns pagination. An empty page without it is then unreadable.

    Raises: Unreadable when the page has no rows although the list goes on.
    """
    found = body.get("pagination")
    if found is None and not (counted and not rows):
        return None
    page = parse_record(Page, require_content(found, "pagination"))
    if not rows and (page.total_entries if page.current_page <= 1 else page.current_page < page.total_pages):
        raise build_unclear_error(f"{key}: it counts {page.total_entries} rows and gives none")
    return page


def require_content(content: Any, what: str) -> dict[str, Any]:
    """Return content that is an object and not empty.

    Raises: Unreadable when it is anything else, which does not mean "not found" either.
    """
    if isinstance(content, Mapping) and content:
        return dict(content)
    raise build_unclear_error(what)


def read_id(row: Mapping[str, Any], what: str) -> int:
    """Read the id of a row.

    Raises: Unreadable when it has none.
    """
    value = row.get("id")
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < MAX_ID:
        return value
    raise build_unclear_error(f"{what}: a row without an id")


def build_unclear_error(what: str | Message) -> Unreadable:
    """Build the error for a look-up whose response shows neither that something exists nor that it does not."""
    return Unreadable(
        message("InvoiceXpress did not answer what it was asked for ({what}).", what=what),
        next=message("try again; if it fails again, the service may be down"),
        retryable=True,
    )
