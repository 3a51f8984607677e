"""`python -m faults batch`: kill (SIGKILL) the processes of a batch at random moments, until it is done.

A file of documents with e-mails, one or two processes on one store, SQLite and PostgreSQL. Each life ends at a random moment, except
the last ones. Every row must be exactly one document with one number, in the order of the file, and at most one e-mail. A row whose
process died while its e-mail was on its way is held, because nothing shows whether the e-mail went out; those are counted.
"""

import argparse
import json
import os
import random
import secrets
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import anyio
import httpx2
import sqlalchemy as sql

from faults.cases import NOW, Ledger
from faults.lives import LIFE_SECONDS, open_context, run_lives
from faults.matrix import open_database
from ix_tools.approvals.joint_decisions import Choice, load_parts, sum_remaining
from ix_tools.approvals.models import CallOrigin
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.batch.models import ENDED_BATCH
from ix_tools.batch.run import run_batch
from ix_tools.batch.start import start_batch
from ix_tools.errors import IxError
from ix_tools.sandbox.rows import Document, Mail
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from ix_tools.storage.schema import batch_rows

TIMEOUT = 120.0
MAX_LIVES = 40
PROGRESS = 10
"""Runs between two lines about how far it is."""
LONGEST_LIFE = 1.6
"""Seconds; a whole run of the file takes about as long."""
HEADINGS = "data;vencimento;cliente_codigo;cliente_nome;artigo;quantidade;preço;IVA;enviar_para"


@dataclass(frozen=True)
class Order:
    """What a process does: carry the batch on, and die at a moment of its life."""

    url: str
    key: str
    store: str
    rows: int
    later: float = 0.0
    dies_after: float = 0.0
    """Seconds from its first request on; 0 to live."""


@dataclass(frozen=True)
class BatchKillRun:
    """One run, and what became of the documents."""

    store: str
    servers: int
    seed: int
    rows: int = 6
    kills: int = 0
    unclear: int = 0
    """E-mails of which nobody knows whether they went out; they are not sent again."""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a row."""

    state: str
    document: int | None
    number: str
    code: str | None
    """Of its problem."""

    @property
    def is_unclear(self) -> bool:
        """Whether the document is issued, and nobody knows whether its e-mail went out."""
        return self.state == "held" and bool(self.number) and self.code == "outcome_unknown"


def has_email(number: int) -> bool:
    """Tell whether a row of the file, counted from 1, goes out by e-mail."""
    return number % 2 == 1


def build_file(rows: int) -> bytes:
    """Return a file whose every document has an own price; every second one goes out by e-mail."""
    lines = [HEADINGS]
    for number in range(1, rows + 1):
        client = "ACME;" if number % 3 else f"C{number};Cliente {number}"
        mail = f"c{number}@example.pt" if has_email(number) else ""
        lines.append(f"20/11/2026;30d;{client};Quota {number};1;{number},00;IVA23;{mail}")
    return "\n".join(lines).encode()


def work(order: Order, line: Connection) -> None:
    """Live one life."""
    if order.dies_after:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, order.dies_after)
    line.send(anyio.run(_live, order))


async def _live(order: Order) -> str:
    context = open_context(order.url, order.key, order.store, order.later)
    try:
        batch = await start_batch(context, build_file(order.rows), "quotas.csv")
        run = await run_batch(context, batch.id, CallOrigin("cli"), asks_again=True)
    except IxError as failure:
        return failure.code
    else:
        return run.batch.state
    finally:
        await context.close()


def run_killed(run: BatchKillRun, sandbox: Sandbox, place: str) -> BatchKillRun:
    """Kill at random moments, approve whenever a person is asked, and judge the account at the end."""
    chance = random.Random(run.seed)
    base = Order(sandbox.base_url, sandbox.api_key, place, run.rows)
    store, kills, heard = Store(place), 0, list[str | None]()
    try:
        for life in range(MAX_LIVES):
            is_mortal = life < MAX_LIVES - 8 and kills < 8
            orders = [
                replace(
                    base,
                    later=life * LIFE_SECONDS,
                    dies_after=chance.uniform(0.05, LONGEST_LIFE) if is_mortal else 0.0,
                )
                for _ in range(run.servers)
            ]
            heard = run_lives(work, orders, TIMEOUT)
            kills += heard.count(None)
            if set(heard) & set(ENDED_BATCH):
                break
            _approve(store)
        rows = _list_rows(store)
    finally:
        store.close()
    ended = replace(run, kills=kills, unclear=sum(one.is_unclear for one in rows))
    return replace(ended, wrong=_judge(run, sandbox, heard, rows))


def _approve(store: Store) -> None:
    """Approve what waits, whole, as a person does."""
    approvals = ApprovalRepository(store, 15)
    for found in approvals.list_waiting():
        if found.parts:
            approvals.approve_many(found.id, Choice(sum_remaining(load_parts(found.parts), frozenset())))


def _list_rows(store: Store) -> list[Ended]:
    """Return what became of each row."""
    columns = (batch_rows.c.state, batch_rows.c.document, batch_rows.c.number, batch_rows.c.problem)
    with store.reading() as connection:
        rows = connection.execute(sql.select(*columns).order_by(batch_rows.c.place)).all()
    return [
        Ended(row.state, row.document, row.number, json.loads(row.problem or "{}").get("code"))
        for row in rows
    ]


def _judge(run: BatchKillRun, sandbox: Sandbox, heard: Sequence[str | None], rows: Sequence[Ended]) -> str:
    ledger = Ledger(sandbox)
    documents = ledger.list_rows(Document)
    finals = sorted(
        (one for one in documents if one.status == "final"),
        key=lambda one: int(str(one.number).split("/")[0]),
    )
    mails = Counter(one.document_id for one in ledger.list_rows(Mail))
    ledger.close()
    if not set(heard) & set(ENDED_BATCH) or any(one.state != "done" and not one.is_unclear for one in rows):
        return f"it ended as {heard}, with {len(finals)} documents issued: {[one.state for one in rows]}"
    if len(documents) != run.rows or len(finals) != run.rows:
        return f"{len(documents)} documents, {len(finals)} issued"
    expected = [Decimal(number) * Decimal("1.23") for number in range(1, run.rows + 1)]
    totals = [Decimal(str(_read(sandbox, one.id)["total"])) for one in finals]
    if totals != expected:
        return f"another order: {totals}"
    wanted = {one.document: 1 for at, one in enumerate(rows) if has_email(at + 1)}
    unclear = {one.document for one in rows if one.is_unclear}
    if any(mails[number] != wanted.get(number, 0) for number in {*mails, *wanted} - unclear):
        return f"e-mails {dict(mails)}, wanted {wanted}"
    if any(mails[number] > 1 for number in unclear):
        return f"e-mails {dict(mails)}, of which nobody knows {unclear}"
    return ""


def _read(sandbox: Sandbox, number: int) -> dict[str, Any]:
    answer = httpx2.get(
        f"{sandbox.base_url}/invoices/{number}.json",
        params={"api_key": sandbox.api_key},
        verify=False,
        trust_env=False,
    )
    found: dict[str, Any] = answer.json()["invoice"]
    return found


def list_runs(stores: Sequence[str], count: int, seed: int) -> Iterator[BatchKillRun]:
    """Yield runs over stores, and one and two processes, in turn."""
    for number in range(count):
        yield BatchKillRun(stores[number % len(stores)], 1 + (number // len(stores)) % 2, seed + number)


@contextmanager
def open_place(kind: str, folder: Path) -> Iterator[str]:
    """Yield the place of an empty store; empty without a server."""
    if kind == "sqlite":
        yield str(folder / f"{secrets.token_hex(6)}.db")
        return
    with open_database() as url:
        yield url


def run_all(runs: Iterator[BatchKillRun]) -> Iterator[BatchKillRun]:
    """Yield each run with its result; runs on PostgreSQL are left out without a server."""
    with Sandbox(clock=NOW) as sandbox, tempfile.TemporaryDirectory() as folder:
        for run in runs:
            sandbox.reset()
            sandbox.set_option("rate_limit", 1_000_000)
            with open_place(run.store, Path(folder)) as place:
                if place:
                    yield run_killed(run, sandbox, place)


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong and a summary; return 1 when anything is."""
    parser = argparse.ArgumentParser(prog="python -m faults batch")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    told: Counter[tuple[str, int]] = Counter()
    kills = wrong = unclear = 0
    for one in run_all(list_runs(("sqlite", "postgresql"), options.runs, options.seed)):
        told[one.store, one.servers] += 1
        kills += one.kills
        unclear += one.unclear
        if sum(told.values()) % PROGRESS == 0:
            print(f"{sum(told.values())} runs, {kills} kills, {wrong} wrong so far", flush=True)
        if one.wrong:
            wrong += 1
            print(
                f"seed {one.seed}, {one.store}, {one.servers} processes, {one.kills} kills: {one.wrong}",
                flush=True,
            )
    for (store, servers), count in sorted(told.items()):
        print(f"{store:12} {servers} processes {count:5} runs")
    print(f"{sum(told.values())} runs, {kills} kills, {unclear} e-mails left unclear, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
