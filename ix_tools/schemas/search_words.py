"""Words that people say for operations, and what InvoiceXpress's API cannot do, read from search_words.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ix_tools.fiscal.exemptions import split_words
from ix_tools.i18n.languages import Bilingual

FILE = Path(__file__).parent / "search_words.json"

Beginnings = tuple[str, ...]
"""Beginnings of words; together they match a text that has a word for each."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """What people ask for and the API cannot do."""

    said: tuple[Beginnings, ...]
    why: Bilingual
    instead: str
    """Operation that comes nearest; empty if none does."""


@dataclass(frozen=True, slots=True)
class SearchWords:
    """The words of the file."""

    synonyms: Mapping[str, tuple[str, ...]]
    """Words of the catalogue for the beginnings of other words."""
    everyday: Mapping[str, tuple[Beginnings, ...]]
    """What people say for an operation, by the operation's name."""
    impossible: tuple[Impossible, ...]


@cache
def read_search_words() -> SearchWords:
    """Read the file, once."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return SearchWords(
        {beginning: tuple(words.split()) for beginning, words in content["synonyms"].items()},
        {name: tuple(_split(one) for one in said) for name, said in content["everyday"].items()},
        tuple(
            Impossible(
                tuple(_split(said) for said in one["said"]),
                Bilingual(one["why_pt"], one["why"]),
                one["instead"],
            )
            for one in content["impossible"]
        ),
    )


def count_matches(said: tuple[Beginnings, ...], words: list[str]) -> int:
    """Return the number of words of the longest entry that a text matches whole; 0 if it matches none."""
    return max(
        (len(one) for one in said if all(any(_begins(word, part) for word in words) for part in one)),
        default=0,
    )


def _begins(word: str, beginning: str) -> bool:
    return word == beginning or (len(beginning) > 2 and word.startswith(beginning))


def _split(text: str) -> Beginnings:
    return tuple(split_words(text))
