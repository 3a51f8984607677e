"""The sweep for words of the other language finds them, and lets through what is the same in every language."""

import pytest

from ix_tools.i18n.languages import Language
from tests.i18n.language_words import find_foreign_words, load_words


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("O documento não foi encontrado.", "pt", []),
        ("O documento is not found.", "pt", ["is", "not", "found"]),
        ("Indique «client» ou «client_id»; veja items.0.tax.", "pt", []),
        ("Indique client ou «client_id».", "pt", ["client"]),
        ('Repita com accept: ["missing_nif"] em `ix-tools approvals list`.', "pt", ["accept"]),
        ("Escreva INVOICEXPRESS_LANGUAGE em /etc/the/file ou --due-date.", "pt", []),
        ("Nothing was sent.", "en", []),
        ("Nada was sent.", "en", ["nada"]),
        ("since 01/01/2027 (Lei 73-A/2025), on Portal das Finanças", "en", []),
        ("the client «Padaria do Bairro» and 'Obra nova' stay", "en", []),
        ("the client Padaria do Bairro stays", "en", []),
        ("the client Pastelaria Não stays", "en", ["não"]),
    ],
)
def test_words_of_the_other_language_are_found(text: str, language: Language, found: list[str]) -> None:
    assert find_foreign_words(text, language) == found


def test_names_of_the_account_are_let_through() -> None:
    assert find_foreign_words("A cliente The Little Shop existe.", "pt", known=["The Little Shop"]) == []


def test_no_word_is_in_both_lists() -> None:
    assert load_words("pt") & load_words("en") == frozenset()
