"""Numbers as people write them: 1.234,50 and 1,234.50 are clear, 1.234 is not, and is asked about."""

import re
from decimal import Decimal

from ix_tools.i18n.languages import Language

MAX_DIGITS = 15
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")


def read_meanings(text: str) -> tuple[Decimal, ...]:
    """Return the possible values of a number: one if it is clear, two if it is ambiguous, none if it is not a number."""
    if sum(char.isdecimal() for char in text) > MAX_DIGITS:
        return ()
    marks = [char for char in text if char in ".,"]
    if not marks:
        return (Decimal(text),)
    last = marks[-1]
    whole, _, fraction = text.rpartition(last)
    if len(set(marks)) == 2:
        # Two kinds of marks: the last one is the decimal mark, and stands once.
        return _read_grouped(whole, fraction) if marks.count(last) == 1 else ()
    grouped = _GROUPED.fullmatch(text) is not None
    found = []
    if len(marks) == 1:
        found.append(Decimal(f"{whole}.{fraction}"))
    if grouped:
        found.append(Decimal(text.replace(last, "")))
    return tuple(found)


def _read_grouped(whole: str, fraction: str) -> tuple[Decimal, ...]:
    if not _GROUPED.fullmatch(whole):
        return ()
    return (Decimal(f"{whole.replace('.', '').replace(',', '')}.{fraction}"),)


def write_number(value: Decimal, language: Language) -> str:
    """Write a number in the form that has only this meaning."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, mark, fraction = text.partition(".")
    if len(fraction) == 3:
        fraction += "0"  # with three decimals it could be thousands
    return f"{whole}{',' if language == 'pt' else '.'}{fraction}" if mark else whole
