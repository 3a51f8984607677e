"""Send equal calls concurrently from several processes, to count the requests that reach InvoiceXpress."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import anyio

from faults.cases import Json
from faults.run import PROCESSES
from faults.worker import Order, Steps, open_context
from ix_tools.api_client.rate_limit import RateLimiter
from ix_tools.audit import trail
from ix_tools.errors import IxError
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import execute
from ix_tools.storage.database import Store


def open_store(place: str) -> None:
    """Open a store at the same time as other processes."""
    store = Store(place)
    with store.writing():
        pass
    store.close()


def run_member(order: Order, many: int, line: Connection) -> None:
    """For each line received (changed arguments), send equal calls at once and reply with their results."""
    logging.disable()
    anyio.run(_run_member, order, many, line)


async def _run_member(order: Order, many: int, line: Connection) -> None:
    context = open_context(order, Steps(order, line))
    context.account._limiter = None  # the rate limit is not tested here
    line.send("ready")
    while (changes := await anyio.to_thread.run_sync(line.recv)) is not None:
        told: list[Json] = []
        async with anyio.create_task_group() as group:
            for _ in range(many):
                group.start_soon(_run_call, context, order, {**order.arguments, **changes}, told)
        line.send(told)
    await context.close()


async def _run_call(context: CallContext, order: Order, arguments: Json, told: list[Json]) -> None:
    try:
        shown = (await execute(context, order.operation, arguments)).body
    except IxError as failure:
        shown = failure.as_dict()
    told.append({name: shown.get(name) for name in ("ok", "code", "document")})


@dataclass
class ConcurrentCallers:
    """A number of processes with a number of callers each."""

    order: Order
    processes: int
    callers: int

    def __enter__(self) -> "ConcurrentCallers":
        self._members: list[tuple[Any, Connection]] = []
        for _ in range(self.processes):
            line, theirs = PROCESSES.Pipe()
            process = PROCESSES.Process(
                target=run_member, args=(self.order, self.callers, theirs), daemon=True
            )
            process.start()
            theirs.close()
            self._members.append((process, line))
        for _, line in self._members:
            line.recv()
        return self

    def run_round(self, **changes: Any) -> Sequence[Json]:
        """Send one call from all callers at once."""
        for _, line in self._members:
            line.send(changes)
        return [told for _, line in self._members for told in line.recv()]

    def __exit__(self, *error: object) -> None:
        for process, line in self._members:
            line.send(None)
            process.join(30)
            line.close()


def append_entries(place: str, folder: str, many: int) -> None:
    """Append rows to the audit trail, each in its own transaction."""
    store = Store(place)
    store.note_head = partial(trail.note_head, trail.locate_head_note(store, Path(folder)))
    for _ in range(many):
        with store.writing() as connection:
            trail.append(connection, trail.Entry("tested"))
    store.close()


def acquire_slots(place: str, per_minute: int, many: int, line: Connection) -> None:
    """Acquire slots concurrently and send the times at which they were granted."""
    anyio.run(_acquire_slots, place, per_minute, many, line)


async def _acquire_slots(place: str, per_minute: int, many: int, line: Connection) -> None:
    limiter = RateLimiter(Store(place), "acme", per_minute, 60.0)
    granted: list[float] = []

    async def one() -> None:
        await limiter.acquire()
        granted.append(time.time())

    async with anyio.create_task_group() as group:
        for _ in range(many):
            group.start_soon(one)
    line.send(granted)
    limiter.store.close()
