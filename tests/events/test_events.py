"""Events: written with the state they tell of, in order, and given to each reader until it confirms them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
import sqlalchemy as sql

from ix_tools.approvals.repository import ApprovalRepository, ApprovalRequestContent, Binding, Reply
from ix_tools.errors import ApprovalRefused, InvalidArguments, IxError
from ix_tools.events import following, outbox
from ix_tools.events.models import Event, EventDraft
from ix_tools.events.repository import EventFilter, Events
from ix_tools.storage.database import Store
from tests.clock import Clock
from tests.harness import Harness, document_arguments, invoice

DAY = 86_400
BINDING = Binding("ana", "acme@host", "send_email", "v2:arguments", "snapshot")


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    opened = Store(place)
    yield opened
    opened.close()


def draft(number: int = 0, subject: str = "call/1") -> EventDraft:
    return EventDraft("call.done", subject, "acme@host", "ana", "change_state", {"number": number})


def write(store: Store, *drafts: EventDraft) -> None:
    with store.writing() as connection:
        outbox.append(connection, *drafts)


def numbers(found: tuple[Event, ...]) -> list[int]:
    return [one.data["number"] for one in found]


def test_events_are_in_order_and_numbered_by_subject(store: Store) -> None:
    write(store, draft(1), draft(2, "invoices/1"))
    write(store, draft(3))
    found = Events(store, 30).read_after(0).events
    assert numbers(found) == [1, 2, 3]
    assert [one.position for one in found] == [1, 2, 3]
    assert [(one.subject, one.sequence) for one in found] == [("call/1", 1), ("invoices/1", 1), ("call/1", 2)]
    assert len({one.id for one in found}) == 3


def test_an_event_of_a_transaction_that_failed_does_not_exist(store: Store) -> None:
    write(store, draft(1))

    def fail() -> None:
        with store.writing() as connection:
            outbox.append(connection, draft(2))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    write(store, draft(3))
    found = Events(store, 30).read_after(0).events
    assert [(one.position, one.sequence, one.data["number"]) for one in found] == [(1, 1, 1), (2, 2, 3)]


def test_a_slow_transaction_is_never_skipped(store: Store) -> None:
    """A reader that comes while a writer stalls gets nothing beyond it, and later everything in order."""
    events = Events(store, 30)
    write(store, draft(0))
    stalled, go_on, started = threading.Event(), threading.Event(), threading.Event()

    def write_slowly() -> None:
        with store.writing() as connection:
            outbox.append(connection, draft(1))
            stalled.set()
            assert go_on.wait(100)

    def write_quickly() -> None:
        started.set()
        write(store, draft(2))

    slow, quick = threading.Thread(target=write_slowly), threading.Thread(target=write_quickly)
    slow.start()
    assert stalled.wait(100)
    quick.start()
    assert started.wait(100)
    seen = []
    position = 0
    for _ in range(20):  # whatever the quick one has done by now, it is not visible before the slow one
        batch = events.read_after(position)
        seen += numbers(batch.events)
        position = batch.next
    assert seen == [0]
    go_on.set()
    slow.join()
    quick.join()
    assert seen + numbers(events.read_after(position).events) == [0, 1, 2]


def test_many_writers_leave_no_gap_and_no_order_of_their_own(store: Store) -> None:
    events, done = Events(store, 30), threading.Event()
    seen: list[Event] = []

    def write_some(subject: str) -> None:
        for number in range(15):
            write(store, draft(number, subject))

    def read() -> None:
        position = 0
        while True:
            last = done.is_set()
            batch = events.read_after(position)
            seen.extend(batch.events)
            position = batch.next
            if last and not batch.events:
                return

    writers = [threading.Thread(target=write_some, args=(f"call/{one}",)) for one in range(4)]
    reader = threading.Thread(target=read)
    for one in (*writers, reader):
        one.start()
    for one in writers:
        one.join()
    done.set()
    reader.join()
    assert [one.position for one in seen] == list(range(1, 61))
    for subject in (f"call/{one}" for one in range(4)):
        assert numbers(tuple(one for one in seen if one.subject == subject)) == list(range(15))


def test_a_reader_gets_events_again_until_it_confirms_them(store: Store) -> None:
    events = Events(store, 30)
    write(store, draft(1), draft(2))
    first = events.read_for("mail", limit=1)
    assert (numbers(first.events), first.has_more) == ([1], True)
    assert events.read_for("mail", limit=1) == first
    events.confirm("mail", first.next)
    assert numbers(events.read_for("mail").events) == [2]
    events.confirm("mail", 2)
    events.confirm("mail", 1)  # a late one does not send it back
    assert events.read_for("mail").events == ()
    assert numbers(events.read_for("another").events) == [1, 2]


def test_old_events_are_deleted_and_a_reader_that_missed_some_is_told(store: Store) -> None:
    clock = Clock()
    events = Events(store, 30, clock)
    write(store, draft(1))
    with store.writing() as connection:
        connection.execute(sql.text("UPDATE events SET at = :at"), {"at": clock() - 31 * DAY})
    write(store, draft(2))
    with store.writing() as connection:
        connection.execute(
            sql.text("UPDATE events SET at = :at WHERE position = 2"), {"at": clock() - 29 * DAY}
        )
    assert events.delete_old() == 1
    assert events.delete_old() == 0
    late, current = events.read_after(0), events.read_after(1)
    assert (numbers(late.events), late.has_missed) == ([2], True)
    assert (numbers(current.events), current.has_missed) == ([2], False)
    with store.writing() as connection:
        connection.execute(sql.text("DELETE FROM events"))
    write(store, draft(3))
    (found,) = events.read_after(2).events
    assert (found.position, found.sequence) == (3, 3), "a number is never used twice"


def test_a_filter_leaves_out_without_holding_up_the_cursor(store: Store) -> None:
    events = Events(store, 30)
    write(store, draft(1), EventDraft("call.failed", "call/2", "other@host", "rui", "x", {"number": 2}))
    batch = events.read_after(0, wanted=EventFilter("acme@host", "ana", ("call.done",)))
    assert (numbers(batch.events), batch.next) == ([1], 2)
    assert events.read_after(0, wanted=EventFilter("other@host", "ana")).events == ()
    with pytest.raises(InvalidArguments):
        EventFilter(types=("call.over",))


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("approve", [("approval.decided", "approved")]),
        ("reject", [("approval.decided", "rejected")]),
        ("form approve", [("approval.decided", "approved")]),
        ("form reject", [("approval.decided", "rejected")]),
        ("expire", [("approval.expired", "expired")]),
        ("nothing", []),
    ],
)
def test_an_approval_tells_its_end(store: Store, end: str, expected: list[tuple[str, str]]) -> None:
    clock = Clock()
    kept = ApprovalRepository(store, 15, clock)
    in_form = end.startswith("form")
    asked = kept.ask(BINDING, ApprovalRequestContent("NIF 508112230", "ACME"), "form" if in_form else "page")
    if in_form:
        try:
            kept.consume_reply(BINDING, Reply(asked.handle, end == "form approve"))
        except ApprovalRefused:
            assert end == "form reject"
    elif end == "expire":
        clock.now += 16 * 60
        assert kept.consume_approved(BINDING) is None
    elif end != "nothing":
        kept.decide(asked.id, approve=end == "approve", place="page", by="page:ana")
        if end == "approve":
            assert kept.consume_approved(BINDING) == asked.id
    first, *rest = Events(store, 30).read_after(0).events
    assert (first.type, first.subject, first.sequence) == ("approval.requested", f"approval/{asked.id}", 1)
    told = [(one.type, one.data.get("decision") or one.data.get("state")) for one in rest]
    assert told == expected
    shown = json.dumps([one.as_dict() for one in (first, *rest)])
    assert "508112230" not in shown
    assert "ACME" not in shown


def about(found: tuple[Event, ...]) -> list[tuple[str, str]]:
    return [(one.type, one.subject) for one in found]


async def test_a_document_that_is_issued_tells_of_it_once(harness: Harness) -> None:
    made = await harness.create_draft()
    start = harness.context.events.find_newest()
    call = document_arguments(made, state="finalized", idempotency_key="once")
    await harness.call("change_state", call)
    await harness.call("change_state", call)
    found = harness.context.events.read_after(start).events
    assert [one.type for one in found] == [
        "approval.requested",
        "approval.decided",
        "call.done",
        "document.finalized",
    ]
    last: dict[str, Any] = dict(found[-1].data["document"])
    assert found[-1].subject == f"invoices/{made['id']}"
    assert (last["number"], last["status"], last["total"]) == ("1/2026", "final", "123.00")
    shown = json.dumps([one.as_dict() for one in found])
    assert not [word for word in ("ACME", "Revisão", "508112230") if word in shown]


async def test_what_is_cancelled_or_deleted_was_not_issued_then(harness: Harness) -> None:
    issued, deleted = await harness.create_issued(), await harness.create_draft()
    start = harness.context.events.find_newest()
    await harness.call(
        "change_state", document_arguments(issued, state="canceled", message="Faturado ao cliente errado.")
    )
    await harness.call("change_state", document_arguments(deleted, state="deleted"))
    types = [one.type for one in harness.context.events.read_after(start).events]
    assert types.count("call.done") == 2
    assert "document.finalized" not in types


async def test_a_refusal_and_a_lost_answer_are_told(harness: Harness) -> None:
    harness.sandbox.fault("POST", "/invoices.json", status=422, body={"errors": [{"error": "NIF 508112230"}]})
    with pytest.raises(IxError):
        await harness.call("create_invoice", invoice(idempotency_key="refused"))
    (failed,) = harness.context.events.read_after(0).events
    assert (failed.type, "508112230" in json.dumps(failed.as_dict())) == ("call.failed", False)


async def test_a_document_that_is_stored_differently_is_told_by_its_fields(harness: Harness) -> None:
    made = await harness.create_draft()
    start = harness.context.events.find_newest()
    answer = harness.read_raw(f"/invoices/{made['id']}.json")["invoice"]
    body = {**answer, "id": made["id"] + 1, "total": 999.99}
    harness.sandbox.fault("GET", r"^/invoices/\d+\.json$", status=200, body={"invoice": body})
    with pytest.raises(IxError):
        await harness.call("create_invoice", invoice(idempotency_key="differs"))
    done, differs = harness.context.events.read_after(start).events
    told = (done.type, done.data["code"], differs.type, differs.data["fields"])
    assert told == ("call.done", "stored_differently", "document.stored_differently", ["total"])


async def test_a_follower_gets_what_comes_after_its_start_and_a_failed_one_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(following, "FIRST_PAUSE_SECONDS", 0.01)
    events, got = Events(store, 30), []
    write(store, draft(1))
    events.register("chat")
    write(store, draft(2), draft(3))

    async def handle(event: Event) -> None:
        got.append(event.data["number"])
        if got == [2, 3]:
            raise RuntimeError("the chat is down")
        if len(got) == 3:
            scope.cancel()

    with anyio.CancelScope() as scope:
        await following.follow_events(events, "chat", handle)
    assert got == [2, 3, 3]
    again: list[int] = []

    async def handle_again(event: Event) -> None:
        again.append(event.data["number"])
        scope.cancel()

    with anyio.CancelScope() as scope:
        await following.follow_events(events, "chat", handle_again)
    assert again == [3], "its position was not stored before it ended"
