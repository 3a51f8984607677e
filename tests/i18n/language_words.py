"""Find words of the other language in a text for people: English ones in Portuguese texts and the reverse.

The lists in `words/` hold words that belong to one language only; a word of both, such as "total", is in neither. What is
the same in every language is not looked at: quoted text, names of arguments, commands, codes, addresses, names of products,
and in English the Portuguese terms of law that `words/terms.txt` lists.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ix_tools.i18n.languages import Language

WORDS = Path(__file__).parent / "words"
FILES: dict[Language, str] = {"pt": "portuguese.txt", "en": "english.txt"}

NOT_LOOKED_AT = re.compile(
    r"«[^«»]*»"  # quoted: names, values, what the caller wrote
    r"|“[^“”]*”"
    r'|"[^"\n]*"'
    r"|`[^`\n]*`"
    r"|(?<!\w)'[^'\n]*'(?!\w)"
    r"|\b[a-z_]+(?:\.(?:\d+|[a-z_]+|\{[a-z_]+\}))+"  # items.0.unit_price, policy.toml
    r"|\{[a-z_]+\}"  # the placeholder of a template
    r"|Of\.-Circ\.|VS Code|Claude Code"
    r"|https?://\S+|\S+@\S+"
    r"|(?<!\S)\(?/[\w./-]+"  # a path
    r"|--[a-z][\w-]*"  # an option
    r"|\b\w+(?:[_=]\w*)+\b"  # change_state, INVOICEXPRESS_LANGUAGE
    r"|\b(?:ix-tools|pip|uvx|chmod|chown)(?: [a-z][a-z-]*)*"  # commands
    r"|\w*\d\w*"
)
"""What is the same in every language."""
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def find_foreign_words(text: str, language: Language, *, known: Iterable[str] = ()) -> list[str]:
    """Return the words of a text that belong to the other language only.

    Args:
        text: What a person is shown.
        language: The language that it should be in.
        known: Texts of the account in it, such as names of clients, which may be in any language.
    """
    other: Language = "en" if language == "pt" else "pt"
    for one in (*known, *(load_terms() if language == "en" else ())):
        text = text.replace(one, " ")
    return [word for word in list_words(text) if word in load_words(other)]


def list_words(text: str) -> list[str]:
    """Return the words of a text in small letters, without what is the same in every language."""
    words = WORD.findall(NOT_LOOKED_AT.sub(" ", text))
    # NIF, ATCUD and the like are in capitals; so is the first word of a sentence with one letter.
    return [word.casefold() for word in words if len(word) == 1 or not word.isupper()]


@cache
def load_words(language: Language) -> frozenset[str]:
    """Return the words that belong to one language only."""
    return frozenset((WORDS / FILES[language]).read_text(encoding="utf-8").split())


@cache
def load_terms() -> tuple[str, ...]:
    """Return the Portuguese terms that English texts use, the longest first."""
    lines = (WORDS / "terms.txt").read_text(encoding="utf-8").splitlines()
    return tuple(sorted((one for one in lines if one and not one.startswith("#")), key=len, reverse=True))
