"""What is older than its age is erased, and the audit chain and the proofs of what stays remain whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.approvals.signature_audit import find_proofs, verify_signatures
from ix_tools.audit import trail
from ix_tools.auth.people import People
from ix_tools.auth.sessions import Sessions
from ix_tools.config.settings import Settings
from ix_tools.pipeline.retention import BATCH_SIZE, SweepReport, sweep
from ix_tools.storage.chat_messages import ChatRepository
from ix_tools.storage.database import Store
from ix_tools.storage.schema import (
    approvals,
    audit,
    chat_questions,
    decisions,
    document_figures,
    intents,
    invitations,
    links,
    sign_ins,
    spent,
)
from tests.harness import Harness, document_arguments
from tests.interfaces.web.inbox_visitor import issue_signed, open_lobby
from tests.interfaces.web.visitor import request_approval, with_pages


@pytest.fixture(autouse=True)
def _notes_its_head(harness: Harness) -> Iterator[None]:
    """Let the store note its newest row, as every store of a program does."""
    store = harness.context.store
    assert store.note_file is not None
    store.note_head = partial(trail.note_head, store.note_file)
    yield
    store.note_head = None


DAY, YEAR = 86_400.0, 365.25 * 86_400


def count(store: Store, table: sql.Table) -> int:
    with store.reading() as connection:
        return int(connection.execute(sql.select(sql.func.count()).select_from(table)).scalar_one())


def sweep_later(harness: Harness, seconds: float, **settings: Any) -> SweepReport:
    """Sweep as if some time had passed."""
    chosen: Settings = harness.context.settings.model_copy(update=settings)
    now: Callable[[], float] = harness.context.approvals.clock
    return sweep(harness.context.store, chosen, lambda: now() + seconds)


def verify(harness: Harness) -> list[trail.TrailFault]:
    store = harness.context.store
    assert store.file is not None
    return [*trail.verify_chain(store, Path(store.file).parent), *verify_signatures(store)]


async def issue_signed_by_ana(harness: Harness) -> dict[str, Any]:
    """Issue an invoice whose approval is signed by a passkey."""
    async with open_lobby(harness) as lobby:
        _, done = await issue_signed(harness, await lobby.welcome("ana"))
    document: dict[str, Any] = done["document"]
    return document


async def test_nothing_young_is_erased(harness: Harness) -> None:
    await issue_signed_by_ana(harness)
    assert sweep_later(harness, 29 * DAY).counts == {}


async def test_what_only_its_age_deletes_is_deleted_without_a_further_row(harness: Harness) -> None:
    """Nobody may sign in, ask in a chat or ask for an approval ever again."""
    store = harness.context.store
    people = People(store)
    people.add("ana", role="admin", accounts=(), by="terminal:rui")
    people.invite("ana", by="terminal:rui")
    Sessions(store).begin_sign_in("enrol", "ana")
    ChatRepository(store, "slack").ask("slack:T1.U1", "key", ["fatura para Ana Silva 3x60"])
    paper = with_pages(harness, approval_link="terminal")
    asked = await request_approval(paper, document_arguments(await harness.create_draft(), state="finalized"))
    paper.context.links.create(asked, "terminal")
    harness.context.approvals.decide(asked.id, approve=False)
    tables = (chat_questions, invitations, sign_ins, links)
    assert [count(store, one) > 0 for one in tables] == [True] * 4
    sweep_later(harness, 6 * DAY)
    assert [count(store, one) for one in (chat_questions, sign_ins)] == [1, 0]
    swept = sweep_later(harness, 41 * DAY).counts
    assert swept["chat_questions"] == swept["texts"] == 1
    assert [count(store, one) for one in tables] == [0] * 4
    assert harness.context.approvals.find(asked.id).sheet == ""


async def test_after_400_days_a_write_keeps_number_state_and_total_only(harness: Harness) -> None:
    made = await issue_signed_by_ana(harness)
    assert sweep_later(harness, 401 * DAY).counts["journal"] == 2
    assert "journal" not in sweep_later(harness, 401 * DAY).counts
    with harness.context.store.reading() as connection:
        rows = connection.execute(sql.select(intents)).all()
    for row in rows:
        assert set(row.trace) <= {"aged", "subject", "version", "document_type", "document_id"}
        assert set(row.outcome) <= {"ok", "document"}
        assert "lines" not in row.outcome["document"]
        assert "client" not in row.outcome["document"]
    assert made["number"] in {row.outcome["document"].get("number") for row in rows}
    async with open_lobby(harness) as lobby:
        bea = await lobby.welcome("bea")
        assert made["number"] in (await bea.get("/inbox/history?lang=en")).text
    assert verify(harness) == []


async def test_an_unknown_outcome_is_never_reduced(harness: Harness) -> None:
    await harness.create_draft()
    with harness.context.store.writing() as connection:
        connection.execute(intents.update().values(state="unknown"))
    assert "journal" not in sweep_later(harness, 4000 * DAY).counts


async def test_the_history_ends_after_its_years_and_the_proof_stays(harness: Harness) -> None:
    made = await issue_signed_by_ana(harness)
    subject = f"invoices/{made['id']}"
    kept = sweep_later(harness, 11.9 * YEAR)
    assert "history" not in kept.counts
    assert sweep_later(harness, 12.1 * YEAR).counts["history"] >= 1
    store = harness.context.store
    assert [count(store, table) for table in (approvals, decisions, spent)] == [0, 0, 0]
    (proof,) = find_proofs(store, subject)
    assert (proof.signed.person, proof.fault) == ("ana", "")
    assert verify(harness) == []


async def test_documents_leave_the_overview_once_nothing_is_open(harness: Harness) -> None:
    made = await harness.create_issued()
    assert "figures" not in sweep_later(harness, 500 * DAY).counts
    paid = {"document_id": made["id"], "amount": 123, "payment_mechanism": "TB", "payment_date": made["date"]}
    await harness.call("generate_payment", paid)
    days = (date.today() - date.fromisoformat(made["date"])).days  # noqa: DTZ011 - as the harness's real clock
    assert "figures" not in sweep_later(harness, (399 - days) * DAY).counts
    assert sweep_later(harness, 402 * DAY).counts["figures"] == 1
    assert count(harness.context.store, document_figures) == 0


async def test_the_trail_is_cut_only_if_an_age_is_set_and_verifies_afterwards(harness: Harness) -> None:
    await issue_signed_by_ana(harness)
    store = harness.context.store
    before = count(store, audit)
    assert "proofs" not in sweep_later(harness, 50 * YEAR).counts
    assert count(store, audit) == before
    erased = sweep_later(harness, 50 * YEAR, proof_years=12).counts["proofs"]
    # The newest row stays, and one says that the others were cut off.
    assert (erased, count(store, audit)) == (before - 1, 2)
    assert verify(harness) == []
    # A passkey whose enrolment was cut off still verifies what it signs.
    later = await sign_again(harness)
    (proof,) = find_proofs(store, f"invoices/{later['id']}")
    assert proof.fault == ""
    assert verify(harness) == []


async def sign_again(harness: Harness) -> dict[str, Any]:
    """Issue another invoice with a new passkey of the same person."""
    harness.context.seen.forget("document", 0)
    return await issue_signed_by_ana(harness)


@pytest.mark.parametrize("tampering", ["first row", "hash of the cut", "cut row", "another cut"])
async def test_a_cut_trail_that_was_changed_is_found(harness: Harness, tampering: str) -> None:
    store = harness.context.store
    for _ in range(6):
        trail.append_alone(store, trail.Entry("intent"))
    with store.writing() as connection:
        old = sql.and_(audit.c.seq <= 4)
        assert trail.cut(connection, datetime.now(UTC) + timedelta(days=1), 4, 6) == 4
        assert connection.execute(sql.select(audit).where(old)).all() == []
    assert verify(harness) == []
    with store.writing() as connection:
        if tampering == "first row":
            connection.execute(audit.delete().where(audit.c.seq == 5))
        elif tampering == "hash of the cut":
            connection.execute(audit.update().where(audit.c.seq == 5).values(previous="0" * 64))
        elif tampering == "cut row":
            connection.execute(audit.update().where(audit.c.event == trail.CUT).values(outcome="{}"))
        else:
            connection.execute(audit.delete().where(audit.c.seq <= 5))
    assert verify(harness) != []


async def test_the_noted_row_is_never_cut_off(harness: Harness) -> None:
    store = harness.context.store
    store.note_head = None
    for _ in range(4):
        trail.append_alone(store, trail.Entry("intent"))
    assert "proofs" not in sweep_later(harness, 50 * YEAR, proof_years=12).counts
    assert count(store, audit) == 4


async def test_a_sweep_erases_a_limited_number_of_rows(harness: Harness) -> None:
    store = harness.context.store
    for _ in range(BATCH_SIZE + 3):
        with store.writing() as connection:
            trail.append(connection, trail.Entry("intent"))
    report = sweep_later(harness, 50 * YEAR, proof_years=12)
    assert report.counts["proofs"] == BATCH_SIZE
    assert report.is_full
    assert verify(harness) == []
