"""Write to a console or file whose encoding lacks letters, such as cp850 on Windows, which has no euro sign."""

import codecs
import sys
from io import TextIOWrapper
from typing import TextIO

SPELLINGS = {
    "€": "EUR", "→": "->", "✓": "+", "✗": "x", "─": "-", "━": "-", "│": "|", "•": "*", "…": "...",
    "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "\N{EM DASH}": "-", "−": "-", "\u00a0": " ", "\u202f": " ",
}  # fmt: skip
"""Replacement of a sign that the encoding lacks. Any other letter loses its accent, or becomes a question mark."""
HANDLER = "ix-tools-spellings"


def spell_missing(trouble: UnicodeError) -> tuple[str, int]:
    """Return what is written for letters that the encoding lacks, and where it goes on; a handler of `codecs`."""
    if not isinstance(trouble, UnicodeEncodeError):
        raise trouble
    missing = trouble.object[trouble.start : trouble.end]
    return "".join(_spell(letter, trouble.encoding) for letter in missing), trouble.end


def _spell(letter: str, encoding: str) -> str:
    import unicodedata  # only where something is missing

    if letter in SPELLINGS:
        return SPELLINGS[letter]
    for one in unicodedata.normalize("NFKD", letter):
        try:
            one.encode(encoding)
        except UnicodeEncodeError:
            continue
        return one
    return "?"


def spell_what_is_missing(*streams: TextIO) -> None:
    """Let streams spell letters that their encoding lacks, instead of ending the program with an error."""
    for stream in streams or (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and codecs.lookup(stream.encoding).name != "utf-8":
            codecs.register_error(HANDLER, spell_missing)
            stream.reconfigure(errors=HANDLER)
