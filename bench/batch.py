"""Measure a batch: use of the limit of requests from drafts to the last document, and reading and judging of large files."""

from __future__ import annotations

import csv
import io
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio

from bench.documents import TODAY
from bench.harness import Harness, open_harness
from bench.report import Row, Table
from ix_tools.api_client.client import InvoiceXpressClient, account_name
from ix_tools.api_client.rate_limit import RateLimiter
from ix_tools.approvals.joint_decisions import Choice, load_parts, sum_remaining
from ix_tools.approvals.models import CallOrigin
from ix_tools.batch.documents import read_documents
from ix_tools.batch.files import read_table
from ix_tools.batch.judgement import judge
from ix_tools.batch.run import run_batch
from ix_tools.batch.start import create_repository, start_batch
from ix_tools.pipeline.execute import CallContext

PER_MINUTE = 780
USE = 0.95
"""Part of the allowed requests that drafts and issuing must use at least."""
WARM_UP = 30
"""Requests after which the limiter's burst is spent, so that the rate counts from there."""


def build_file(rows: int, clients: int = 20) -> bytes:
    """Return a file of documents of 20 clients, one line each."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(
        [
            "data",
            "vencimento",
            "cliente_codigo",
            "cliente_nome",
            "artigo",
            "quantidade",
            "preço",
            "IVA",
            "referencia",
        ]
    )
    for number in range(rows):
        client = number % clients
        writer.writerow(
            [TODAY, "30d", f"B{client}", f"Cliente {client}", "Quota", 1, "25,00", "IVA23", f"R{number}"]
        )
    return out.getvalue().encode()


def measure(rows: int, sizes: tuple[int, ...], judged: int) -> Table:
    """Run a batch with the real limiter, then read and judge files of several sizes without one."""
    return anyio.run(_measure, rows, sizes, judged)


async def _measure(rows: int, sizes: tuple[int, ...], judged: int) -> Table:
    found: list[Row] = []
    async with open_harness() as harness:
        await harness.set_control("PUT", "options", {"rate_limit": PER_MINUTE})
        limiter = RateLimiter(harness.context.store, account_name(harness.context.settings), PER_MINUTE, 600)
        client = InvoiceXpressClient(harness.context.settings, limiter)
        found += await _run(harness, replace(harness.context, account=client), rows)
        await client.close()
    async with open_harness() as harness:
        found += await _judge(harness, judged)
    found += _read(sizes)
    return Table("batch: the limit of requests, and large files", found)


async def _run(harness: Harness, context: CallContext, rows: int) -> list[Row]:
    """Carry a batch from its file to its last document, and compare each part with the limit."""
    await harness.take_requests()
    batch = await start_batch(context, build_file(rows), "quotas.csv")
    judged = len(await harness.take_requests())
    began = time.perf_counter()
    asked = await run_batch(context, batch.id, CallOrigin("cli"))
    drafting, drafts = time.perf_counter() - began, await harness.take_requests()
    approval = context.approvals.find(asked.batch.approval)
    total = sum_remaining(load_parts(approval.parts), frozenset())
    began = time.perf_counter()
    context.approvals.approve_many(approval.id, Choice(total))
    decided = time.perf_counter() - began
    began = time.perf_counter()
    done = await run_batch(context, batch.id, CallOrigin("cli"))
    issuing, issued = time.perf_counter() - began, await harness.take_requests()
    refused = sum(one.get("status") == 429 for one in (*drafts, *issued))
    repository = create_repository(context)
    numbers = [one.number for one in repository.list_rows(batch.id)]
    in_order = numbers == [f"{number}/2026" for number in range(1, rows + 1)]
    return [
        Row(f"{rows} documents judged", f"{judged / rows:.1f} requests each"),
        _build_rate("  drafts and the sheet", drafts, drafting, rows),
        Row("  the decision", f"{decided * 1000:.0f} ms"),
        _build_rate("  issuing", issued, issuing, rows),
        Row("  answers 429", str(refused), "0", refused == 0),
        Row(
            "  done, numbered in the order of the file",
            str(in_order),
            "True",
            in_order and done.batch.state == "done",
        ),
    ]


def _build_rate(name: str, requests: list[Any], seconds: float, rows: int) -> Row:
    rate = len(requests) / seconds * 60 / PER_MINUTE
    value = f"{len(requests) / rows:.1f} requests each, {seconds:.0f} s, {rate:.0%} of {PER_MINUTE} a minute"
    return Row(name, value, f"{USE:.0%}", rate >= USE)


async def _judge(harness: Harness, rows: int) -> list[Row]:
    """Judge by every rule, with the account's answers at hand: a half and a whole file."""
    times = []
    for count in (rows // 2, rows):
        documents = read_documents(read_table(build_file(count), "a.csv")).documents
        began = time.perf_counter()
        await judge(harness.context, documents)
        times.append(time.perf_counter() - began)
    growth = times[1] / times[0]
    return [
        Row(f"{rows} rows judged by every rule", f"{times[1]:.1f} s, {times[1] / rows * 1000:.1f} ms a row"),
        Row("  of the time of half as many", f"{growth:.2f} x", "<= 2.3 x", growth <= 2.3),
    ]


def _read(sizes: tuple[int, ...]) -> list[Row]:
    """Read files of growing sizes: plainly, and with the meaning of every cell."""
    rows: list[Row] = []
    per_row: list[tuple[float, float]] = []
    for size in sizes:
        content = build_file(size)
        plain = _time(lambda text=content: list(csv.reader(io.StringIO(text.decode()), delimiter=";")))  # type: ignore[misc]
        ours = _time(lambda text=content: read_documents(read_table(text, "a.csv")))  # type: ignore[misc]
        per_row.append((ours[0] / size, ours[1] / size))
        rows.append(
            Row(
                f"{size} rows read",
                f"{ours[0]:.2f} s, {ours[1] / 1e6:.1f} MB; plain csv {plain[0]:.3f} s, {plain[1] / 1e6:.1f} MB",
            )
        )
    seconds, memory = (per_row[-1][at] / per_row[0][at] for at in (0, 1))
    rows.append(Row("  time a row, largest to smallest file", f"{seconds:.2f} x", "<= 1.3 x", seconds <= 1.3))
    rows.append(Row("  memory a row, largest to smallest file", f"{memory:.2f} x", "<= 1.3 x", memory <= 1.3))
    return rows


def _time(work: Callable[[], Any]) -> tuple[float, float]:
    """Return seconds, the best of three, and the peak of memory in bytes, measured apart."""
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(seconds), peak
