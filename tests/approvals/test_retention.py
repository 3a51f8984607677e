"""What is kept of approvals, for how long, and how many may wait: on a file and on a database server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sql

from ix_tools.approvals.repository import (
    ApprovalRepository,
    ApprovalRequestContent,
    Binding,
    CallOrigin,
    Reply,
)
from ix_tools.approvals.retention import BATCH_SIZE, MAX_WAITING, RETENTION_DAYS
from ix_tools.errors import ApprovalRefused, get_http_status, get_retry_delay
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, audit
from tests.clock import Clock
from tests.harness import Harness, document_arguments

BINDING = Binding("ana", "acme@host", "send_email", "v2:arguments", "snapshot")
SECRET = "508112230"
ASKED = ApprovalRequestContent(
    text=f"NIF {SECRET}, segue a fatura",
    summary=f"Enviar a {SECRET}",
    sheet=f'{{"action": "{SECRET}", "account": "a"}}',
    origin=CallOrigin(host=SECRET),
)
DAY = 86_400


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    opened = Store(place)
    yield opened
    opened.close()


@pytest.fixture
def repository(store: Store, clock: Clock) -> ApprovalRepository:
    return ApprovalRepository(store, 15, clock)


def ended(repository: ApprovalRepository, clock: Clock, how: str) -> str:
    """An approval that ended in some way now; its id."""
    asked = repository.ask(BINDING, ASKED, "form" if how in {"declined", "form"} else "page")
    if how == "rejected":
        repository.decide(asked.id, approve=False, reason=SECRET)
    elif how == "declined":
        with pytest.raises(ApprovalRefused):
            repository.consume_reply(BINDING, Reply(asked.handle, False, reason=SECRET))
    elif how in {"approved", "used", "stale"}:
        repository.decide(asked.id, approve=True)
        if how == "used":
            repository.consume_approved(BINDING)
        if how == "stale":
            with pytest.raises(ApprovalRefused):
                repository.consume_approved(replace(BINDING, snapshot="another"))
    clock.now = asked.expires_at
    return asked.id


def texts(store: Store, identifier: str) -> list[str]:
    """What of it names anybody."""
    with store.reading() as connection:
        row = connection.execute(sql.select(approvals).where(approvals.c.id == identifier)).one()
    return [name for name, value in row._mapping.items() if SECRET in str(value)]


@pytest.mark.parametrize("how", ["pending", "form", "rejected", "declined", "approved", "stale"])
@pytest.mark.parametrize("write", ["asked", "decided"])
def test_texts_of_what_came_to_nothing_are_deleted_a_month_after_it_ended(
    repository: ApprovalRepository, store: Store, clock: Clock, how: str, write: str
) -> None:
    identifier = ended(repository, clock, how)
    other = replace(BINDING, arguments="v2:others")
    for days, there in ((0, True), (RETENTION_DAYS, True), (0.1, False)):
        clock.now += days * DAY
        last = repository.ask(other, ApprovalRequestContent("", "later"), "page")
        if write == "decided":
            repository.decide(last.id, approve=False)
        assert bool(texts(store, identifier)) is there, (days, texts(store, identifier))
    assert repository.find(identifier).operation == "send_email", "that it was asked is still known"


def test_a_used_ones_text_goes_at_once_and_its_title_stays(
    repository: ApprovalRepository, store: Store, clock: Clock
) -> None:
    identifier = ended(repository, clock, "used")
    assert texts(store, identifier) == ["summary", "host"]
    clock.now += 2 * RETENTION_DAYS * DAY
    repository.ask(replace(BINDING, arguments="v2:others"), ASKED, "page")
    assert texts(store, identifier) == ["summary", "host"]


def test_no_text_stands_in_the_trail(repository: ApprovalRepository, store: Store, clock: Clock) -> None:
    for how in ("rejected", "declined", "used", "stale"):
        ended(repository, clock, how)
    with store.reading() as connection:
        assert SECRET not in str(connection.execute(sql.select(audit)).all())


def test_many_old_ones_are_forgotten_in_batches(
    repository: ApprovalRepository, store: Store, clock: Clock
) -> None:
    with store.writing() as connection:
        old = {"handle": None, "text": SECRET, "summary": SECRET, "sheet": SECRET, "differs": False}
        ends = {"state": "pending", "channel": "form", "created_at": 1.0, "expires_at": 2.0}
        who = {name: getattr(BINDING, name) for name in BINDING.__slots__}
        rows = [{"id": f"OLD{number}", **who, **old, **ends} for number in range(2 * BATCH_SIZE + 1)]
        connection.execute(approvals.insert(), rows)

    def left() -> int:
        with store.reading() as connection:
            wanted = sql.select(sql.func.count()).where(approvals.c.text == SECRET)
            return int(connection.execute(wanted).scalar_one())

    counts = []
    for number in range(4):
        repository.ask(replace(BINDING, arguments=f"v2:{number}"), ApprovalRequestContent("", "now"), "form")
        counts.append(left())
    assert counts == [BATCH_SIZE + 1, 1, 0, 0]


def fill(repository: ApprovalRepository, principal: str = "ana", many: int = MAX_WAITING) -> list[str]:
    return [
        repository.ask(
            replace(BINDING, principal=principal, arguments=f"v2:{number}"),
            ApprovalRequestContent("", "waits"),
            "form" if number % 2 else "page",
        ).id
        for number in range(many)
    ]


def test_a_caller_has_only_so_many_waiting_and_another_is_not_held_up(
    repository: ApprovalRepository, clock: Clock
) -> None:
    waiting = fill(repository)
    one_more = replace(BINDING, arguments="v2:one more")
    clock.now += 100
    with pytest.raises(ApprovalRefused) as refused:
        repository.ask(one_more, ASKED, "page")
    error = refused.value
    assert (error.code, error.sent, error.retryable) == ("too_many_waiting", "nothing", True)
    assert (get_http_status(error), get_retry_delay(error)) == (429, 15 * 60 - 100 + 1)
    repository.ask(replace(one_more, principal="rui"), ASKED, "page")
    again = replace(BINDING, arguments="v2:0")
    assert repository.ask(again, ApprovalRequestContent("", "waits"), "page").id == waiting[0], (
        "what waits already is no new one"
    )
    repository.decide(waiting[0], approve=True)
    assert repository.ask(one_more, ASKED, "page").state == "pending"


def test_room_comes_back_when_they_end(repository: ApprovalRepository, clock: Clock) -> None:
    fill(repository)
    clock.now += 15 * 60
    assert repository.ask(BINDING, ASKED, "form").state == "pending"


async def test_a_call_that_finds_no_room_sends_nothing_and_goes_through_later(harness: Harness) -> None:
    desk = harness.context
    call = document_arguments(await harness.create_draft(), state="finalized")
    binding = replace(BINDING, principal=desk.settings.principal, account=desk.account.name)
    for number in range(MAX_WAITING):
        desk.approvals.ask(
            replace(binding, arguments=f"v2:{number}"), ApprovalRequestContent("", "waits"), "form"
        )
    before = len(harness.list_writes())
    error = await harness.get_error("change_state", call)
    assert (error.code, error.retryable) == ("too_many_waiting", True)
    assert len(harness.list_writes()) == before
    with desk.store.writing() as connection:
        connection.execute(approvals.update().values(expires_at=0.0))
    assert (await harness.call("change_state", call))["document"]["status"] == "final"
