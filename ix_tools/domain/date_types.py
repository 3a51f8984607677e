"""Types of dates and times, as people write them and as InvoiceXpress returns them; days begin and end in Lisbon."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from ix_tools.domain.today import get_today
from ix_tools.domain.written_months import parse_named_day
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue

_RELATIVE_DUE_DATE = re.compile(
    r"(?:(?:a|em|dentro de|daqui a|in|within)\s+)?\+?\s*(\d{1,3})\s*(?:d|dias?|days?)", re.IGNORECASE
)
DAYS_FROM_TODAY = {
    "today": 0,
    "hoje": 0,
    "yesterday": -1,
    "ontem": -1,
    "anteontem": -2,
    "tomorrow": 1,
    "amanhã": 1,
    "amanha": 1,
    "depois de amanhã": 2,
    "depois de amanha": 2,
}
"""Words for days, and how many days after today each is."""
_FIRST_YEAR = 1900
"""An earlier year is a typing error, and the API reads one with fewer than four digits as today (trap 1)."""


def parse_date(value: object) -> date:
    """Parse a date written as 2026-11-30, 30/11/2026, 30-11-2026, 30.11.2026 or 2026/11/30."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        text = value.strip()
        for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d"):
            try:
                day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no time zone
            except ValueError:
                continue
            if day.year >= _FIRST_YEAR:
                return day
    raise InvalidValue(
        message(
            "a date that exists, written 2026-11-30 (or 30/11/2026, or today); today is {today} in Lisbon",
            today=f"{get_today()}",
        )
    )


def _find_day_of_moment(text: str) -> date | None:
    """Return the day of a time such as 2026-11-30T00:00:00Z, which automations write for a date; None if it can mean two days.

    A time with an offset means one day if its own day is that of Lisbon, or if it is midnight there.
    """
    if "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        there = moment.astimezone(LISBON) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
    return there.date() if there.date() == moment.date() or there.time() == time() else None


def _find_named_day(text: str) -> date | None:
    day = parse_named_day(text)
    return day if day is not None else _find_day_of_moment(text)


def parse_written_date(value: object) -> date:
    """Parse a date that a caller wrote: as `parse_date` does, 30 de novembro de 2026, a time of one day, or a word such as today, ontem."""
    if isinstance(value, str):
        days = DAYS_FROM_TODAY.get(value.strip().lower())
        named = get_today() + timedelta(days) if days is not None else _find_named_day(value)
        if named is not None and named.year >= _FIRST_YEAR:
            return named
    return parse_date(value)


def parse_due_date(value: object) -> date | str:
    """Parse a due date: a date, or +30d (also "30 dias", "em 30 dias") for that many days after the document's date."""
    if isinstance(value, str) and (days := _RELATIVE_DUE_DATE.fullmatch(value.strip())):
        return f"+{int(days[1])}d"
    try:
        return parse_written_date(value)
    except InvalidValue as problem:
        known = message("{date}, or +30d for 30 days after the document's date", date=problem.allowed)
        raise InvalidValue(known) from None


def is_relative_date(text: str) -> bool:
    """Tell whether a text means another day when it is read on another day."""
    word = text.strip()
    return word.lower() in DAYS_FROM_TODAY or _RELATIVE_DUE_DATE.fullmatch(word) is not None


def resolve_due_date(start: date, due: date | str) -> date:
    """Return the date that +30d means after the start; a date is returned unchanged."""
    if isinstance(due, date):
        return due
    try:
        return start + timedelta(days=int(due[1:-1]))
    except OverflowError:
        raise InvalidValue(
            message("{due} after {start} is beyond the calendar", due=due, start=start), "due_date"
        ) from None


def parse_moment(value: object) -> datetime:
    """Parse a time written as 2026-11-30T09:30 or 30/11/2026 09:30:00, in Lisbon unless it has an offset."""
    moment = value if isinstance(value, datetime) else _parse_moment_text(value)
    return moment.replace(tzinfo=LISBON) if moment.tzinfo is None else moment.astimezone(LISBON)


def _parse_moment_text(value: object) -> datetime:
    if isinstance(value, str):
        text = value.strip()
        for form in ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"):
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007 - Lisbon is added by the caller
            except ValueError:
                continue
        try:
            if "T" in text or " " in text:
                return datetime.fromisoformat(text)
        except ValueError:
            pass
    known = message(
        "a date and time that exist, written 2026-11-30T09:30 or +1d 08:00; it is {now} in Lisbon",
        now=f"{lisbon_now():%Y-%m-%dT%H:%M}",
    )
    raise InvalidValue(known)


# No `format`: hosts that enforce it refuse `today`, and turn Lisbon times into UTC, since RFC 3339 requires an offset.
WireDate = Annotated[date, BeforeValidator(parse_written_date), WithJsonSchema({"type": "string"})]
"""A date. (`date: date | None` is a TypeError in a class with a field named `date`; this is not.)"""

DueDate = Annotated[date | str, BeforeValidator(parse_due_date), WithJsonSchema({"type": "string"})]


def lisbon_now() -> datetime:
    """Return the current time in Lisbon."""
    return datetime.now(LISBON)
