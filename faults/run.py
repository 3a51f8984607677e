"""Run a plan: a case, a fault, a store, one or two processes, called three times."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from faults.cases import Case, Json, Ledger
from faults.worker import Order, postpone, work

TIMEOUT = 180.0
"""Seconds until a silent process counts as dead, with a margin for a busy machine."""
MUCH_LATER = 600.0
"""Seconds after which no request can be in progress."""


class Process(ForkServerProcess):
    """A process with the environment of its parent: the fork server would keep its own."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self._environment = dict(os.environ)

    def run(self) -> None:
        """Run in that environment."""
        os.environ.clear()
        os.environ.update(self._environment)
        super().run()


class Processes(ForkServerContext):
    """Multiprocessing context with a fork server, which loads the modules once."""

    Process = Process


PROCESSES = Processes()
PROCESSES.set_forkserver_preload(["faults.preload"])
FOREVER = 60.0


@dataclass(frozen=True)
class Break:
    """A fault and its place: the write, the look-ups before it, the read-back, or the process."""

    name: str
    step: str
    sandbox_fault: Json | None = None
    """Fault in the sandbox."""
    kill: str = ""
    """Step of the worker at which the process is killed, or `under way` for during the request."""
    nobody: str = ""
    """Kind of an address that does not answer: refused, silent."""
    slow: bool = False
    """Whether the request is in progress until after the second call."""
    store_fails: bool = False


HTML = "<html><body>Application error</body></html>"
AT_REQUESTS: tuple[tuple[str, Json], ...] = (
    ("reset before commit", {"drop": "before"}),
    ("500 before commit", {"status": 500}),
    ("429 with Retry-After", {"status": 429, "headers": {"Retry-After": "1"}}),
    ("HTML, nothing done", {"status": 200, "body": HTML}),
)
AFTER_COMMIT: tuple[tuple[str, Json], ...] = (
    ("reset after commit", {"drop": "after"}),
    ("500 after commit", {"status": 500, "after_commit": True}),
    ("503 after commit", {"status": 503, "body": HTML, "after_commit": True}),
    ("cut JSON", {"cut": 12}),
    ("empty body", {"status": 200, "after_commit": True}),
    ("HTML after commit", {"status": 200, "body": HTML, "after_commit": True}),
    ("wrong totals", {"status": 200, "after_commit": True}),
)
SLOW = {"delay": FOREVER}
SLOW_ANSWER = {"delay": FOREVER, "after_commit": True}
BREAKS = (
    *(Break(name, "write", fault) for name, fault in (*AT_REQUESTS, *AFTER_COMMIT)),
    Break("refused", "write", nobody="refused"),
    Break("connect time-out", "write", nobody="silent"),
    Break("read time-out, under way", "write", SLOW, slow=True),
    Break("read time-out, done", "write", SLOW_ANSWER),
    *(Break(name, "look-ups", {**fault, "times": None}) for name, fault in AT_REQUESTS),
    Break("cut JSON", "look-ups", {"cut": 12, "times": None}),
    Break("empty body", "look-ups", {"status": 200, "times": None}),
    Break("refused", "look-ups", nobody="refused"),
    Break("read time-out", "look-ups", {**SLOW, "times": None}),
    *(Break(name, "read back", {**fault, "times": None}) for name, fault in AT_REQUESTS),
    Break("cut JSON", "read back", {"cut": 12, "times": None}),
    Break("empty body", "read back", {"status": 200, "times": None}),
    Break("kill -9", "before intent", kill="before intent"),
    Break("kill -9", "after intent", kill="after intent"),
    Break("kill -9", "request under way", SLOW, kill="under way", slow=True),
    Break("kill -9", "request committed", SLOW_ANSWER, kill="under way"),
    Break("kill -9", "after answer", kill="answered"),
    Break("kill -9", "before finish", kill="before finish"),
    Break("kill -9", "after finish", kill="after finish"),
    Break("store gone", "finish", store_fails=True),
)


@dataclass(frozen=True)
class Plan:
    """Plan of a run."""

    number: int
    case: Case
    broken: Break
    store: str
    processes: int
    keyed: bool


@dataclass
class RunResult:
    """Result of a run."""

    plan: Plan
    told: list[tuple[int, Json]] = field(default_factory=list)
    """Number of the call and its result; {} for a killed process."""
    effects: list[int] = field(default_factory=list)
    """Number of effects after each call."""
    left: list[str] = field(default_factory=list)
    """States of intents that are unfinished at the end."""
    faults: list[str] = field(default_factory=list)
    """Faults: duplicate, lost, unreported, unfinished, trail."""


class Worker:
    """A process that executes one order."""

    def __init__(self, order: Order) -> None:
        self.line, theirs = PROCESSES.Pipe()
        self.process: BaseProcess = PROCESSES.Process(target=work, args=(order, theirs), daemon=True)
        self.process.start()
        theirs.close()
        self.expect("ready")

    def start(self, seconds: float = 0.0) -> None:
        """Let it start, now or later by its clock, or continue from the step at which it stopped."""
        self.line.send(seconds)

    def expect(self, what: str) -> Any:
        """Wait for its next message."""
        word, content = _parse_line(self.line)
        if word != what:
            raise RuntimeError(f"expected {what}, heard {word}: {content}")
        return content

    def get_result(self) -> Json:
        """Let it run to its end and return the result."""
        word, content = _parse_line(self.line)
        while word != "told":
            self.start()
            word, content = _parse_line(self.line)
        found: Json = content
        return found

    def end(self) -> None:
        """End the process."""
        self.line.send(None)
        self.process.join(TIMEOUT)

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        self.process.kill()
        self.process.join(TIMEOUT)


def _parse_line(line: Connection) -> Any:
    if not line.poll(TIMEOUT):
        raise RuntimeError("a worker said nothing")
    return line.recv()


@dataclass
class RunEnvironment:
    """Sandbox, stores and addresses of the runs."""

    ledger: Ledger
    folder: Path
    empty: Path
    """A migrated SQLite file to copy."""
    server: str
    """A PostgreSQL URL, or empty."""
    refused: str
    silent: str


def execute_plan(plan: Plan, places: RunEnvironment) -> RunResult:
    """Call three times: with the fault, immediately after it, and much later."""
    ledger, sandbox = places.ledger, places.ledger.sandbox
    sandbox.reset()
    sandbox.set_option("rate_limit", 1_000_000)
    arguments = plan.case.arrange(ledger)
    if plan.keyed:
        arguments = {**arguments, "idempotency_key": "the-same"}
    sandbox.clear_requests()
    order = Order(
        url=sandbox.base_url,
        key=sandbox.api_key,
        store=_prepare_store(plan, places),
        account=f"run{plan.number}",
        operation=plan.case.operation,
        arguments=arguments,
        timeout=1 if "time-out" in plan.broken.name else 5,
        stop="answered" if plan.broken.step == "read back" else plan.broken.kill.replace("under way", ""),
        writes_to=getattr(places, plan.broken.nobody)
        if plan.broken.nobody and plan.broken.step == "write"
        else "",
        store_fails=plan.broken.store_fails,
    )
    found = RunResult(plan)
    _run_first_life(found, order, places, arguments)
    if not plan.broken.slow:
        _clear_faults(sandbox)
    found.effects.append(plan.case.count(ledger, arguments))
    again = Worker(postpone(order, 0.0)) if _is_worth_repeating(found) else None
    for life, seconds in ((2, 0.0), (3, MUCH_LATER)):
        if again is not None and _is_worth_repeating(found):
            again.start(seconds)
            found.told.append((life, again.get_result()))
        _clear_faults(sandbox)
        found.effects.append(plan.case.count(ledger, arguments))
    if again is not None:
        again.end()
    elif plan.broken.store_fails:
        # After a success no caller repeats the call; an outcome missing in the store is recovered at the next start.
        start = Worker(replace(postpone(order, MUCH_LATER), operation="list_taxes", arguments={}))
        start.start(MUCH_LATER)
        start.get_result()
        start.end()
    _judge(found, order)
    return found


def _prepare_store(plan: Plan, places: RunEnvironment) -> str:
    if plan.store == "postgresql":
        return places.server
    file = places.folder / f"{plan.number}.db"
    shutil.copy(places.empty, file)
    return str(file)


def _run_first_life(found: RunResult, order: Order, places: RunEnvironment, arguments: Json) -> None:
    plan, sandbox = found.plan, places.ledger.sandbox
    broken = plan.broken
    if broken.step == "look-ups" and broken.nobody:
        order = Order(**{**vars(order), "url": places.refused})
    first = Worker(order)
    second = Worker(postpone(order, 0.0)) if plan.processes == 2 else None
    if broken.sandbox_fault and broken.step != "read back":
        sandbox.fault(**_build_fault(plan, places.ledger, arguments))
    first.start()
    if broken.kill == "under way":
        if not sandbox.wait_for_request(plan.case.method, plan.case.path, TIMEOUT):
            raise RuntimeError("the request never came")
        _wait_for_commit(plan, places.ledger, arguments)
    elif order.stop:
        first.expect("at")
    if second is not None:
        second.start()
    if broken.kill:
        first.kill()
        found.told.append((1, {}))
    else:
        if broken.step == "read back":
            sandbox.fault(**{**(broken.sandbox_fault or {}), "method": "GET"})
            first.start()
        found.told.append((1, first.get_result()))
        first.end()
    if second is not None:
        found.told.append((1, second.get_result()))
        second.end()


def _wait_for_commit(plan: Plan, ledger: Ledger, arguments: Json) -> None:
    """Wait until the sandbox has committed the request whose response it holds."""
    if (plan.broken.sandbox_fault or {}).get("after_commit"):
        _wait_until(lambda: plan.case.count(ledger, arguments) > 0)


def _build_fault(plan: Plan, ledger: Ledger, arguments: Json) -> Json:
    broken = plan.broken
    fault = dict(broken.sandbox_fault or {})
    if broken.step == "look-ups":
        return {**fault, "method": "GET"}
    if broken.name == "wrong totals":
        fault["body"] = _build_wrong_answer(plan.case, ledger, arguments)
    return {**fault, "method": plan.case.method, "path": plan.case.path}


def _build_wrong_answer(case: Case, ledger: Ledger, arguments: Json) -> Any:
    """Build a response for the right document with a wrong total."""
    from ix_tools.sandbox.rows import Document

    numbers = [row.id for row in ledger.list_rows(Document)]
    made = max(numbers, default=1000) + 1
    body: Json = {
        "id": arguments.get("document_id") or arguments.get("receipt_id") or made,
        "total": 0.01,
        "status": "draft",
    }
    if case.answer == "receipt":
        return {"receipt": {**body, "id": arguments.get("receipt_id") or made}}
    if case.answer == "document":
        return {arguments["document_type"].removesuffix("s"): body}
    return {"sequences": [{"id": 70020, "serie": "?"}]} if case.answer == "sequences" else None


def _clear_faults(sandbox: Any) -> None:
    """Remove all faults, and wait until requests in progress have ended."""
    slow = [at for at, one in enumerate(sandbox.requests()) if one["status"] is None]
    with _hold_answers(sandbox) as held:
        sandbox.clear_faults()
    if held:
        _wait_until(lambda: any(sandbox.requests()[at]["status"] is not None for at in slow))


@contextmanager
def _hold_answers(sandbox: Any) -> Iterator[bool]:
    control = sandbox.backend.control
    with control._lock:
        under_way = bool(control._held)
    yield under_way


def _wait_until(true: Any) -> None:
    end = time.monotonic() + TIMEOUT
    while not true():
        if time.monotonic() > end:
            raise RuntimeError("it never came to that")
        time.sleep(0.002)


# --- what it means ---------------------------------------------------------------------------------------


def is_done(told: Json) -> bool:
    """Tell whether a result reports success, however the document was stored."""
    return bool(told.get("ok")) or told.get("sent") == "stored"


def is_unknown(told: Json) -> bool:
    """Tell whether a result reports an unknown outcome."""
    return told.get("sent") == "unknown" or told.get("code") == "in_progress"


def _is_worth_repeating(found: RunResult) -> bool:
    """Tell whether a caller repeats the call: until it reports success, or when the process was killed."""
    told = [one for _, one in found.told]
    if found.plan.keyed:
        return True
    return not any(is_done(one) for one in told)


def _judge(found: RunResult, order: Order) -> None:
    plan, effects = found.plan, found.effects
    wrong: list[str] = []
    if effects[-1] > 1:
        wrong.append("duplicate")
    by_life = [[one for life, one in found.told if life == number] for number in (1, 2, 3)]
    for number, told in enumerate(by_life):
        before = effects[number - 1] if number else 0
        if any(is_done(one) for one in told) and effects[max(number, 0)] == 0:
            wrong.append("lost")
        happened = effects[number] > before
        slow = plan.broken.slow and number == 0 and effects[1] > 0
        heard = [one for one in told if one]
        definite = (
            heard and len(heard) == len(told) and not any(is_done(one) or is_unknown(one) for one in heard)
        )
        if (happened or slow) and definite:
            wrong.append("unreported")
    last = found.told[-1][1]
    if effects[-1] == 0 and not is_unknown(last):
        wrong.append("unfinished")
    untold = effects[-1] == 1 and not any(is_done(one) for _, one in found.told)
    if untold and plan.case.tells and (plan.keyed or plan.broken.step != "after finish"):
        wrong.append("untold")
    if any(one.get("code") == "internal_error" for _, one in found.told):
        wrong.append("internal")
    found.left, trail = _inspect_journal(order)
    if trail:
        wrong.append("trail")
    # A created resource is recognized by its unique id alone, when the call is repeated.
    unasked = plan.broken.store_fails and plan.case.operation == "create_invoice" and not plan.keyed
    if found.left and plan.case.tells and not unasked:
        wrong.append("left open")
    found.faults = sorted(set(wrong))


def _inspect_journal(order: Order) -> tuple[list[Any], list[Any]]:
    """Return the unfinished intents of the journal, and faults in the audit trail of a file."""
    from ix_tools.api_client.client import account_name
    from ix_tools.audit import trail as audit
    from ix_tools.config.settings import Settings, point_at_sandbox
    from ix_tools.idempotency.intents import UNFINISHED
    from ix_tools.idempotency.journal import Journal
    from ix_tools.storage.database import Store

    store = Store(order.store)
    settings = point_at_sandbox(Settings(), order.url, order.key).model_copy(
        update={"account": order.account}
    )
    try:
        left = [
            one.state
            for one in Journal(store, 1.0).list_intents(account_name(settings))
            if one.state in UNFINISHED
        ]
        trail = audit.verify_chain(store, Path()) if store.file else []
    finally:
        store.close()
    return left, trail
