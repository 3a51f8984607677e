"""Folding: a text in small letters, without accents, with straight quotes and plain blanks, each character at its place.

The grammar reads the folded text, and values are cut from the text itself at the same positions.
"""

import unicodedata

QUOTES = dict.fromkeys("“”„‟«»″＂", '"')
BLANKS = dict.fromkeys("\u00a0\u2007\u202f\u2009\u200a\u2002\u2003\u3000\u0085", " ") | dict.fromkeys(
    "\u2028\u2029\v\f", "\n"
)
SIGNS = {"×": "x", "✕": "x", "✖": "x", "–": "-", "—": "-", "‑": "-", "，": ",", "；": ";", "％": "%"}
SAME = QUOTES | BLANKS | SIGNS
HIDDEN = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f")
"""Characters that show nothing, which chat programs and copying leave in texts."""


def clean(text: str) -> str:
    """Return the text as it was meant to be typed: composed letters, no hidden characters, line breaks as `\\n`."""
    kept = "".join(char for char in unicodedata.normalize("NFC", text) if char not in HIDDEN)
    return kept.replace("\r\n", "\n").replace("\r", "\n").strip()


def fold(text: str) -> str:
    """Fold a text; the result has exactly its length."""
    return "".join(map(_fold_character, text))


def _fold_character(char: str) -> str:
    same = SAME.get(char)
    if same is not None:
        return same
    if char.isascii():
        return char.lower()
    if unicodedata.category(char) in {"Nd", "No", "Nl"}:
        # Digits of other scripts are no digits of an amount; none is read as one.
        return "\ufffd"
    base = unicodedata.normalize("NFD", char)[:1].lower()
    return base if len(base) == 1 else char
