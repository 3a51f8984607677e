"""Parse untrusted JSON with exact numbers of limited length."""

import json
from decimal import Decimal
from typing import Any

from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue

MAX_DIGITS = 60
"""Upper limit for the digits of a number without exponent; writing out a longer one would fill the memory."""


def parse_json(content: bytes | str) -> Any:
    """Parse JSON with every fraction as a Decimal.

    Raises: ValueError when it is not JSON or has a number with too many digits; RecursionError when it is nested too deeply.
    """
    return json.loads(
        content, parse_float=_parse_decimal, parse_int=_parse_integer, parse_constant=_reject_constant
    )


def parse_json_arguments(content: bytes | str) -> Any:
    """Parse JSON that a caller wrote: like `parse_json`, and refuse an object that has a field twice.

    Raises: ValueError and RecursionError as `parse_json`; ValueError also for a repeated field.
    """
    return json.loads(
        content,
        parse_float=_parse_decimal,
        parse_int=_parse_integer,
        parse_constant=_reject_constant,
        object_pairs_hook=reject_repeated_fields,
    )


def reject_repeated_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's fields; raise ValueError where one is there twice, since readers differ in which one counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidValue(
            message("the field '{name}' is there twice, and readers differ in which one counts", name=twice)
        )
    return found


def _parse_decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= MAX_DIGITS else None
    if number is None or abs(number.adjusted()) > MAX_DIGITS:
        raise InvalidValue(message("a number beyond any amount"))
    return number


def _parse_integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise InvalidValue(message("a number beyond any amount"))
    return int(text)


def _reject_constant(text: str) -> None:
    raise InvalidValue(message("{text} is no number in JSON", text=text))
