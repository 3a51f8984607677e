"""Every text of the catalogue is in one language: no English word in a Portuguese text, and none the other way round.

Words that commands, parameters and values are typed as stay in every language; they are read from the catalogue of operations.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from babel.messages.pofile import read_po

from ix_tools.i18n.catalogue import get_source_path
from ix_tools.i18n.languages import Language
from ix_tools.interfaces.cli.commands import UTILITY_COMMANDS
from ix_tools.operations.registry import TOOLSETS, catalogue
from ix_tools.schemas.json_schema import build_input_schema
from tests.i18n.language_words import find_foreign_words

PLACEHOLDER = re.compile(r"%\(\w+\)[rs]|\{\w+!r\}")
"""Placeholders of libraries."""
SAME_IN_BOTH = {
    "pt": {
        "of",
        "loopback",
        "scope",
        "today",
        "all",
        "out",
        "audit",
        "compare",
        "in",
        "export",
        "run",
        "repeat",
        "people",
        "server",
        "approver",
    },
    "en": {"de", "isenção", "ª", "logo", "apagar", "cliente", "artigo", "forma", "normal", "porto", "via"},
}
"""Words that are not translated: of a circular's name, of what is typed, and Portuguese words of examples and of the trade."""


def read_texts() -> Iterator[tuple[Language, str]]:
    with get_source_path("pt").open("rb") as lines:
        for entry in filter(lambda entry: entry.id, read_po(lines, locale="pt")):
            for language, texts in (("en", entry.id), ("pt", entry.string)):
                for text in [texts] if isinstance(texts, str) else texts or ():
                    yield "pt" if language == "pt" else "en", text


@cache
def list_typed_words() -> frozenset[str]:
    """Return the names of parameters, values and commands, word by word."""
    found = {*TOOLSETS, "all"}
    waiting: list[Any] = [build_input_schema(operation) for operation in catalogue().values()]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found |= {*one.get("properties", {}), *map(str, one.get("enum", ()))}
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    for command in UTILITY_COMMANDS.values():
        found |= {word.strip(",") for word in str(command.help).partition(": ")[2].split()}
    return frozenset(word.casefold() for name in found for word in [name, *re.split(r"[_-]", name)])


@pytest.mark.parametrize("language", ["pt", "en"])
def test_no_text_of_the_catalogue_has_a_word_of_the_other_language(language: Language) -> None:
    wrong = {}
    for told, text in read_texts():
        if told == language and (found := find_foreign_words(PLACEHOLDER.sub(" ", text), language)):
            rest = {*found} - list_typed_words() - SAME_IN_BOTH[language]
            if rest:
                wrong[text[:80]] = rest
    assert wrong == {}


def test_a_word_of_the_other_language_would_be_found() -> None:
    assert find_foreign_words("A fatura está paid.", "pt") == ["paid"]
