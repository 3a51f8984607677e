"""After the decision the page shows the decision, its result and the issued number, for a day."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from ix_tools.approvals.links import ENDED_LINK_RETENTION
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.errors import IxError
from ix_tools.idempotency.intents import Intent, IntentDraft, IntentResult, IntentState
from ix_tools.interfaces.web.decision_pages import REFRESH_SECONDS, REFRESH_WINDOW_SECONDS
from tests.clock import Clock
from tests.harness import Harness, execute, invoice, line
from tests.interfaces.web.visitor import (
    Visitor,
    build_finalization,
    extract_text,
    find_csrf_token,
    request_approval,
    request_with_link,
    with_pages,
)


@pytest.fixture
def paper(harness: Harness, clock: Clock) -> Harness:
    """A harness whose approvals have pages, by this clock."""
    harness.context.store.clock = clock
    paper = with_pages(harness)
    paper.context.approvals = ApprovalRepository(paper.context.store, 15, clock)
    return paper


async def read_page(paper: Harness, link: str, language: str = "en") -> tuple[str, str]:
    """What a visit shows, and after how many seconds the page looks again (empty: never)."""
    page = await Visitor(paper.context).look(f"{link}?lang={language}")
    assert page.status_code == 200
    assert "<script" not in page.text
    return extract_text(page.text), page.headers.get("refresh", "")


WHAT = "Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT"


async def test_the_page_says_what_was_decided_and_then_the_number(paper: Harness, clock: Clock) -> None:
    call, asked, link = await request_with_link(paper)
    answer = await Visitor(paper.context).decide(link)
    assert answer.status_code == 303
    text, again = await read_page(paper, link)
    assert f"Approved {WHAT}" in text
    assert "Nothing has been sent yet. If the assistant does not go on by itself" in text
    assert again == str(REFRESH_SECONDS)
    assert (await execute(paper.context, "change_state", call))["ok"]
    for language, title, number in (
        ("en", "Approved, and done", "Invoice 1/2026 · ATCUD "),
        ("pt", "Aprovado e feito", "Fatura 1/2026 · ATCUD "),
    ):
        text, again = await read_page(paper, link, language)
        assert f"{title} {WHAT} {number}" in text
        assert again == ""
    clock.now = asked.expires_at + ENDED_LINK_RETENTION - 1
    assert f"{WHAT} Invoice 1/2026 · ATCUD " in (await read_page(paper, link))[0], "the same for a day"
    clock.now += 1
    assert (await Visitor(paper.context).look(link)).status_code == 404


async def test_a_second_click_says_what_was_decided_too(paper: Harness) -> None:
    _, _, link = await request_with_link(paper)
    visitor = Visitor(paper.context)
    page = await visitor.look(link)
    form = {"csrf": find_csrf_token(page.text), "decision": "approve"}
    await visitor.send(link, form)
    again = await visitor.send(link, form)
    assert again.status_code == 409
    assert f"It was decided already Approved {WHAT}" in extract_text(again.text)
    assert "refresh" not in again.headers, "looking again would send the answer again"


async def test_a_rejected_one_says_what_was_rejected(paper: Harness) -> None:
    _, _, link = await request_with_link(paper)
    await Visitor(paper.context).decide(link, "reject", reason="Cliente errado")
    text, again = await read_page(paper, link)
    assert f"Rejected {WHAT} Nothing was sent" in text
    assert "Reason: Cliente errado" in text
    assert again == ""


async def test_one_that_nobody_decided_tells_nothing_of_the_document(paper: Harness, clock: Clock) -> None:
    _, asked, link = await request_with_link(paper)
    clock.now = asked.expires_at
    text, again = await read_page(paper, link)
    assert "Time is up" in text
    assert "ACME" not in text
    assert again == ""


async def test_one_that_was_approved_and_not_used_says_that_nothing_was_sent(
    paper: Harness, clock: Clock
) -> None:
    _, asked, link = await request_with_link(paper)
    await Visitor(paper.context).decide(link)
    clock.now += REFRESH_WINDOW_SECONDS - 1
    clock.now = min(clock.now, asked.expires_at - 1)
    assert (await read_page(paper, link))[1] == str(REFRESH_SECONDS)
    clock.now = asked.expires_at
    text, again = await read_page(paper, link)
    assert f"Approved, but not used in time {WHAT} Nothing was sent" in text
    assert again == "", "the looking ends"


def carried_out(
    paper: Harness, identifier: str, state: IntentState, outcome: dict[str, Any] | None
) -> Intent:
    """An entry of the journal as the pipeline writes it, under this approval, in this state."""
    desk = paper.context
    draft = IntentDraft(
        account=desk.account.name,
        key=f"key {identifier}",
        contents=("v2:content",),
        operation="change_state",
        principal="local",
        face="mcp",
        approval=identifier,
    )
    intent = desk.journal.begin(draft)
    if state != "open":
        assert desk.journal.finish(intent, IntentResult(state, "said", outcome))
    return intent


NUMBERED = {"document": {"document_type": "invoices", "number": "7/2026", "atcud": "ABCD1234-7"}}


@pytest.mark.parametrize(
    ("state", "outcome", "heading", "expected", "refreshes"),
    [
        ("open", None, "Approved, and being carried out", "InvoiceXpress has not answered yet", True),
        ("done", {"ok": True, **NUMBERED}, "Approved, and done", "Invoice 7/2026 · ATCUD ABCD1234-7", False),
        ("done", {"ok": True, "settled_by_hand": True}, "Approved, and done", "Done", False),
        (
            "done",
            {"ok": True, "to": "a@b.example"},
            "Approved, and done",
            "E-mail sent to a@b.example",
            False,
        ),
        (
            "done",
            {"ok": False, "code": "stored_differently", **NUMBERED},
            "Done, but stored differently",
            "Invoice 7/2026",
            False,
        ),
        ("refused", None, "Approved, but not done", "nothing was issued", False),
        ("absent", None, "Approved, but not done", "nothing was issued", False),
        ("unknown", None, "it is not known whether it was done", "first checks what happened", False),
    ],
)
async def test_every_way_a_call_can_end_is_told(
    paper: Harness,
    clock: Clock,
    state: IntentState,
    outcome: dict[str, Any] | None,
    heading: str,
    expected: str,
    refreshes: bool,
) -> None:
    _, asked, link = await request_with_link(paper)
    await Visitor(paper.context).decide(link)
    with paper.context.store.writing() as connection:
        paper.context.approvals._change_state(connection, asked.id, "approved", "used")
    assert "being carried out" in (await read_page(paper, link))[0], (
        "used a moment ago, and not in the journal yet"
    )
    carried_out(paper, asked.id, state, outcome)
    text, again = await read_page(paper, link)
    assert heading in text
    assert expected in text
    assert WHAT in text
    assert bool(again) is refreshes
    clock.now += 2 * REFRESH_WINDOW_SECONDS
    assert (await read_page(paper, link))[1] == ""


async def test_a_used_one_of_which_the_journal_knows_nothing_says_so(paper: Harness, clock: Clock) -> None:
    _, asked, link = await request_with_link(paper)
    await Visitor(paper.context).decide(link)
    with paper.context.store.writing() as connection:
        paper.context.approvals._change_state(connection, asked.id, "approved", "used")
    clock.now += REFRESH_WINDOW_SECONDS
    text, again = await read_page(paper, link)
    assert "there is no record that it was done" in text
    assert again == ""


async def test_an_errand_tells_of_each_part(paper: Harness, clock: Clock) -> None:
    """One yes for finalizing and e-mailing: the number, and to whom it went."""
    call = {**invoice(items=[line(name="Curso")]), "email": "compras@acme.example"}
    asked = await request_approval(paper, call, "issue_invoice")
    link = paper.context.links.create(asked, "message")
    await Visitor(paper.context).decide(link)
    assert (await execute(paper.context, "issue_invoice", call))["ok"]
    text, again = await read_page(paper, link)
    assert "Approved, and done" in text
    assert "Invoice 1/2026 · ATCUD " in text
    assert "E-mail sent to compras@acme.example" in text
    assert again == ""


async def test_an_errand_whose_email_failed_says_that_a_part_is_missing(paper: Harness, clock: Clock) -> None:
    call = {**invoice(items=[line(name="Curso")]), "email": "compras@acme.example"}
    asked = await request_approval(paper, call, "issue_invoice")
    link = paper.context.links.create(asked, "message")
    await Visitor(paper.context).decide(link)
    paper.sandbox.fault("PUT", "/invoices/1001/email-document.json", status=422, body={"errors": []})
    with suppress(IxError):
        await execute(paper.context, "issue_invoice", call)
    text, _ = await read_page(paper, link)
    assert "Invoice 1/2026 · ATCUD " in text
    assert "Approved, and done in part" in text or "being carried out" in text
    clock.now += 2 * REFRESH_WINDOW_SECONDS
    text, again = await read_page(paper, link)
    assert "Approved, and done in part" in text
    assert again == ""


async def test_nobody_elses_document_is_told(paper: Harness) -> None:
    """Each link tells of its own approval only."""
    first = await request_with_link(paper)
    second = await request_with_link(
        paper, await build_finalization(paper, reference="another", items=[line(name="Curso", unit_price=7)])
    )
    for call, _, link in (first, second):
        await Visitor(paper.context).decide(link)
        assert (await execute(paper.context, "change_state", call))["ok"]
    texts = [(await read_page(paper, link))[0] for _, _, link in (first, second)]
    assert ("Invoice 1/2026 · ATCUD" in texts[0], "Invoice 2/2026 · ATCUD" in texts[0]) == (True, False)
    assert "Invoice 2/2026 · ATCUD" in texts[1]
