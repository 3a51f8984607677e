"""Validation of tax numbers: NIF and the VAT numbers of the EU."""

import re
from functools import cache
from typing import Any

from ix_tools.fiscal.countries import get_iso_code

MAX_VAT_PLACES = 12
"""Most places after the prefix of a VAT number in the EU; a person's number of Italy has 16 in all, which may begin with IT."""
FINAL_CONSUMER = "999999990"
"""NIF of a buyer who gave none (consumidor final)."""

_PERSONS = re.compile(r"[1-3]|45")
"""First digits of natural persons; 45 are those not resident in Portugal."""

# Ranges assigned by the Portuguese registry; a number outside them can have a valid check digit.
_ASSIGNED = re.compile(r"[12356]|45|7[0-2]|7[45]|7[7-9]|8|9[0189]")

# fmt: off
EU_COUNTRIES = frozenset((
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
))
# fmt: on


def normalize_fiscal_id(value: str, country_iso: str | None) -> str | None:
    """Return a tax number in the form in which it is sent, or None if it is not valid.

    Portugal (or no country): nine digits with check digit, without "PT". Other EU countries: a VAT number, with its
    prefix if it was given with one. Elsewhere nothing is checked, and outer spaces are removed.
    """
    stripped = value.strip()
    country = _normalize_country(country_iso)
    if not stripped:
        return None
    if country == "PT":
        return _normalize_nif(stripped)
    if country in EU_COUNTRIES:
        return _normalize_vat_number(stripped, country)
    return stripped


def is_company_nif(value: str) -> bool:
    """Tell whether a Portuguese tax number is that of a company or another legal person; false for natural persons and final consumers."""
    number = _normalize_nif(value)
    return number is not None and number != FINAL_CONSUMER and not _PERSONS.match(number)


def compact_number(value: str, country_iso: str | None) -> str:
    """Return a tax number in capitals, without separators and without its country's prefix, so that two spellings compare equal."""
    written = _strip_separators(value)
    country = _normalize_country(country_iso)
    prefix = _find_prefix(written, country) if country in EU_COUNTRIES else ""
    return written.removeprefix(prefix)


def identify_number(value: str, country_name: str | None) -> tuple[str, str]:
    """Return a tax number with its country's ISO code, equal for every spelling of the number.

    Args:
        country_name: InvoiceXpress's name of the country; None means Portugal.
    """
    iso = (get_iso_code(country_name) if country_name else "PT") or ""
    return iso, compact_number(value, iso)


def _strip_separators(value: str) -> str:
    return re.sub(r"[\s./-]", "", value).upper()


def _find_prefix(written: str, country: str) -> str:
    """Return the country's prefix with which a number begins; empty if it has none."""
    prefixes = ("EL", "GR") if country == "GR" else (country,)
    return next((each for each in prefixes if written.startswith(each)), "")


def find_other_registration(value: str, country_iso: str | None) -> str | None:
    """Return the ISO code of the other EU country whose VAT number this is, by its prefix; None if it is none."""
    written = _strip_separators(value)
    country = _normalize_country(written[:2])
    if country not in EU_COUNTRIES or country == _normalize_country(country_iso):
        return None
    return country if normalize_fiscal_id(written, country) is not None else None


def looks_like_vat_number(value: str, country_iso: str) -> bool:
    """Tell whether an invalid number claims to be a VAT number: the country's prefix, then at most 12 places with a digit."""
    written = _strip_separators(value)
    prefix = _find_prefix(written, _normalize_country(country_iso))
    rest = written.removeprefix(prefix) if prefix else ""
    return len(rest) <= MAX_VAT_PLACES and any(one.isdigit() for one in rest)


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
    prefix = _find_prefix(written, country)
    try:
        number = str(_load_vat_module(country).validate(written.removeprefix(prefix)))
    except ValidationError:
        return None
    return ("EL" if prefix == "GR" else prefix) + number.removeprefix(prefix)


@cache
def _load_vat_module(country: str) -> Any:
    from stdnum import get_cc_module

    return get_cc_module(country.lower(), "vat")
