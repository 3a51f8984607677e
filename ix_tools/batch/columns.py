"""Columns of a file: their headings in Portuguese and English, what they hold, and which field of a document they fill."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ix_tools.batch.cells import Kind
from ix_tools.i18n.languages import Bilingual

DATA = Path(__file__).with_name("data") / "columns.toml"
MAX_ITEMS = 3
"""Lines of a row in the wide form, as in InvoiceXpress's own import."""
ITEM_PREFIXES = ("item", "artigo", "linha", "line", "produto")


@dataclass(frozen=True, slots=True)
class Column:
    """A kind of column."""

    field: str
    """The field of issue_invoice that it fills, such as `client.code`; `items.…` for a line, `document` for the key of a document."""
    kind: Kind
    heading: Bilingual
    meaning: Bilingual
    is_line: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A column of a file."""

    column: Column
    index: int
    heading: str
    """The heading as the file has it."""
    item: int = 0
    """The number of the line, in the wide form; 0 otherwise."""


@cache
def _load() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def list_columns() -> tuple[Column, ...]:
    """Return all columns, in the order of the template."""
    return tuple(
        Column(
            one["field"],
            one["kind"],
            Bilingual(one["pt"], one["en"]),
            Bilingual(one["pt_meaning"], one["en_meaning"]),
            bool(one.get("line")),
        )
        for one in _load()["column"]
    )


@cache
def _index_headings() -> Mapping[str, Column]:
    found: dict[str, Column] = {}
    for one, row in zip(list_columns(), _load()["column"], strict=True):
        for heading in (row["pt"], row["en"], row["field"], *row["others"]):
            known = found.setdefault(normalize(heading), one)
            if known is not one:
                raise ValueError(f"two columns are called {heading}")
    return found


def normalize(heading: str) -> str:
    """Return a heading without accents, capitals, blanks and punctuation."""
    folded = unicodedata.normalize("NFKD", heading.casefold())
    return re.sub("[^a-z0-9]", "", folded)


def find_column(heading: str) -> tuple[Column, int] | None:
    """Return the column that a heading names, and the number of its line in the wide form (0 without one)."""
    name, headings = normalize(heading), _index_headings()
    if name in headings:
        return headings[name], 0
    for prefix in ITEM_PREFIXES:
        numbered = re.fullmatch(f"{prefix}([1-9])(.+)", name)
        if numbered:
            found = headings.get(numbered[2]) or headings.get(prefix + numbered[2])
            if found is not None and found.is_line:
                return found, int(numbered[1])
    behind = re.fullmatch("(.*[a-z])([1-9])", name)
    if behind:
        found = headings.get(behind[1])
        if found is not None and found.is_line:
            return found, int(behind[2])
    return None


@cache
def _index_words(field: str) -> Mapping[str, str]:
    return {
        normalize(said): word for word, words in _load()["words"][field].items() for said in (word, *words)
    }


def find_word(field: str, said: str) -> str | None:
    """Return the word of the operation that a cell of a word column means."""
    return _index_words(field).get(normalize(said)) if said.strip() != "%" else _PERCENT.get(field)


_PERCENT = {"global_discount.value_type": "percentage"}


def list_words(field: str) -> tuple[str, ...]:
    """Return what a cell of a word column may say, in Portuguese, then in English."""
    return tuple(
        dict.fromkeys(one for words in _load()["words"][field].values() for one in (words[0], words[-1]))
    )
