"""A second writer acts exactly between the last read and the irreversible request: the issued document is the one shown.

One round of every kind; `make faults ARGS=race` makes thousands, in several processes.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import anyio
import httpx2
import pytest
import stamina

from faults.gap_transport import FINALIZING, GapTransport
from faults.hosts import CallResult, Host, open_session
from faults.interrupted import WITH_SERVERS, open_gap_context, run_with_servers
from faults.race import FEW, MANY, format_table, list_jobs
from faults.rounds import (
    ARRANGEMENTS,
    FAULTS,
    GATED,
    POLICY,
    SECONDS,
    Cell,
    Round,
    Subject,
    judge_round,
)
from faults.sandbox_account import OTHER, DocumentSnapshot, SandboxAccount
from ix_tools.idempotency.claims import Claims
from ix_tools.pipeline.context import CallContext
from ix_tools.sandbox.server import Sandbox
from tests.harness import NOW

PAIRS = (*MANY, *FEW)


@pytest.fixture(scope="module")
def only_box() -> Iterator[SandboxAccount]:
    """A sandbox whose state the test can read."""
    with Sandbox(clock=NOW) as box:
        yield SandboxAccount(box)


@pytest.fixture
def books(only_box: SandboxAccount) -> SandboxAccount:
    only_box.reset()
    return only_box


@dataclass
class Stage:
    """Two hosts on one account, and the gap before the first one's requests."""

    books: SandboxAccount
    one: Host
    two: Host
    gap: GapTransport
    desk: CallContext

    async def until_heard(self, done: anyio.Event) -> None:
        """Wait until the second writer has its answer or waits for the first."""
        claims = Claims(self.desk.store, 1.0)
        with anyio.fail_after(100):
            while not done.is_set():
                standing = await anyio.to_thread.run_sync(claims.list_claims)
                if any(one.state == "waiting" for one in standing):
                    return
                with anyio.move_on_after(0.01):
                    await done.wait()


@asynccontextmanager
async def staged(books: SandboxAccount, way: str, store: str, folder: Path) -> AsyncIterator[Stage]:
    """Two calls of one session, or two contexts that share only the store."""
    policy = folder / "policy.toml" if way == "unattended" else None
    if policy is not None:
        policy.write_text(POLICY)
        policy.chmod(0o600)
    async with AsyncExitStack() as stack:
        stack.enter_context(stamina.set_testing(True, attempts=4, cap=True))
        desk, gap = open_gap_context(books, store, "race", policy=policy)
        stack.push_async_callback(desk.close)
        one = two = await stack.enter_async_context(open_session(desk))
        if way != "one session":
            other, _ = open_gap_context(books, store, "race", policy=policy)
            stack.push_async_callback(other.close)
            two = await stack.enter_async_context(open_session(other))
        yield Stage(books, one, two, gap, desk)


async def at_the_gap(stage: Stage, cell: Cell, luck: int = 0) -> Round:
    """Run a round in which the second call starts just before the first one's request is sent."""
    done = Round(cell)
    subject = await ARRANGEMENTS[cell.first](stage.books, stage.one, cell, "RACE", done)
    second = SECONDS[cell.second](stage.books, subject, random.Random(luck))
    asked: CallResult | None = None
    if cell.attended and second[0] in GATED:
        asked = await stage.two.call(*second)
        assert asked.handle, asked.body
    told: dict[str, CallResult] = {}
    heard = anyio.Event()

    async def write() -> None:
        told["second"] = await stage.two.call(*second, asked)
        heard.set()

    async with anyio.create_task_group() as group:

        async def come(request: httpx2.Request) -> None:
            group.start_soon(write)
            await stage.until_heard(heard)

        stage.gap.action.append(come)
        told["first"] = await stage.one.call(*subject.first, subject.question)
        if stage.gap.action:  # the first call never came so far
            stage.gap.action.clear()
            await write()
    judge_round(done, stage.books, subject, told["first"], told["second"])
    return done


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[" beside ".join(one) for one in PAIRS])
async def test_two_calls_of_one_session(
    books: SandboxAccount, tmp_path: Path, first: str, second: str
) -> None:
    async with staged(books, "one session", str(tmp_path / "ix.db"), tmp_path) as stage:
        done = await at_the_gap(stage, Cell("one session", first, second, 0.0))
    assert done.faults == [], done.results
    assert done.codes[0] == "ok"


@pytest.mark.parametrize("first", ["change_state", "issue_invoice"])
@pytest.mark.parametrize("luck", [0, 1], ids=["same money, other company", "other money"])
async def test_two_servers_on_one_store(
    books: SandboxAccount, place: str, tmp_path: Path, first: str, luck: int
) -> None:
    """SQLite and PostgreSQL."""
    async with staged(books, "two", place, tmp_path) as stage:
        done = await at_the_gap(stage, Cell("two", first, "update_invoice", 0.0), luck)
    assert done.faults == [], done.results
    assert done.codes[0] == "ok"


@pytest.mark.parametrize("first", ["change_state", "issue_invoice"])
@pytest.mark.parametrize("luck", [0, 1], ids=["same money, other company", "other money"])
async def test_an_automatic_approval_covers_only_the_document_that_the_policy_evaluated(
    books: SandboxAccount, tmp_path: Path, first: str, luck: int
) -> None:
    async with staged(books, "unattended", str(tmp_path / "ix.db"), tmp_path) as stage:
        done = await at_the_gap(stage, Cell("unattended", first, "update_invoice", 0.0), luck)
    assert done.faults == [], done.results
    assert done.issued
    # The policy had already evaluated it, so the change comes too late, even one that the policy would also approve.
    (row,) = books.find_by_reference("RACE")
    assert (row.client["code"], row.lines[0].unit_price) == ("ACME", "100")


# --- repeated requests ---


@pytest.mark.parametrize("first", ["change_state", "issue_invoice"])
@pytest.mark.parametrize("how", ["429", "refused"])
@pytest.mark.parametrize("changed", ["document", "client", "nothing"])
async def test_no_request_is_repeated_without_a_new_read(
    books: SandboxAccount, tmp_path: Path, first: str, how: str, changed: str
) -> None:
    """After a 429 or a refused connection, somebody may have changed the document in InvoiceXpress itself."""
    cell = Cell("one session", first, "update_invoice", 0.0)
    async with staged(books, "one session", str(tmp_path / "ix.db"), tmp_path) as stage:
        done = Round(cell)
        subject = await ARRANGEMENTS[first](books, stage.one, cell, "RACE", done)

        async def turned_away(request: httpx2.Request) -> httpx2.Response:
            if changed == "document":
                books.change_draft(subject.number, OTHER, {"name": "Outro serviço", "unit_price": "100"})
            elif changed == "client":
                books.request_directly(
                    "PUT", "/clients/501.json", {"client": {**CLIENT, "address": "Rua Nova, 2"}}
                )
            if how == "refused":
                raise httpx2.ConnectError("refused", request=request)
            return httpx2.Response(429, headers={"retry-after": "0"}, json={}, request=request)

        stage.gap.action.append(turned_away)
        told = await stage.one.call(*subject.first, subject.question)
        tries = [at for at, what in enumerate(stage.gap.seen) if FINALIZING.fullmatch(what)]
        if changed == "nothing":
            assert told.ok, told.body
            read = f"GET /invoices/{subject.number}.json"
            assert len(tries) == 2
            assert read in stage.gap.seen[tries[0] : tries[1]], "the same request was made again unread"
            assert subject.seen.find_differences(books.take_snapshot(subject.number)) == []
        else:
            assert told.code == "document_changed", told.body
            assert len(tries) == 1
            assert books.get_row(subject.number).number is None


CLIENT = {"name": "ACME, Lda", "code": "ACME", "fiscal_id": "508112230"}


async def test_a_response_received_before_the_process_slept_is_read_again(
    books: SandboxAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The response came in time but was taken from its socket a minute later; meanwhile the document was changed."""
    cell, slept = Cell("one session", "change_state", "update_invoice", 0.0), [0.0]
    clock = SimpleNamespace(
        monotonic=lambda: time.monotonic() + slept[0], time=lambda: time.time() + slept[0]
    )
    monkeypatch.setattr("ix_tools.pipeline.fresh_read.time", clock)
    async with staged(books, "one session", str(tmp_path / "ix.db"), tmp_path) as stage:
        rehearsed, subject = [
            await ARRANGEMENTS["change_state"](books, stage.one, cell, f"RACE {number}", Round(cell))
            for number in (1, 2)
        ]
        stage.gap.seen.clear()
        assert (await stage.one.call(*rehearsed.first, rehearsed.question)).ok
        sent = next(at for at, what in enumerate(stage.gap.seen) if FINALIZING.fullmatch(what))
        left = stage.gap.seen[:sent].count(f"GET /invoices/{rehearsed.number}.json")

        def record_path(path: str) -> None:
            nonlocal left
            left -= path == f"/invoices/{subject.number}.json"
            if left == 0 and not slept[0]:
                slept[0] = 60.0
                books.change_draft(subject.number, OTHER, {"name": "Outro serviço", "unit_price": "100"})

        stage.gap.when_read = record_path
        told = await stage.one.call(*subject.first, subject.question)
    assert slept[0], "it never came to the last read"
    assert told.code == "document_changed", told.body
    assert books.get_row(subject.number).number is None


@pytest.mark.timeout(180)
async def test_a_server_suspended_between_read_and_request_reads_again(tmp_path: Path) -> None:
    """SIGSTOP; another server changes the document meanwhile; SIGCONT."""
    name = "SIGSTOP for a moment"
    found = await run_with_servers(name, "sqlite", str(tmp_path / "race.db"), tmp_path)
    assert found.problems == "", found


# --- the checks of the race itself ---


def read_subject(books: SandboxAccount, number: int) -> Subject:
    return Subject(number, ("change_state", {}), None, books.take_snapshot(number))


OK, BUSY = CallResult({"ok": True}), CallResult({"ok": False, "code": "busy", "sent": "nothing"})
CELL = Cell("one session", "change_state", "update_invoice", 0.0)


def test_the_race_detects_every_fault(books: SandboxAccount) -> None:
    """Each fault is reported under its own name."""
    number = books.create_draft(reference="RACE")
    shown = read_subject(books, number)
    fine = Round(CELL)
    finalize = {"invoice": {"state": "finalized"}}
    judge_round(fine, books, shown, BUSY, OK)
    assert fine.faults == []
    nobody = Round(CELL)
    judge_round(nobody, books, shown, BUSY, BUSY)
    assert nobody.faults == ["nobody"]
    untrue = Round(CELL)
    judge_round(untrue, books, shown, OK, OK)
    assert untrue.faults == ["told wrong"]
    books.change_draft(number, OTHER, {"name": "Outro serviço", "unit_price": "100"})
    books.request_directly("PUT", f"/invoices/{number}/change-state.json", finalize)
    other = Round(CELL)
    judge_round(other, books, shown, OK, OK)
    assert other.faults == ["differs"]
    assert "client.fiscal_id: '508112230' became '508025338'" in other.results[0]
    assert "differs" in FAULTS
    assert "lone busy" in format_table([fine, nobody, untrue, other])


def test_fields_set_by_finalizing_are_no_difference(books: SandboxAccount) -> None:
    number = books.create_draft(reference="RACE")
    shown = read_subject(books, number)
    books.request_directly(
        "PUT", f"/invoices/{number}/change-state.json", {"invoice": {"state": "finalized"}}
    )
    done = Round(CELL)
    judge_round(done, books, shown, OK, BUSY)
    assert (done.faults, done.issued) == ([], True)


@pytest.mark.parametrize(
    "field", ["date", "due_date", "reference", "observations", "sequence_id", "retention"]
)
def test_any_other_field_is_a_difference(books: SandboxAccount, field: str) -> None:
    now = books.take_snapshot(books.create_draft(reference="RACE"))
    other = DocumentSnapshot({**now.document, field: "another"}, now.client)
    assert [one.partition(":")[0] for one in now.find_differences(other)] == [f"document.{field}"]


def test_every_second_call_is_in_the_race() -> None:
    """Each combination of way and delay runs the requested number of times."""
    found = list_jobs("one session", rounds=5, others=4)
    assert set(found) == {0.0, 0.2}
    for listed in found.values():
        count = {(job.cell.first, job.cell.second): 0 for job in listed}
        for job in listed:
            count[job.cell.first, job.cell.second] += 1
        assert {pair: count[pair] for pair in MANY} == dict.fromkeys(MANY, 5)
        assert {second for _, second in count} == set(SECONDS)
        for second in {second for _, second in FEW}:
            assert sum(times for (_, one), times in count.items() if one == second) == 4
    assert set(WITH_SERVERS) > {"429 on the request", "SIGSTOP for a moment"}
