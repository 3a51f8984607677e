"""Fuzzy matching of names as people write them with names in an account, with near misses."""

import subprocess
import sys

import pytest

from ix_tools.text.fuzzy_match import find_closest

NAMES = [
    "Padaria Central, Lda",
    "Padaria do Bairro, Unipessoal Lda",
    "João Gonçalves",
    "Joana Gonçalves",
    "Construções Almeida & Filhos, S.A.",
    "António Conceição",
    "Antónia Conceição",
    "Sociedade Agrícola do Vale",
    "Clínica Dentária São João",
    "Transportes Ferreira, Lda",
    "Transportes Pereira, Lda",
    "Oficina Mecânica Nogueira",
    "Restaurante O Pescador",
    "Câmara Municipal de Évora",
    "Maria de Fátima Simões",
    "Farmácia Conceição",
    "ACME",
    "Silva & Sousa",
]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Padria Central", "Padaria Central, Lda"),
        ("joao gonsalves", "João Gonçalves"),
        ("JOANA GONCALVES", "Joana Gonçalves"),
        ("Construçoes Almeida e Filhos SA", "Construções Almeida & Filhos, S.A."),
        ("Antonio Conceicao", "António Conceição"),
        ("Antonia Conceicao", "Antónia Conceição"),
        ("Soc. Agricola do Vale", "Sociedade Agrícola do Vale"),
        ("Transportes Fereira", "Transportes Ferreira, Lda"),
        ("Resturante Pescador", "Restaurante O Pescador"),
        ("Camara Mun. Evora", "Câmara Municipal de Évora"),
        ("Farmacia da Conceiçao", "Farmácia Conceição"),
        ("ACNE", "ACME"),
        # Words in another order, which a comparison by letters does not find.
        ("Oficina Nogeira Mecanica", "Oficina Mecânica Nogueira"),
        ("Fatima Simoes Maria", "Maria de Fátima Simões"),
        ("Sousa e Silva", "Silva & Sousa"),
        ("Central Padaria Lda", "Padaria Central, Lda"),
    ],
)
def test_a_name_that_is_nearly_right_is_found_first(text: str, first: str) -> None:
    assert find_closest(text, NAMES, 5, 0.75)[0] == first


@pytest.mark.parametrize("text", ["Zebra", "Xpto Lda", "Zé", "", "...", "\u200b", "東京"])
def test_a_name_that_is_like_none_finds_none(text: str) -> None:
    assert find_closest(text, NAMES, 5, 0.75) == []


def test_no_more_are_found_than_asked_for_and_none_twice() -> None:
    many = [f"Padaria {number}" for number in range(50)] * 2
    found = find_closest("Padaria 7", many, 5, 0.5)
    assert found[0] == "Padaria 7"
    assert len(found) == len(set(found)) == 5


def test_a_start_does_not_load_what_only_a_wrong_name_needs() -> None:
    modules = "ix_tools.operations.matching, ix_tools.schemas.search, ix_tools.interfaces.cli.commands"
    code = f"import sys, {modules}; print('rapidfuzz' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert ran.stdout.strip() == "False"
