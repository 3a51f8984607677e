"""Outcomes that the audit trail keeps in English are shown in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ix_tools.approvals.models import Evidence
from ix_tools.approvals.rows import PLACE_PHRASES
from ix_tools.error_codes import ERROR_CODES
from ix_tools.i18n.messages import PLACEHOLDER
from ix_tools.interfaces.web.outcome_texts import translate_outcome
from tests.harness import Harness
from tests.interfaces.web.inbox_visitor import issue_signed, open_lobby

PACKAGE = Path(__file__).parents[3] / "ix_tools"
OBSERVATION = re.compile(r'observation=message\(\s*"([^"]+)"')
RECORDED = re.compile(r'record_event\([^)]*?, "[a-z ]+", "([^"]+)"')


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [
        ("by page:ana with passkey ABCD2345", "por page:ana com a chave de acesso ABCD2345"),
        ("by page:ana; 1 more needed", "por page:ana; faltam 1"),
        ("by a person in a terminal with a PIN set by terminal:rui",
         "por uma pessoa num terminal com um PIN definido por terminal:rui"),
        ("looked: unknown. the look-up failed (unreachable)",
         "verificado: não se sabe. a verificação falhou («unreachable»)"),
        ("stored_differently: total, due_date", "guardado de outra forma: total, due_date"),
        ("by policy: pequenas, de manhã", "pela política: pequenas, de manhã"),
        ("something of another version", "something of another version"),
    ],
)  # fmt: skip
def test_an_outcome_is_told_in_portuguese(outcome: str, shown: str) -> None:
    assert translate_outcome(outcome, "pt") == shown
    assert translate_outcome(outcome, "en") == outcome


def test_every_outcome_that_the_sources_write_is_recognised() -> None:
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    written = {found for text in texts for found in (*OBSERVATION.findall(text), *RECORDED.findall(text))}
    written = {one for one in written if not re.fullmatch(r"\{\w+\}(: \{\w+\})?", one)}
    assert len(written) > 15
    written |= {*ERROR_CODES, *PLACE_PHRASES.values()}
    written |= {
        "by page:ana" + one.describe()
        for one in (Evidence("rui", "ABCD2345"), Evidence("", "ABCD2345"), Evidence("rui"), Evidence(""))
    }
    missed = [
        one
        for one in written
        if translate_outcome(PLACEHOLDER.sub("1", one), "pt") == PLACEHOLDER.sub("1", one)
    ]
    assert missed == []


async def test_a_story_in_portuguese_has_no_english_outcome(harness: Harness) -> None:
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        _, done = await issue_signed(harness, ana)
        story = (await ana.get(f"/inbox/documents/sandbox/invoices/{done['document']['id']}?lang=pt")).text
        assert "por page:ana com a chave de acesso" in story
        assert "prestes a ser enviado" in story
        assert "about to be sent" not in story
