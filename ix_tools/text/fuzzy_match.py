"""The names that are like one that somebody wrote: candidates to choose from, and what was probably meant."""

import re
import unicodedata
from collections.abc import Iterable


def strip_case_and_accents(text: str) -> str:
    """A text without case and accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in letters if not unicodedata.combining(one))


def find_closest(text: str, names: Iterable[str], most: int, at_least: float) -> list[str]:
    """Find up to `most` names that are like a text, the most alike first.

    Case, accents, punctuation and the order of words do not count. `at_least`: how alike, from 0 to 1.
    """
    from rapidfuzz import process  # needed only where a name was not found

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
