"""A name that only looks Latin is told from one that is, and from an honest name in another alphabet."""

import pytest

from ix_tools.text.alphabets import imitates_latin


@pytest.mark.parametrize(
    "text",
    [
        "\u0410CME, Lda",  # a Cyrillic A
        "Padaria d\u043e Sol",
        "\u0391CME",  # a Greek A
        "\u0410\u0421\u041c\u0415, Lda",  # all four Cyrillic
        "ana@\u0430cme.example",
        "Caf\u00e9 \u0405ol",
    ],
)
def test_letters_that_only_look_latin_are_found(text: str) -> None:
    assert imitates_latin(text)


@pytest.mark.parametrize(
    "text",
    [
        "ACME, Lda",
        "Águas do Ção, S.A.",
        "Cafe\u0301 Central",
        "Œuvre & Straße Łódź Ðorđe",
        "\u0411\u044a\u043b\u0433\u0430\u0440\u0438\u044f \u0415\u041e\u041e\u0414 Sofia",
        "\u0395\u03bb\u03bb\u03ac\u03c2 \u0391.\u0395.",
        "\u6771\u4eac Trading \u682a\u5f0f\u4f1a\u793e",
        "\u00b5Tech, Lda",
        "3M \u20ac 100 %",
        "",
    ],
)
def test_honest_names_are_not(text: str) -> None:
    assert not imitates_latin(text)
