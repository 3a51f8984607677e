"""`python -m faults chat`: random stories of people who write and press in Slack and Telegram, against a model of what may happen.

Each story asks for one invoice, delivered once or several times; then people press, type and decide elsewhere, eligible or not, alone or at
once, on either platform, with restarts between. The model says whether the invoice may be issued. The sandbox says whether it was.
The adapters run with their real libraries against imitations of the platforms on loopback.
"""

import argparse
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio

from faults.fake_slack import FakeSlack
from faults.fake_telegram import TOKEN, FakeTelegram
from faults.servers import lift_limits
from ix_tools.approvals.expiry import expire_overdue
from ix_tools.approvals.parked_queue import ParkedQueue
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import IxError
from ix_tools.idempotency.process_identity import process_id
from ix_tools.interfaces.chat.conversation.service import ChatService
from ix_tools.interfaces.chat.conversation.shapes import IncomingCommand, IncomingPress, ReplyPlace
from ix_tools.interfaces.chat.runtime import ChatRuntime, build_runtime
from ix_tools.interfaces.chat.slack.adapter import SlackAccess, SlackAdapter
from ix_tools.interfaces.chat.telegram.adapter import TelegramAccess, TelegramAdapter
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ContextPool
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store

PEOPLE = {"ana": ("UANA", 11), "rui": ("URUI", 22), "eva": ("UEVA", 33), "stranger": ("UEVIL", 99)}
POLICY = """
[people]
ana = ["slack:T1.UANA", "telegram:11"]
rui = ["slack:T1.URUI", "telegram:22"]
eva = ["slack:T1.UEVA", "telegram:33", "terminal:eva"]

[[rules]]
name = "colleague"
decision = "person"
asker_may_approve = false
"""
PATIENCE = 60
BATCH = 40
"""Stories on one store."""
RESTARTS = 0.1


@dataclass
class WatchedService:
    """The conversation, which tells when it has answered."""

    service: ChatService
    answered: int = 0
    changed: anyio.Event = field(default_factory=anyio.Event)

    async def receive(self, command: IncomingCommand) -> None:
        await self._watch(self.service.receive(command))

    async def press(self, press: IncomingPress) -> None:
        await self._watch(self.service.press(press))

    async def submit(self, place: ReplyPlace, values: Any, kept: str, key: str) -> None:
        await self._watch(self.service.submit(place, values, kept, key))

    async def _watch(self, answer: Awaitable[None]) -> None:
        await answer
        self.answered += 1
        self.changed.set()
        self.changed = anyio.Event()


class World:
    """Both platforms, one account, one store."""

    def __init__(self, box: Sandbox, folder: Path) -> None:
        self.box = box
        policy = folder / "policy.toml"
        policy.write_text(POLICY)
        policy.chmod(0o600)
        made = Settings(store=str(folder / "chat.db"), policy=policy, language="en", approval_min_seconds=0)
        self.settings = point_at_sandbox(made, box.base_url, box.api_key)
        self.slack, self.telegram = FakeSlack(), FakeTelegram()
        self.runtimes: dict[str, ChatRuntime] = {}
        self.services: dict[str, WatchedService] = {}
        self._ends: dict[str, Callable[[], None]] = {}

    async def start(self, tasks: Any, platform: str) -> None:
        """Start, or start again, the process of a platform."""
        if platform in self._ends:
            self._ends[platform]()
            await self.runtimes[platform].pool.close()
        adapter: Any = (
            SlackAdapter(SlackAccess("xoxb-x", "xapp-x", api_url=f"{self.slack.url}/api/"))
            if platform == "slack"
            else TelegramAdapter(TelegramAccess(TOKEN, self.telegram.url))
        )
        runtime = build_runtime(self.settings, adapter, "sandbox", create_pool=create_pool)
        watched, started, scope = WatchedService(runtime.service), anyio.Event(), anyio.CancelScope()

        async def run() -> None:
            with scope:
                await adapter.run(watched, started.set)

        tasks.start_soon(run)
        with anyio.fail_after(PATIENCE):
            await started.wait()
        self.runtimes[platform], self.services[platform] = runtime, watched
        self._ends[platform] = scope.cancel

    async def settle(self, platform: str, act: Callable[[], Awaitable[Any]], times: int = 1) -> None:
        """Do something that is answered so many times, and wait for the answers."""
        service = self.services[platform]
        wanted = service.answered + times
        await act()
        with anyio.fail_after(PATIENCE):
            while service.answered < wanted:
                await service.changed.wait()

    async def drive(self) -> None:
        """Carry out what is due, as both processes do."""
        for runtime in self.runtimes.values():
            queue = ParkedQueue(runtime.pool.store, lambda owner: owner == process_id())
            for call in await anyio.to_thread.run_sync(queue.list_due):
                if runtime.askers.drives(call):
                    await runtime.driver.carry_out(call.id)
            await runtime.posts.catch_up()

    @property
    def context(self) -> CallContext:
        return self.runtimes["slack"].posts.context

    def count(self, method: str, end: str) -> int:
        return sum(one["method"] == method and one["path"].endswith(end) for one in self.box.requests())


def create_pool(settings: Settings) -> ContextPool:
    """Return a pool whose calls do not wait for the account's limit of requests a minute."""

    def open_context(own: Settings, *, store: Store) -> CallContext:
        return CallContext.open(lift_limits(own), store=store)

    return ContextPool(settings, open_context)


@dataclass
class Story:
    """One invoice: who asks for it, what people do, and what the model says."""

    world: World
    chance: random.Random
    number: int
    state: str = "pending"
    log: list[str] = field(default_factory=list)
    approval: str = ""

    async def run(self, tasks: Any) -> str | None:
        """Play the story; return what is wrong, or None."""
        chance, world = self.chance, self.world
        asker, platform = chance.choice(("ana", "rui", "eva")), chance.choice(("slack", "telegram"))
        before = world.count("POST", "/invoices.json"), world.count("PUT", "/change-state.json")
        waiting = {one.id for one in world.context.approvals.list_waiting()}
        deliveries = chance.choice((1, 1, 1, 2, 3))
        await self._ask(asker, platform, deliveries)
        new = [one.id for one in world.context.approvals.list_waiting() if one.id not in waiting]
        if len(new) != 1:
            return f"{len(new)} approvals after {deliveries} deliveries"
        self.approval = new[0]
        if chance.random() < RESTARTS:
            await world.start(tasks, "slack")
        for _ in range(chance.randint(1, 5)):
            await self._act(asker)
        await world.drive()
        if chance.random() < 0.2:
            await self._ask(asker, platform, 1)
            await world.drive()
        made = world.count("POST", "/invoices.json") - before[0]
        issued = world.count("PUT", "/change-state.json") - before[1]
        allowed = 1 if self.state == "approved" else 0
        if made != 1 or issued != allowed:
            return f"{made} drafts, {issued} issued, the model says {allowed} ({self.state}); {self.log}"
        return None

    async def _ask(self, asker: str, platform: str, deliveries: int) -> None:
        text = f'fatura ACME "Story {self.number}" 1x10 iva23 vence 30d'
        user, number = PEOPLE[asker]
        if platform == "slack":

            async def write() -> None:
                for _ in range(deliveries):
                    await self.world.slack.command(
                        user, text.removeprefix("fatura "), trigger=f"story-{self.number}"
                    )
        else:

            async def write() -> None:
                self.world.telegram.deliver_as(number, text, 10_000_000 + self.number, deliveries)

        await self.world.settle(platform, write, deliveries)

    async def _act(self, asker: str) -> None:
        kinds = ("yes", "yes", "yes", "no", "both", "forged", "terminal", "expire", "typed")
        kind, who = self.chance.choice(kinds), self.chance.choice(tuple(PEOPLE))
        self.log.append(f"{kind} by {who}, asked by {asker}")
        if kind in {"yes", "no"}:
            await self._press(who, f"{kind}:{self.approval}")
            self._decide(kind, who, asker)
        elif kind == "both":
            other = self.chance.choice(tuple(PEOPLE))
            async with anyio.create_task_group() as together:
                for one, platform in ((who, "slack"), (other, "telegram")):
                    together.start_soon(self._press, one, f"yes:{self.approval}", platform)
            for one in (who, other):
                self._decide("yes", one, asker)
        elif kind == "forged":
            forged = self.chance.choice(
                (f"yes:{uuid4().hex[:8]}", "yes:", "answer:x:0", "confirm:yes", f"link:{self.approval}")
            )
            await self._press(who, forged)
        elif kind == "typed":
            await self._type(who, f'rejeitar {self.approval} "não"')
            self._decide("no", who, asker)
        elif kind == "terminal":
            self._decide_elsewhere(asker)
        elif self.state == "pending" and self.chance.random() < 0.3:
            ends = self.world.context.approvals.find(self.approval).expires_at
            await anyio.to_thread.run_sync(expire_overdue, self.world.context.store, ends + 1)
            self.state = "expired"

    def _decide_elsewhere(self, asker: str) -> None:
        try:
            self.world.context.approvals.decide(self.approval, approve=True, by="terminal:eva")
        except IxError:
            return
        self._decide("yes", "eva", asker)

    def _decide(self, kind: str, who: str, asker: str) -> None:
        if self.state != "pending" or who == "stranger":
            return
        if kind == "no":
            self.state = "rejected"
        elif who != asker:
            self.state = "approved"

    async def _press(self, who: str, value: str, platform: str = "") -> None:
        platform = platform or self.chance.choice(("slack", "telegram"))
        user, number = PEOPLE[who]
        world = self.world
        if platform == "slack":
            message = {"ts": "1.1", "channel": "C1"}
            await world.settle(platform, lambda: world.slack.press(user, message, value))
        else:

            async def press() -> None:
                chat = {"id": number, "type": "private"}
                world.telegram.press(
                    number, {"message_id": 1, "date": int(time.time()), "chat": chat, "text": "x"}, value
                )

            await world.settle(platform, press)

    async def _type(self, who: str, text: str) -> None:
        user, _ = PEOPLE[who]
        await self.world.settle("slack", lambda: self.world.slack.command(user, text, "/ix"))


async def run_batch(numbers: range, seed: int) -> list[str]:
    """Run stories on a new store; return what is wrong."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="ix-chat-") as name, Sandbox() as box:
        world = World(box, Path(name))
        box.set_option("rate_limit", 1_000_000)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(world.slack.running())
            await stack.enter_async_context(world.telegram.running())
            tasks = await stack.enter_async_context(anyio.create_task_group())
            for platform in ("slack", "telegram"):
                await world.start(tasks, platform)
            for number in numbers:
                fault = await Story(world, random.Random(f"{seed}/{number}"), number).run(tasks)
                if fault:
                    wrong.append(f"story {number}: {fault}")
            tasks.cancel_scope.cancel()
    return wrong


def main(arguments: list[str]) -> int:
    """Run stories; return 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m faults chat")
    parser.add_argument("--stories", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="number of the first story, to run one again")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    os.environ.pop("INVOICEXPRESS_POLICY", None)
    started, wrong, done = time.monotonic(), [], Counter[str]()
    last = options.first + options.stories
    for first in range(options.first, last, BATCH):
        numbers = range(first, min(first + BATCH, last))
        wrong += anyio.run(run_batch, numbers, options.seed)
        done["stories"] += len(numbers)
        print(
            f"{done['stories']} stories, {len(wrong)} wrong, {time.monotonic() - started:.0f} s", flush=True
        )
    print("\n".join(wrong[:20]))
    return 1 if wrong else 0
