"""Times as callers write them: a date and time, or a day from today and an hour, in Lisbon."""

import re
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from ix_tools.domain.date_types import DAYS_FROM_TODAY, lisbon_now, parse_moment
from ix_tools.i18n.formats import LISBON

_RELATIVE_MOMENT = re.compile(
    r"(?P<day>[^\W\d]+|\+ ?\d{1,3} ?d),? (?:(?:às|as|at) )?(?P<hour>\d{1,2})(?:[:h](?P<minute>\d{2})?)h?",
    re.IGNORECASE,
)


def parse_written_moment(value: object) -> datetime:
    """Parse a time that a caller wrote: as `parse_moment` does, or amanhã 8h, tomorrow 08:00, +1d 08:00."""
    found = _RELATIVE_MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return parse_moment(value)
    word = found["day"].lower()
    days = int(word.strip("+ d")) if word.startswith("+") else DAYS_FROM_TODAY.get(word)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if days is None or hour > 23 or minute > 59:
        return parse_moment(value)
    day = lisbon_now().date() + timedelta(days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LISBON)


WireMoment = Annotated[datetime, BeforeValidator(parse_written_moment), WithJsonSchema({"type": "string"})]
