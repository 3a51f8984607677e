"""Working days in Portugal: neither Saturday, Sunday nor a national holiday (Código do Trabalho, art. 234.º)."""

from datetime import date, timedelta
from functools import cache

from ix_tools.fiscal.reference_data import read_table

SATURDAY = 5
ONE_DAY = timedelta(days=1)


def compute_easter(year: int) -> date:
    """Return Easter Sunday of a year, by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8)."""
    golden, century = year % 19, year // 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (year % 100 // 4) - epact - year % 100 % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@cache
def list_national_holidays(year: int) -> frozenset[date]:
    """Return the national holidays of a year. Municipal holidays and carnival, which is granted by government, do not count."""
    table = read_table("deadlines.toml")["holidays"]
    fixed = {date.fromisoformat(f"{year:04}-{day}") for day in table["fixed"]}
    return frozenset(fixed | {compute_easter(year) + days * ONE_DAY for days in table["from_easter"]})


def is_working_day(day: date) -> bool:
    """Tell whether a day is neither at a weekend nor a national holiday."""
    return day.weekday() < SATURDAY and day not in list_national_holidays(day.year)


def move_to_working_day(day: date) -> date:
    """Return the day itself if it is a working day, otherwise the next one."""
    while not is_working_day(day):
        day += ONE_DAY
    return day


def add_working_days(day: date, count: int) -> date:
    """Return the working day that is so many working days after a day, which itself does not count."""
    for _ in range(count):
        day = move_to_working_day(day + ONE_DAY)
    return day
