"""The currencies InvoiceXpress knows, for the second total a document may show."""

from dataclasses import dataclass
from functools import cache

from ix_tools.fiscal.reference_data import read_table


@dataclass(frozen=True, slots=True)
class Currency:
    """One currency of the vendor's list."""

    code: str
    name: str
    """The vendor's name; documents come back with this and not with the code."""
    symbol: str


def find_currency(code: str) -> Currency | None:
    """The currency of an exact, upper-case ISO 4217 code; None for one outside the list."""
    return _load_by_code().get(code)


def find_currency_code(name_or_code: str) -> str | None:
    """The code of a currency by the name that documents come back with, or by the code itself; None for neither."""
    known = _load_by_code()
    return next((code for code, one in known.items() if name_or_code in {code, one.name}), None)


def list_currency_codes() -> tuple[str, ...]:
    """The closed list, in code order."""
    return tuple(_load_by_code())


@cache
def _load_by_code() -> dict[str, Currency]:
    return {row["code"]: Currency(**row) for row in read_table("currencies.json")["currencies"]}
