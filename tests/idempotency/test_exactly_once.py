"""Exactly once: whatever fails, and whoever calls again, a write is there once or somebody is told that nobody knows.

Time is the store's clock, which these tests move; kills and broken connections in every combination are in `faults`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest
import sqlalchemy as sql
from sqlalchemy.engine import Connection

from faults.cases import DAY, NOW
from faults.concurrency import ConcurrentCallers
from faults.worker import Order
from ix_tools.approvals.repository import ApprovalRepository, Reply
from ix_tools.errors import ApprovalRefused, IxError
from ix_tools.idempotency.intents import RETENTION_DAYS, UNFINISHED, Intent, IntentDraft, IntentResult
from ix_tools.idempotency.journal import Journal
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from ix_tools.storage.schema import audit, intents
from tests.harness import ApprovalNeeded, Harness, document_arguments, execute, invoice, warnings_by_field

MUCH_LATER = 600.0
"""Seconds after which nothing is under way any more and lists show everything."""
ELSEWHERE = "another-host-0000/1/abcd"
Json = dict[str, Any]


@pytest.fixture
def hosts(harness: Harness, place: str) -> Iterator[Callable[[], Harness]]:
    """As many hosts as one likes that share a store, on SQLite and on PostgreSQL."""
    opened: list[Store] = []

    def host() -> Harness:
        store = Store(place)
        opened.append(store)
        own: dict[str, Any] = {"approvals": ApprovalRepository(store, 15), "journal": Journal(store, 240.0)}
        return Harness(harness.sandbox, replace(harness.context, store=store, has_recovered=False, **own))

    yield host
    for store in opened:
        store.close()


@pytest.fixture
def shop(hosts: Callable[[], Harness]) -> Harness:
    """One of them."""
    return hosts()


def entries(harness: Harness) -> list[Intent]:
    """The journal, oldest first."""
    return harness.context.journal.list_intents(harness.context.account.name)[::-1]


def move_clock(harness: Harness, seconds: float) -> None:
    """Move the store's clock."""
    harness.context.store.clock = lambda: time.time() + seconds


def left_by_a_crash(harness: Harness, intent: Intent, **changes: Any) -> None:
    """As if another host had begun it and gone."""
    with harness.context.store.writing() as connection:
        gone = {
            "state": "open",
            "owner": ELSEWHERE,
            "lease_until": 0.0,
            "outcome": None,
            "made": "",
            **changes,
        }
        connection.execute(intents.update().where(intents.c.id == intent.id).values(gone))


def posts(harness: Harness, path: str = "/invoices.json") -> list[Json]:
    """The requests that would make something."""
    return [one for one in harness.list_writes() if one["method"] == "POST" and one["path"] == path]


# --- the journal ------------------------------------------------------------------------------------------


@contextmanager
def _hold_request(harness: Harness, path: str) -> Iterator[None]:
    harness.sandbox.fault("POST", path, delay=60)
    try:
        yield
    finally:
        harness.sandbox.clear_faults()


async def test_the_intent_is_kept_before_the_request_leaves(
    shop: Harness, hosts: Callable[[], Harness]
) -> None:
    """Another process sees it while InvoiceXpress is still at it."""
    async with anyio.create_task_group() as group:
        with _hold_request(shop, "/invoices"):
            group.start_soon(shop.call, "create_invoice", invoice(idempotency_key="order-7"))
            assert await anyio.to_thread.run_sync(shop.sandbox.wait_for_request, "POST", "/invoices", 30)
            (intent,) = entries(hosts())
            assert (intent.state, intent.key, intent.operation) == (
                "open",
                "caller:order-7",
                "create_invoice",
            )
    (intent,) = entries(shop)
    assert (intent.state, intent.made) == ("done", "invoices/1001")
    with shop.context.store.reading() as connection:
        rows = connection.execute(sql.select(audit.c.event).order_by(audit.c.seq))
        assert [row.event for row in rows] == ["intent", "done"]


async def test_the_same_key_with_the_same_content_gives_the_recorded_result(shop: Harness) -> None:
    wanted = invoice(idempotency_key="order-7")
    first = await shop.call("create_invoice", wanted)
    again = await shop.call("create_invoice", wanted)
    assert again["document"] == first["document"]
    assert again["replayed"]
    assert len(posts(shop)) == 1


@pytest.mark.parametrize("changes", [{"reference": "other"}, {"document_type": "simplified_invoices"}])
async def test_the_same_key_with_other_content_is_refused(shop: Harness, changes: Json) -> None:
    await shop.call("create_invoice", invoice(idempotency_key="order-7"))
    error = await shop.get_error("create_invoice", invoice(idempotency_key="order-7", **changes))
    assert (error.code, error.as_dict()["sent"]) == ("idempotency_key_reused", "nothing")
    assert len(shop.list_writes()) == 1


async def test_the_same_key_for_another_operation_is_refused(shop: Harness) -> None:
    made = (await shop.call("create_invoice", invoice(idempotency_key="order-7")))["document"]
    error = await shop.get_error(
        "change_state", document_arguments(made, state="finalized", idempotency_key="order-7")
    )
    assert error.code == "idempotency_key_reused"


async def test_a_second_identical_document_is_possible_and_explicit(shop: Harness) -> None:
    first = await shop.call("create_invoice", invoice())
    again = await shop.call("create_invoice", invoice())
    assert again["document"]["id"] == first["document"]["id"]
    assert "new idempotency_key" in warnings_by_field(again)["idempotency_key"]
    second = await shop.call("create_invoice", invoice(idempotency_key="and another"))
    assert second["document"]["id"] != first["document"]["id"]


@pytest.mark.parametrize(("days", "replayed"), [(RETENTION_DAYS - 1, True), (RETENTION_DAYS + 1, False)])
async def test_a_key_lives_for_a_fiscal_year_and_more(shop: Harness, days: int, replayed: bool) -> None:
    assert RETENTION_DAYS >= 400
    await shop.call("create_invoice", invoice(idempotency_key="order-7"))
    move_clock(shop, days * 86400)
    shop.context.has_recovered = True
    again = await shop.call("create_invoice", invoice(idempotency_key="order-7"))
    assert again.get("replayed", False) is replayed


SECRETS = {"body": "Segue em anexo o que combinámos", "subject": "Assunto reservado"}


async def test_message_texts_and_passwords_are_not_kept_in_journal_and_trail(shop: Harness) -> None:
    made = await shop.create_issued()
    await shop.call("send_email", document_arguments(made, email="a@acme.example", **SECRETS))
    shop.context.settings = shop.context.settings.model_copy(update={"allow_account_setup": True})
    person = {"organization_name": "Padaria, Lda", "email": "p@padaria.example", "terms": True}
    await shop.call("create_account", {**person, "password": "Palavra-Passe-9"})
    with shop.context.store.reading() as connection:
        rows = [*connection.execute(sql.select(intents)), *connection.execute(sql.select(audit))]
    kept = "\n".join(map(str, rows))
    for secret in (*SECRETS.values(), "Palavra-Passe-9", shop.sandbox.api_key):
        assert secret not in kept


# --- ambiguity is looked at -------------------------------------------------------------------------------


async def test_a_create_that_is_still_being_done_is_asked_for_again_under_the_same_unique_id(
    shop: Harness,
) -> None:
    """409: InvoiceXpress knows the unique id and is at it. It is no refusal."""
    shop.sandbox.fault("POST", r"^/invoices\.json$", drop="after")
    shop.sandbox.fault("POST", r"^/invoices\.json$", status=409, body={"reason": "being processed"})
    result = await shop.call("create_invoice", invoice())
    sent = {one["body"]["proprietary_uid"] for one in posts(shop)}
    assert (len(posts(shop)), len(sent)) == (3, 1)
    assert result["document"]["id"] == 1001
    assert [one.made for one in entries(shop)] == ["invoices/1001"]


async def test_late_lists_are_waited_for(shop: Harness) -> None:
    """An estimate has no unique id: not in the list is not the same as not there."""
    quote = invoice(document_type="quotes")
    shop.sandbox.set_lag(20)
    shop.sandbox.fault("POST", r"^/quotes\.json$", drop="after")
    error = await shop.get_error("create_estimate", quote)
    assert (error.code, error.sent) == ("outcome_unknown", "unknown")
    assert (await shop.get_error("create_estimate", quote)).code == "outcome_unknown"
    shop.sandbox.advance(60)
    found = await shop.call("create_estimate", quote)
    assert (found["document"]["id"], found["replayed"]) == (1001, True)
    assert len(posts(shop, "/quotes.json")) == 1


async def test_a_failed_look_up_is_not_absent(shop: Harness) -> None:
    quote = invoice(document_type="quotes")
    shop.sandbox.fault("POST", r"^/quotes\.json$", drop="after")
    shop.sandbox.fault("GET", r"^/estimates\.json$", skip=1, status=500, times=None)
    error = await shop.get_error("create_estimate", quote)
    assert "look-up failed" in str(error)
    move_clock(shop, MUCH_LATER)
    assert (await shop.get_error("create_estimate", quote)).sent == "unknown"
    shop.sandbox.clear_faults()
    assert (await shop.call("create_estimate", quote))["document"]["id"] == 1001
    assert len(posts(shop, "/quotes.json")) == 1


async def test_what_surely_did_not_happen_is_sent_by_the_next_call(shop: Harness) -> None:
    quote = invoice(document_type="quotes")
    shop.sandbox.fault("POST", r"^/quotes\.json$", drop="before")
    assert (await shop.get_error("create_estimate", quote)).sent == "unknown"
    assert (await shop.get_error("create_estimate", quote)).sent == "unknown", "it may still be under way"
    move_clock(shop, MUCH_LATER)
    assert (await shop.call("create_estimate", quote))["document"]["id"] == 1001
    assert len(posts(shop, "/quotes.json")) == 2


async def test_an_email_is_never_sent_again_by_itself(shop: Harness) -> None:
    made = await shop.create_issued()
    mail = document_arguments(made, email="a@acme.example")
    shop.sandbox.fault("PUT", "email-document", drop="after")
    error = await shop.get_error("send_email", mail)
    assert (error.code, "ask the recipient" in str(error.next)) == ("outcome_unknown", True)
    move_clock(shop, MUCH_LATER)
    assert (await shop.get_error("send_email", mail)).code == "outcome_unknown"
    assert len(shop.sandbox.outbox()) == 1
    await shop.call("send_email", {**mail, "idempotency_key": "on purpose"})
    assert len(shop.sandbox.outbox()) == 2


async def test_what_does_no_harm_twice_is_sent_again_once_a_person_approves_again(shop: Harness) -> None:
    """Credentials cannot be read back, so nobody can look; setting them a second time leaves the same."""
    shop.context.settings = shop.context.settings.model_copy(update={"allow_account_setup": True})
    setup = {"at_subuser": "509442013/1", "at_password": "segredo-da-at", "communication_type": "auto"}
    shop.sandbox.fault("POST", "at_communication", drop="before")
    error = await shop.get_error("setup_at_communication", setup)
    assert (error.code, "approves it again" in str(error.next)) == ("outcome_unknown", True)
    assert (await shop.get_error("setup_at_communication", setup)).code == "outcome_unknown"
    move_clock(shop, MUCH_LATER)
    assert (await shop.call("setup_at_communication", setup))["success"]
    (intent,) = entries(shop)
    assert (intent.state, intent.approval != "") == ("done", True)
    with shop.context.store.reading() as connection:
        rows = connection.execute(sql.select(audit.c.event, audit.c.approval).order_by(audit.c.seq)).all()
    again = [row.approval for row in rows if row.event == "again"]
    assert again == [intent.approval]
    assert [row.event for row in rows].count("approval used") == 2


async def test_nothing_is_held_while_a_person_has_not_approved_again_in_a_terminal(shop: Harness) -> None:
    settings = {"allow_account_setup": True, "approval_channel": "terminal"}
    shop.context.settings = shop.context.settings.model_copy(update=settings)
    setup = {"at_subuser": "509442013/1", "at_password": "segredo-da-at", "communication_type": "auto"}

    async def approved() -> Json:
        asked = await execute(shop.context, "setup_at_communication", setup)
        assert asked["status"] == "approval_required"
        shop.context.approvals.decide(asked["approval"]["id"], approve=True)
        return await execute(shop.context, "setup_at_communication", setup)

    shop.sandbox.fault("POST", "at_communication", drop="before")
    with pytest.raises(IxError, match="not known yet"):
        await approved()
    move_clock(shop, MUCH_LATER)
    assert (await approved())["success"]
    assert [one.state for one in entries(shop)] == ["done"]


async def test_an_approval_given_before_the_same_was_done_elsewhere_is_not_good_for_a_second_time(
    shop: Harness, hosts: Callable[[], Harness]
) -> None:
    """Two people are asked for the same at once, and both say yes."""
    mail = document_arguments(await shop.create_issued(), email="a@acme.example")
    other = hosts()
    with pytest.raises(ApprovalNeeded) as asked:
        await execute(other.context, "send_email", mail, can_ask=True)
    await shop.call("send_email", mail)
    with pytest.raises(ApprovalRefused):
        await execute(
            other.context, "send_email", mail, can_ask=True, reply=Reply(asked.value.approval.handle, True)
        )
    assert len(shop.sandbox.outbox()) == 1
    assert "carried out" in await other.get_approval_text("send_email", mail)


async def test_a_caller_that_goes_away_leaves_no_half_write(shop: Harness) -> None:
    """Cancelled while the request is under way: it is carried to its end, and its outcome is written down."""
    scope = anyio.CancelScope()

    async def impatient() -> None:
        with scope:
            await shop.call("create_invoice", invoice())

    async with anyio.create_task_group() as group:
        with _hold_request(shop, "/invoices"):
            group.start_soon(impatient)
            assert await anyio.to_thread.run_sync(shop.sandbox.wait_for_request, "POST", "/invoices", 30)
            scope.cancel()
    (intent,) = entries(shop)
    assert (intent.state, intent.made) == ("done", "invoices/1001")
    assert (await shop.call("create_invoice", invoice()))["replayed"]


async def test_the_first_call_finds_out_what_a_crash_left_open(
    shop: Harness, hosts: Callable[[], Harness]
) -> None:
    """Whatever that call is about: here a read."""
    made = await shop.create_draft()
    await shop.call("change_state", document_arguments(made, state="finalized"))
    left_by_a_crash(shop, entries(shop)[1])
    await hosts().call("list_taxes")
    assert {one.state for one in entries(shop)} == {"done"}
    assert len(shop.list_writes()) == 2


async def test_what_a_crash_left_open_and_nobody_can_tell_stays_for_a_person(
    shop: Harness, hosts: Callable[[], Harness]
) -> None:
    mail = document_arguments(await shop.create_issued(), email="a@acme.example")
    await shop.call("send_email", mail)
    intent = entries(shop)[-1]
    left_by_a_crash(shop, intent)
    await hosts().call("list_taxes")
    assert entries(shop)[-1].state == "unknown"
    shop.context.journal.settle(intent.id, happened=True)
    assert not [one for one in entries(shop) if one.state in UNFINISHED]


# --- several hosts ------------------------------------------------------------------------------------------


def begin_intent(journal: Journal, key: str = "caller:k") -> Intent:
    """An intent that is being carried out."""
    return journal.begin(IntentDraft("acme", key, ("c",), "create_invoice", "p", "f", has_chosen_key=True))


def test_of_two_hosts_that_begin_the_same_one_holds_it(place: str) -> None:
    one, other = Store(place), Store(place)
    first, second = begin_intent(Journal(one, 240.0)), begin_intent(Journal(other, 240.0))
    assert (first.is_held_here, second.is_held_here, second.id) == (True, False, first.id)
    one.close()
    other.close()


class ObservedStore(Store):
    """A store that shows what others in the same process would do the moment a transaction is committed."""

    afterwards: Callable[[], None] = staticmethod(lambda: None)

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        with super().writing(durable=durable) as connection:
            yield connection
        self.afterwards()


def test_what_this_process_begins_or_takes_over_is_held_from_the_moment_others_can_read_it(
    place: str,
) -> None:
    store, other = ObservedStore(place), Journal(Store(place), 240.0)
    journal, seen = Journal(store, 240.0), []
    store.afterwards = lambda: seen.append(other.take_over(other.list_intents("acme")[0]))
    intent = begin_intent(journal)
    assert seen == [None]
    store.afterwards = lambda: None
    journal.release(intent)
    store.afterwards = lambda: seen.append(other.take_over(other.get(intent.id)))
    assert journal.take_over(journal.get(intent.id)) is not None
    assert seen == [None, None]
    store.close()
    other._store.close()


@pytest.mark.parametrize("ends", ["finish", "let_go"])
def test_what_another_thread_holds_again_at_once_is_not_let_go_of(place: str, ends: str) -> None:
    store, other = ObservedStore(place), Journal(Store(place), 240.0)
    journal, taken = Journal(store, 240.0), []
    intent = begin_intent(journal)
    store.afterwards = lambda: taken.append(other.take_over(other.get(intent.id)))
    if ends == "finish":
        assert journal.finish(intent, IntentResult("unknown", "no answer"))
    else:
        journal.release(intent)
    assert taken[0] is not None
    assert not other.is_lease_expiring(taken[0])
    assert not other.is_abandoned(taken[0])
    store.close()
    other._store.close()


def test_of_two_hosts_that_take_over_what_a_third_left_one_holds_it(place: str) -> None:
    one, other = Journal(Store(place), 240.0), Journal(Store(place), 240.0)
    intent = begin_intent(one)
    with one._store.writing() as connection:
        connection.execute(intents.update().values(owner=ELSEWHERE, lease_until=0.0))
    both = [each.get(intent.id) for each in (one, other)]
    taken = [journal.take_over(seen) for journal, seen in zip((one, other), both, strict=True)]
    assert [held is not None for held in taken] == [True, False]
    assert not other.finish(intent, IntentResult("refused", "too late")), "who lost it writes no outcome"
    one._store.close()
    other._store.close()


def test_whoever_knows_that_it_was_done_may_say_so_although_another_took_over(place: str) -> None:
    journal = Journal(Store(place), 240.0)
    intent = begin_intent(journal)
    with journal._store.writing() as connection:
        connection.execute(intents.update().values(owner=ELSEWHERE))
    assert journal.finish(intent, IntentResult("done", "done", {"ok": True}, made="invoices/1001"))
    assert journal.get(intent.id).state == "done"
    journal._store.close()


@pytest.mark.parametrize("ahead", [-86400.0, 86400.0])
def test_a_host_whose_clock_is_wrong_takes_nothing_from_the_others(
    server: str, monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    """Leases go by the database server's clock."""
    if not server:
        pytest.skip("no PostgreSQL here")
    journal = Journal(Store(server), 240.0)
    intent = begin_intent(journal, f"caller:{ahead}")
    with journal._store.writing() as connection:
        connection.execute(intents.update().where(intents.c.id == intent.id).values(owner=ELSEWHERE))
    right = time.time
    monkeypatch.setattr("time.time", lambda: right() + ahead)
    wrong = Journal(Store(server), 240.0)
    seen = wrong.get(intent.id)
    assert not wrong.is_abandoned(seen)
    assert wrong.take_over(seen) is None
    for each in (journal, wrong):
        each._store.close()


def test_a_host_that_stood_still_does_not_go_on_sending(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop asleep: by the time it wakes up another one may have taken over."""
    journal = Journal(Store(place), 240.0)
    intent = begin_intent(journal)
    assert not journal.is_lease_expiring(intent)
    right = time.time
    monkeypatch.setattr("time.time", lambda: right() + 121)
    assert journal.is_lease_expiring(intent)
    journal._store.close()


@pytest.mark.timeout(300)
def test_64_equal_calls_of_two_processes_are_one_request(running_sandbox: Sandbox, place: str) -> None:
    running_sandbox.reset()
    running_sandbox.set_option("rate_limit", 1_000_000)
    assert (DAY, NOW[:10]) == ("20/11/2026", "2026-11-20")
    Store(place).close()
    order = Order(
        running_sandbox.base_url,
        running_sandbox.api_key,
        place,
        "crowd",
        "create_invoice",
        invoice(due_date="2026-11-20"),
        timeout=100,
    )
    with ConcurrentCallers(order, processes=2, callers=32) as crowd:
        for number in range(2):
            told = crowd.run_round(reference=f"round-{number}")
            assert len(told) == 64
            assert [one for one in told if not one["ok"]] == []
            assert len({one["document"]["id"] for one in told}) == 1
    made = [one for one in running_sandbox.requests() if one["method"] == "POST"]
    assert len(made) == 2
