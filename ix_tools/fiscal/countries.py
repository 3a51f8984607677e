"""Country names of InvoiceXpress, a closed list in English, and their ISO codes and other spellings."""

import unicodedata
from dataclasses import dataclass
from functools import cache

from ix_tools.fiscal.reference_data import read_table
from ix_tools.i18n.languages import Bilingual
from ix_tools.text.fuzzy_match import find_closest


@dataclass(frozen=True, slots=True)
class Country:
    """Country of the list, with its other spellings."""

    name: str
    pt: str
    iso2: str | None
    iso3: str | None
    preferred: bool = True
    """False for an older, partial or second name of the same ISO code."""
    also: tuple[str, ...] = ()
    """Other spellings."""


def find_country_name(text: str) -> str | None:
    """Return InvoiceXpress's name of a country given by ISO code or name in English or Portuguese; None if unknown."""
    country = _load_by_spelling().get(_fold(text))
    return country.name if country else None


def get_iso_code(invoicexpress_name: str) -> str | None:
    """Return the two-letter ISO code; None for a name not in the list and for its one entry that is not a country."""
    country = _load_by_name().get(invoicexpress_name)
    return country.iso2 if country else None


def get_portuguese_name(invoicexpress_name: str) -> str | None:
    """Return the Portuguese name of a country of the list; None for a name not in it."""
    country = _load_by_name().get(invoicexpress_name)
    return country.pt if country else None


def name_country(invoicexpress_name: str) -> Bilingual:
    """Return the name of a country for people; a name that the list does not have stays as it is."""
    return Bilingual(get_portuguese_name(invoicexpress_name) or invoicexpress_name, invoicexpress_name)


def list_country_names() -> tuple[str, ...]:
    """Return the names of the list, in the vendor's order."""
    return tuple(_load_by_name())


def suggest_countries(text: str) -> list[str]:
    """Return up to five names of the list that resemble a text in either language, most similar first."""
    by_spelling = _load_by_spelling()
    near = find_closest(_fold(text), (each for each in by_spelling if len(each) > 3), 15, 0.7)
    return list(dict.fromkeys(by_spelling[each].name for each in near))[:5]


@cache
def _load_by_name() -> dict[str, Country]:
    rows = read_table("countries.json")["countries"]
    countries = (Country(**{**row, "also": tuple(row.get("also", ()))}) for row in rows)
    return {country.name: country for country in countries}


@cache
def _load_by_spelling() -> dict[str, Country]:
    """Return countries by folded spelling: names take precedence over codes, codes over translations, preferred rows over others."""
    countries = sorted(_load_by_name().values(), key=lambda country: not country.preferred)
    spellings: dict[str, Country] = {}
    for country in countries:
        spellings.setdefault(_fold(country.name), country)
    for country in countries:
        # A code stands for a country only if the list has a name for all of it: AQ and UM have none.
        for code in (country.iso2, country.iso3):
            if code and country.preferred:
                spellings.setdefault(_fold(code), country)
    for country in countries:
        for name in (country.pt, *country.also):
            spellings.setdefault(_fold(name), country)
    return spellings


def _fold(text: str) -> str:
    """Return a text without case, accents, dots, and variants of apostrophe, ampersand and hyphen."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("&", " and ")).casefold()
    letters = "".join(each for each in plain if each != "." and not unicodedata.combining(each))
    return " ".join(letters.replace("-", " ").replace(",", " ").split())
