"""Validation of tax numbers: NIF and the VAT numbers of the EU."""

import re
from functools import cache
from typing import Any

FINAL_CONSUMER = "999999990"
"""NIF of a buyer who gave none (consumidor final)."""

# Ranges assigned by the Portuguese registry; a number outside them can have a valid check digit.
_ASSIGNED = re.compile(r"[12356]|45|7[0-2]|7[45]|7[7-9]|8|9[0189]")

# fmt: off
_EU = frozenset((
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
))
# fmt: on


def normalize_fiscal_id(value: str, country_iso: str | None) -> str | None:
    """Return a tax number in its normal form, or None if it is not valid.

    Portugal (or no country): nine digits with check digit, without "PT". Other EU countries: a VAT number, with its
    prefix if it was given with one. Elsewhere nothing is checked, and outer spaces are removed.
    """
    stripped = value.strip()
    country = _normalize_country(country_iso)
    if not stripped:
        return None
    if country == "PT":
        return _normalize_nif(stripped)
    if country in _EU:
        return _normalize_vat_number(stripped, country)
    return stripped


def _normalize_country(country_iso: str | None) -> str:
    country = (country_iso or "PT").strip().upper()
    return "GR" if country == "EL" else country  # Greece writes EL before its VAT numbers


def _normalize_nif(value: str) -> str | None:
    from stdnum.exceptions import ValidationError
    from stdnum.pt import nif

    try:
        number = str(nif.validate(value))
    except ValidationError:
        return None
    return number if _ASSIGNED.match(number) else None


def _normalize_vat_number(value: str, country: str) -> str | None:
    from stdnum.exceptions import ValidationError
    from stdnum.util import clean

    written = clean(value, " -./").upper()
    prefixes = ("EL", "GR") if country == "GR" else (country,)
    prefix = next((each for each in prefixes if written.startswith(each)), "")
    try:
        number = str(_load_vat_module(country).validate(written.removeprefix(prefix)))
    except ValidationError:
        return None
    return ("EL" if prefix == "GR" else prefix) + number.removeprefix(prefix)


@cache
def _load_vat_module(country: str) -> Any:
    from stdnum import get_cc_module

    return get_cc_module(country.lower(), "vat")
