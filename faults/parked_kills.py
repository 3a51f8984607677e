"""`python -m faults parked`: kill (SIGKILL) the process of a parked call at every step, and let one or two others take it over.

asked · workflow · use · used · intent · answered · mailed · before finish · after finish · before record · after record

The processes drive as servers do: they sweep, and DBOS runs the attempts. Each call is carried out exactly once, or it is told that its
outcome is not known, as for an e-mail whose answer was lost; each event is there once, in order, and a reader gets all of them.
"""

import argparse
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import anyio

from faults.cases import NOW, Ledger
from faults.lives import LIFE_SECONDS, open_context, run_lives
from faults.matrix import open_database
from ix_tools.approvals.parked_calls import ParkedCall
from ix_tools.approvals.parked_queue import ParkedQueue
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.events.models import Event
from ix_tools.events.repository import Events
from ix_tools.idempotency.journal import Journal
from ix_tools.idempotency.process_identity import is_owner_running
from ix_tools.interfaces.driver import driver as driving
from ix_tools.interfaces.driver.driver import run_driver
from ix_tools.interfaces.driver.engine import Engine
from ix_tools.interfaces.driver.local_askers import LocalAskers
from ix_tools.operations.documents import ChangeState
from ix_tools.operations.files import SendEmail
from ix_tools.operations.invoices import CreateInvoice
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import ApprovalRequired, CallOrigin, ParkingTerms, execute
from ix_tools.pipeline.parking import LOCAL
from ix_tools.sandbox.rows import Document
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store

ASKING_STEPS: Mapping[str, tuple[type, str, bool]] = {
    "drafted": (CreateInvoice, "parse_response", False),
    "before asked": (ApprovalRepository, "ask", False),
    "asked": (ApprovalRepository, "ask", True),
}
DRIVING_STEPS: Mapping[str, tuple[type, str, bool]] = {
    "before workflow": (Engine, "submit", False),
    "after workflow": (Engine, "submit", True),
    "use": (ApprovalRepository, "consume_approved", False),
    "used": (ApprovalRepository, "consume_approved", True),
    "intent": (Journal, "begin", True),
    "answered": (ChangeState, "parse_response", False),
    "mailed": (SendEmail, "parse_response", False),
    "before finish": (Journal, "finish", False),
    "after finish": (Journal, "finish", True),
    "before record": (ParkedQueue, "finish", False),
    "after record": (ParkedQueue, "finish", True),
}
"""Where a process is killed: before or after a method."""
STEPS = {**ASKING_STEPS, **DRIVING_STEPS}
WITHOUT: Mapping[str, frozenset[str]] = {
    "change_state": frozenset({"drafted", "mailed"}),
    "send_email": frozenset({"drafted", "answered"}),
    "issue_invoice": frozenset(),
}
"""Operations, and the steps that they do not have."""
MAY_STAY_UNKNOWN = {
    ("send_email", "intent"),
    ("send_email", "mailed"),
    ("send_email", "before finish"),
    ("issue_invoice", "mailed"),
}
"""Kills after which nobody can know whether an e-mail was sent: a person is told, and it is not sent again."""
LIVES = 5
TIMEOUT = 300.0
SWEEP_SECONDS = 0.05
READER = "judge"
ADDRESS = "contas@acme.example"
DRAFT: Mapping[str, Any] = {
    "date": "2026-11-20",
    "due_date": "2026-11-20",
    "client": {"code": "ACME"},
    "items": [{"name": "Auditoria", "unit_price": 80, "quantity": 1, "tax": "IVA23"}],
}


@dataclass(frozen=True)
class Order:
    """What a process does: ask for a call, or drive one until it has ended or must wait."""

    url: str
    key: str
    store: str
    later: float = 0.0
    stop: str = ""
    operation: str = ""
    asks: Mapping[str, Any] | None = None
    drives: str = ""


@dataclass(frozen=True)
class ParkedRun:
    """One run: the call, where its first process was killed, and what became of it."""

    operation: str
    step: str
    store: str
    servers: int
    keyed: bool
    state: str = ""
    wrong: str = ""


@dataclass
class Reading:
    """The events that a reader got, over all processes."""

    got: list[Event] = field(default_factory=list)

    def go_on(self, store: Store) -> None:
        """Read what is new, and confirm it."""
        events = Events(store, 30)
        batch = events.read_for(READER, 500)
        self.got += batch.events
        events.confirm(READER, batch.next)


def stop_at(step: str) -> None:
    """Kill this process at a step."""
    kind, name, after = STEPS[step]
    real: Callable[..., Any] = getattr(kind, name)

    def stopped(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(kind, name, stopped)


def work(order: Order, line: Connection) -> None:
    """Run one life and report; the end of the process ends its engine, as a kill would."""
    if order.stop:
        stop_at(order.stop)
    driving.SWEEP_SECONDS = SWEEP_SECONDS
    anyio.run(_live, order, line)


async def _live(order: Order, line: Connection) -> None:
    context = open_context(order.url, order.key, order.store, order.later)
    if order.asks is not None:
        line.send(await _ask(context, order))
        return
    queue = ParkedQueue(context.store, is_owner_running)
    async with run_driver(context.settings, context.store, LocalAskers(context)):
        while True:
            call = await anyio.to_thread.run_sync(queue.find, order.drives)
            if call is None or not _has_work(call):
                line.send("done")
                os._exit(0)
            await anyio.sleep(SWEEP_SECONDS)


def _has_work(call: ParkedCall) -> bool:
    if call.state == "running":
        return True
    return call.state in {"waiting", "unknown"} and call.retry_at <= call.seen_at


async def _ask(context: CallContext, order: Order) -> str:
    terms = ParkingTerms(LOCAL, "sandbox")
    asked = await execute(
        context, order.operation, order.asks, origin=CallOrigin("rest"), when_approved=terms
    )
    return asked.approval.id if isinstance(asked, ApprovalRequired) else str(asked.body)


async def _prepare(order: Order, operation: str) -> dict[str, Any]:
    """Return the arguments of the call; the document that it is about is there, and nothing else is new."""
    reference = f"R-{secrets.token_hex(4)}"
    if operation == "issue_invoice":
        return {**DRAFT, "reference": reference, "email": ADDRESS, "subject": "Fatura"}
    context = open_context(order.url, order.key, order.store, order.later)
    try:
        made = await execute(
            context, "create_invoice", {**DRAFT, "reference": reference, "idempotency_key": reference}
        )
        about = {"document_type": "invoices", "document_id": int(made.body["document"]["id"])}
        finalize = {**about, "state": "finalized"}
        if operation == "change_state":
            return finalize
        asked = await execute(context, "change_state", finalize)
        assert isinstance(asked, ApprovalRequired)
        context.approvals.decide(asked.approval.id, approve=True, by="terminal:ana")
        await execute(context, "change_state", finalize)
        return {**about, "email": ADDRESS, "subject": "Fatura"}
    finally:
        await context.close()


async def _ask_here(order: Order) -> str:
    context = open_context(order.url, order.key, order.store, order.later)
    try:
        return await _ask(context, order)
    finally:
        await context.close()


def run_killed(run: ParkedRun, sandbox: Sandbox, place: str) -> ParkedRun:
    """Ask, kill, decide, kill, and let others take over."""
    base = Order(sandbox.base_url, sandbox.api_key, place, operation=run.operation)
    store = Store(place)
    reading, before = Reading(), len(sandbox.requests())
    try:
        asks = anyio.run(_prepare, base, run.operation)
        asks |= {"idempotency_key": secrets.token_hex(8)} if run.keyed else {}
        before = len(sandbox.requests()) if run.operation != "issue_invoice" else before
        asking = replace(base, asks=asks)
        if run.step in ASKING_STEPS and run_lives(work, [replace(asking, stop=run.step)], TIMEOUT) != [None]:
            return replace(run, wrong="it was not killed")
        identifier = anyio.run(
            _ask_here, replace(asking, later=LIFE_SECONDS * bool(run.step in ASKING_STEPS))
        )
        return _take_over(run, store, replace(base, drives=identifier), sandbox, reading, before)
    finally:
        store.close()


def _take_over(
    run: ParkedRun, store: Store, base: Order, sandbox: Sandbox, reading: Reading, before: int
) -> ParkedRun:
    """Decide, kill the first process that drives, and let the next ones carry the call out."""
    queue, approvals = ParkedQueue(store, is_owner_running), ApprovalRepository(store, 15)
    waiting = base.drives
    reading.go_on(store)
    approvals.decide(waiting, approve=True, by="terminal:ana")
    if run.step in DRIVING_STEPS and run_lives(work, [replace(base, stop=run.step)], TIMEOUT) != [None]:
        return replace(run, wrong="it was not killed")
    call = None
    for life in range(1, LIVES + 1):
        reading.go_on(store)
        heard = run_lives(
            work, [replace(base, drives=waiting, later=life * LIFE_SECONDS)] * run.servers, TIMEOUT
        )
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
    reading.go_on(store)
    state = call.state if call is not None else "lost"
    requests = sandbox.requests()[before:]
    events = Events(store, 30).read_after(0, 500).events
    wrong = _judge_requests(run, state, requests) or _judge_documents(run, sandbox, store)
    return replace(run, state=state, wrong=wrong or _judge_events(state, events, reading.got, waiting))


def _judge_requests(run: ParkedRun, state: str, requests: Sequence[Mapping[str, Any]]) -> str:
    """Return what is wrong with the requests that cannot be undone: each is sent once, or its outcome is told as unknown."""
    sent = Counter(one["path"].rpartition("/")[2] for one in requests if one["method"] != "GET")
    wanted = {
        "change_state": {"change-state.json": 1},
        "send_email": {"email-document.json": 1},
        "issue_invoice": {"change-state.json": 1, "email-document.json": 1},
    }[run.operation]
    told = state == "unknown" and (run.operation, run.step) in MAY_STAY_UNKNOWN
    if state != "done" and not told:
        return f"ended as {state}"
    if any(sent[path] > count or (sent[path] < count and not told) for path, count in wanted.items()):
        return f"sent {dict(sent)}"
    return ""


def _judge_documents(run: ParkedRun, sandbox: Sandbox, store: Store) -> str:
    """Return what is wrong with the documents: one, and it is issued."""
    found = Ledger(sandbox).list_rows(Document)
    issued = [one for one in found if one.status == "final"]
    return "" if (len(found), len(issued)) == (1, 1) else f"{len(found)} documents, {len(issued)} issued"


def _judge_events(state: str, events: Sequence[Event], got: Sequence[Event], waiting: str) -> str:
    """Return what is wrong with the events: each is there once, in order, and the reader got all of them once."""
    if [one.position for one in events] != list(range(1, len(events) + 1)):
        return "events are missing or out of order"
    if [one.id for one in got] != [one.id for one in events]:
        return f"the reader got {len(got)} of {len(events)} events"
    ends = Counter(one.type for one in events if one.subject == f"approval/{waiting}")
    end = "parked_call.done" if state == "done" else "parked_call.unknown"
    wanted = {"approval.requested": 1, "approval.decided": 1, end: 1}
    return f"events {dict(ends)}" if any(ends[kind] != count for kind, count in wanted.items()) else ""


def list_runs(stores: Sequence[str], rounds: int) -> list[ParkedRun]:
    """Return every operation × step × store × servers × key, as often as wanted."""
    return [
        ParkedRun(operation, step, store, servers, keyed)
        for _ in range(rounds)
        for operation, without in WITHOUT.items()
        for step in STEPS
        if step not in without
        for store in stores
        for servers in (1, 2)
        for keyed in (False, True)
    ]


def _prepare_template(place: str) -> None:
    """Create the tables of the store and of the engine, which takes longer than a run."""
    store = Store(place)
    with store.writing():
        pass
    engine = Engine(store, 240.0, lambda identifier: None)
    engine.start()
    engine.stop()
    store.close()


@contextmanager
def open_places(kinds: Sequence[str], folder: Path) -> Iterator[Mapping[str, Callable[[], Any]]]:
    """Yield for each kind of store how to open an empty one; kinds without a server are left out."""
    with ExitStack() as until_the_end:
        places: dict[str, Callable[[], Any]] = {}
        if "sqlite" in kinds:
            _prepare_template(str(folder / "template.db"))
            places["sqlite"] = lambda: _copy_file(folder)
        if "postgresql" in kinds:
            template = until_the_end.enter_context(open_database())
            if template:
                _prepare_template(template)
                places["postgresql"] = lambda: open_database(template)
        yield places


@contextmanager
def _copy_file(folder: Path) -> Iterator[str]:
    place = folder / f"{secrets.token_hex(6)}.db"
    for one in (".db", ".driver.db"):
        shutil.copy(folder / f"template{one}", place.with_name(f"{place.stem}{one}"))
    yield str(place)
    for rest in folder.glob(f"{place.stem}.*"):
        rest.unlink()


def run_all(runs: Sequence[ParkedRun]) -> Iterator[ParkedRun]:
    """Yield each run with its result; runs on PostgreSQL are left out without a server."""
    with (
        Sandbox(clock=NOW) as sandbox,
        tempfile.TemporaryDirectory() as folder,
        open_places(sorted({run.store for run in runs}), Path(folder)) as places,
    ):
        for run in runs:
            if run.store in places:
                sandbox.reset()
                sandbox.set_option("rate_limit", 1_000_000)
                with places[run.store]() as place:
                    yield run_killed(run, sandbox, place)


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong and a table; return 1 when anything is."""
    parser = argparse.ArgumentParser(prog="python -m faults parked")
    every = len(list_runs(("sqlite", "postgresql"), 1))
    parser.add_argument(
        "--rounds", type=int, default=1, help=f"how often each of the {every} combinations is run"
    )
    parser.add_argument(
        "--part", default="1/1", help="one part of them, such as 2/4, to run parts beside each other"
    )
    options = parser.parse_args(arguments)
    part, parts = map(int, options.part.split("/"))
    told: Counter[tuple[str, str, str]] = Counter()
    wrong = count = 0
    for one in run_all(list_runs(("sqlite", "postgresql"), options.rounds)[part - 1 :: parts]):
        count += 1
        told[one.operation, one.step, "wrong" if one.wrong else one.state] += 1
        if one.wrong:
            wrong += 1
            print(f"{one}", flush=True)
    for operation, step in dict.fromkeys((key[0], key[1]) for key in told):
        row = "  ".join(f"{told[operation, step, word]:4} {word}" for word in ("done", "unknown", "wrong"))
        print(f"{operation:14} {step:16} {row}")
    print(f"{count} runs, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
