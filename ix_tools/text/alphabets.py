"""Names that look as if they were written in Latin letters and are not: two alphabets in one word, or letters that look like Latin ones."""

import re
import unicodedata

LOOKALIKES = frozenset("АВЕЅІЈКМНОРСТУХԚԜаеіјорсуѕхһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "αονρυχ")
"""Cyrillic and Greek letters that a reader cannot tell from Latin ones (after the confusables of Unicode, UTS 39)."""
_OTHER_ALPHABETS = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
"""Alphabets with letters that look like Latin ones."""
_WORD = re.compile(r"[^\W\d_]+")


def imitates_latin(text: str) -> bool:
    """Tell whether a word of a text mixes Latin letters with others, or consists of others that look like Latin ones."""
    return not text.isascii() and any(map(_imitates, _WORD.findall(unicodedata.normalize("NFC", text))))


def _imitates(word: str) -> bool:
    alphabets = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    if "LATIN" in alphabets:
        return bool(alphabets & _OTHER_ALPHABETS)
    return len(word) > 1 and LOOKALIKES.issuperset(word)
