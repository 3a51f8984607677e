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
import httpx2

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
LATENCIES = (0.15, 0.0)
"""Seconds that every answer takes longer: as over the internet, and as beside InvoiceXpress."""


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


def measure(rows: int, sizes: tuple[int, ...]) -> Table:
    """Run a batch with the real limiter, then read and judge files of several sizes without one."""
    return anyio.run(_measure, rows, sizes)


async def _measure(rows: int, sizes: tuple[int, ...]) -> Table:
    found: list[Row] = []
    for latency in LATENCIES:
        async with open_harness() as harness:
            await harness.set_control("PUT", "options", {"rate_limit": PER_MINUTE})
            name = account_name(harness.context.settings)
            limiter = RateLimiter(harness.context.store, name, PER_MINUTE, 600)
            client = InvoiceXpressClient(harness.context.settings, limiter, DelayingTransport(latency))
            found.append(Row(f"{rows} documents, answers {latency * 1000:.0f} ms later", ""))
            found += await _run(harness, replace(harness.context, account=client), rows)
            await client.close()
    async with open_harness() as harness:
        found += await _judge(harness, sizes)
    found += _read(sizes)
    return Table("batch: the limit of requests, and large files", found)


class DelayingTransport(httpx2.AsyncBaseTransport):
    """Carries requests over the network and gives every answer some time later."""

    def __init__(self, seconds: float) -> None:
        """Connect with the first request."""
        self._carrier, self._seconds = httpx2.AsyncHTTPTransport(), seconds

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await anyio.sleep(self._seconds)
        return await self._carrier.handle_async_request(request)

    async def aclose(self) -> None:
        await self._carrier.aclose()


async def _run(harness: Harness, context: CallContext, rows: int) -> list[Row]:
    """Carry a batch from its file to its last document, and compare each part with the limit."""
    await harness.take_requests()
    began = time.perf_counter()
    batch = await start_batch(context, build_file(rows), "quotas.csv")
    judging, judged = time.perf_counter() - began, len(await harness.take_requests())
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
        Row("  judged", f"{judged / rows:.1f} requests each, {judging:.1f} s"),
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


async def _judge(harness: Harness, sizes: tuple[int, ...]) -> list[Row]:
    """Judge files of growing sizes by every rule: seconds of the processor and memory a row, and requests in all."""
    rows: list[Row] = []
    per_row: list[tuple[float, float]] = []
    for size in sizes:
        documents = read_documents(read_table(build_file(size), "a.csv")).documents
        await harness.take_requests()
        began, computed = time.perf_counter(), time.process_time()
        await judge(harness.context, documents)
        elapsed, seconds = time.perf_counter() - began, time.process_time() - computed
        requests = len(await harness.take_requests())
        tracemalloc.start()
        await judge(harness.context, documents)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        per_row.append((seconds / size, peak / size))
        value = f"{elapsed:.1f} s, {seconds / size * 1000:.1f} ms of the processor a row, {peak / 1e6:.1f} MB, {requests} requests"
        rows.append(Row(f"{size} rows judged by every rule", value))
    return [*rows, *_compare(per_row, "  time a row, largest to smallest file", "  memory a row")]


def _compare(per_row: list[tuple[float, float]], *names: str) -> list[Row]:
    """Return what time and memory a row are in the largest file, of those in the smallest."""
    factors = [per_row[-1][at] / per_row[0][at] for at in (0, 1)]
    return [
        Row(name, f"{one:.2f} x", "<= 1.3 x", one <= 1.3) for name, one in zip(names, factors, strict=True)
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
    return [*rows, *_compare(per_row, "  time a row, largest to smallest file", "  memory a row")]


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
