"""`python -m faults parked`: kill (SIGKILL) the process of a parked call at every step, and let one or two others take it over.

asked · use · used · intent · answered · before finish · after finish · before record · after record

Each call is carried out exactly once, or told why not; each event is there once, in order, and none is lost.
"""

import argparse
import os
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import anyio

from faults.cases import NOW, Ledger
from faults.matrix import open_database
from faults.run import PROCESSES
from faults.worker import TODAY
from ix_tools.approvals.parked_queue import ParkedQueue
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.events.models import Event
from ix_tools.events.repository import Events
from ix_tools.idempotency.journal import Journal
from ix_tools.idempotency.leases import is_owner_running
from ix_tools.operations.documents import ChangeState
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import ApprovalRequired, CallOrigin, ParkingTerms, carry_out, execute
from ix_tools.sandbox.rows import Document
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store

STEPS: Mapping[str, tuple[type, str, bool]] = {
    "use": (ApprovalRepository, "use_approved", False),
    "used": (ApprovalRepository, "use_approved", True),
    "intent": (Journal, "begin", True),
    "answered": (ChangeState, "parse_response", False),
    "before finish": (Journal, "finish", False),
    "after finish": (Journal, "finish", True),
    "before record": (ParkedQueue, "finish", False),
    "after record": (ParkedQueue, "finish", True),
}
"""Where a process is killed: before or after a method."""
ASKED = ("before asked", "asked")
LIVES = 5
LIFE_SECONDS = 600.0
"""Seconds by the store's clock between two lives, after which no request can still be in progress."""
TIMEOUT = 120.0
DRAFT: Mapping[str, Any] = {
    "date": "2026-11-20",
    "due_date": "2026-11-20",
    "client": {"code": "ACME"},
    "items": [{"name": "Auditoria", "unit_price": 80, "quantity": 1, "tax": "IVA23"}],
}


@dataclass(frozen=True)
class Order:
    """What a process does: ask for a call, or carry out what is due."""

    url: str
    key: str
    store: str
    later: float = 0.0
    stop: str = ""
    asks: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ParkedRun:
    """One run: where the first process was killed, and what became of the call."""

    step: str
    store: str
    servers: int
    keyed: bool
    state: str = ""
    issued: int = 0
    wrong: str = ""


def open_context(order: Order) -> CallContext:
    """Return the context of a process."""
    given = Settings(store=order.store, language="en", timeout_seconds=5, approval_min_seconds=0)
    settings = point_at_sandbox(given, order.url, order.key)
    context = CallContext.open(settings, now=lambda: TODAY)
    context.store.clock = lambda: time.time() + order.later
    return context


def stop_at(step: str) -> None:
    """Kill this process at a step."""
    kind, name, after = STEPS.get(step) or (ApprovalRepository, "ask", step == "asked")
    real: Callable[..., Any] = getattr(kind, name)

    def stopped(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(kind, name, stopped)


def work(order: Order, line: Connection) -> None:
    """Run one life and report."""
    if order.stop:
        stop_at(order.stop)
    line.send(anyio.run(_live, order))


async def _live(order: Order) -> Any:
    context = open_context(order)
    try:
        if order.asks is not None:
            terms, origin = ParkingTerms("open", "sandbox"), CallOrigin("rest")
            asked = await execute(context, "change_state", order.asks, origin=origin, when_approved=terms)
            return asked.approval.id if isinstance(asked, ApprovalRequired) else asked.body
        queue = ParkedQueue(context.store, is_owner_running)
        for _ in range(3):
            for call in queue.list_due():
                await carry_out(context, call)
        return "done"
    finally:
        await context.close()


def run_lives(orders: Sequence[Order]) -> list[Any]:
    """Run processes side by side; None for one that was killed."""
    running = []
    for order in orders:
        ours, theirs = PROCESSES.Pipe()
        process = PROCESSES.Process(target=work, args=(order, theirs))
        process.start()
        theirs.close()
        running.append((ours, process))
    results = []
    for ours, process in running:
        try:
            results.append(ours.recv() if ours.poll(TIMEOUT) else "nothing was heard")
        except EOFError:
            results.append(None)
        process.join(TIMEOUT)
        process.kill()
    return results


async def _draft(order: Order) -> int:
    context = open_context(order)
    try:
        made = await execute(context, "create_invoice", {**DRAFT, "idempotency_key": secrets.token_hex(8)})
        return int(made.body["document"]["id"])
    finally:
        await context.close()


def run_killed(run: ParkedRun, sandbox: Sandbox, place: str) -> ParkedRun:
    """Ask, kill, decide, kill, and let others take over."""
    base = Order(sandbox.base_url, sandbox.api_key, place)
    number = anyio.run(_draft, base)
    asks = {"document_type": "invoices", "document_id": number, "state": "finalized"}
    asks |= {"idempotency_key": f"finalize-{number}"} if run.keyed else {}
    asking = replace(base, asks=asks)
    if run.step in ASKED and run_lives([replace(asking, stop=run.step)]) != [None]:
        return replace(run, wrong="it was not killed")
    (identifier,) = run_lives([asking])
    store = Store(place)
    queue, approvals = ParkedQueue(store, is_owner_running), ApprovalRepository(store, 15)
    try:
        waiting = str(identifier)
        approvals.decide(waiting, approve=True, by="terminal:ana")
        if run.step in STEPS and run_lives([replace(base, stop=run.step)]) != [None]:
            return replace(run, wrong="it was not killed")
        for life in range(1, LIVES + 1):
            heard = run_lives([replace(base, later=life * LIFE_SECONDS)] * run.servers)
            if heard != ["done"] * run.servers:
                return replace(run, wrong=f"a later process: {heard}")
            call = queue.find(waiting)
            if call is None:
                return replace(run, wrong="the call is lost")
            if call.state == "returned":  # told why not: a person is asked again, and says yes
                waiting = call.follow_up
                approvals.decide(waiting, approve=True, by="terminal:ana")
            elif call.state not in {"waiting", "running", "unknown"}:
                break
        events = Events(store, 30).read_after(0, 500).events
        final = queue.find(waiting)
    finally:
        store.close()
    state = final.state if final is not None else "lost"
    issued = [
        one for one in Ledger(sandbox).list_rows(Document) if one.id == number and one.status == "final"
    ]
    sent = [one for one in sandbox.requests() if one["path"].endswith(f"/{number}/change-state.json")]
    return replace(run, state=state, issued=len(issued), wrong=_judge(state, issued, sent, events, waiting))


def _judge(state: str, issued: list[Any], sent: list[Any], events: Sequence[Event], waiting: str) -> str:
    ends = Counter(one.type for one in events if one.subject == f"approval/{waiting}")
    if state != "done" or len(issued) != 1:
        return f"{state}, {len(issued)} issued"
    if len(sent) != 1:
        return f"sent {len(sent)} times"
    if [one.position for one in events] != list(range(1, len(events) + 1)):
        return "events are missing or out of order"
    wanted = {"approval.requested": 1, "approval.decided": 1, "parked_call.done": 1}
    if any(ends[kind] != count for kind, count in wanted.items()):
        return f"events {dict(ends)}"
    return ""


def list_runs(stores: Sequence[str], rounds: int) -> list[ParkedRun]:
    """Return every step × store × servers × key, as often as wanted."""
    return [
        ParkedRun(step, store, servers, keyed)
        for _ in range(rounds)
        for step in (*ASKED, *STEPS)
        for store in stores
        for servers in (1, 2)
        for keyed in (False, True)
    ]


@contextmanager
def open_place(kind: str, folder: Path) -> Iterator[str]:
    """Yield the place of an empty store; empty without a server."""
    if kind == "sqlite":
        yield str(folder / f"{secrets.token_hex(6)}.db")
        return
    with open_database() as url:
        yield url


def run_all(runs: Sequence[ParkedRun]) -> Iterator[ParkedRun]:
    """Yield each run with its result; runs on PostgreSQL are left out without a server."""
    with Sandbox(clock=NOW) as sandbox, tempfile.TemporaryDirectory() as folder:
        for run in runs:
            sandbox.reset()
            with open_place(run.store, Path(folder)) as place:
                if place:
                    yield run_killed(run, sandbox, place)


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong and a table; return 1 when anything is."""
    parser = argparse.ArgumentParser(prog="python -m faults parked")
    parser.add_argument("--rounds", type=int, default=4, help="how often each of the 80 combinations is run")
    options = parser.parse_args(arguments)
    told: Counter[tuple[str, str]] = Counter()
    wrong = count = 0
    for one in run_all(list_runs(("sqlite", "postgresql"), options.rounds)):
        count += 1
        told[one.step, one.wrong and "wrong"] += 1
        if one.wrong:
            wrong += 1
            print(
                f"{one.step}, {one.store}, {one.servers} servers, keyed {one.keyed}: {one.wrong}", flush=True
            )
    for step in (*ASKED, *STEPS):
        print(f"{step:14} {told[step, '']:4} carried out once {told[step, 'wrong']:4} wrong")
    print(f"{count} runs, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
