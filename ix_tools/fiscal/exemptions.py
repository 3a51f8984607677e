"""The reasons a line carries no VAT: code, printed wording, law, and the dates between which each may be used."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from ix_tools.fiscal.reference_data import parse_date, read_table

ABBREVIATIONS = {"art": "artigo", "al": "alinea", "dl": "decreto"}
ARTICLE_WORDS = {"artigo", "artigos", "article"}
STOP_WORDS = frozenset(
    re.findall(
        r"\w+", "a ao as com da das de do dos e em na nas no nos o os ou para por an and for in of or the to"
    )
)
"""Words of a search that say nothing by themselves."""
REMOVAL_MARKER = "M00"
"""Sent as the reason on an update once no exempt line is left. InvoiceXpress's own marker, no code of the AT."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """One reason for charging no VAT, and when it may be given."""

    code: str
    text_pt: str
    """The wording printed on the document."""
    text_en: str
    """What the wording means; never printed."""
    law: str
    valid_from: date | None
    """First day of use; None when the code is older than the sources reach."""
    valid_until: date | None
    """Last day of use; None while the code is current."""
    offered: bool
    """Whether InvoiceXpress's own current list has it."""
    note_pt: str
    note_en: str
    about_pt: str
    """What people call the things that the law cited is about: for finding the code, not the law's wording."""
    about_en: str
    source: str


def find_exemption(code: str) -> Exemption | None:
    """The entry of an exact, upper-case code; None for an unknown code and for the removal marker."""
    return _load_by_code().get(code)


def list_exemptions() -> tuple[Exemption, ...]:
    """Every exemption ever known, also the ended ones, in code order."""
    return tuple(_load_by_code().values())


def is_in_force(code_entry: Exemption, on: date) -> bool:
    """Whether a document of that date may carry the code. Both border days count."""
    begun = code_entry.valid_from is None or code_entry.valid_from <= on
    ended = code_entry.valid_until is not None and code_entry.valid_until < on
    return begun and not ended


def search_exemptions(text: str) -> tuple[Exemption, ...]:
    """The entries that hold every word of a text, whole; 4 letters or more may be the beginning of a word.

    Notes are not searched: they name other codes in order to tell them apart.
    """
    said = _join_articles([ABBREVIATIONS.get(word, word) for word in split_words(text)])
    wanted = [word for word in said if word not in STOP_WORDS] or said
    return tuple(
        entry
        for entry in list_exemptions()
        if wanted and all(_contains(_index_words(entry.code), word) for word in wanted)
    )


def _contains(words: frozenset[str], wanted: str) -> bool:
    if len(wanted) < 4 or not wanted.isalpha():
        return wanted in words
    return any(word.startswith(wanted) for word in words)


def split_words(text: str) -> list[str]:
    """The words of a text without case and accents; 9.º is 9."""
    bare = unicodedata.normalize("NFKD", re.sub("[ºª°]", " ", text).casefold())
    return re.findall(r"[a-z0-9]+", "".join(char for char in bare if not unicodedata.combining(char)))


def _join_articles(words: list[str]) -> list[str]:
    """The words, with an article and its number as one: article 5 is not n.º 5 of another article."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in ARTICLE_WORDS and word.isdecimal():
            joined[-1] = f"artigo {word}"
        else:
            joined.append(word)
    return joined


@cache
def _index_words(code: str) -> frozenset[str]:
    entry = _load_by_code()[code]
    texts = (entry.code, entry.text_pt, entry.text_en, entry.law, entry.about_pt, entry.about_en)
    words = split_words(" ".join(texts))
    return frozenset([*words, *_join_articles(words)])


def get_table_source() -> str:
    """Where the table comes from, for whoever is shown an exemption."""
    return str(_load_table()["source"])


def get_table_date() -> date:
    """The day the table was taken from its source."""
    taken: date = _load_table()["as_of"]
    return taken


@cache
def _load_table() -> dict[str, Any]:
    return read_table("exemptions.toml")


@cache
def _load_by_code() -> dict[str, Exemption]:
    table = _load_table()
    entries = (
        Exemption(
            code=row["code"],
            text_pt=row["text_pt"],
            text_en=row["text_en"],
            law=row["law"],
            valid_from=parse_date(row.get("valid_from")),
            valid_until=parse_date(row.get("valid_until")),
            offered=row.get("offered", True),
            note_pt=row.get("note_pt", ""),
            note_en=row.get("note_en", ""),
            about_pt=row.get("about_pt", ""),
            about_en=row.get("about_en", ""),
            source=row.get("source", table["source"]),
        )
        for row in table["exemption"]
    )
    return {entry.code: entry for entry in sorted(entries, key=lambda entry: entry.code)}
