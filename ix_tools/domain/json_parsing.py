"""Parse untrusted JSON with exact numbers of limited length."""

import json
from decimal import Decimal
from typing import Any

MAX_DIGITS = 60
"""Upper limit for the digits of a number without exponent; writing out a longer one would fill the memory."""


def parse_json(content: bytes | str) -> Any:
    """Parse JSON with every fraction as a Decimal.

    Raises: ValueError when it is not JSON or has a number with too many digits; RecursionError when it is nested too deeply.
    """
    return json.loads(
        content, parse_float=_parse_decimal, parse_int=_parse_integer, parse_constant=_reject_constant
    )


def _parse_decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= MAX_DIGITS else None
    if number is None or abs(number.adjusted()) > MAX_DIGITS:
        raise ValueError("a number beyond any amount")
    return number


def _parse_integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number beyond any amount")
    return int(text)


def _reject_constant(text: str) -> None:
    raise ValueError(f"{text} is no number in JSON")
