"""`python -m faults race`: write concurrently with an approved request, and check the issued document.

one session · two servers on SQLite · two on PostgreSQL · unattended   ×   what is approved   ×   what comes beside it   ×   0, 200 ms

Each way runs in its own process with several accounts in parallel; each account has its own sandbox.
"""

import argparse
import logging
import os
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import anyio

from faults import interrupted
from faults.hosts import Host, open_http, open_session
from faults.interrupted import Interruption
from faults.lives import hear_all
from faults.matrix import POSTGRESQL, open_database
from faults.rounds import FAULTS, POLICY, Cell, Round, run_round
from faults.sandbox_account import SandboxAccount
from faults.servers import lift_limits, run_two_servers
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.pipeline.context import CallContext
from ix_tools.sandbox.server import Sandbox

WAYS = ("one session", "two on SQLite", "two on PostgreSQL", "unattended")
INTERRUPTIONS = "interruptions"
"""A further process beside the ways, which mostly waits."""
DELAYS = (0.0, 0.2)
MANY = (("change_state", "update_invoice"), ("issue_invoice", "update_invoice"))
"""Most frequent case: the document is changed while its approval is used."""
FEW = (
    *((first, second) for first in ("change_state", "issue_invoice") for second in
      ("delete", "update_client", "update_item", "set_default_sequence")),
    ("settle", "generate_payment"),
    ("cancel", "send_email"),
)  # fmt: skip
ACCOUNTS = {0.0: 2, 0.2: 8}
"""Parallel accounts in each way, by delay: with a slow InvoiceXpress a process mostly waits."""
REPORTED = 20
"""Number of failed rounds that are described for each way."""


@dataclass(frozen=True)
class Job:
    """A round to run."""

    cell: Cell
    number: int


def list_jobs(way: str, rounds: int, others: int) -> dict[float, list[Job]]:
    """Return the rounds of a way by delay. Kinds alternate, so that an aborted run includes each."""
    found: dict[float, list[Job]] = {}
    for delay in DELAYS:
        cells = [(Cell(way, *pair, delay), rounds) for pair in MANY]
        # Two calls of FEW have both kinds of approved call: together they run `others` times.
        alone = {"generate_payment", "send_email"}
        cells += [(Cell(way, *pair, delay), others if pair[1] in alone else -(-others // 2)) for pair in FEW]
        numbered = [Job(cell, number) for cell, times in cells for number in range(times)]
        found[delay] = sorted(numbered, key=lambda job: job.number / _times(cells, job.cell))
    return found


def _times(cells: Sequence[tuple[Cell, int]], cell: Cell) -> int:
    return next(times for one, times in cells if one == cell)


# --- one way --------------------------------------------------------------------------------------------


@asynccontextmanager
async def open_callers(
    way: str, accounts: dict[str, SandboxAccount], server: str, folder: Path
) -> AsyncIterator[Any]:
    """Open the two hosts of each account."""
    store = server if way == "two on PostgreSQL" else str(folder / "race.db")
    async with AsyncExitStack() as stack:
        found: dict[str, tuple[Host, Host]] = {}
        if way == "one session":
            for name, books in accounts.items():
                made = point_at_sandbox(
                    Settings(store=store, language="en", approval_min_seconds=0),
                    books.sandbox.base_url,
                    books.sandbox.api_key,
                )
                context = CallContext.open(lift_limits(made.model_copy(update={"account": name})))
                stack.push_async_callback(context.close)
                host = await stack.enter_async_context(open_session(context))
                found[name] = (host, host)
        else:
            policy = folder / "policy.toml" if way == "unattended" else None
            if policy is not None:
                policy.write_text(POLICY)
                policy.chmod(0o600)
            urls = {name: books.sandbox.base_url for name, books in accounts.items()}
            one, two = stack.enter_context(run_two_servers(store, urls, folder, policy))
            for name in accounts:
                hosts = [await stack.enter_async_context(open_http(each.url, name)) for each in (one, two)]
                found[name] = (hosts[0], hosts[1])
        yield found


async def run_way(way: str, server: str, folder: Path, rounds: int, others: int, line: Connection) -> None:
    """Run all rounds of a way, and send each result."""
    async with AsyncExitStack() as stack:
        accounts: dict[str, tuple[float, SandboxAccount]] = {}
        for delay in DELAYS:
            for number in range(ACCOUNTS[delay]):
                books = SandboxAccount(stack.enter_context(Sandbox()))
                accounts[f"a{int(delay * 1000)}-{number}"] = (delay, books)
        everybody = {name: books for name, (_, books) in accounts.items()}
        hosts = await stack.enter_async_context(open_callers(way, everybody, server, folder))
        waiting = {delay: iter(found) for delay, found in list_jobs(way, rounds, others).items()}
        async with anyio.create_task_group() as group:
            for name, (delay, books) in accounts.items():
                _slow_down(books, delay)
                group.start_soon(_run_rounds, books, hosts[name], waiting[delay], line)


def _slow_down(books: SandboxAccount, delay: float) -> None:
    """Delay responses to reads and arrival of writes: the widest gap that a slow network causes."""
    if delay:
        books.sandbox.fault("GET", times=None, delay=delay, after_commit=True)
        books.sandbox.fault(times=None, delay=delay)


async def _run_rounds(
    books: SandboxAccount, hosts: tuple[Host, Host], waiting: Iterator[Job], line: Connection
) -> None:
    for job in waiting:
        try:
            done = await run_round(books, *hosts, job.cell, job.number)
        except Exception as trouble:  # noqa: BLE001 - told with the rest, and a fault of the round
            done = Round(job.cell)
            done.add_fault("internal", f"{type(trouble).__name__}: {trouble}")
        line.send(done)


def _run_process(way: str, server: str, rounds: int, others: int, line: Connection) -> None:
    folder = Path(tempfile.mkdtemp(prefix="ix-race-"))
    os.environ["XDG_DATA_HOME"] = os.environ["HOME"] = str(folder)
    logging.disable()  # every error is reported here
    try:
        if way == INTERRUPTIONS:
            anyio.run(interrupted.run_all, server, folder, line.send)
        else:
            anyio.run(run_way, way, server, folder, rounds, others, line)
    finally:
        line.send(None)
        shutil.rmtree(folder, ignore_errors=True)


def run_in_processes(
    ways: Sequence[str], server: str, rounds: int, others: int
) -> Generator[Round | Interruption, None, None]:
    """Run all ways in parallel, and yield rounds and interruptions as they end."""
    with closing(hear_all(_run_process, [(way, server, rounds, others) for way in ways])) as results:
        yield from results


# --- the table ------------------------------------------------------------------------------------------

HEAD = (
    f"{'way':18} {'ms':>4} {'approved':13} {'beside it':21} {'rounds':>6} {'issued':>6} {'busy':>5} "
    f"{'differ':>6} {'nobody':>6} {'lone busy':>9} {'else':>4} {'alone p50':>9} {'p50':>6} {'p99':>6}"
)


def format_table(found: Sequence[Round]) -> str:
    """Format a line for each kind of round and one for all, with the seconds until both callers had their result."""
    cells = sorted(
        {one.cell for one in found}, key=lambda cell: (WAYS.index(cell.way), cell.delay, cell.first)
    )
    lines = [HEAD]
    for cell in cells:
        name = f"{cell.way:18} {cell.delay * 1000:4.0f} {cell.first:13} {cell.second:21}"
        lines.append(f"{name} {_format_figures([one for one in found if one.cell == cell])}")
    for delay in DELAYS:
        rows = [one for one in found if one.cell.delay == delay]
        if rows:
            lines.append(f"{'all':18} {delay * 1000:4.0f} {'':35} {_format_figures(rows)}")
    return "\n".join(lines)


def _format_figures(rows: Sequence[Round]) -> str:
    count = Counter(fault for one in rows for fault in one.faults)
    busy = sum("busy" in one.codes for one in rows)
    other = count["internal"] + count["told wrong"]
    beside = sorted(one.beside for one in rows)
    measured = [one.alone for one in rows if one.alone]
    alone = f"{statistics.median(measured):.3f}" if measured else "-"
    return (
        f"{len(rows):6} {sum(one.issued for one in rows):6} {busy:5} {count['differs']:6} {count['nobody']:6} "
        f"{count['lone busy']:9} {other:4} {alone:>9} "
        f"{statistics.median(beside):6.3f} {beside[int(len(beside) * 0.99)]:6.3f}"
    )


def describe_round(one: Round) -> str:
    """Describe a failed round."""
    cell = one.cell
    return (
        f"{', '.join(one.faults)}: {cell.way}, {cell.delay * 1000:.0f} ms, {cell.first} beside {cell.second}, "
        f"told {one.codes[0]} and {one.codes[1]}\n" + "\n".join(f"    {what}" for what in one.results)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, and return 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m faults race", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="of each kind in which the document changes")
    parser.add_argument("--other", type=int, default=30, help="rounds with each other second call")
    parser.add_argument(
        "--way", action="append", choices=(*WAYS, INTERRUPTIONS), help="this one only; may be repeated"
    )
    options = parser.parse_args(arguments)
    began = time.monotonic()
    found: list[Round] = []
    stopped: list[Interruption] = []
    told: Counter[str] = Counter()
    with open_database() as server:
        wanted = options.way or (*WAYS, INTERRUPTIONS)
        ways = [way for way in wanted if server or way != "two on PostgreSQL"]
        if not server:
            print(f"no PostgreSQL at {POSTGRESQL}: without it")
        with (
            suppress(KeyboardInterrupt),
            closing(run_in_processes(ways, server, options.rounds, options.other)) as results,
        ):
            for one in results:
                if isinstance(one, Interruption):
                    stopped.append(one)
                    print(one, flush=True)
                    continue
                found.append(one)
                if one.faults:
                    told[one.cell.way] += 1
                    if told[one.cell.way] <= REPORTED:
                        print(describe_round(one), flush=True)
                if len(found) % 200 == 0:
                    print(f"{len(found)} rounds, {time.monotonic() - began:.0f} s", flush=True)
    if found:
        print(format_table(found))
    for each in stopped:
        print(each)
    wrong = sum(bool(one.faults) for one in found) + sum(bool(one.problems) for one in stopped)
    count = Counter(fault for one in found for fault in one.faults)
    print(
        f"{len(found)} rounds and {len(stopped)} interruptions in {time.monotonic() - began:.0f} s; "
        + ", ".join(f"{fault}: {count[fault]}" for fault in FAULTS)
        + f", interruptions that went wrong: {sum(bool(one.problems) for one in stopped)}"
    )
    meant = sum(
        len(found)
        for way in ways
        if way in WAYS
        for found in list_jobs(way, options.rounds, options.other).values()
    )
    return 1 if wrong or len(found) < meant else 0
