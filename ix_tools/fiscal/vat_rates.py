"""VAT rates of the three Portuguese tax regions by day, with which the account's own taxes are compared."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal, get_args

from ix_tools.fiscal.reference_data import parse_date, read_table
from ix_tools.i18n.languages import Bilingual

Region = Literal["PT", "PT-AC", "PT-MA"]
RateKind = Literal["NOR", "INT", "RED"]
REGION_NAMES: dict[str, Bilingual] = {
    "PT": Bilingual("Continente", "the mainland"),
    "PT-AC": Bilingual("Açores", "the Azores"),
    "PT-MA": Bilingual("Madeira", "Madeira"),
}
KIND_NAMES: dict[str, Bilingual] = {
    "NOR": Bilingual("normal", "standard"),
    "INT": Bilingual("intermédia", "intermediate"),
    "RED": Bilingual("reduzida", "reduced"),
}
"""Names of the kinds of rate, by the tax authority's code."""


def name_region(region: str | None) -> Bilingual:
    """Return the name of a tax region; a code that is not one of the three as it is."""
    return REGION_NAMES.get(region or "", Bilingual(region or "?", region or "?"))


def name_rate_kind(kind: str | None) -> Bilingual:
    """Return the name of a kind of rate; any rate is the VAT rate."""
    return KIND_NAMES.get(kind or "", Bilingual("do IVA", "VAT"))


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
    read: date
    """Day on which the source was read."""


@cache
def list_rates() -> tuple[Rate, ...]:
    """Return every rate of the table, ended ones included."""
    table = read_table("rates.json")
    return tuple(
        Rate(
            region=row["region"],
            kind=row["kind"],
            percent=Decimal(row["percent"]),
            valid_from=parse_date(row["valid_from"]),
            valid_until=parse_date(row["valid_until"]),
            source=row["source"],
            read=date.fromisoformat(row.get("read", table["as_of"])),
        )
        for row in table["rates"]
    )


def list_rates_in_force(region: str, on: date) -> tuple[Rate, ...]:
    """Return the rates in force in a region on a day; a rate that began before the sources do counts as in force."""
    return tuple(
        rate
        for rate in list_rates()
        if rate.region == region
        and (rate.valid_from is None or rate.valid_from <= on)
        and (rate.valid_until is None or on <= rate.valid_until)
    )


def find_rates_instead(region: str | None, kind: str | None, percent: Decimal, on: date) -> tuple[Rate, ...]:
    """Return the legal rates that a tax should have instead of its own; none if it is legal, or if the table cannot tell.

    The table cannot tell about 0 % and other kinds of rate, about regions outside Portugal, and about days on which it
    does not know all three rates of the region.

    Args:
        kind: NOR, INT or RED as the tax says; None compares with all rates of the region.
    """
    rates = list_rates_in_force(region or "", on)
    if not percent or len(rates) < len(get_args(RateKind)) or (kind and kind not in get_args(RateKind)):
        return ()
    expected = tuple(rate for rate in rates if kind is None or rate.kind == kind)
    return () if any(rate.percent == percent for rate in expected) else expected
