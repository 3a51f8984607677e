"""Months as callers write them: a name in Portuguese or English, or month and year in one text."""

import re
from datetime import date, timedelta
from functools import cache

from ix_tools.domain.today import get_today
from ix_tools.i18n.formats import LOCALES
from ix_tools.text.fuzzy_match import strip_case_and_accents

_MONTH_OF_YEAR = re.compile(
    r"(?:(?P<year>\d{4})[-/.](?P<month>\d{1,2})|(?P<first>\d{1,2})[-/.](?P<last>\d{4}))"
)
_NAMED_MONTH = re.compile(r"(?P<name>[^\W\d_]+)\.?(?:[ /-]+(?:(?:de|of) )?(?P<year>\d{4}))?", re.IGNORECASE)
_NAMED_DAY = re.compile(
    r"(?:(?P<day>\d{1,2})[ -](?:(?:de|of) )?(?P<month>[^\W\d_]+)\.?|(?P<name>[^\W\d_]+) (?P<number>\d{1,2}),)"
    r"[ -](?:(?:de|of) )?(?P<year>\d{4})",
    re.IGNORECASE,
)
_MONTHS_FROM_THIS = {"este mes": 0, "this month": 0, "mes passado": -1, "last month": -1}
"""Words for months, without accents, and a day in each, counted from the first of this month."""


@cache
def _list_names() -> dict[str, int]:
    """Return the numbers of the months by their names and abbreviations in both languages, without accents and capitals."""
    from babel.dates import get_month_names  # locale data is loaded when the first name is read

    found: dict[str, int] = {}
    for locale in LOCALES.values():
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=locale).items():
                plain = strip_case_and_accents(name).rstrip(".")
                found |= {plain: number, plain[:3]: number}
    return found


def find_month(name: str) -> int | None:
    """Return the number of the month with a name such as novembro, Nov or March; None for any other word."""
    return _list_names().get(strip_case_and_accents(name))


def parse_month(text: str) -> tuple[int, int | None] | None:
    """Return month and year of 11/2026, 2026-11, novembro de 2026, this month; no year for a name alone, None for other texts."""
    word = " ".join(text.split())
    if (found := _MONTH_OF_YEAR.fullmatch(word)) is not None:
        month, year = int(found["month"] or found["first"]), int(found["year"] or found["last"])
        return (month, year) if 1 <= month <= 12 else None
    if (months := _MONTHS_FROM_THIS.get(strip_case_and_accents(word))) is not None:
        first = get_today().replace(day=1)
        day = first + timedelta(days=months)
        return day.month, day.year
    named = _NAMED_MONTH.fullmatch(word)
    number = find_month(named["name"]) if named is not None else None
    if named is None or number is None:
        return None
    return number, int(named["year"]) if named["year"] else None


def parse_named_day(text: str) -> date | None:
    """Return the date of 30 de novembro de 2026, 30 Nov 2026 or November 30, 2026; None for any other text."""
    found = _NAMED_DAY.fullmatch(" ".join(text.split()))
    month = find_month(found["month"] or found["name"]) if found is not None else None
    if found is None or month is None:
        return None
    try:
        return date(int(found["year"]), month, int(found["day"] or found["number"]))
    except ValueError:
        return None
