"""Measure idempotency: cost of the journal, concurrent equal calls, use of the rate limit, verification of the audit trail."""

from __future__ import annotations

import logging
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import anyio
import httpx2

from bench.calls import BARE_DRAFT, DRAFT
from bench.harness import KEY, open_harness
from bench.report import Row, Table, format_milliseconds, format_spread, median_ratio
from faults.cases import NOW, Json
from faults.concurrency import ConcurrentCallers
from faults.run import PROCESSES
from faults.tampering import TAMPERINGS, read_rows, replace_rows
from faults.worker import Order, Steps, open_context
from ix_tools.audit import trail
from ix_tools.errors import IxError
from ix_tools.idempotency.intents import IntentDraft, IntentResult
from ix_tools.idempotency.journal import Journal
from ix_tools.pipeline.execute import execute
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store

CALLERS, PROCESSES_OF_A_CROWD = 32, 2
LIMIT = 300
"""Requests per minute when the limit is measured: so few that this machine is not the bottleneck."""
REQUESTS_OF_A_CALL = 2
"""Requests of create_client: the POST and its read-back."""
SETTLING = 10.0
"""Seconds until the burst is over, so that only the steady rate is counted."""
LONG = 10_000
PLANTED = 200


def measure(quick: bool) -> Table:
    """Run all parts."""
    rows: list[Row] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="ix-bench-once-") as name:
        folder = Path(name)
        before = dict(os.environ)
        os.environ["XDG_DATA_HOME"] = name
        try:
            rows += anyio.run(_measure_cost, 40 if quick else 300)
            rows += _measure_crowd(folder, 5 if quick else 200)
            rows += _measure_limit(folder, 20 if quick else 60)
            rows += _measure_trail(folder, 1000 if quick else LONG)
        finally:
            os.environ.clear()
            os.environ.update(before)
    notes += [
        "journal: one intent and one outcome, each a transaction of its own that waits for the disk (synchronous=FULL),",
        "each with its row of the audit trail; turn by turn with the bare POST, against a sandbox in another process",
        f"limit: {LIMIT} a minute, two processes that offer twice as much; counted once the burst is over",
    ]
    return Table("Exactly once", rows, notes)


# --- what the journal costs -------------------------------------------------------------------------------


async def _measure_cost(rounds: int) -> list[Row]:
    async with open_harness() as harness:
        journal = harness.context.journal
        posts, kept_down, counted, calls, floor = [], [], [], [], []
        page = harness.folder / "page"
        with httpx2.Client(base_url=harness.url, trust_env=False) as client:
            for number in range(-5, rounds):
                took = _time_call(
                    lambda: client.post("/invoices.json", params=KEY, json=BARE_DRAFT).raise_for_status()
                )
                written = _time_call(partial(_write_intent, journal, f"bench:{number}"))
                least = _time_call(partial(_time_disk, page))
                turn = _time_call(lambda: _update_without_sync(harness.context.store))
                began = time.perf_counter()
                await execute(harness.context, "create_invoice", {**DRAFT, "idempotency_key": str(number)})
                whole = time.perf_counter() - began
                if number >= 0:
                    posts.append(took)
                    kept_down.append(written)
                    floor.append(least)
                    counted.append(turn)
                    calls.append(whole)
    ratio = median_ratio(kept_down, calls)
    to_post = median_ratio(kept_down, posts)
    return [
        Row("POST /invoices.json by httpx2", format_milliseconds(posts)),
        Row("create_invoice through perform", format_milliseconds(calls)),
        Row("journal and trail of one call, on disk", format_milliseconds(kept_down)),
        Row(
            "  of the bare POST",
            f"{to_post:.0%}  (middle half {format_spread(kept_down, posts)})",
            "15 %",
            to_post <= 0.15,
        ),
        Row(
            "  of the whole call",
            f"{ratio:.0%}  (middle half {format_spread(kept_down, calls)})",
            "15 %",
            ratio <= 0.15,
        ),
        Row("  of two bare fsyncs of a page", f"{median_ratio(kept_down, floor):.1f} x"),
        Row("two bare fsyncs of a page: the floor", format_milliseconds(floor)),
        Row("  of the bare POST", f"{median_ratio(floor, posts):.0%}"),
        Row("a transaction that does not wait for the disk", format_milliseconds(counted)),
    ]


def _time_call(what: object) -> float:
    began = time.perf_counter()
    what()  # type: ignore[operator]
    return time.perf_counter() - began


def _time_disk(page: Path) -> None:
    """Time the disk alone for an intent and an outcome."""
    with page.open("ab") as file:
        for _ in range(2):
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())


def _write_intent(journal: Journal, key: str) -> None:
    intent = journal.begin(
        IntentDraft("bench", key, ("c",), "create_invoice", "local", "bench", has_chosen_key=True)
    )
    journal.finish(
        intent, IntentResult("done", "done", {"ok": True, "document": {"id": 1}}, "invoices/1", "invoices/1")
    )


def _update_without_sync(store: Store) -> None:
    with store.writing(durable=False) as connection:
        connection.exec_driver_sql("UPDATE rates SET failures = failures")


# --- one request for many calls ---------------------------------------------------------------------------


def _measure_crowd(folder: Path, rounds: int) -> list[Row]:
    with Sandbox(clock=NOW) as box:
        box.set_option("rate_limit", 10**9)
        place = str(folder / "crowd.db")
        order = Order(box.base_url, box.api_key, place, "crowd", "create_invoice", DRAFT, timeout=60)
        exact = told_all = 0
        began = time.perf_counter()
        with ConcurrentCallers(order, PROCESSES_OF_A_CROWD, CALLERS) as crowd:
            for number in range(rounds):
                box.clear_requests()
                told = crowd.run_round(reference=f"round-{number}")
                posts = sum(one["method"] == "POST" for one in box.requests())
                same = {(one["document"] or {}).get("id") for one in told if one["ok"]}
                exact += posts == 1
                told_all += (
                    len(told) == CALLERS * PROCESSES_OF_A_CROWD
                    and len(same) == 1
                    and all(one["ok"] for one in told)
                )
        took = (time.perf_counter() - began) / rounds
    many = CALLERS * PROCESSES_OF_A_CROWD
    return [
        Row(
            f"{many} equal calls, two processes: one POST",
            f"{exact} of {rounds} rounds",
            str(rounds),
            exact == rounds,
        ),
        Row(
            "  all told of the same document",
            f"{told_all} of {rounds} rounds",
            str(rounds),
            told_all == rounds,
        ),
        Row("  a round", f"{took * 1000:.0f} ms"),
    ]


# --- use of the limit -------------------------------------------------------------------------------------


def offer_calls(order: Order, calls: int, every: float, line: Connection) -> None:
    """Start calls at a fixed interval, however many are waiting, and send their results."""
    logging.disable()
    anyio.run(_offer_calls, order, calls, every, line)


async def _offer_calls(order: Order, calls: int, every: float, line: Connection) -> None:
    context = open_context(order, Steps(order, line))
    context.settings = context.settings.model_copy(update={"requests_per_minute": LIMIT})
    context.account._limiter.per_minute = LIMIT  # type: ignore[union-attr]
    told: list[Json] = []

    async def one(number: int) -> None:
        code = f"{os.getpid()}-{number}"
        while True:
            try:
                made = await execute(context, "create_client", {"name": f"Cliente {code}", "code": code})
                told.append({"ok": True, "id": made.body["client"]["id"]})
                return
            except IxError as failure:
                if failure.as_dict()["sent"] not in {"nothing", "unknown"}:
                    told.append({"ok": False, "id": failure.code})
                    return
                # Repeat the same call, as the error says. An unknown outcome is looked up first.
                await anyio.sleep(float(failure.details.get("retry_after") or 5))

    async with anyio.create_task_group() as group:
        for number in range(calls):
            group.start_soon(one, number)
            await anyio.sleep(every)
    line.send(told)
    await context.close()


def _measure_limit(folder: Path, seconds: int) -> list[Row]:
    calls = LIMIT * seconds // 60 // PROCESSES_OF_A_CROWD  # twice the limit, since a call sends two requests
    with Sandbox(clock=None) as box:
        box.set_option("rate_limit", LIMIT)
        order = Order(
            box.base_url, box.api_key, str(folder / "limit.db"), "limit", "create_client", {}, timeout=30
        )
        lines = []
        for _ in range(PROCESSES_OF_A_CROWD):
            mine, theirs = PROCESSES.Pipe()
            process = PROCESSES.Process(
                target=offer_calls, args=(order, calls, seconds / calls, theirs), daemon=True
            )
            process.start()
            theirs.close()
            lines.append((process, mine))
        while not box.requests():
            time.sleep(0.05)
        time.sleep(SETTLING)
        first, began = len(box.requests()), time.monotonic()
        time.sleep(seconds - SETTLING / 2)
        sent, took = len(box.requests()) - first, time.monotonic() - began
        told = []
        for process, line in lines:
            told += line.recv()
            process.join(30)
        requests = box.requests()
    made = {one["id"] for one in told if one["ok"]}
    lost = calls * PROCESSES_OF_A_CROWD - len(made)
    carried_out = sum(one["method"] == "POST" and one["status"] == 201 for one in requests)
    repeated = max(0, carried_out - len(made))
    refused = sum(one["status"] == 429 for one in requests)
    use = sent / (LIMIT * took / 60)
    return [
        Row("at twice the limit: calls lost", f"{lost} of {calls * PROCESSES_OF_A_CROWD}", "0", lost == 0),
        Row("  writes repeated", str(repeated), "0", repeated == 0),
        Row("  use of the limit", f"{use:.1%} over {took:.0f} s", "95 %", 0.95 <= use <= 1.0),
        Row("  answers 429", str(refused)),
    ]


# --- the trail --------------------------------------------------------------------------------------------


def _measure_trail(folder: Path, rows: int) -> list[Row]:
    whole = folder / "trail.db"
    store = Store(whole)
    head = trail.locate_head_note(store, folder)
    store.note_head = partial(trail.note_head, head)
    with store.writing() as connection:
        for number in range(rows):
            trail.append(
                connection,
                trail.Entry("intent", "ana", "mcp", "acme@host", "create_invoice", f"invoices/{number}"),
            )
    times = [_time_call(lambda: trail.verify_chain(store, folder)) for _ in range(5)]
    clean = trail.verify_chain(store, folder) == []
    written = read_rows(store)
    store.close()
    chance, found = random.Random(7), 0
    for number in range(PLANTED):
        changed = [dict(row) for row in written]
        expected = TAMPERINGS[number % len(TAMPERINGS)](changed, chance)
        with _copy_store(whole, head, folder) as other:
            replace_rows(other, changed)
            found += expected <= {fault.seq for fault in trail.verify_chain(other, folder)}
    took = sorted(times)[len(times) // 2]
    return [
        Row(f"audit: {rows} rows verified", f"{took * 1000:.0f} ms", "1000 ms", clean and took < 1),
        Row(f"  {PLANTED} tamperings found with their row", str(found), str(PLANTED), found == PLANTED),
    ]


@contextmanager
def _copy_store(file: Path, head: Path, folder: Path) -> Iterator[Store]:
    copy = folder / "tampered.db"
    for name in (copy, *(copy.with_name(copy.name + ending) for ending in ("-wal", "-shm"))):
        name.unlink(missing_ok=True)
    shutil.copy(file, copy)
    shutil.copy(head, copy.with_name(f"{copy.name}.head"))
    store = Store(copy)
    try:
        yield store
    finally:
        store.close()
