"""Approvals: what they are bound to, and that whatever happens nothing irreversible goes out without exactly one.

The gate's promise is a sentence about requests, so it is counted where requests arrive: in the sandbox's log.
"""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from faults.servers import lift_limits
from ix_tools.approvals.repository import Approval, ApprovalRepository, ApprovalRequestContent, Binding, Reply
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import ApprovalRefused, StoreUnavailable
from ix_tools.i18n.formats import LISBON
from ix_tools.operations.digests import digest_approval
from ix_tools.pipeline.context import CallContext
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage import transactions
from ix_tools.storage.database import Store
from tests.clock import Clock
from tests.harness import NOW, ApprovalNeeded, Harness, execute

BINDING = Binding(
    "ana", "acme@host", "change_state", digest_approval("arguments"), digest_approval("snapshot")
)
QUESTION = ApprovalRequestContent("Finalizar?", "Finalizar 1001")


@pytest.fixture
def repository(tmp_path: Path, clock: Clock) -> Iterator[ApprovalRepository]:
    """Approvals in a file of their own."""
    store = Store(tmp_path / "ix-tools.db")
    yield ApprovalRepository(store, 15, clock)
    store.close()


def refusal(call: Callable[..., object], *given: Any, **named: Any) -> str:
    """The code of the refusal that a call ends in."""
    with pytest.raises(ApprovalRefused) as refused:
        call(*given, **named)
    assert refused.value.sent == "nothing"
    assert str(refused.value.next)
    return refused.value.code


# --- one approval


def test_a_yes_is_good_once(repository: ApprovalRepository) -> None:
    asked = repository.ask(BINDING, QUESTION, "form")
    repository.consume_reply(BINDING, Reply(asked.handle, True))
    assert repository.find(asked.id).state == "used"
    assert refusal(repository.consume_reply, BINDING, Reply(asked.handle, True)) == "approval_used"
    assert refusal(repository.consume_reply, BINDING, Reply(asked.handle, False)) == "approval_used"


def test_a_no_is_final(repository: ApprovalRepository) -> None:
    asked = repository.ask(BINDING, QUESTION, "form")
    assert (
        refusal(repository.consume_reply, BINDING, Reply(asked.handle, False, reason="caro"))
        == "approval_declined"
    )
    assert repository.find(asked.id).reason == "caro"
    assert refusal(repository.consume_reply, BINDING, Reply(asked.handle, True)) == "approval_not_pending"


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("principal", "approval_foreign"),
        ("account", "approval_foreign"),
        ("operation", "approval_for_other_arguments"),
        ("arguments", "approval_for_other_arguments"),
        ("snapshot", "document_changed"),
    ],
)
def test_every_part_of_what_was_approved_counts(repository: ApprovalRepository, part: str, code: str) -> None:
    asked = repository.ask(BINDING, QUESTION, "form")
    other = replace(BINDING, **{part: "another"})
    assert refusal(repository.consume_reply, other, Reply(asked.handle, True)) == code
    state = repository.find(asked.id).state
    assert state == ("stale" if part == "snapshot" else "pending")
    if state == "pending":
        repository.consume_reply(BINDING, Reply(asked.handle, True))
    else:
        assert refusal(repository.consume_reply, BINDING, Reply(asked.handle, True)) == "approval_not_pending"


def test_an_approval_ends_to_the_second(repository: ApprovalRepository, clock: Clock) -> None:
    first, second = (repository.ask(BINDING, QUESTION, "form") for _ in range(2))
    clock.now = first.expires_at - 0.001
    repository.consume_reply(BINDING, Reply(first.handle, True))
    clock.now = second.expires_at
    assert refusal(repository.consume_reply, BINDING, Reply(second.handle, True)) == "approval_expired"
    clock.now -= 60
    assert refusal(repository.consume_reply, BINDING, Reply(second.handle, True)) == "approval_not_pending", (
        "not revived"
    )


def test_a_terminals_yes_is_used_by_the_same_call_once(repository: ApprovalRepository, clock: Clock) -> None:
    assert repository.consume_approved(BINDING) is None
    asked = repository.ask(BINDING, QUESTION, "terminal")
    assert repository.consume_approved(BINDING) is None, "nobody has decided"
    assert [one.id for one in repository.list_waiting()] == [asked.id]
    decided = repository.decide(asked.id, approve=True)
    assert (decided.state, repository.list_waiting()) == ("approved", [])
    assert repository.consume_approved(replace(BINDING, arguments="another")) is None
    assert repository.consume_approved(replace(BINDING, principal="another")) is None
    assert repository.consume_approved(BINDING) == asked.id
    assert repository.consume_approved(BINDING) is None
    assert refusal(repository.decide, asked.id, approve=True) == "approval_not_pending"


def test_a_terminals_yes_expires_and_goes_stale(repository: ApprovalRepository, clock: Clock) -> None:
    asked = repository.ask(BINDING, QUESTION, "terminal")
    repository.decide(asked.id, approve=True)
    assert refusal(repository.consume_approved, replace(BINDING, snapshot="another")) == "document_changed"
    assert repository.consume_approved(BINDING) is None, "stale for good"
    clock.now += 1
    asked = repository.ask(BINDING, QUESTION, "terminal")
    repository.decide(asked.id, approve=True)
    clock.now = asked.expires_at
    assert refusal(repository.consume_approved, BINDING) == "approval_expired"
    assert repository.consume_approved(BINDING) is None


def test_a_question_that_waits_too_long_cannot_be_decided(
    repository: ApprovalRepository, clock: Clock
) -> None:
    asked = repository.ask(BINDING, QUESTION, "terminal")
    clock.now = asked.expires_at
    assert repository.list_waiting() == []
    assert refusal(repository.decide, asked.id, approve=True) == "approval_not_pending"
    assert repository.consume_approved(BINDING) is None


def test_a_changed_document_is_a_new_question(repository: ApprovalRepository, clock: Clock) -> None:
    first = repository.ask(BINDING, QUESTION, "terminal")
    clock.now += 1
    assert repository.ask(BINDING, QUESTION, "terminal").id == first.id
    second = repository.ask(replace(BINDING, snapshot="another"), QUESTION, "terminal")
    assert second.id != first.id
    # Whoever approves the old text has approved the old document only.
    repository.decide(first.id, approve=True)
    assert repository.consume_approved(replace(BINDING, snapshot="another")) is None


def test_a_form_is_not_answered_in_a_terminal(repository: ApprovalRepository) -> None:
    asked = repository.ask(BINDING, QUESTION, "form")
    assert repository.list_waiting() == []
    assert refusal(repository.decide, asked.id, approve=True) == "approval_elsewhere"
    assert repository.consume_approved(BINDING) is None


def test_differences_are_accepted_by_word(repository: ApprovalRepository, clock: Clock) -> None:
    differing = replace(QUESTION, differs=True)
    asked = repository.ask(BINDING, differing, "form")
    assert refusal(repository.consume_reply, BINDING, Reply(asked.handle, True)) == "differences_not_accepted"
    asked = repository.ask(BINDING, differing, "form")
    repository.consume_reply(BINDING, Reply(asked.handle, True, accepted_differences=True))
    asked = repository.ask(BINDING, differing, "terminal")
    assert refusal(repository.decide, asked.id, approve=True) == "differences_not_accepted"
    repository.decide(asked.id, approve=True, accept_differences=True)
    assert repository.consume_approved(BINDING)


def test_an_unknown_number_is_said_to_be_unknown(repository: ApprovalRepository) -> None:
    for forged in ("", "ABCDEFGH", "' OR ''='", "\x00", "é" * 1000):
        assert refusal(repository.find, forged) == "approval_unknown"
        assert refusal(repository.decide, forged, approve=True) == "approval_unknown"
        assert refusal(repository.consume_reply, BINDING, Reply(forged, True)) == "approval_unknown"


def test_the_file_holds_no_handle(repository: ApprovalRepository, tmp_path: Path) -> None:
    asked = repository.ask(BINDING, QUESTION, "form")
    for path in tmp_path.glob("ix-tools.db*"):
        assert asked.handle.encode() not in path.read_bytes()
    assert len(asked.handle) >= 43, "256 bits"
    assert repository.find(asked.id).handle == ""


# --- the file


@pytest.mark.parametrize(
    "name", ["plain.db", "with space.db", "what?.db", "a#b%41.db", "ção.db", "a;b&c=d.db"]
)
def test_the_file_is_its_owners_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    path = tmp_path / "new folder" / name
    store = Store(path)
    ApprovalRepository(store, 15).ask(BINDING, QUESTION, "form")
    found = sorted(one.name for one in path.parent.iterdir())
    assert {one.removesuffix("-wal").removesuffix("-shm") for one in found} == {name}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}
    store.close()


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    ApprovalRepository(Store(tmp_path / "x.db"), 15)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("trouble", ["junk", "folder", "below a file", "gone", "other tables", "cut"])
def test_a_file_that_cannot_be_relied_on_is_one_refusal(tmp_path: Path, trouble: str) -> None:
    path = tmp_path / "x.db"
    store = Store(path)
    repository = ApprovalRepository(store, 15)
    match trouble:
        case "junk":
            path.write_bytes(b"no database at all " * 300)
        case "folder":
            path.mkdir()
        case "below a file":
            path.write_text("")
            store = Store(path / "y.db")
        case "other tables":
            repository.ask(BINDING, QUESTION, "form")
            with store.writing() as connection:
                connection.execute(sql.text("DROP TABLE approvals"))
        case "gone":
            store = Store(Path("/dev/null/x.db"))
        case "cut":
            repository.ask(BINDING, QUESTION, "form")
            store.close()
            path.write_bytes(path.read_bytes()[:1500])
            store = Store(path)
    repository = ApprovalRepository(store, 15)
    uses: tuple[Callable[[], object], ...] = (
        lambda: repository.ask(BINDING, QUESTION, "form"),
        lambda: repository.consume_reply(BINDING, Reply("x", True)),
        lambda: repository.consume_approved(BINDING),
        repository.list_waiting,
        lambda: repository.decide("X", approve=True),
    )
    for use in uses:
        with pytest.raises(StoreUnavailable) as refused:
            use()
        assert refused.value.sent == "nothing"
    store.close()


def test_a_file_that_cannot_be_written_is_one_refusal(tmp_path: Path) -> None:
    """A file system mounted read-only, or a full one: what was used could not be kept as used."""
    store = Store(tmp_path / "x.db")
    repository = ApprovalRepository(store, 15)
    asked = repository.ask(BINDING, QUESTION, "form")
    engine = store._open()
    sql.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("PRAGMA query_only=ON"))
    with pytest.raises(StoreUnavailable, match="readonly"):
        repository.consume_reply(BINDING, Reply(asked.handle, True))
    store.close()
    store = Store(tmp_path / "x.db")
    assert ApprovalRepository(store, 15).find(asked.id).state == "pending"
    store.close()


def test_a_file_that_somebody_holds_is_a_refusal_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", 0.1)
    first, second = Store(tmp_path / "x.db"), Store(tmp_path / "x.db")
    asked = ApprovalRepository(first, 15).ask(BINDING, QUESTION, "form")
    engine = second._open()
    sql.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
    engine.dispose()
    with first.writing(), pytest.raises(StoreUnavailable, match="locked"):
        ApprovalRepository(second, 15).consume_reply(BINDING, Reply(asked.handle, True))
    ApprovalRepository(second, 15).consume_reply(BINDING, Reply(asked.handle, True))
    first.close()
    second.close()


SOMEBODY_APPROVES = """
import sys
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.storage.database import Store
store = Store(sys.argv[1])
ApprovalRepository(store, 15, lambda: float(sys.argv[3])).decide(sys.argv[2], approve=True)
store.close()
"""


def test_a_process_that_comes_and_goes_leaves_the_file_to_those_who_use_it(
    repository: ApprovalRepository, clock: Clock, tmp_path: Path
) -> None:
    """A yes in a terminal beside a running server: SQLite's locks end when any handle of their process is closed."""
    for _ in range(3):
        asked = repository.ask(BINDING, QUESTION, "terminal")
        with repository.store.writing(durable=False):  # opens its second way in
            pass
        command = [sys.executable, "-c", SOMEBODY_APPROVES, str(tmp_path / "ix-tools.db"), asked.id]
        subprocess.run([*command, str(clock.now)], check=True)
        assert repository.consume_approved(BINDING) == asked.id
        clock.now += 1


# --- two at once


def test_of_two_takers_exactly_one_gets_it(tmp_path: Path) -> None:
    """Threads with a connection each, on one file, at a gate that opens for all at once."""
    stores = [Store(tmp_path / "x.db") for _ in range(8)]
    takers = [ApprovalRepository(store, 15) for store in stores]
    for channel in ("form", "terminal"):
        for number in range(10):
            binding = replace(BINDING, arguments=digest_approval(f"{channel} {number}"))
            asked = takers[0].ask(binding, QUESTION, channel)
            if channel == "terminal":
                takers[0].decide(asked.id, approve=True)
            gate = threading.Barrier(len(takers))
            with ThreadPoolExecutor(len(takers)) as threads:
                taken = list(threads.map(lambda taker: _try_to_use(taker, gate, binding, asked), takers))  # noqa: B023
            assert taken.count(True) == 1, channel
    for store in stores:
        store.close()


def _try_to_use(
    taker: ApprovalRepository, gate: threading.Barrier, binding: Binding, asked: Approval
) -> bool:
    gate.wait()
    try:
        if asked.channel == "terminal":
            return taker.consume_approved(binding) is not None
        taker.consume_reply(binding, Reply(asked.handle, True))
    except ApprovalRefused as refused:
        return refused.code != "approval_used"
    return True


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """The first calls of a server's life can come together; so can two servers'."""
    for number in range(10):
        shared = Store(tmp_path / f"{number}.db")
        stores = [shared, shared, *(Store(tmp_path / f"{number}.db") for _ in range(6))]
        gate = threading.Barrier(len(stores))

        def first(store: Store, gate: threading.Barrier = gate) -> str:
            gate.wait()
            return ApprovalRepository(store, 15).ask(BINDING, QUESTION, "form").id

        with ThreadPoolExecutor(len(stores)) as threads:
            assert len(set(threads.map(first, stores))) == len(stores)
        for store in stores:
            store.close()


def desk_for(
    box: Sandbox, path: Path, clock: Callable[[], float] | None = None, **changes: Any
) -> CallContext:
    """A desk of its own, with a store of its own on a file that others use too."""
    chosen = lift_limits(point_at_sandbox(Settings(store=str(path), **changes), box.base_url, box.api_key))
    desk = replace(CallContext.open(chosen), now=lambda: datetime.fromisoformat(NOW).replace(tzinfo=LISBON))
    if clock is not None:
        desk.approvals = ApprovalRepository(desk.approvals.store, chosen.approval_minutes, clock)
    return desk


async def close_all(desk: CallContext) -> None:
    """Close a desk and its file."""
    await desk.close()
    desk.approvals.store.close()


async def request_approval(desk: CallContext, name: str, arguments: dict[str, Any]) -> Approval:
    """The question that a call makes."""
    with pytest.raises(ApprovalNeeded) as needed:
        await execute(desk, name, arguments, can_ask=True)
    return needed.value.approval


async def test_an_answer_given_twice_at_once_sends_once(harness: Harness, tmp_path: Path) -> None:
    """Two threads, each with its own event loop, connections and store on one file."""
    path = tmp_path / "shared.db"
    number = (await harness.create_issued())["id"]
    first = desk_for(harness.sandbox, path)
    for round in range(3):
        arguments = {
            "document_type": "invoices",
            "document_id": number,
            "email": f"a{round}@acme.example",
        }
        asked = await request_approval(first, "send_email", arguments)
        harness.sandbox.clear_requests()
        gate = threading.Barrier(2)

        def answered(
            arguments: dict[str, Any] = arguments, handle: str = asked.handle, gate: threading.Barrier = gate
        ) -> str:
            async def once() -> str:
                desk = desk_for(harness.sandbox, path)
                gate.wait()
                try:
                    result = await execute(
                        desk, "send_email", arguments, can_ask=True, reply=Reply(handle, True)
                    )
                except ApprovalRefused as refused:
                    return refused.code
                finally:
                    await close_all(desk)
                return str(result["ok"])

            return asyncio.run(once())

        both = await asyncio.gather(asyncio.to_thread(answered), asyncio.to_thread(answered))
        # The second is told that the answer was used, or, if it waited for the first, that one's result.
        assert sorted(both) in (["True", "approval_used"], ["True", "True"])
        assert len(harness.list_writes()) == 1
    await close_all(first)


ANOTHER_PROCESS = """
import asyncio, json, sys
from faults.servers import lift_limits
from ix_tools.approvals.repository import Reply
from ix_tools.errors import IxError
from ix_tools.pipeline.context import CallContext
from tests.harness import execute
from ix_tools.config.settings import Settings, point_at_sandbox

async def main():
    url, key, store, calls = json.loads(sys.stdin.readline())
    context = CallContext.open(lift_limits(point_at_sandbox(Settings(store=store), url, key)))
    print("ready", flush=True)
    sys.stdin.readline()
    for name, arguments, handle in calls:
        try:
            result = await execute(context, name, arguments, can_ask=True, reply=Reply(handle, True))
            print("replayed" if result.get("replayed") else "sent", flush=True)
        except IxError as refused:
            print(refused.code, flush=True)
    await context.close()

asyncio.run(main())
"""


async def test_two_processes_on_one_file_send_once(harness: Harness, tmp_path: Path) -> None:
    """Two servers started by two hosts share the user's file."""
    path = tmp_path / "shared.db"
    number = (await harness.create_issued())["id"]
    desk = desk_for(harness.sandbox, path)
    calls = []
    for at in range(12):
        arguments = {"document_type": "invoices", "document_id": number, "email": f"a{at}@acme.example"}
        calls.append(
            ("send_email", arguments, (await request_approval(desk, "send_email", arguments)).handle)
        )
    await close_all(desk)
    harness.sandbox.clear_requests()
    order = json.dumps([harness.sandbox.base_url, harness.sandbox.api_key, str(path), calls])

    def both() -> list[list[str]]:
        running = [
            subprocess.Popen(
                [sys.executable, "-c", ANOTHER_PROCESS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
            for _ in range(2)
        ]
        for process in running:
            assert process.stdin is not None
            process.stdin.write(order + "\n")
            process.stdin.flush()
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate()[0].split() for process in running]

    outcomes = await asyncio.to_thread(both)
    # Who comes while the other is still sending is told the other's result; who comes later, that the yes is used up.
    pairs = [sorted(pair, key="sent".__eq__) for pair in zip(*outcomes, strict=True)]
    assert {(other in {"approval_used", "replayed"}, sent) for other, sent in pairs} == {(True, "sent")}, (
        outcomes
    )
    assert len(harness.list_writes()) == len(calls)
    assert len(harness.sandbox.outbox()) == len(calls)


async def test_an_approval_outlives_the_server(harness: Harness, tmp_path: Path) -> None:
    """A restart between question and answer loses nothing, and revives nothing."""
    path = tmp_path / "shared.db"
    number = (await harness.create_issued())["id"]
    arguments = {"document_type": "invoices", "document_id": number, "email": "a@acme.example"}
    desk = desk_for(harness.sandbox, path)
    handle = (await request_approval(desk, "send_email", arguments)).handle
    await close_all(desk)
    desk = desk_for(harness.sandbox, path)
    assert (await execute(desk, "send_email", arguments, can_ask=True, reply=Reply(handle, True)))["ok"]
    await close_all(desk)
    desk = desk_for(harness.sandbox, path)
    with pytest.raises(ApprovalRefused) as refused:
        await execute(desk, "send_email", arguments, can_ask=True, reply=Reply(handle, True))
    assert refused.value.code == "approval_used"
    await close_all(desk)
    assert len(harness.sandbox.outbox()) == 1


async def test_a_yes_that_could_not_be_kept_is_not_sent(harness: Harness, tmp_path: Path) -> None:
    """The approval is used, and known to be used, before the request leaves."""
    number = (await harness.create_issued())["id"]
    arguments = {"document_type": "invoices", "document_id": number, "email": "a@acme.example"}
    asked = await request_approval(harness.context, "send_email", arguments)
    engine = harness.context.approvals.store._open()

    def full(*_: Any) -> None:
        raise sql.exc.OperationalError("COMMIT", {}, Exception("database or disk is full"))

    sql.event.listen(engine, "commit", full)
    harness.sandbox.clear_requests()
    with pytest.raises(StoreUnavailable, match="disk is full"):
        await execute(harness.context, "send_email", arguments, can_ask=True, reply=Reply(asked.handle, True))
    assert harness.list_writes() == []
    sql.event.remove(engine, "commit", full)
    assert harness.context.approvals.find(asked.id).state == "pending"
