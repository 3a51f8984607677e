"""Rates of income tax that businesses in Portugal withhold (CIRS 101/1, CIRC 94), by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from ix_tools.fiscal.reference_data import parse_date, read_table
from ix_tools.i18n.languages import Bilingual


@dataclass(frozen=True, slots=True)
class WithholdingRate:
    """Rate in percent of a kind of income, with its validity."""

    percent: Decimal
    income: Bilingual
    law: str
    valid_from: date | None
    """First day; None if the rate is older than the sources."""
    valid_until: date | None

    def is_in_force(self, on: date) -> bool:
        """Tell whether the rate holds on a day."""
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_until is None or on <= self.valid_until)


@cache
def list_withholding_rates() -> tuple[WithholdingRate, ...]:
    """Return every rate of the table, ended ones included."""
    return tuple(
        WithholdingRate(
            Decimal(row["percent"]),
            Bilingual(row["income_pt"], row["income_en"]),
            row["law"],
            parse_date(row.get("valid_from")),
            parse_date(row.get("valid_until")),
        )
        for row in read_table("withholding_rates.toml")["rates"]
    )


def list_rates_in_force(on: date) -> tuple[WithholdingRate, ...]:
    """Return the rates in force on a day."""
    return tuple(one for one in list_withholding_rates() if one.is_in_force(on))


def list_replaced_rates(percent: Decimal, on: date) -> Iterator[tuple[WithholdingRate, WithholdingRate]]:
    """Yield rates of a percentage that ended before a day, each with the one that the same income has now."""
    for old in list_withholding_rates():
        if old.percent == percent and old.valid_until is not None and old.valid_until < on:
            yield from ((old, new) for new in list_rates_in_force(on) if new.income == old.income)
