"""Numbers as the API takes and gives them: exact fractions inside, rounded half up once on the way out."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

_PLAIN = re.compile(r"[+-]?(\d{1,15})(\.\d{0,20})?([eE][+-]?\d{1,2})?")


def parse_fraction(value: Any) -> Fraction | None:
    """A number sent as a JSON number or as text; None when it is neither."""
    if isinstance(value, bool):
        return None
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    return Fraction(text) if _PLAIN.fullmatch(text) else None


def format_exact(value: Fraction) -> str:
    """The same number as plain decimal text, every digit kept."""
    places = 0
    while (value * 10**places).denominator != 1 and places < 30:
        places += 1
    return format_fixed(value, places)


def round_half_up(value: Fraction, places: int = 2) -> Fraction:
    """Half up, away from zero for what is negative (the one rounding of trap 17)."""
    scale = 10**places
    whole = int(abs(value) * scale + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, scale)


def format_fixed(value: Fraction, places: int = 2) -> str:
    """Text with exactly so many decimals: "24.39"."""
    near = round_half_up(value, places)
    sign = "-" if near < 0 else ""
    whole, rest = divmod(int(abs(near) * 10**places), 10**places)
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def format_at_least_two(value: Fraction) -> str:
    """Text with two decimals, or more when the number has more: quantities are never cut."""
    return format_fixed(value, max(2, len(format_exact(value).partition(".")[2])))


def to_json_number(value: Fraction) -> int | float:
    """A JSON number: 30 rather than 30.0, as the API prints it."""
    return int(value) if value.denominator == 1 else float(value)
