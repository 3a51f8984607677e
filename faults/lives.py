"""Processes that live one life each: they are given an order, may be killed, and say what came of it."""

import time
from collections.abc import Callable, Generator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from faults.run import PROCESSES
from faults.worker import TODAY
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.pipeline.context import CallContext

LIFE_SECONDS = 600.0
"""Seconds by the store's clock between two lives, after which no request can still be in progress."""


def open_context(url: str, key: str, store: str, later: float = 0.0) -> CallContext:
    """Return the context of a process at a sandbox, whose store is `later` seconds ahead."""
    given = Settings(store=store, language="en", timeout_seconds=5, approval_min_seconds=0)
    context = CallContext.open(point_at_sandbox(given, url, key), now=lambda: TODAY)
    context.store.clock = lambda: time.time() + later
    return context


def run_lives(work: Callable[[Any, Connection], None], orders: Sequence[Any], timeout: float) -> list[Any]:
    """Run a process for each order side by side, and return what each says; None for one that was killed."""
    running = []
    for order in orders:
        ours, theirs = PROCESSES.Pipe()
        process = PROCESSES.Process(target=work, args=(order, theirs))
        process.start()
        theirs.close()
        running.append((ours, process))
    results: list[Any] = []
    for ours, process in running:
        try:
            results.append(ours.recv() if ours.poll(timeout) else "nothing was heard")
        except EOFError:
            results.append(None)
        process.join(timeout)
        process.kill()
    return results


def hear_all(work: Callable[..., None], shares: Sequence[tuple[Any, ...]]) -> Generator[Any, None, None]:
    """Run a new process for each share, with a line to write to as its last argument; yield what they send, until each sends None."""
    context = get_context("spawn")
    lines, processes = [], []
    for share in shares:
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(*share, theirs))
        process.start()
        theirs.close()
        lines.append(mine)
        processes.append(process)
    try:
        while lines:
            for line in wait(lines):
                assert isinstance(line, Connection)
                try:
                    heard = line.recv()
                except EOFError:
                    heard = None
                if heard is None:
                    lines.remove(line)
                else:
                    yield heard
        for process in processes:
            process.join(30)
    finally:
        for process in processes:
            process.terminate()
