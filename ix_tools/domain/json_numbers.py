"""Parse JSON from outside: numbers exact, and none so long that writing it out would fill the memory."""

import json
from decimal import Decimal
from typing import Any

MOST_DIGITS = 60
"""Of a number with its exponent written out: far beyond any amount."""


def parse_json(content: bytes | str) -> Any:
    """Parse JSON with every fraction as a Decimal.

    Raises: ValueError where it is not JSON, or has a number beyond any amount; RecursionError where it is nested too deep.
    """
    return json.loads(content, parse_float=_decimal, parse_int=_integer, parse_constant=_no_number)


def _decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= MOST_DIGITS else None
    if number is None or abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError("a number beyond any amount")
    return number


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("a number beyond any amount")
    return int(text)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number in JSON")
