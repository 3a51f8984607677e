"""Servers that are stopped, killed, turned away or told to wait between the last read and the request, while somebody else writes.

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

from faults.books import OTHER, Books
from faults.gap import Gap
from faults.hosts import Host, Told, in_session, over_http
from faults.rounds import ACCEPTED, QUIET_LINE, Cell, Round, Subject, judged
from faults.servers import Server, lifted, serving
from ix_tools.api_client.client import SPARE
from ix_tools.config.settings import Settings, for_sandbox
from ix_tools.idempotency.claims import IN_FLIGHT
from ix_tools.pipeline.context import Desk
from ix_tools.sandbox.server import Sandbox

TIMEOUT = 3
"""Seconds that these servers wait for an answer: a claim's time follows from it."""
UNKNOWN = TIMEOUT * 8.0 + IN_FLIGHT + 30.0
"""Seconds until the other one goes on, at most: the lease of who is gone, the time in which its request may still be under way,
and something for a busy machine."""
FOREVER = 600.0
CELL = Cell("interrupted", "change_state", "update_invoice", 0.0)


@dataclass
class Interruption:
    """One of them, and what came of it."""

    name: str
    store: str
    codes: str = ""
    waited: float = 0.0
    """Seconds until the other one went on."""
    wrong: str = ""

    def __str__(self) -> str:
        """A line of the table."""
        return f"{self.name:34} {self.store:10} told {self.codes:40} the other after {self.waited:5.1f} s  {self.wrong}"


@dataclass
class Scene:
    """An account, two servers on one store, and a host before each."""

    books: Books
    servers: tuple[Server, Server]
    one: Host
    two: Host
    last_read: int = 0
    """How many reads of the document there are from the person's yes to the request."""

    async def asked(self) -> Subject:
        """A draft that a person was shown."""
        number = self.books.draft(reference="STOPPED")
        call = ("change_state", {"document_type": "invoices", "document_id": number, "state": "finalized"})
        question = await self.one.call(*call)
        if not question.handle:
            raise RuntimeError(f"nobody was asked: {question.body}")
        self.books.commits.clear()
        return Subject(number, call, question, self.books.seen(number))

    async def rehearsed(self) -> None:
        """Once without interruption, to see which read is the last."""
        subject = await self.asked()
        told = await self.one.call(*subject.first, subject.question)
        if not told.ok:
            raise RuntimeError(f"not finalized: {told.body}")
        self.last_read = self.reads(subject)

    def reads(self, subject: Subject) -> int:
        """How often the document was read before it was finalized."""
        paths = [f"{method} {path}" for method, path, _ in self.books.commits]
        sent = paths.index(f"PUT /invoices/{subject.number}/change-state.json")
        return paths[:sent].count(f"GET /invoices/{subject.number}.json")

    async def written(self, subject: Subject, patience: float) -> tuple[Told, float]:
        """The other one changes the document, again and again while told `busy`."""
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
            if told.code not in {"busy", "in_progress"} or time.monotonic() - began > patience:
                return told, time.monotonic() - began
            await anyio.sleep(0.2)


def _judged(found: Interruption, scene: Scene, subject: Subject, first: Told, second: Told) -> None:
    done = Round(CELL)
    judged(done, scene.books, subject, first, second)
    found.codes = f"{first.code} and {second.code}"
    found.wrong = "; ".join(f"{', '.join(done.faults)}: {what}" for what in done.said)


async def stopped(found: Interruption, scene: Scene, patience: float) -> None:
    """The whole process sleeps after its last read, until the other one has written or has waited for so long; then it wakes."""
    subject = await scene.asked()
    told: list[Told] = []

    async def answer() -> None:
        told.append(await scene.one.call(*subject.first, subject.question))

    async with anyio.create_task_group() as group:
        await _held_at_the_last_read(group, answer, scene, subject)
        process = scene.servers[0].process
        process.send_signal(signal.SIGSTOP)
        try:
            scene.books.box.clear_faults()
            second, found.waited = await scene.written(subject, patience)
        finally:
            process.send_signal(signal.SIGCONT)
    if not second.ok and not told[0].ok:
        second, _ = await scene.written(subject, UNKNOWN)
    _judged(found, scene, subject, told[0], second)
    if told[0].ok and scene.reads(subject) <= scene.last_read:
        found.wrong = f"{found.wrong} it woke and sent its request without looking again".strip()


async def killed(found: Interruption, scene: Scene, under_way: bool) -> None:
    """kill -9 after the last read, or with the request under way that is then lost."""
    subject = await scene.asked()

    async def answer() -> None:
        try:
            await scene.one.call(*subject.first, subject.question)
        except httpx2.HTTPError:
            return  # its server is dead

    async with anyio.create_task_group() as group:
        if under_way:
            path = f"/invoices/{subject.number}/change-state.json"
            scene.books.box.fault("PUT", f"^{path}$", delay=FOREVER, drop="before")
            group.start_soon(answer)
            await _arrived(scene, path)
        else:
            await _held_at_the_last_read(group, answer, scene, subject)
        scene.servers[0].process.kill()
        scene.books.box.clear_faults()
        second, found.waited = await scene.written(subject, UNKNOWN)
    _judged(found, scene, subject, Told({"ok": False, "code": "killed", "sent": "unknown"}), second)
    if found.waited > UNKNOWN or not second.ok:
        found.wrong = f"{found.wrong} the other was told {second.code} after {found.waited:.0f} s".strip()


async def _arrived(scene: Scene, path: str) -> None:
    """Wait until the request is there, and held."""
    if not await anyio.to_thread.run_sync(scene.books.box.wait_for_request, "PUT", f"^{path}$", 60):
        raise RuntimeError("the request never came")


async def _held_at_the_last_read(
    group: TaskGroup, answer: Callable[[], Coroutine[Any, Any, None]], scene: Scene, subject: Subject
) -> None:
    path = f"/invoices/{subject.number}.json"
    scene.books.box.fault("GET", f"^{path}$", skip=scene.last_read - 1, delay=FOREVER, after_commit=True)
    group.start_soon(answer)
    if not await anyio.to_thread.run_sync(scene.books.wait_for, "GET", path, scene.last_read):
        raise RuntimeError("the last read never came")


async def told_to_wait(found: Interruption, scene: Scene) -> None:
    """429 on the request, and the document changes before it may be sent again."""
    subject = await scene.asked()
    path = f"/invoices/{subject.number}/change-state.json"
    scene.books.box.fault("PUT", f"^{path}$", delay=FOREVER, status=429, headers={"Retry-After": "0"})
    told: list[Told] = []

    async def answer() -> None:
        told.append(await scene.one.call(*subject.first, subject.question))

    async with anyio.create_task_group() as group:
        group.start_soon(answer)
        await _arrived(scene, path)
        scene.books.changed(subject.number, OTHER, {"name": "Outro serviço", "unit_price": "100"})
        scene.books.box.clear_faults()
    _judged(found, scene, subject, told[0], Told({"ok": True}))


WITH_SERVERS: dict[str, Callable[[Interruption, Scene], Awaitable[None]]] = {
    "429 on the request": told_to_wait,
    "SIGSTOP for a moment": partial(stopped, patience=2 * TIMEOUT),
    "SIGSTOP for longer than a claim": partial(stopped, patience=UNKNOWN),
    "SIGKILL after the last read": partial(killed, under_way=False),
    "SIGKILL with the request under way": partial(killed, under_way=True),
}


async def with_servers(name: str, kind: str, store: str, folder: Path) -> Interruption:
    """One of those that need real processes: servers of their own, because some do not survive it."""
    found = Interruption(name, kind)
    async with AsyncExitStack() as stack:
        books = Books(stack.enter_context(Sandbox()))
        # An account of its own: what one interruption leaves behind is no other's.
        account = f"{kind}-{abs(hash(name)) % 10**6}"
        boxes = {account: books.box.base_url}
        one = stack.enter_context(serving(store, boxes, folder / f"{account}-one", timeout=TIMEOUT))
        two = stack.enter_context(serving(store, boxes, folder / f"{account}-two", timeout=TIMEOUT))
        hosts = [await stack.enter_async_context(over_http(each.url, account)) for each in (one, two)]
        scene = Scene(books, (one, two), hosts[0], hosts[1])
        await scene.rehearsed()
        await WITH_SERVERS[name](found, scene)
    return found


async def refused(kind: str, store: str) -> Interruption:
    """The connection for the request is refused, and the document changes before it is made again."""
    found = Interruption("refused connection", kind)
    async with AsyncExitStack() as stack:
        books = Books(stack.enter_context(Sandbox()))
        desk, gap = desk_with_a_gap(books, store, f"{kind}-refused")
        stack.push_async_callback(desk.close)
        host = await stack.enter_async_context(in_session(desk))
        scene = Scene(books, (None, None), host, host)  # type: ignore[arg-type]
        subject = await scene.asked()

        async def turned_away(request: httpx2.Request) -> httpx2.Response | None:
            books.changed(subject.number, OTHER, {"name": "Outro serviço", "unit_price": "100"})
            raise httpx2.ConnectError("refused", request=request)

        gap.happens.append(turned_away)
        told = await host.call(*subject.first, subject.question)
        _judged(found, scene, subject, told, Told({"ok": True}))
    return found


def desk_with_a_gap(
    books: Books, store: str, account: str, timeout: int = 30, policy: Path | None = None
) -> tuple[Desk, Gap]:
    """A desk of this process whose requests go through a gap."""
    made = Settings(
        store=store, language="en", timeout_seconds=timeout, policy=policy, approval_min_seconds=0
    )
    made = for_sandbox(made, books.box.base_url, books.box.api_key)
    desk = Desk.open(lifted(made.model_copy(update={"account": account})), now=books.box.box.control.now)
    gap = Gap()
    desk.account._client = httpx2.AsyncClient(transport=gap, timeout=timeout + SPARE)
    return desk, gap


async def all_of_them(server: str, folder: Path, tell: Callable[[Interruption], None]) -> None:
    """Each on both stores, side by side; `server` is a PostgreSQL URL, or empty."""
    async with anyio.create_task_group() as group:
        for kind, store in (("sqlite", str(folder / "interrupted.db")), ("postgresql", server)):
            if store:
                group.start_soon(_on_one_store, kind, store, folder, tell)


async def _on_one_store(kind: str, store: str, folder: Path, tell: Callable[[Interruption], None]) -> None:
    rest = {"refused connection": partial(refused, kind, store)}
    whole = {name: partial(with_servers, name, kind, store, folder) for name in WITH_SERVERS}
    for name, one in {**whole, **rest}.items():
        try:
            tell(await one())
        except Exception as trouble:  # noqa: BLE001 - told with the rest
            tell(Interruption(name, kind, wrong=f"{type(trouble).__name__}: {trouble}"))
