"""The page of a batch: sums, those that need attention first, every document openable, and the total that a person types."""

from __future__ import annotations

from typing import Any

import pytest

from ix_tools.approvals.joint_decisions import load_left_out
from tests.batch.test_run import ask, file_of, find_approval, go_on, rows_of, states
from tests.batch.workbooks import HEADINGS, change
from tests.harness import Harness
from tests.interfaces.web.inbox_visitor import open_lobby
from tests.interfaces.web.visitor import Visitor, extract_text, with_pages


@pytest.fixture
def paper(harness: Harness) -> Harness:
    return with_pages(harness)


async def open_batch(harness: Harness) -> tuple[Any, Visitor, str]:
    rows = [
        (*change(), ""),
        (*change(cliente_codigo="NOVO", artigo="B"), "Novo <b>Lda</b>"),
        (*change(artigo="C"), ""),
    ]
    run = await ask(harness, file_of(*rows, headings=(*HEADINGS, "cliente_nome")))
    link = harness.context.links.create(find_approval(harness, run), "message")
    return run, Visitor(harness.context), link


async def test_the_page_shows_sums_and_every_document(paper: Harness) -> None:
    _, visitor, link = await open_batch(paper)
    text = extract_text((await visitor.look(f"{link}?lang=pt")).text)
    assert "223,26 €" in text
    assert "41,76 €" in text
    assert text.index("Novo <b>Lda</b>") < text.index("Revisão")
    assert "<b>Lda" not in (await visitor.look(link)).text


async def test_a_reader_sees_the_sheet_and_no_form(paper: Harness) -> None:
    run, _, _ = await open_batch(paper)
    async with open_lobby(paper) as lobby:
        rita = await lobby.welcome("rita", role="reader")
        page = await rita.get(f"/inbox/approvals/{find_approval(paper, run).id}")
    assert (page.status_code, "Revisão" in page.text) == (200, True)
    assert 'name="decision"' not in page.text


async def test_a_person_leaves_one_out_and_types_the_sum_of_the_others(paper: Harness) -> None:
    run, visitor, link = await open_batch(paper)
    shown = await visitor.decide(link, "recount", **{"out-2": "yes"})
    assert shown.status_code == 200
    assert "Documents: 2 of 3: €148.84" in extract_text(shown.text)
    assert 'name="out-2" value="yes" checked' in shown.text
    wrong = await visitor.decide(link, **{"out-2": "yes", "control_sum": "223,26"})
    assert wrong.status_code == 403
    assert "the documents that remain are €148.84" in extract_text(wrong.text)
    assert 'name="out-2" value="yes" checked' in wrong.text
    done = await visitor.decide(link, **{"out-2": "yes", "control_sum": "148,84 €"})
    assert done.status_code == 303
    approval = find_approval(paper, run)
    assert approval.state == "approved"
    assert load_left_out(approval.choice) == frozenset({2})
    await go_on(paper, run.batch)
    assert states(paper, run) == ["done", "left_out", "done"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"control_sum": ""}, {"control_sum": "abc"}, {"control_sum": "1e3"}, {"control_sum": "NaN"}],
)
async def test_nothing_is_approved_without_the_sum(paper: Harness, fields: dict[str, str]) -> None:
    run, visitor, link = await open_batch(paper)
    assert (await visitor.decide(link, **fields)).status_code == 403
    assert find_approval(paper, run).state == "pending"


async def test_a_box_that_is_not_of_the_page_is_refused(paper: Harness) -> None:
    _, visitor, link = await open_batch(paper)
    assert (await visitor.decide(link, **{"out-x": "yes", "control_sum": "223,26"})).status_code == 400
    assert (await visitor.decide(link, **{"out-9": "yes", "control_sum": "223,26"})).status_code == 403


async def test_a_rejection_needs_no_sum(paper: Harness) -> None:
    run, visitor, link = await open_batch(paper)
    assert (await visitor.decide(link, "reject", reason="mês errado")).status_code == 303
    done = await go_on(paper, run.batch)
    assert done.batch.state == "rejected"
    assert [one.state for one in rows_of(paper, run)] == ["drafted"] * 3
