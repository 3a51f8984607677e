"""Values from which a sale may not be paid in cash (LGT 63-E)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from ix_tools.fiscal.reference_data import read_table
from ix_tools.fiscal.tax_numbers import is_company_nif
from ix_tools.i18n.languages import Bilingual

Payer = Literal["company", "anyone", "non-resident person"]


@dataclass(frozen=True, slots=True)
class CashLimit:
    """Value in euro from which cash is prohibited, with its article."""

    payer: Payer
    amount: Decimal
    law: str
    fine: Bilingual


def find_cash_limit(country: str | None, fiscal_id: str | None, paid: date) -> CashLimit | None:
    """Return the limit for a payer; None for a payment before the law.

    Args:
        country: ISO code of the payer's country; None means Portugal.
        fiscal_id: Tax number of the payer. One from Portugal tells a company from a person; abroad it does not.
    """
    table = _load_table()
    if paid < table["from"]:
        return None
    if country not in {None, "PT"}:
        # Only persons abroad who are no traders have the higher limit; a tax number makes a business likely.
        payer: Payer = "anyone" if fiscal_id else "non-resident person"
    else:
        payer = "company" if fiscal_id and is_company_nif(fiscal_id) else "anyone"
    row = next(one for one in table["limits"] if one["payer"] == payer)
    return CashLimit(payer, Decimal(row["amount"]), row["law"], Bilingual(table["fine_pt"], table["fine"]))


@cache
def _load_table() -> dict[str, Any]:
    return read_table("cash_limits.toml")
