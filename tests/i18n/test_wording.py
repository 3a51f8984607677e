"""Portuguese is written as an accountant in Portugal writes it: a table of wordings that no text uses."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from ix_tools.fiscal.reference_data import DATA
from tests.i18n.language_words import find_foreign_words

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "ix_tools/i18n/locale/pt/LC_MESSAGES/ix_tools.po"
WORDINGS = tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))["wording"]


def list_translations() -> Iterator[tuple[str, str]]:
    with CATALOGUE.open("rb") as lines:
        for entry in read_po(lines, locale="pt"):
            texts = entry.string if isinstance(entry.string, list | tuple) else [entry.string]
            yield from ((f"ix_tools.po: {entry.id!r}", str(text)) for text in texts)


def list_portuguese_texts() -> Iterator[tuple[str, str]]:
    """Yield every Portuguese text of the package and its pages, with where it stands."""
    yield from list_translations()
    for path in [ROOT / "README.pt.md", *(ROOT / "docs/pt").rglob("*.md")]:
        yield path.name, path.read_text(encoding="utf-8")
    for path in sorted(DATA.iterdir()):
        if path.suffix in {".toml", ".json"}:
            for line in path.read_text(encoding="utf-8").splitlines():
                if re.search(r'(_pt|"pt"|\bpt)"?\s*[=:]', line):
                    yield path.name, line


@pytest.mark.parametrize("row", WORDINGS, ids=lambda row: row["wrong"][:40])
def test_no_portuguese_text_has_a_wording_that_is_not_used_in_portugal(row: dict[str, str]) -> None:
    found = [
        f"{where}: {text[:120]}" for where, text in list_portuguese_texts() if re.search(row["wrong"], text)
    ]
    assert found == [], f"write {row['right']}"


@pytest.mark.parametrize("path", sorted((ROOT / "docs/pt").rglob("*.md")), ids=lambda path: path.name)
def test_the_tables_of_a_portuguese_page_are_portuguese(path: Path) -> None:
    """They are made from the data, in which every name stands in both languages."""
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    # One letter is a subparagraph of a law.
    told = {row: [word for word in find_foreign_words(row, "pt") if len(word) > 1] for row in rows}
    found = {row: words for row, words in told.items() if words}
    assert found == {}


def test_the_texts_are_found() -> None:
    texts = list(list_portuguese_texts())
    assert len(texts) > 500
    assert any("AT" in text for where, text in texts if where == "series_codes.toml")


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("a senha do subutilizador", True),
        ("a palavra-passe do subutilizador", False),
        ("desenham", False),
        ("nota de crédito que o cite", True),
        ("nota de crédito com referência a ele", False),
        ("o usuário", True),
        ("o utilizador", False),
        ("um contacto", False),
        ("tela", True),
        ("cautela", False),
    ],
)
def test_the_table_tells_near_misses_apart(text: str, is_wrong: bool) -> None:
    assert any(re.search(row["wrong"], text) for row in WORDINGS) is is_wrong
