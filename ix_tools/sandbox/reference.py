"""Closed lists of the service: countries, currencies, exemptions, units, payment mechanisms."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

UNITS = ("hour", "day", "month", "unit", "service", "other")
MECHANISMS = ("CC", "CD", "CH", "CO", "CS", "DE", "LC", "MB", "NU", "OU", "PR", "TB", "TR")
TAX_CODES = ("NOR", "INT", "RED", "OUT", "ISE")


_REGIONS_BESIDES_COUNTRIES = {
    "PT-AC", "PT-MA", "Desconhecido", "AX", "BL", "BV", "GS", "MF", "PM", "TF", "TK", "TO", "VI",
}  # fmt: skip
"""Tax regions that are not countries of clients: the islands, some territories, and unknown."""


@cache
def _load_table(name: str) -> Any:
    return json.loads(
        resources.files("ix_tools.sandbox").joinpath("tables", name).read_text(encoding="utf-8")
    )


def find_country(name: str) -> str | None:
    """Return a country's accepted spelling, which is the exact English name (trap 22)."""
    wanted = name.replace("'", "’")
    return next((known for known in _load_table("countries.json") if known.replace("'", "’") == wanted), None)


def find_country_code(name: str) -> str:
    """Return a country's two-letter code for the QR code; "Desconhecido" when it has none, as the field allows."""
    codes: dict[str, str] = _load_table("country_codes.json")
    return codes.get(name, "Desconhecido")


_VAT_PREFIXES = {
    **{code: (code,) for code in (
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT",
        "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    )},
    "GR": ("EL", "GR"),
    "GB": ("XI",),
}  # fmt: skip
"""Prefixes of VAT numbers by the client's country: the EU's, and Northern Ireland's."""


def strip_country_prefix(number: str, country: str) -> str:
    """Return a tax number without its country's prefix, as SAF-T and QR code have it (Portaria 302/2016).

    Other numbers stay as they are: those of persons in Italy have 16 places and can begin with IT, Swiss ones with CHE.
    """
    written = number.strip().upper()
    for prefix in _VAT_PREFIXES.get(country, ()):
        rest = re.sub(r"[\s.-]", "", written.removeprefix(prefix))
        if written.startswith(prefix) and len(rest) <= 12 and any(one.isdigit() for one in rest):
            return rest
    return number


def is_tax_region(region: str) -> bool:
    """Tell whether a region is the mainland, the islands, a country's two-letter code, or unknown."""
    codes: dict[str, str] = _load_table("country_codes.json")
    return region in _REGIONS_BESIDES_COUNTRIES or region in codes.values()


def find_currency(code: str) -> str | None:
    """Return the name of a currency."""
    currencies: dict[str, str] = _load_table("currencies.json")
    return currencies.get(code)


def find_exemption(code: str) -> dict[str, str] | None:
    """Return text and law of an exemption code."""
    codes: dict[str, dict[str, str]] = _load_table("exemptions.json")
    return codes.get(code)


def is_exemption_accepted(code: str, day: date) -> bool:
    """Tell whether a document of a date may have the code: M03 and M08 ended with 2022."""
    known = find_exemption(code)
    return known is not None and day.isoformat() <= known.get("until", "9999-12-31")


def is_nif(text: str) -> bool:
    """Tell whether a text is a Portuguese tax number: nine digits, a known prefix, a check digit (modulo 11)."""
    digits = text.upper().removeprefix("PT").strip()
    if len(digits) != 9 or not digits.isascii() or not digits.isdigit():
        return False
    prefixes = (
        "1",
        "2",
        "3",
        "45",
        "5",
        "6",
        "70",
        "71",
        "72",
        "74",
        "75",
        "77",
        "78",
        "79",
        "8",
        "90",
        "91",
        "98",
        "99",
    )
    rest = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:8])) % 11
    return digits.startswith(prefixes) and int(digits[8]) == (0 if rest < 2 else 11 - rest)
