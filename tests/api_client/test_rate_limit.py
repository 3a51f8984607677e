"""The rate limit holds for the whole account, Retry-After is obeyed, and the circuit breaker says when to try again.

The tests move the store's clock; waiting moves it too.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from email.utils import formatdate
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import httpx2
import pytest
import sqlalchemy as sql
from pydantic import SecretStr

from faults.run import PROCESSES
from ix_tools.api_client import client as account
from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.api_client.protocol import Request
from ix_tools.api_client.rate_limit import (
    FOLLOW_UP_WAIT_FACTOR,
    MAX_FAILURES,
    PAUSE_SECONDS,
    RateLimiter,
    end_pauses,
    list_limit_statuses,
    prioritize_follow_up,
)
from ix_tools.api_client.retry_after import MAX_WAIT_SECONDS, parse_retry_after
from ix_tools.config.settings import Settings
from ix_tools.errors import IxError, RateLimited, StoreUnavailable, Unavailable
from ix_tools.i18n.messages import verbatim
from ix_tools.storage.database import Store
from ix_tools.storage.schema import audit, rates
from tests.harness import Harness, document_arguments, invoice

START = 1_800_000_000.0


@dataclass
class Time:
    """A clock that waiting moves forward."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    # Only in that module: other code that sleeps in this process would loop without waiting.
    monkeypatch.setattr(
        "ix_tools.api_client.rate_limit.anyio", SimpleNamespace(sleep=made.sleep, to_thread=anyio.to_thread)
    )
    return made


def build_limiter(place: str, time: Time, per_minute: int = 600, max_wait: float = 30.0) -> RateLimiter:
    """Build the rate limiter of one process."""
    store = Store(place)
    store.clock = time
    return RateLimiter(store, "acme", per_minute, max_wait)


# --- the limit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_minute", [60, 780])
async def test_no_minute_holds_more_than_the_limit_and_at_least_95_percent_of_it_is_used(
    place: str, time: Time, per_minute: int
) -> None:
    """Two processes send without pause, far more than twice the limit."""
    one, other = build_limiter(place, time, per_minute, 600), build_limiter(place, time, per_minute, 600)
    left: list[float] = []
    while time.now < START + 120:
        for each in (one, other):
            await each.acquire()
            left.append(time.now)
    # One after another: the next but `per_minute` leaves a minute later at the earliest.
    assert all(later >= begin + 60 for begin, later in zip(left, left[per_minute:], strict=False))
    used = sum(START + 30 <= at < START + 90 for at in left)
    assert used >= 0.95 * per_minute
    one.store.close()
    other.store.close()


async def test_accounts_do_not_wait_for_each_other(place: str, time: Time) -> None:
    one = build_limiter(place, time, 1)
    await one.acquire()
    await replace(one, account="other").acquire()
    assert time.now == START
    one.store.close()


async def test_whoever_would_wait_too_long_is_refused_before_anything_is_sent(place: str, time: Time) -> None:
    one = build_limiter(place, time, 2, max_wait=5)
    await one.acquire()
    with pytest.raises(RateLimited) as error:
        await one.acquire()
    shown = error.value.as_dict()
    assert (shown["sent"], shown["retryable"]) == ("nothing", True)
    assert shown["next"] == [{"why": f"repeat the same call in {shown['retry_after']} seconds"}]
    await time.sleep(shown["retry_after"])
    await one.acquire()
    one.store.close()


async def test_what_was_carried_out_is_read_back_however_long_the_queue_is(place: str, time: Time) -> None:
    """Otherwise a busy account would report a stored document as different because it could not be read back."""
    busy = build_limiter(place, time, 60, max_wait=5)
    await busy.acquire()
    busy._held_slots = 0
    with busy.store.writing() as connection:  # the slots of the next 12 seconds are taken
        connection.execute(rates.update().values(next_at=time.now + 12))
    with pytest.raises(RateLimited):
        await busy.acquire()
    began = time.now
    with prioritize_follow_up():
        await busy.acquire()
    assert 5 < time.now - began <= 5 * FOLLOW_UP_WAIT_FACTOR
    busy.store.close()


async def test_a_clock_that_was_set_back_does_not_stop_everything(place: str, time: Time) -> None:
    one = build_limiter(place, time, 600)
    for _ in range(2):  # the requested slot, and the one reserved with it
        await one.acquire()
    time.now -= 86400
    with pytest.raises(RateLimited) as error:
        await one.acquire()
    assert error.value.details["retry_after"] <= 90
    time.now += error.value.details["retry_after"]
    await one.acquire()
    one.store.close()


async def test_the_count_goes_by_the_servers_clock_not_the_hosts(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not server:
        pytest.skip("no PostgreSQL here")
    one = RateLimiter(Store(server), "skewed", 780, 5.0)
    await one.acquire()
    monkeypatch.setattr("time.time", lambda: START + 3600)
    for _ in range(5):
        await one.acquire()
    one.store.close()


def test_two_processes_together_keep_to_the_limit(place: str) -> None:
    """Counts, not times: of 60 slots requested at once, the burst is granted, and no process gets more than its share."""
    from faults.concurrency import acquire_slots

    lines = []
    for _ in range(2):
        mine, theirs = PROCESSES.Pipe()
        process = PROCESSES.Process(target=acquire_slots, args=(place, 600, 30, theirs))
        process.start()
        theirs.close()
        lines.append((process, mine))
    granted = []
    for process, line in lines:
        granted += line.recv()
        process.join(100)
    granted.sort()
    assert len(granted) == 60
    # 15 may be sent at once, then 9.75 per second; half a second for a process that read its clock late.
    for at, moment in enumerate(granted):
        assert at + 1 <= 15 + (moment - granted[0] + 0.5) * 9.75


# --- Retry-After and the breaker --------------------------------------------------------------------------


async def test_retry_after_holds_for_every_process(place: str, time: Time) -> None:
    one, other = build_limiter(place, time), build_limiter(place, time)
    await one.record_response(429, 7.0)
    await other.acquire()
    assert time.now == START + 7
    one.store.close()
    other.store.close()


async def test_a_retry_after_beyond_the_longest_wait_is_reported(place: str, time: Time) -> None:
    one = build_limiter(place, time, max_wait=5)
    await one.record_response(429, 60.0)
    with pytest.raises(RateLimited, match="asked to wait") as error:
        await one.acquire()
    assert error.value.as_dict()["next"] == [{"why": "repeat the same call in 60 seconds"}]
    one.store.close()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("007", 7.0),
        ("3600", 3600.0),
        ("3601", MAX_WAIT_SECONDS),
        ("86400", MAX_WAIT_SECONDS),
        ("9" * 400, MAX_WAIT_SECONDS),
        ("0" * 400 + "5", 5.0),
        ("9" * 100_000, MAX_WAIT_SECONDS),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
        ("1e9", None),
        ("+7", None),
        ("\u0667", None),
        ("\u00b2", None),
        ("NaN", None),
        ("Infinity", None),
        ("7, 9", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_WAIT_SECONDS),
        ("Fri, 31 Dec 9999 23:59:59 -2359", MAX_WAIT_SECONDS),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Fri, 00 Jan 0000 00:00:00 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec", None),
    ],
)
def test_retry_after_is_bounded_and_read_where_it_says_something(said: str, seconds: float | None) -> None:
    assert parse_retry_after(said) == seconds


def test_retry_after_may_be_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ix_tools.api_client.retry_after.time.time", lambda: START)
    for seconds, read in ((9, 9.0), (-9, 0.0), (3599, 3599.0), (3700, MAX_WAIT_SECONDS)):
        assert parse_retry_after(formatdate(START + seconds, usegmt=True)) == read


@pytest.mark.parametrize("asked", [float("inf"), 1e300, 10 * MAX_WAIT_SECONDS])
async def test_no_pause_is_longer_than_an_hour(place: str, time: Time, asked: float) -> None:
    one = build_limiter(place, time, max_wait=5)
    await one.record_response(429, asked)
    with pytest.raises(RateLimited) as error:
        await one.acquire()
    assert error.value.details["retry_after"] == MAX_WAIT_SECONDS
    await time.sleep(MAX_WAIT_SECONDS)
    await one.acquire()
    one.store.close()


async def test_a_pause_that_was_noted_without_an_end_comes_to_one(place: str, time: Time) -> None:
    """An earlier version may have stored it."""
    one = build_limiter(place, time, max_wait=5)
    await one.acquire()
    one._held_slots = 0
    with one.store.writing() as connection:
        connection.execute(rates.update().values(closed_until=float("inf"), closed_at=0.0))
    with pytest.raises(RateLimited):
        await one.acquire()
    await time.sleep(MAX_WAIT_SECONDS)
    await one.acquire()
    one.store.close()


@pytest.mark.parametrize("back", [30, 3600, 86400, 10 * 365 * 86400])
async def test_a_clock_that_is_set_back_during_a_pause_does_not_make_it_longer(
    place: str, time: Time, back: float
) -> None:
    one = build_limiter(place, time, max_wait=5)
    for _ in range(MAX_FAILURES):
        await one.record_response(503, None)
    await time.sleep(PAUSE_SECONDS / 2)
    time.now -= back
    with pytest.raises(Unavailable) as error:
        await one.acquire()
    assert error.value.details["retry_after"] <= PAUSE_SECONDS
    await time.sleep(PAUSE_SECONDS)
    await one.acquire()
    one.store.close()


async def test_a_clock_that_is_set_back_a_little_does_not_end_a_pause(place: str, time: Time) -> None:
    one = build_limiter(place, time, max_wait=5)
    await one.record_response(429, 60.0)
    time.now -= 7
    with pytest.raises(RateLimited):
        await one.acquire()
    await time.sleep(40)
    with pytest.raises(RateLimited):
        await one.acquire()
    one.store.close()


async def test_a_shorter_wait_does_not_end_a_longer_one(place: str, time: Time) -> None:
    one = build_limiter(place, time, max_wait=5)
    await one.record_response(429, 60.0)
    await one.record_response(429, 1.0)
    with pytest.raises(RateLimited, match="asked to wait") as error:
        await one.acquire()
    assert error.value.details["retry_after"] == 60
    one.store.close()


async def test_a_pause_is_ended_by_hand_for_one_account_or_for_all(place: str, time: Time) -> None:
    one = build_limiter(place, time, max_wait=5)
    other = replace(one, account="other@host")
    for each in (one, other):
        await each.record_response(429, 60.0)
    assert [(each.account, each.closed_for) for each in list_limit_statuses(one.store)] == [
        ("acme", 60),
        ("other@host", 60),
    ]
    assert end_pauses(one.store, "other") == ["other@host"]
    await other.acquire()
    with pytest.raises(RateLimited):
        await one.acquire()
    assert end_pauses(one.store) == ["acme"]
    await one.acquire()
    assert end_pauses(one.store) == []
    with one.store.reading() as connection:
        noted = connection.execute(sql.select(audit.c.event, audit.c.account).order_by(audit.c.seq)).all()
    assert [tuple(row) for row in noted] == [("pause ended", "other@host"), ("pause ended", "acme")]
    one.store.close()


async def test_failures_in_a_row_close_the_account_and_it_says_until_when(place: str, time: Time) -> None:
    one, other = build_limiter(place, time), build_limiter(place, time)
    for _ in range(MAX_FAILURES):
        await one.acquire()
        await one.record_response(503, None)
    with pytest.raises(Unavailable) as error:
        await other.acquire()
    assert error.value.as_dict() | {"problems": []} == {
        "ok": False,
        "code": "unavailable",
        "message": "InvoiceXpress failed 5 times in a row, so nothing is sent for 20 more seconds. Nothing was sent.",
        "problems": [],
        "sent": "nothing",
        "next": [{"why": "repeat the same call in 20 seconds"}],
        "retryable": True,
        "retry_after": 20,
    }
    await time.sleep(PAUSE_SECONDS)
    await other.acquire()
    one.store.close()
    other.store.close()


async def test_a_success_of_any_process_counts(place: str, time: Time) -> None:
    """Otherwise a failure per week, each in another process, would pause the account in the end."""
    for _ in range(3 * MAX_FAILURES):
        failing, working = build_limiter(place, time), build_limiter(place, time)
        await failing.acquire()
        await failing.record_response(0, None)
        await working.acquire()
        await working.record_response(200, None)
        failing.store.close()
        working.store.close()
    last = build_limiter(place, time)
    await last.acquire()
    last.store.close()


async def test_refusals_are_answers_and_close_nothing(place: str, time: Time) -> None:
    one = build_limiter(place, time)
    for status in (401, 404, 409, 422, 429):
        for _ in range(MAX_FAILURES):
            await one.record_response(status, None)
    await one.acquire()
    assert time.now == START
    one.store.close()


# --- in the client --------------------------------------------------------------------------------------------


@pytest.fixture
async def paced(harness: Harness, place: str) -> AsyncIterator[Harness]:
    """The pipeline with a limit of 600 requests per minute."""
    settings = harness.context.settings.model_copy(update={"timeout_seconds": 3})
    context = replace(
        harness.context,
        settings=settings,
        account=InvoiceXpressClient(settings, RateLimiter(Store(place), "acme", 600, 30.0)),
    )
    yield Harness(harness.sandbox, context)
    await context.close()
    context.account._limiter.store.close()  # type: ignore[union-attr]


async def test_at_twice_the_limit_no_call_is_lost_and_no_write_repeated(paced: Harness) -> None:
    """The sandbox refuses requests over its limit, and the rate limiter prevents that."""
    paced.sandbox.set_option("rate_limit", 600)
    told: list[dict[str, Any]] = []

    async def one(number: int) -> None:
        told.append(await paced.call("create_invoice", invoice(idempotency_key=str(number))))

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(one, number)
    assert len({result["document"]["id"] for result in told}) == 10
    assert len(paced.list_writes()) == 10
    assert 429 not in {request["status"] for request in paced.sandbox.requests()}


async def test_a_write_after_429_is_sent_again_because_nothing_was_done(paced: Harness) -> None:
    paced.sandbox.fault("POST", "/invoices", status=429, headers={"Retry-After": "1"})
    result = await paced.call("create_invoice", invoice())
    assert result["ok"]
    assert [request["status"] for request in paced.list_writes()] == [429, 201]


async def test_a_long_retry_after_ends_in_a_refusal_that_names_it(paced: Harness) -> None:
    paced.sandbox.fault("POST", "/invoices", status=429, headers={"Retry-After": "90"})
    error = await paced.get_error("create_invoice", invoice())
    assert (error.code, error.as_dict()["sent"]) == ("rate_limited", "nothing")
    assert error.details["retry_after"] in {89, 90}
    assert len(paced.list_writes()) == 1


@pytest.mark.parametrize("said", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "1e999", "\u00b2", "soon"])
async def test_an_absurd_retry_after_is_a_refusal_and_no_fault(paced: Harness, said: str) -> None:
    paced.sandbox.fault("POST", "/invoices", status=429, headers={"Retry-After": said}, times=4)
    error = await paced.get_error("create_invoice", invoice())
    assert error.code == "rate_limited"
    assert error.details.get("retry_after", 0) <= MAX_WAIT_SECONDS
    assert len(str(error.as_dict())) < 1000


async def test_reads_are_tried_again_and_writes_are_not(harness: Harness) -> None:
    made = await harness.create_draft()
    harness.sandbox.clear_requests()
    harness.sandbox.fault("GET", "/invoices/", status=503, times=2)
    assert (await harness.read_document(made))["id"] == made["id"]
    assert len(harness.sandbox.requests()) == 3
    harness.sandbox.clear_requests()
    harness.sandbox.fault("PUT", "change-state", status=500)
    error = await harness.get_error("change_state", document_arguments(made, state="finalized"))
    assert error.code == "not_carried_out"
    assert len(harness.list_writes()) == 1


async def test_a_store_that_fails_after_the_answer_does_not_make_it_unsent(
    harness: Harness, tmp_path: Path
) -> None:
    """The text `Nothing was sent` would be wrong by then, and the call would be repeated."""

    class Failing(RateLimiter):
        async def record_response(self, status: int, retry_after: float | None) -> None:
            raise StoreUnavailable(verbatim("The store is gone."))

    settings = harness.context.settings
    context = replace(
        harness.context, account=InvoiceXpressClient(settings, Failing(Store(tmp_path / "p.db"), "a", 780, 5))
    )
    result = await Harness(harness.sandbox, context).call("create_invoice", invoice())
    assert result["ok"]
    await context.close()


async def test_an_answer_that_trickles_ends_all_the_same(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The HTTP library's timeout applies to each read; this one to the whole response."""
    monkeypatch.setattr(account, "EXTRA_SECONDS", -0.9)
    settings = harness.context.settings.model_copy(update={"timeout_seconds": 1})
    context = replace(harness.context, account=InvoiceXpressClient(settings))
    harness.sandbox.fault("GET", "/taxes", delay=60, times=None)
    with pytest.raises(IxError, match="TimeoutError"):
        await Harness(harness.sandbox, context).call("list_taxes")
    harness.sandbox.clear_faults()
    await context.close()


async def test_a_request_that_used_up_its_time_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error describes the outcome without the library's own text."""
    made: list[httpx2.Request] = []

    def busy(request: httpx2.Request) -> httpx2.Response:
        made.append(request)
        return httpx2.Response(503, request=request)

    clock = SimpleNamespace(monotonic=count(0, 1000).__next__)
    monkeypatch.setattr("ix_tools.api_client.client.time", clock)
    async with InvoiceXpressClient(Settings(account="acme", api_key=SecretStr("canary-7f3a9b"))) as mine:
        mine._client = httpx2.AsyncClient(transport=httpx2.MockTransport(busy))
        answer = await mine.send(Request("GET", "/taxes.json"))
    assert (answer.status, len(made)) == (503, 1)
