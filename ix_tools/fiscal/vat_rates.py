"""VAT rates of the three Portuguese tax regions, to explain a rate; calls always use the account's own taxes."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal

from ix_tools.fiscal.reference_data import parse_date, read_table

Region = Literal["PT", "PT-AC", "PT-MA"]
RateKind = Literal["NOR", "INT", "RED"]


@dataclass(frozen=True, slots=True)
class Rate:
    """VAT rate of a region, with its validity."""

    region: Region
    kind: RateKind
    percent: Decimal
    valid_from: date | None
    """First day; None if the rate is older than the sources."""
    valid_until: date | None
    source: str


@cache
def list_rates() -> tuple[Rate, ...]:
    """Return every rate of the table, ended ones included."""
    return tuple(
        Rate(
            region=row["region"],
            kind=row["kind"],
            percent=Decimal(row["percent"]),
            valid_from=parse_date(row["valid_from"]),
            valid_until=parse_date(row["valid_until"]),
            source=row["source"],
        )
        for row in read_table("rates.json")["rates"]
    )


def list_rates_in_force(region: Region, on: date) -> tuple[Rate, ...]:
    """Return the rates in force in a region on a day; empty for days before the sources begin."""
    return tuple(
        rate
        for rate in list_rates()
        if rate.region == region
        and (rate.valid_from is None or rate.valid_from <= on)
        and (rate.valid_until is None or on <= rate.valid_until)
    )
