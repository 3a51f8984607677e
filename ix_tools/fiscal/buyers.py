"""Kinds of buyer, by what a document says of its client: the country and the tax number."""

import re
from enum import StrEnum

from ix_tools.fiscal.tax_numbers import (
    EU_COUNTRIES,
    FINAL_CONSUMER,
    find_other_registration,
    is_company_nif,
    normalize_fiscal_id,
)

NORTHERN_IRELAND = "XI"
"""Prefix of VAT numbers of Northern Ireland, which for goods belongs to the EU (protocol on Ireland/Northern Ireland, art. 8)."""


class BuyerKind(StrEnum):
    """Kind of buyer, by country and tax number."""

    PT_COMPANY = "pt_company"
    """NIF of a company or another legal person."""
    PT_PERSON = "pt_person"
    """NIF of a natural person: a sole trader or a consumer, which the number does not tell."""
    PT_WITHOUT_NUMBER = "pt_without_number"
    """In Portugal, without a valid NIF: a consumer."""
    FINAL_CONSUMER = "final_consumer"
    """999999990, or no client."""
    EU_VAT_ID = "eu_vat_id"
    """In another member state, with a valid VAT number of that state."""
    EU_OTHER = "eu_other"
    """In another member state, without one."""
    NON_EU_VAT_ID = "non_eu_vat_id"
    """Outside the EU, with a VAT number of a member state or of Northern Ireland."""
    NON_EU_NUMBER = "non_eu_number"
    """Outside the EU, with a tax number of any form."""
    NON_EU = "non_eu"
    """Outside the EU, without a tax number."""
    UNKNOWN = "unknown"
    """In a country that the list does not know."""


def classify_buyer(country: str | None, fiscal_id: str | None) -> BuyerKind:
    """Return the kind of a buyer.

    Args:
        country: Two-letter ISO code; None if the country is not in the list.
        fiscal_id: Tax number as written, with or without a prefix.
    """
    number = (fiscal_id or "").strip()
    if country == "PT" or number.upper().removeprefix("PT").replace(" ", "") == FINAL_CONSUMER:
        return _classify_portuguese(number)
    if country is None:
        return BuyerKind.UNKNOWN
    valid = normalize_fiscal_id(number, country) if number else None
    if country in EU_COUNTRIES:
        return BuyerKind.EU_VAT_ID if valid else BuyerKind.EU_OTHER
    if not number:
        return BuyerKind.NON_EU
    return BuyerKind.NON_EU_VAT_ID if _is_registered_in_eu(number, country) else BuyerKind.NON_EU_NUMBER


def _classify_portuguese(number: str) -> BuyerKind:
    valid = normalize_fiscal_id(number, "PT")
    if valid == FINAL_CONSUMER:
        return BuyerKind.FINAL_CONSUMER
    if valid is None:
        return BuyerKind.PT_WITHOUT_NUMBER
    return BuyerKind.PT_COMPANY if is_company_nif(valid) else BuyerKind.PT_PERSON


def _is_registered_in_eu(number: str, country: str) -> bool:
    """Return True for a valid VAT number that begins with the prefix of a member state or of Northern Ireland."""
    written = re.sub(r"[\s./-]", "", number).upper()
    in_northern_ireland = re.fullmatch(rf"{NORTHERN_IRELAND}(\d{{9}}|\d{{12}}|(GD|HA)\d{{3}})", written)
    return in_northern_ireland is not None or find_other_registration(number, country) is not None
