"""The languages of texts for people, and names that are data in both."""

from typing import Literal, NamedTuple

Language = Literal["pt", "en"]


class Bilingual(NamedTuple):
    """A name from a table of data, such as a country or a kind of document, in Portuguese and English."""

    pt: str
    en: str

    def text(self, language: Language) -> str:
        """Return the name in a language."""
        return self.pt if language == "pt" else self.en
