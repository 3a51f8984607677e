"""Fuzzy matching of names: find the known names that are most similar to a text."""

import re
import unicodedata
from collections.abc import Iterable


def strip_case_and_accents(text: str) -> str:
    """Return a text in lower case and without accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in letters if not unicodedata.combining(one))


def find_closest(text: str, names: Iterable[str], most: int, at_least: float) -> list[str]:
    """Return up to `most` names that are similar to a text, the most similar first.

    Case, accents, punctuation and word order are ignored. `at_least` is the lowest similarity, from 0 to 1.
    """
    from rapidfuzz import process  # needed only when a name was not found

    found = process.extract(
        text,
        list(dict.fromkeys(names)),
        scorer=_score_similarity,
        processor=_split_words,
        limit=most,
        score_cutoff=at_least * 100,
    )
    return [name for name, _, _ in found]


def _split_words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", strip_case_and_accents(text)))


def _score_similarity(one: str, other: str, *, score_cutoff: float | None = None) -> float:
    from rapidfuzz import fuzz

    return max(
        fuzz.ratio(one, other, score_cutoff=score_cutoff),
        fuzz.token_sort_ratio(one, other, score_cutoff=score_cutoff),
    )
