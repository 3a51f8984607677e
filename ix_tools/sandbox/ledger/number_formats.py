"""Parse and format the API's numbers: exact fractions, rounded half up once on output."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

_PLAIN = re.compile(r"[+-]?(\d{1,15})(\.\d{0,20})?([eE][+-]?\d{1,2})?")


def parse_fraction(value: Any) -> Fraction | None:
    """Parse a number sent as a JSON number or text; None when it is neither."""
    if isinstance(value, bool):
        return None
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    return Fraction(text) if _PLAIN.fullmatch(text) else None


def format_exact(value: Fraction) -> str:
    """Format a number as plain decimal text with all digits."""
    places = 0
    while (value * 10**places).denominator != 1 and places < 30:
        places += 1
    return format_fixed(value, places)


def round_half_up(value: Fraction, places: int = 2) -> Fraction:
    """Round half up, negative numbers away from zero (trap 17)."""
    scale = 10**places
    whole = int(abs(value) * scale + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, scale)


def format_fixed(value: Fraction, places: int = 2) -> str:
    """Format a number with a fixed number of decimals: "24.39"."""
    near = round_half_up(value, places)
    sign = "-" if near < 0 else ""
    whole, rest = divmod(int(abs(near) * 10**places), 10**places)
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def format_at_least_two(value: Fraction) -> str:
    """Format a number with two decimals, or with more when it has more: quantities are never cut."""
    return format_fixed(value, max(2, len(format_exact(value).partition(".")[2])))


def to_json_number(value: Fraction) -> int | float:
    """Convert to a JSON number: 30 instead of 30.0, as the API does."""
    return int(value) if value.denominator == 1 else float(value)
