"""Times as callers write them: a date and time, or a day from today and an hour, in Lisbon."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from ix_tools.domain.date_types import DAYS_FROM_TODAY, lisbon_now, parse_moment, parse_written_date
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.validation_faults import InvalidValue

_DAY_AND_HOUR = re.compile(
    r"(?P<day>\S.*?),? (?:(?:às|as|at) )?(?P<hour>\d{1,2})(?:[:h](?P<minute>\d{2})?)h?", re.IGNORECASE
)
_DAYS_FROM_NOW = re.compile(r"\+ ?(\d{1,3}) ?d", re.IGNORECASE)


def parse_written_moment(value: object) -> datetime:
    """Parse a time that a caller wrote: as `parse_moment` does, or amanhã 8h, +1d 08:00, 5 de dezembro de 2026 às 9h30."""
    found = _DAY_AND_HOUR.fullmatch(value.strip()) if isinstance(value, str) else None
    day = _find_day(found["day"]) if found is not None else None
    if found is None or day is None:
        return parse_moment(value)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if hour > 23 or minute > 59:
        return parse_moment(value)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LISBON)


def _find_day(text: str) -> date | None:
    """Return the day that a text names, or None."""
    today = lisbon_now().date()
    if (days := _DAYS_FROM_NOW.fullmatch(text)) is not None:
        return today + timedelta(int(days[1]))
    if (from_today := DAYS_FROM_TODAY.get(text.lower())) is not None:
        return today + timedelta(from_today)
    try:
        return parse_written_date(text)
    except InvalidValue:
        return None


WireMoment = Annotated[datetime, BeforeValidator(parse_written_moment), WithJsonSchema({"type": "string"})]
