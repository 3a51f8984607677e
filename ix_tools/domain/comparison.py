"""Compare a document, client or series with an earlier state: every field must be equal except those named here.

Exceptions are the fields that the transition itself sets and those that InvoiceXpress varies between two reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ix_tools.errors import IxError, Problem
from ix_tools.i18n.messages import Value, message
from ix_tools.text.sanitize import sanitize_line

MAY_APPEAR = frozenset({"sequence_id"})
"""Fields that may be absent before a transition and present after it: a draft of the default series may not name it."""
TAX_FIELDS_SOMETIMES_ABSENT = frozenset({"name", "value"})
"""A line's tax sometimes reads back with its id alone (observed by integrators; trap 30)."""
UNSTABLE_CLIENT_FIELDS = frozenset({"open_account_link"})
"""A link into the account. It is not printed and may change."""

ABSENT = object()
ASKED, STORED = "asked: ", "stored as "
EXPECTED_READ_BACK, NOT_READ_BACK = "to be read back", "could not be read back: "
NO_VALUE = "(none)"
"""How a difference shows a field without a value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs from what was requested or shown: its path (`items.0.unit_price`), that value and the stored one."""

    field: str
    asked: str
    stored: str

    def as_dict(self) -> dict[str, str]:
        """Return it as it is stored."""
        return asdict(self)

    def as_problem(self) -> Problem:
        """Return it as a problem of an error."""
        return Problem(
            self.field,
            message("stored as {stored}", stored=name_compared(self.stored)),
            message("asked: {asked}", asked=name_compared(self.asked)),
        )

    @classmethod
    def for_failed_read_back(cls, field: str, failure: IxError) -> "Difference":
        """Return the difference for a write that could not be read back for comparison."""
        return cls(field, EXPECTED_READ_BACK, f"{NOT_READ_BACK}{failure.code}")


def name_compared(text: str) -> Value:
    """Return a compared value within a sentence: what stands for no value, or for one that was not read, is translated."""
    if text == NO_VALUE:
        return message("(none)")
    if text == EXPECTED_READ_BACK:
        return message("to be read back")
    if text.startswith(NOT_READ_BACK):
        return message("could not be read back: {code}", code=text.removeprefix(NOT_READ_BACK))
    return text


def find_differences(
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    allowed: frozenset[str] = frozenset(),
    within: str = "",
) -> list[Difference]:
    """Return every field that differs.

    Args:
        before: The earlier state.
        now: The present state.
        allowed: Top-level fields that may differ.
        within: Prefix of the fields' paths when they are not the document's own.
    """
    appeared = {name for name in MAY_APPEAR if allowed and _is_empty(before.get(name))}
    return [
        Difference(f"{within}.{path}" if within else path, _format_value(old), _format_value(new))
        for path, old, new in _walk("", before, now)
        if path.partition(".")[0] not in allowed | appeared
    ]


def find_client_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return every field of a document's client that differs."""
    return find_differences(before, now, UNSTABLE_CLIENT_FIELDS, within="client")


def _walk(path: str, before: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*before, *now)):
            old, new = before.get(name, ABSENT), now.get(name, ABSENT)
            if (
                path.endswith(".tax")
                and name in TAX_FIELDS_SOMETIMES_ABSENT
                and (_is_empty(old) or _is_empty(new))
            ):
                continue
            yield from _walk(f"{path}.{name}" if path else str(name), old, new)
    elif isinstance(before, list) and isinstance(now, list):
        if len(before) != len(now):
            yield path, f"{len(before)} rows", f"{len(now)} rows"
        for at, (old, new) in enumerate(zip(before, now, strict=False)):
            yield from _walk(f"{path}.{at}", old, new)
    elif not _are_equal(before, now):
        yield path, before, now


def _are_equal(before: Any, now: Any) -> bool:
    if _is_empty(before) and _is_empty(now):
        return True
    if isinstance(before, bool) or isinstance(now, bool) or type(before) is type(now):
        return bool(before == now)
    # Responses differ in whether an id or amount is a number or text. Two texts are never compared as numbers.
    if isinstance(before, int | float | Decimal) or isinstance(now, int | float | Decimal):
        try:
            return Decimal(str(before)) == Decimal(str(now))
        except InvalidOperation:
            return False
    return bool(before == now)


def _is_empty(value: Any) -> bool:
    return value is ABSENT or value is None or value in ("", [], {})


def _format_value(value: Any) -> str:
    if _is_empty(value):
        return NO_VALUE
    text = sanitize_line(str(value))
    return text if len(text) <= 200 else f"{text[:200]}…"
