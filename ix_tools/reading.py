"""What an answer says: an object, rows, a record. What cannot be read is said, never guessed."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ix_tools.errors import Unreadable

Made = TypeVar("Made", bound=BaseModel)


def as_record(record: type[Made], content: Any) -> Made:
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


def rows_of(body: Any, key: str) -> list[dict[str, Any]]:
    """The rows under a key."""
    return [as_object(row) for row in as_object(body).get(key) or []]


def as_object(content: Any) -> dict[str, Any]:
    """An object; nothing is an empty one."""
    if content is None or isinstance(content, Mapping):
        return dict(content or {})
    raise Unreadable(
        "InvoiceXpress answered with something else than was asked for.",
        next="try again; if it stays, the service may be down",
        retryable=True,
    )


def require_content(content: Any, what: str) -> dict[str, Any]:
    """What was looked up; an empty answer says nothing about it, neither that it is there nor that it is not."""
    found = as_object(content)
    if not found:
        raise Unreadable(
            f"InvoiceXpress answered with nothing when asked for {what}.",
            next="try again; if it stays, the service may be down",
            retryable=True,
        )
    return found
