"""Totals up to which an invoice may be a simplified one (CIVA 40/1)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from ix_tools.fiscal.buyers import BuyerKind
from ix_tools.fiscal.reference_data import read_table

TAXABLE_BUYERS = frozenset({BuyerKind.PT_COMPANY, BuyerKind.EU_VAT_ID, BuyerKind.NON_EU_VAT_ID})
"""Buyers who are taxable persons by their number. That of a natural person does not tell."""


@dataclass(frozen=True, slots=True)
class SimplifiedLimit:
    """Largest total of a simplified invoice, VAT included, with its article."""

    amount: Decimal
    law: str


def find_simplified_limit(buyer: BuyerKind) -> SimplifiedLimit:
    """Return the limit that can hold at most for a buyer: that of retailers, except for taxable persons."""
    return _read_limit("others" if buyer in TAXABLE_BUYERS else "retail")


def get_general_limit() -> SimplifiedLimit:
    """Return the limit of whoever is no retailer selling goods to consumers."""
    return _read_limit("others")


def is_unlimited(on: date, *, charges_no_vat: bool) -> bool:
    """Tell whether a simplified invoice has no limit: that of an issuer under article 53, since DL 35/2025."""
    return charges_no_vat and on >= _load_table()["small_business"]["from"]


def _read_limit(name: str) -> SimplifiedLimit:
    row = _load_table()[name]
    return SimplifiedLimit(Decimal(row["amount"]), row["law"])


@cache
def _load_table() -> dict[str, Any]:
    return read_table("simplified_invoices.toml")
