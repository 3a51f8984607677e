"""Interrupt servers between the last read and the request, while another caller writes.

held at the last read   SIGSTOP ─▶ the other server writes ─▶ SIGCONT       SIGKILL ─▶ the other server writes
held at the request     429, refused ─▶ changed in InvoiceXpress itself     SIGKILL ─▶ the other server writes
"""

import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx2
from anyio.abc import TaskGroup

from faults.gap_transport import GapTransport
from faults.hosts import CallResult, Host, open_http, open_session
from faults.rounds import ACCEPTED, QUIET_LINE, Cell, Round, Subject, judge_round
from faults.sandbox_account import OTHER, SandboxAccount
from faults.servers import Server, lift_limits, start_server_process
from ix_tools.api_client.client import EXTRA_SECONDS
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.idempotency.claims import MAX_SECONDS_IN_FLIGHT
from ix_tools.pipeline.context import CallContext
from ix_tools.sandbox.server import Sandbox

TIMEOUT = 3
"""Response timeout of these servers in seconds, which also sets the length of their leases."""
UNKNOWN = TIMEOUT * 8.0 + MAX_SECONDS_IN_FLIGHT + 30.0
"""Upper limit, in seconds, until the other server continues: the lease of the dead one, the time in which its request may
still be in progress, and a margin for a busy machine."""
FOREVER = 600.0
UNDECIDED = frozenset({"busy", "in_progress", "outcome_unknown"})
"""Codes after which the same call is repeated."""
CELL = Cell("interrupted", "change_state", "update_invoice", 0.0)


@dataclass
class Interruption:
    """An interruption and its result."""

    name: str
    store: str
    codes: str = ""
    waited: float = 0.0
    """Seconds until the other server continued."""
    problems: str = ""

    def __str__(self) -> str:
        """Return a line of the table."""
        return f"{self.name:34} {self.store:10} told {self.codes:40} the other after {self.waited:5.1f} s  {self.problems}"


@dataclass
class InterruptionScene:
    """An account, two servers on one store, and a host for each."""

    books: SandboxAccount
    servers: tuple[Server, Server]
    one: Host
    two: Host
    last_read: int = 0
    """Number of reads of the document between approval and request."""

    async def prepare_question(self) -> Subject:
        """Create a draft and request its approval."""
        number = self.books.create_draft(reference="STOPPED")
        call = ("change_state", {"document_type": "invoices", "document_id": number, "state": "finalized"})
        question = await self.one.call(*call)
        if not question.handle:
            raise RuntimeError(f"nobody was asked: {question.body}")
        self.books.commits.clear()
        return Subject(number, call, question, self.books.take_snapshot(number))

    async def rehearse(self) -> None:
        """Run once without interruption, to find out which read is the last."""
        subject = await self.prepare_question()
        told = await self.one.call(*subject.first, subject.question)
        if not told.ok:
            raise RuntimeError(f"not finalized: {told.body}")
        self.last_read = self.count_reads(subject)

    def count_reads(self, subject: Subject) -> int:
        """Count the reads of the document before it was finalized."""
        paths = [f"{method} {path}" for method, path, _ in self.books.commits]
        sent = paths.index(f"PUT /invoices/{subject.number}/change-state.json")
        return paths[:sent].count(f"GET /invoices/{subject.number}.json")

    async def write_from_other(self, subject: Subject) -> tuple[CallResult, float]:
        """Change the document through the other server, repeating while it returns `busy` or does not know the outcome.

        With this timeout, a busy machine may leave the change itself without an answer. `outcome_unknown` is then true, and the
        stopped call rightly finds the document claimed; but repeated, the change must end with a definite result.
        """
        change = {
            "document_type": "invoices",
            "document_id": subject.number,
            "client": {"code": OTHER["code"]},
            "items": [QUIET_LINE],
            "accept": ACCEPTED,
        }
        began = time.monotonic()
        while True:
            told = await self.two.call("update_invoice", change)
            if told.code not in UNDECIDED or time.monotonic() - began > UNKNOWN:
                return told, time.monotonic() - began
            await anyio.sleep(0.2)


def _judge(
    found: Interruption, scene: InterruptionScene, subject: Subject, first: CallResult, second: CallResult
) -> None:
    done = Round(CELL)
    judge_round(done, scene.books, subject, first, second)
    found.codes = f"{first.code} and {second.code}"
    found.problems = "; ".join(f"{', '.join(done.faults)}: {what}" for what in done.results)


async def run_stopped(found: Interruption, scene: InterruptionScene, seconds: float) -> None:
    """Stop the process after its last read until the other one has written, or for so many seconds, then continue it."""
    subject = await scene.prepare_question()
    told: list[CallResult] = []
    second, written = CallResult(), anyio.Event()

    async def answer() -> None:
        told.append(await scene.one.call(*subject.first, subject.question))

    async def write() -> None:
        nonlocal second
        second, found.waited = await scene.write_from_other(subject)
        written.set()

    async with anyio.create_task_group() as group:
        await _held_at_the_last_read(group, answer, scene, subject)
        process = scene.servers[0].process
        process.send_signal(signal.SIGSTOP)
        try:
            scene.books.sandbox.clear_faults()
            group.start_soon(write)
            with anyio.move_on_after(seconds):
                await written.wait()
        finally:
            process.send_signal(signal.SIGCONT)
    if not second.ok and not told[0].ok:
        second, _ = await scene.write_from_other(subject)
    _judge(found, scene, subject, told[0], second)
    if told[0].ok and scene.count_reads(subject) <= scene.last_read:
        found.problems = f"{found.problems} it woke and sent its request without looking again".strip()


async def run_killed(found: Interruption, scene: InterruptionScene, under_way: bool) -> None:
    """Kill the process after the last read, or while the request is in progress."""
    subject = await scene.prepare_question()

    async def answer() -> None:
        try:
            await scene.one.call(*subject.first, subject.question)
        except httpx2.HTTPError:
            return  # the server was killed

    async with anyio.create_task_group() as group:
        if under_way:
            path = f"/invoices/{subject.number}/change-state.json"
            scene.books.sandbox.fault("PUT", f"^{path}$", delay=FOREVER, drop="before")
            group.start_soon(answer)
            await _wait_for_arrival(scene, path)
        else:
            await _held_at_the_last_read(group, answer, scene, subject)
        scene.servers[0].process.kill()
        scene.books.sandbox.clear_faults()
        second, found.waited = await scene.write_from_other(subject)
    _judge(found, scene, subject, CallResult({"ok": False, "code": "killed", "sent": "unknown"}), second)
    if found.waited > UNKNOWN or not second.ok:
        found.problems = (
            f"{found.problems} the other was told {second.code} after {found.waited:.0f} s".strip()
        )


async def _wait_for_arrival(scene: InterruptionScene, path: str) -> None:
    """Wait until the request has arrived and is held."""
    if not await anyio.to_thread.run_sync(scene.books.sandbox.wait_for_request, "PUT", f"^{path}$", 60):
        raise RuntimeError("the request never came")


async def _held_at_the_last_read(
    group: TaskGroup,
    answer: Callable[[], Coroutine[Any, Any, None]],
    scene: InterruptionScene,
    subject: Subject,
) -> None:
    path = f"/invoices/{subject.number}.json"
    scene.books.sandbox.fault("GET", f"^{path}$", skip=scene.last_read - 1, delay=FOREVER, after_commit=True)
    group.start_soon(answer)
    if not await anyio.to_thread.run_sync(scene.books.wait_for, "GET", path, scene.last_read):
        raise RuntimeError("the last read never came")


async def run_told_to_wait(found: Interruption, scene: InterruptionScene) -> None:
    """Answer the request with 429, and change the document before it may be repeated."""
    subject = await scene.prepare_question()
    path = f"/invoices/{subject.number}/change-state.json"
    scene.books.sandbox.fault("PUT", f"^{path}$", delay=FOREVER, status=429, headers={"Retry-After": "0"})
    told: list[CallResult] = []

    async def answer() -> None:
        told.append(await scene.one.call(*subject.first, subject.question))

    async with anyio.create_task_group() as group:
        group.start_soon(answer)
        await _wait_for_arrival(scene, path)
        scene.books.change_draft(subject.number, OTHER, {"name": "Outro serviço", "unit_price": "100"})
        scene.books.sandbox.clear_faults()
    _judge(found, scene, subject, told[0], CallResult({"ok": True}))


WITH_SERVERS: dict[str, Callable[[Interruption, InterruptionScene], Awaitable[None]]] = {
    "429 on the request": run_told_to_wait,
    "SIGSTOP for a moment": partial(run_stopped, seconds=2 * TIMEOUT),
    "SIGSTOP for longer than a claim": partial(run_stopped, seconds=UNKNOWN),
    "SIGKILL after the last read": partial(run_killed, under_way=False),
    "SIGKILL with the request under way": partial(run_killed, under_way=True),
}


async def run_with_servers(name: str, kind: str, store: str, folder: Path) -> Interruption:
    """Run an interruption of real processes, with its own servers, because some are killed."""
    found = Interruption(name, kind)
    async with AsyncExitStack() as stack:
        books = SandboxAccount(stack.enter_context(Sandbox()))
        # Every interruption has its own account, so that none affects another.
        account = f"{kind}-{abs(hash(name)) % 10**6}"
        urls = {account: books.sandbox.base_url}
        one = stack.enter_context(
            start_server_process(store, urls, folder / f"{account}-one", timeout=TIMEOUT)
        )
        two = stack.enter_context(
            start_server_process(store, urls, folder / f"{account}-two", timeout=TIMEOUT)
        )
        hosts = [await stack.enter_async_context(open_http(each.url, account)) for each in (one, two)]
        scene = InterruptionScene(books, (one, two), hosts[0], hosts[1])
        await scene.rehearse()
        await WITH_SERVERS[name](found, scene)
    return found


async def run_refused(kind: str, store: str) -> Interruption:
    """Refuse the connection of the request, and change the document before the next attempt."""
    found = Interruption("refused connection", kind)
    async with AsyncExitStack() as stack:
        books = SandboxAccount(stack.enter_context(Sandbox()))
        context, gap = open_gap_context(books, store, f"{kind}-refused")
        stack.push_async_callback(context.close)
        host = await stack.enter_async_context(open_session(context))
        scene = InterruptionScene(books, (None, None), host, host)  # type: ignore[arg-type]
        subject = await scene.prepare_question()

        async def turned_away(request: httpx2.Request) -> httpx2.Response | None:
            books.change_draft(subject.number, OTHER, {"name": "Outro serviço", "unit_price": "100"})
            raise httpx2.ConnectError("refused", request=request)

        gap.action.append(turned_away)
        told = await host.call(*subject.first, subject.question)
        _judge(found, scene, subject, told, CallResult({"ok": True}))
    return found


def open_gap_context(
    books: SandboxAccount, store: str, account: str, timeout: int = 30, policy: Path | None = None
) -> tuple[CallContext, GapTransport]:
    """Open a context of this process whose requests go through a GapTransport."""
    made = Settings(
        store=store, language="en", timeout_seconds=timeout, policy=policy, approval_min_seconds=0
    )
    made = point_at_sandbox(made, books.sandbox.base_url, books.sandbox.api_key)
    context = CallContext.open(
        lift_limits(made.model_copy(update={"account": account})), now=books.sandbox.backend.control.now
    )
    gap = GapTransport()
    context.account._client = httpx2.AsyncClient(transport=gap, timeout=timeout + EXTRA_SECONDS)
    return context, gap


async def run_all(server: str, folder: Path, tell: Callable[[Interruption], None]) -> None:
    """Run all interruptions on both stores in parallel; `server` is a PostgreSQL URL, or empty."""
    async with anyio.create_task_group() as group:
        for kind, store in (("sqlite", str(folder / "interrupted.db")), ("postgresql", server)):
            if store:
                group.start_soon(_run_on_store, kind, store, folder, tell)


async def _run_on_store(kind: str, store: str, folder: Path, tell: Callable[[Interruption], None]) -> None:
    rest = {"refused connection": partial(run_refused, kind, store)}
    whole = {name: partial(run_with_servers, name, kind, store, folder) for name in WITH_SERVERS}
    for name, one in {**whole, **rest}.items():
        try:
            tell(await one())
        except Exception as trouble:  # noqa: BLE001 - told with the rest
            tell(Interruption(name, kind, problems=f"{type(trouble).__name__}: {trouble}"))
