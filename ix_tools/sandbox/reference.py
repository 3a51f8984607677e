"""The closed lists the service checks against: countries, currencies, exemptions, units, mechanisms."""

from __future__ import annotations

import json
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
"""Tax regions that are no country a client can have: the islands, a few territories, and not known."""


@cache
def _load_table(name: str) -> Any:
    return json.loads(
        resources.files("ix_tools.sandbox").joinpath("tables", name).read_text(encoding="utf-8")
    )


def find_country(name: str) -> str | None:
    """The accepted spelling of a country: the exact English name and nothing else (trap 22)."""
    wanted = name.replace("'", "’")
    return next((known for known in _load_table("countries.json") if known.replace("'", "’") == wanted), None)


def find_country_code(name: str) -> str:
    """The two letters of a country in the QR code; "Desconhecido" for what has none, as the field allows."""
    codes: dict[str, str] = _load_table("country_codes.json")
    return codes.get(name, "Desconhecido")


def is_tax_region(region: str) -> bool:
    """The mainland, the islands, another country by its two letters, or not known."""
    codes: dict[str, str] = _load_table("country_codes.json")
    return region in _REGIONS_BESIDES_COUNTRIES or region in codes.values()


def find_currency(code: str) -> str | None:
    """The name of a currency."""
    currencies: dict[str, str] = _load_table("currencies.json")
    return currencies.get(code)


def find_exemption(code: str) -> dict[str, str] | None:
    """The text and the norm of an exemption code."""
    codes: dict[str, dict[str, str]] = _load_table("exemptions.json")
    return codes.get(code)


def is_exemption_accepted(code: str, day: date) -> bool:
    """Whether a document of that day may carry the code: M03 and M08 ended with 2022."""
    known = find_exemption(code)
    return known is not None and day.isoformat() <= known.get("until", "9999-12-31")


def is_nif(text: str) -> bool:
    """A Portuguese tax number: nine digits, a known prefix, the check digit of modulo 11."""
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
