"""`python -m faults webhooks`: deliver many events to five receivers while the sending process is killed (SIGKILL) again and again.

good · slow · flaky (refuses or hangs up at first) · dead (nobody listens) · gone (410)

Each kill comes between a request and its answer. Every live receiver must have every event, signed, and twice only with the same
id and body. First attempts come in order, except for what a killed process had in hand; the dead and the gone end disabled, and
hold nobody up.
"""

import argparse
import asyncio
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from standardwebhooks import Webhook

from faults.matrix import open_database
from faults.run import PROCESSES
from ix_tools.config.settings import Settings
from ix_tools.events import outbox
from ix_tools.events.models import EventDraft
from ix_tools.events.repository import Events
from ix_tools.storage.database import Store
from ix_tools.webhooks import deliverer, deliveries
from ix_tools.webhooks.deliverer import READER, Deliverer
from ix_tools.webhooks.endpoints import Endpoint, Endpoints

LIVE = ("good", "slow", "flaky")
SLOW_SECONDS = 0.2
"""How long the slow one takes to answer; several times what the sender needs."""
RETRY_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4)
"""Instead of three days; as many attempts."""
LEASE_SECONDS, LOOK_SECONDS = 5.0, 0.05
STALL_SECONDS = 180.0
"""Seconds without news after which a run counts as stuck."""


@dataclass
class Receiver:
    """A receiver, and what it got."""

    name: str
    port: int = 0
    secret: str = ""
    got: list[tuple[str, bytes]] = field(default_factory=list)
    """Ids and bodies, in the order in which they arrived."""
    taken: Counter[str] = field(default_factory=Counter)
    """How often each id was answered with 204."""
    forged: int = 0

    def choose(self, identifier: str, number: int) -> int:
        """Return the status of an answer; 0 to hang up."""
        if self.name == "gone":
            return 410
        if self.name == "flaky" and self.taken[identifier] == 0:
            before = sum(one == identifier for one, _ in self.got[-200:]) - 1
            if number % 3 == 0 and before < 1 + number % 2:
                return (500, 0, 503)[number % 7 % 3]
        return 204


@dataclass
class Result:
    """What became of a run."""

    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    """Until the good one had everything."""
    slow_then: int = 0
    """Events that the slow one had by then."""
    repeated: Mapping[str, int] = field(default_factory=dict)
    posts: Mapping[str, int] = field(default_factory=dict)


def deliver(place: str) -> None:
    """Send until killed, with short pauses."""
    deliveries.RETRY_SECONDS = RETRY_SECONDS
    deliveries.LEASE_SECONDS = LEASE_SECONDS
    deliverer.LOOK_SECONDS = LOOK_SECONDS
    store = Store(place)
    anyio.run(Deliverer(store, Settings(webhook_networks=("127.0.0.1",))).run)


class Run:
    """One run: receivers, a sending process, and its kills."""

    def __init__(self, place: str, events: int, kills: int, names: Sequence[str]) -> None:
        """Nothing is started yet."""
        self.place, self.events, self.kills = place, events, kills
        self.store = Store(place)
        self.receivers = {name: Receiver(name) for name in names}
        self.dies_at = [events * (one + 1) // (kills + 1) for one in range(kills)]
        self.process: Any = None
        self.result = Result()
        self._began = self._news = 0.0

    async def execute(self) -> Result:
        """Deliver all events and judge what arrived."""
        Events(self.store, 30).register(READER)
        async with self._receive():
            endpoints = {name: self._register(one) for name, one in self.receivers.items()}
            ids = self._tell()
            self._began = self._news = time.monotonic()
            self._start()
            try:
                while not self._is_over(endpoints, ids):
                    if time.monotonic() - self._news > STALL_SECONDS:
                        self.result.problems.append("stuck")
                        break
                    if not self.process.is_alive():
                        self._start()
                    await asyncio.sleep(0.05)
            finally:
                self.process.kill()
                await asyncio.to_thread(self.process.join)
        self._judge(endpoints, ids)
        self.store.close()
        return self.result

    def _start(self) -> None:
        self.process = PROCESSES.Process(target=deliver, args=(self.place,), daemon=True)
        self.process.start()

    def _register(self, receiver: Receiver) -> Endpoint:
        url = f"http://127.0.0.1:{receiver.port}/hook"
        made = Endpoints(self.store).add("n8n", "acme", url, ["call.done"])
        receiver.secret = made.secret
        return made

    def _tell(self) -> list[str]:
        for begin in range(0, self.events, 50):
            numbers = range(begin, min(begin + 50, self.events))
            drafts = [
                EventDraft("call.done", f"call/{n}", "acme", "n8n", "change_state", {"number": n})
                for n in numbers
            ]
            with self.store.writing() as connection:
                outbox.append(connection, *drafts)
        found: list[str] = []
        position = 0
        while (batch := Events(self.store, 30).read_after(position, 500)).events:
            found += [one.id for one in batch.events]
            position = batch.next
        return found

    def _has_all(self, name: str, ids: Sequence[str]) -> bool:
        return len(self.receivers[name].taken) == len(ids)

    def _is_over(self, endpoints: Mapping[str, Endpoint], ids: Sequence[str]) -> bool:
        if not all(self._has_all(name, ids) for name in self.receivers if name in LIVE):
            return False
        # The last answers are recorded a moment after they were given.
        found = {one.id: one for one in Endpoints(self.store).list_of("n8n")}
        if any(found[endpoints[name].id].disabled_at is None for name in endpoints if name not in LIVE):
            return False
        return all(not self._list_unfinished(endpoints[name]) for name in endpoints if name in LIVE)

    def _list_unfinished(self, endpoint: Endpoint) -> list[str]:
        rows = deliveries.Deliveries(self.store).list_of(endpoint, self.events)
        return [one.id for one in rows if one.state != "delivered"]

    def _judge(self, endpoints: Mapping[str, Endpoint], ids: Sequence[str]) -> None:
        problems = self.result.problems
        for name, receiver in self.receivers.items():
            bodies: dict[str, bytes] = {}
            if any(bodies.setdefault(one, body) != body for one, body in receiver.got):
                problems.append(f"{name}: one id came with two bodies")
            if receiver.forged:
                problems.append(f"{name}: {receiver.forged} posts without a right signature")
            if name in LIVE and set(receiver.taken) != set(ids):
                problems.append(f"{name}: {len(set(ids) - set(receiver.taken))} events are missing")
            late = count_late([ids.index(one) for one in dict.fromkeys(one for one, _ in receiver.got)])
            # What the process had in hand when it died comes when its lease has ended.
            if name in LIVE and late > self.kills:
                problems.append(f"{name}: {late} first attempts out of order")
        found = {one.id: one for one in Endpoints(self.store).list_of("n8n")}
        for name, endpoint in endpoints.items():
            is_disabled = found[endpoint.id].disabled_at is not None
            if is_disabled is (name in LIVE):
                problems.append(f"{name}: {'disabled' if is_disabled else 'not disabled'}")
        self.result.repeated = {
            name: sum(count - 1 for count in one.taken.values())
            for name, one in self.receivers.items()
            if name in LIVE
        }
        self.result.posts = {name: len(one.got) for name, one in self.receivers.items()}

    @asynccontextmanager
    async def _receive(self) -> AsyncIterator[None]:
        servers = []
        for receiver in self.receivers.values():
            if receiver.name == "dead":
                receiver.port = _find_closed_port()
                continue

            async def serve(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, receiver: Receiver = receiver
            ) -> None:
                await self._answer(receiver, reader, writer)

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            receiver.port = server.sockets[0].getsockname()[1]
            servers.append(server)
        try:
            yield
        finally:
            for server in servers:
                server.close()

    async def _answer(
        self, receiver: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
            headers = {name.lower(): value for name, _, value in lines if name}
            body = await reader.readexactly(int(headers["content-length"]))
            identifier = headers["webhook-id"]
            self._news = time.monotonic()
            try:
                Webhook(receiver.secret).verify(body, headers)
            except Exception:  # noqa: BLE001 - whatever is wrong with it
                receiver.forged += 1
            receiver.got.append((identifier, body))
            status = receiver.choose(identifier, json.loads(body)["data"]["number"])
            if receiver.name == "slow":
                await asyncio.sleep(SLOW_SECONDS)
            if status == 204:
                receiver.taken[identifier] += 1
                self._note_time()
            if receiver.name == "good" and self.dies_at and len(receiver.taken) >= self.dies_at[0]:
                # It was taken, and the sender dies before it learns of it.
                self.dies_at.pop(0)
                os.kill(self.process.pid, signal.SIGKILL)
                return
            if status:
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _note_time(self) -> None:
        if not self.result.seconds and len(self.receivers["good"].taken) == self.events:
            self.result.seconds = time.monotonic() - self._began
            if "slow" in self.receivers:
                self.result.slow_then = len(self.receivers["slow"].taken)


def count_late(numbers: Sequence[int]) -> int:
    """Return how many of the numbers must be taken out so that the rest rises."""
    tails: list[int] = []
    for one in numbers:
        place = bisect_left(tails, one)
        tails[place : place + 1] = [one]
    return len(numbers) - len(tails)


def _find_closed_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@contextmanager
def open_place(kind: str) -> Iterator[str]:
    """Yield an empty store of a kind; empty if there is no such server."""
    if kind == "postgresql":
        with open_database() as place:
            yield place
        return
    with tempfile.TemporaryDirectory() as folder:
        yield str(Path(folder) / f"{secrets.token_hex(4)}.db")


def execute(place: str, events: int, kills: int, names: Sequence[str] = (*LIVE, "dead", "gone")) -> Result:
    """Execute one run."""
    return asyncio.run(Run(place, events, kills, names).execute())


def main(arguments: Sequence[str]) -> int:
    """Run it beside a run with the good one alone; return 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m faults webhooks", description=__doc__)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), action="append")
    given = parser.parse_args(arguments)
    wrong = 0
    for kind in given.store or ("sqlite", "postgresql"):
        with open_place(kind) as alone, open_place(kind) as place:
            if not place:
                print(f"{kind}: no server, left out")
                continue
            lone = execute(alone, given.events, 0, ("good",))
            found = execute(place, given.events, given.kills)
        wrong += len(found.problems) + len(lone.problems)
        print(
            f"{kind}: {given.events} events x {len(found.posts)} endpoints, {given.kills} kills: "
            f"posts {json.dumps(found.posts)}, taken twice {json.dumps(found.repeated)}; the good one had all in "
            f"{found.seconds / lone.seconds:.1f} of the time that it needs alone, when the slow one had {found.slow_then}",
            flush=True,
        )
        for problem in (*lone.problems, *found.problems):
            print(f"  WRONG {problem}")
    print(f"{wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
