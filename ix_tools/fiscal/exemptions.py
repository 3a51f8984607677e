"""Table of VAT exemption codes: printed text, law and period of validity."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from ix_tools.fiscal.reference_data import parse_date, read_table

ABBREVIATIONS = {"art": "artigo", "al": "alinea", "dl": "decreto"}
ARTICLE_WORDS = {"artigo", "artigos", "article"}
STOP_WORDS = frozenset(
    re.findall(
        r"\w+", "a ao as com da das de do dos e em na nas no nos o os ou para por an and for in of or the to"
    )
)
"""Words that a search ignores."""
LAW_WORDS = ARTICLE_WORDS | {"decreto", "lei", "alinea", "civa", "riti"}
"""Words of a citation, which fits whole or not at all."""
MIN_LETTERS = 4
"""Letters that a word must have to be compared by its stem."""
REMOVAL_MARKER = "M00"
"""Marker of InvoiceXpress, not a code of AT, that removes the exemption on an update."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """Exemption code with its validity."""

    code: str
    text_pt: str
    """Text printed on the document."""
    text_en: str
    """English translation; never printed."""
    law: str
    valid_from: date | None
    """First day of use; None if the code is older than the sources."""
    valid_until: date | None
    """Last day of use; None while the code is in force."""
    offered: bool
    """True if InvoiceXpress's current list has it."""
    note_pt: str
    note_en: str
    about_pt: str
    """Common words for the law's subject, for searching only."""
    about_en: str
    said: str
    """What people say instead, for searching only."""
    buyers: str
    """Name of the rule about the buyers that it fits; empty if it fits any buyer."""
    charges_no_vat: bool
    """True if the issuer charges no VAT at all, so that no line beside it carries any."""
    simplified: Literal["fits", "ask", "wrong"]
    """Verdict on a simplified invoice, which needs the tax to be due in Portugal (CIVA 40/1)."""
    source: str
    read: date
    """Day on which the source was read."""


def find_exemption(code: str) -> Exemption | None:
    """Return the entry of an upper-case code; None for an unknown code and for the removal marker."""
    return _load_by_code().get(code)


def list_exemptions() -> tuple[Exemption, ...]:
    """Return every exemption code, ended ones included, sorted."""
    return tuple(_load_by_code().values())


def is_in_force(code_entry: Exemption, on: date) -> bool:
    """Return True if a document of that date may carry the code; first and last day are included."""
    begun = code_entry.valid_from is None or code_entry.valid_from <= on
    ended = code_entry.valid_until is not None and code_entry.valid_until < on
    return begun and not ended


def search_exemptions(text: str) -> tuple[Exemption, ...]:
    """Return the entries that contain every word of a text; words of 4 letters or more also match beginnings.

    If none does and the text cites no law, return those with the rarest of its words, best first. Notes are not searched, because
    they mention other codes.
    """
    said = _join_articles([ABBREVIATIONS.get(word, word) for word in split_words(text)])
    wanted = [word for word in said if word not in STOP_WORDS] or said
    whole = tuple(
        entry
        for entry in list_exemptions()
        if wanted and all(_contains(_index_words(entry.code), word) for word in wanted)
    )
    if whole or any(word in LAW_WORDS or not word.isalpha() for word in wanted if not word.isdecimal()):
        return whole
    return _rank_by_use([word for word in wanted if len(word) >= MIN_LETTERS])


def _rank_by_use(words: Iterable[str]) -> tuple[Exemption, ...]:
    """Return the entries whose uses share words with a text. A word counts more the fewer entries it fits."""
    scores: dict[str, float] = {}
    for word in dict.fromkeys(words):
        fitting = [
            one.code
            for one in list_exemptions()
            if any(_is_same_stem(word, use) for use in _index_uses(one.code))
        ]
        for code in fitting:
            scores[code] = scores.get(code, 0.0) + 1 / len(fitting)
    best = max(scores.values(), default=0.0)
    found = [code for code, score in scores.items() if score >= best / 3]
    return tuple(_load_by_code()[code] for code in sorted(found, key=lambda code: -scores[code]))


def _is_same_stem(word: str, other: str) -> bool:
    """Tell whether two words differ in their endings only: consulta and consultas, médica and médicos."""
    if not other.isalpha() or len(other) < MIN_LETTERS:
        return False
    shared = min(len(word), len(other))
    stem = max(MIN_LETTERS, shared - 1)
    return word[:stem] == other[:stem] and abs(len(word) - len(other)) <= 2


def _contains(words: frozenset[str], wanted: str) -> bool:
    if len(wanted) < 4 or not wanted.isalpha():
        return wanted in words
    return any(word.startswith(wanted) for word in words)


def split_words(text: str) -> list[str]:
    """Return the words of a text without case and accents; 9.º becomes 9."""
    bare = unicodedata.normalize("NFKD", re.sub("[ºª°]", " ", text).casefold())
    return re.findall(r"[a-z0-9]+", "".join(char for char in bare if not unicodedata.combining(char)))


def _join_articles(words: list[str]) -> list[str]:
    """Return the words with an article and its number joined, since article 5 is not n.º 5 of another article."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in ARTICLE_WORDS and word.isdecimal():
            joined[-1] = f"artigo {word}"
        else:
            joined.append(word)
    return joined


@cache
def _index_uses(code: str) -> frozenset[str]:
    entry = _load_by_code()[code]
    texts = (entry.about_pt, entry.about_en, entry.said)
    return frozenset(word for word in split_words(" ".join(texts)) if word not in STOP_WORDS)


@cache
def _index_words(code: str) -> frozenset[str]:
    entry = _load_by_code()[code]
    texts = (entry.code, entry.text_pt, entry.text_en, entry.law, entry.about_pt, entry.about_en)
    words = split_words(" ".join(texts))
    return frozenset([*words, *_join_articles(words)])


def get_table_source() -> str:
    """Return the source of the table."""
    return str(_load_table()["source"])


def get_table_date() -> date:
    """Return the day on which the table was taken from its source."""
    taken: date = _load_table()["as_of"]
    return taken


def get_list_date() -> date:
    """Return the day of InvoiceXpress's list, which may lack codes of the tax authority."""
    taken: date = _load_table()["list_as_of"]
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
            said=row.get("said", ""),
            buyers=row.get("buyers", ""),
            charges_no_vat=row.get("charges_no_vat", False),
            simplified=row.get("simplified", "fits"),
            source=row.get("source", table["source"]),
            read=row.get("read", table["as_of"]),
        )
        for row in table["exemption"]
    )
    return {entry.code: entry for entry in sorted(entries, key=lambda entry: entry.code)}
