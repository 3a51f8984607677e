"""Currencies of InvoiceXpress, for the second total that a document may print."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from ix_tools.fiscal.reference_data import read_table


@dataclass(frozen=True, slots=True)
class Currency:
    """Currency of the vendor's list."""

    code: str
    name: str
    """The vendor's name, which documents read back with instead of the code."""
    symbol: str


@dataclass(frozen=True, slots=True)
class EndedCurrency:
    """Currency that is no longer in use."""

    code: str
    until: date
    """Last day of its use."""
    replaced_by: str


def find_ended_currency(code: str, day: date) -> EndedCurrency | None:
    """Return when a currency ended and what replaced it, if that was before a day; None while it is in use."""
    ended = _load_ended().get(code)
    return ended if ended is not None and day > ended.until else None


def find_currency(code: str) -> Currency | None:
    """Return the currency of an upper-case ISO 4217 code; None if it is not in the list."""
    return _load_by_code().get(code)


def find_currency_code(name_or_code: str) -> str | None:
    """Return the code of a currency given by the vendor's name or by code; None if it is not in the list."""
    known = _load_by_code()
    return next((code for code, one in known.items() if name_or_code in {code, one.name}), None)


def list_currency_codes() -> tuple[str, ...]:
    """Return the codes of the list, sorted."""
    return tuple(_load_by_code())


@cache
def _load_ended() -> dict[str, EndedCurrency]:
    return {row["code"]: EndedCurrency(**row) for row in read_table("ended_currencies.toml")["ended"]}


@cache
def _load_by_code() -> dict[str, Currency]:
    return {row["code"]: Currency(**row) for row in read_table("currencies.json")["currencies"]}
