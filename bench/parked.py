"""Measure parked calls: many approved at once, one beside a repeated one, and what the driver costs while nothing is due."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from secrets import token_hex
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.lowlevel
import httpx2

from bench.documents import TODAY, Json
from bench.harness import NO_LIMIT, Harness, open_harness
from bench.report import Row, Table
from ix_tools.api_client import rate_limit
from ix_tools.api_client.client import InvoiceXpressClient, account_name
from ix_tools.api_client.rate_limit import RateLimiter
from ix_tools.approvals.parked_calls import ParkedCall
from ix_tools.approvals.parked_queue import ParkedQueue
from ix_tools.idempotency.process_identity import is_owner_running
from ix_tools.interfaces.driver.driver import run_driver
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import ApprovalRequired, CallOrigin, ParkingTerms, execute
from ix_tools.pipeline.parking import LOCAL

CALLERS = 5
"""Callers who asked; one may have 200 waiting."""
KINDS = ("invoices", "simplified_invoices")
"""Two series, each of which is finalized in order."""
PER_MINUTE = 780
ORIGIN = CallOrigin("rest")


@dataclass
class Clock:
    """Time in which a wait for the rate limiter does not pass, but is added."""

    skipped: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.skipped

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass. Several who wait at once wait at once here, too: the clock goes to the latest of them."""
        until = self() + seconds
        await anyio.lowlevel.checkpoint()
        self.skipped += max(0.0, until - self())

    @contextmanager
    def replacing_waits(self) -> Iterator[None]:
        """Let the rate limiter wait by this clock."""
        known = vars(rate_limit)
        known["anyio"] = SimpleNamespace(**{**vars(anyio), "sleep": self.sleep})
        try:
            yield
        finally:
            known["anyio"] = anyio


@dataclass
class CountingTransport(httpx2.AsyncHTTPTransport):
    """Transport that notes when each request is sent, by the clock of the limiter."""

    clock: Clock
    sent: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Note the request and send it."""
        self.sent.append(self.clock())
        return await super().handle_async_request(request)


class Callers:
    """The callers of the benchmark, for the driver."""

    def __init__(self, contexts: Sequence[CallContext]) -> None:
        self._by_name = {one.settings.principal: one for one in contexts}

    def drives(self, call: ParkedCall) -> bool:
        """Return whether it is a call of theirs."""
        return call.principal in self._by_name

    async def open_context(self, call: ParkedCall) -> CallContext:
        """Return the caller's context."""
        return self._by_name[call.principal]


def measure(calls: int, idle_seconds: float) -> Table:
    """Approve so many calls at once and let a driver carry them out."""
    return anyio.run(_measure, calls, idle_seconds)


async def _measure(calls: int, idle_seconds: float) -> Table:
    async with open_harness() as harness:
        clock = Clock()
        transport = CountingTransport(clock)
        harness.context.store.clock = clock
        contexts = [_open_for(harness, f"caller-{number}", transport, NO_LIMIT) for number in range(CALLERS)]
        direct, direct_cpu = await _measure_direct(contexts[0], transport, max(4, calls // 20))
        asked = await _ask_all(contexts, calls)
        for one in asked:
            harness.context.approvals.decide(one, approve=True, by="terminal:ana")
        limited = [_open_for(harness, one.settings.principal, transport, PER_MINUTE) for one in contexts]
        transport.sent.clear()
        began, cpu = clock(), time.process_time()
        with clock.replacing_waits():
            async with run_driver(harness.context.settings, harness.context.store, Callers(limited)):
                found = await _await_all(harness, asked)
        took, used = clock() - began, time.process_time() - cpu
        sent = sorted(transport.sent)
        idle = await _measure_idle(harness, limited, idle_seconds)
        for context in (*contexts, *limited):
            await context.account.close()
    return _build_table(calls, found, sent, took, used / calls, (direct, direct_cpu), idle)


def _open_for(harness: Harness, name: str, transport: CountingTransport, per_minute: int) -> CallContext:
    settings = harness.context.settings.model_copy(update={"principal": name})
    limiter = RateLimiter(harness.context.store, account_name(settings), per_minute, 30.0)
    account = InvoiceXpressClient(settings, limiter, transport)
    return replace(harness.context, settings=settings, account=account)


async def _draft(context: CallContext, number: int) -> Json:
    kind = KINDS[number % len(KINDS)]
    line = {"name": "Auditoria", "unit_price": "50", "quantity": "1", "tax": "IVA23"}
    given = {
        "document_type": kind,
        "date": TODAY,
        "due_date": TODAY,
        "client": {"code": "ACME"},
        "items": [line],
    }
    made = await execute(context, "create_invoice", {**given, "reference": f"R{number}-{token_hex(4)}"})
    return {"document_type": kind, "document_id": made.body["document"]["id"], "state": "finalized"}


async def _ask(context: CallContext, call: Json, *, parks: bool) -> str:
    terms = ParkingTerms(LOCAL, context.account_label) if parks else None
    asked = await execute(context, "change_state", call, origin=ORIGIN, when_approved=terms)
    assert isinstance(asked, ApprovalRequired), asked
    return asked.approval.id


async def _ask_all(contexts: Sequence[CallContext], calls: int) -> list[str]:
    """Ask for the calls, one after another; the order of asking is that of the list."""
    asked = []
    for number in range(calls):
        context = contexts[number % len(contexts)]
        asked.append(await _ask(context, await _draft(context, number), parks=True))
    return asked


async def _measure_direct(
    context: CallContext, transport: CountingTransport, calls: int
) -> tuple[float, float]:
    """Return requests and seconds of processor of a call that its caller repeats after the yes."""
    requests = seconds = 0.0
    for number in range(calls):
        call = await _draft(context, number)
        context.approvals.decide(await _ask(context, call, parks=False), approve=True, by="terminal:ana")
        before, cpu = len(transport.sent), time.process_time()
        await execute(context, "change_state", call, origin=ORIGIN)
        requests, seconds = requests + len(transport.sent) - before, seconds + time.process_time() - cpu
    return requests / calls, seconds / calls


async def _await_all(harness: Harness, asked: Sequence[str]) -> list[ParkedCall]:
    queue = ParkedQueue(harness.context.store, is_owner_running)
    while True:
        found = [await anyio.to_thread.run_sync(queue.find, one) for one in asked[-1:]]
        if all(one is not None and one.state not in {"waiting", "running", "unknown"} for one in found):
            calls = [await anyio.to_thread.run_sync(queue.find, one) for one in asked]
            ended = [one for one in calls if one is not None and one.finished_at is not None]
            if len(ended) == len(asked):
                return ended
        await anyio.sleep(0.5)


async def _measure_idle(
    harness: Harness, contexts: Sequence[CallContext], seconds: float
) -> tuple[float, float, float]:
    """Return the share of a processor that a process takes without a driver, with one, and with one beside 200 waiting calls."""
    shares = [await _measure_share(seconds)]
    for waiting in (0, 200):
        for number in range(waiting):
            await _ask(contexts[0], await _draft(contexts[0], number), parks=True)
        async with run_driver(harness.context.settings, harness.context.store, Callers(contexts)):
            shares.append(await _measure_share(seconds))
    return shares[0], shares[1], shares[2]


async def _measure_share(seconds: float) -> float:
    began, cpu = time.perf_counter(), time.process_time()
    await anyio.sleep(seconds)
    return (time.process_time() - cpu) / (time.perf_counter() - began)


def _build_table(
    calls: int,
    found: Sequence[ParkedCall],
    sent: Sequence[float],
    took: float,
    cpu: float,
    direct: tuple[float, float],
    idle: tuple[float, float, float],
) -> Table:
    states = Counter(one.state for one in found)
    busiest = _find_busiest_minute(sent)
    in_order = _keeps_order(found)
    least = len(sent) / PER_MINUTE
    rows = [
        Row(
            f"{calls} calls approved at once: carried out",
            str(states["done"]),
            str(calls),
            states["done"] == calls,
        ),
        Row("  in the order of asking, in each of two series", "yes" if in_order else "no", "yes", in_order),
        Row("  requests in the busiest minute", str(busiest), f"<= {PER_MINUTE}", busiest <= PER_MINUTE),
        Row("  minutes by the limiter's clock", f"{took / 60:.1f}"),
        Row("  minutes that so many requests take at least", f"{least:.1f}"),
        Row(
            "one call: requests from the yes, parked / repeated", f"{len(sent) / calls:.1f} / {direct[0]:.1f}"
        ),
        Row(
            "one call: processor, parked with its driver / repeated",
            f"{cpu * 1000:.0f} / {direct[1] * 1000:.0f} ms",
        ),
        Row("a driver with nothing to do: share of a processor", f"{(idle[1] - idle[0]) * 100:.2f} %"),
        Row("  beside 200 calls that wait for a yes", f"{(idle[2] - idle[0]) * 100:.2f} %"),
    ]
    notes = ["Waits for the limiter are added to its clock and not waited for; everything else happens."]
    return Table("Parked calls", rows, notes, details={"pid": os.getpid()})


def _find_busiest_minute(sent: Sequence[float]) -> int:
    busiest = first = 0
    for last, moment in enumerate(sent):
        while sent[first] <= moment - 60:
            first += 1
        busiest = max(busiest, last - first + 1)
    return busiest


def _keeps_order(found: Sequence[ParkedCall]) -> bool:
    """Tell whether the documents of each kind have rising numbers in the order of asking."""
    for kind in KINDS:
        results: list[Any] = [one.result or {} for one in found]
        numbers = [
            int(one["document"]["number"].partition("/")[0])
            for one in results
            if one.get("document", {}).get("document_type") == kind
        ]
        if numbers != sorted(numbers) or not numbers:
            return False
    return True
