"""Measure a batch: use of the limit of requests from drafts to the last document, beside what round trips allow; and large files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import httpx2

from bench import large_files
from bench.harness import Harness, open_harness
from bench.large_files import build_file
from bench.report import Row, Table
from ix_tools.api_client.client import InvoiceXpressClient, account_name
from ix_tools.api_client.rate_limit import RateLimiter
from ix_tools.approvals.joint_decisions import Choice, load_parts, sum_remaining
from ix_tools.approvals.models import CallOrigin
from ix_tools.batch.models import BatchRow
from ix_tools.batch.run import run_batch
from ix_tools.batch.start import create_repository, start_batch
from ix_tools.pipeline.execute import CallContext

PER_MINUTE = 780
USE = 0.95
"""Part of the allowed requests that drafts and issuing must use at least."""
IN_SERIES = 2
"""Round trips of a document that stand one after another in its series: the last read, and the request with its answer."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run of a batch."""

    latency: float
    """Seconds that every answer takes longer."""
    kinds: tuple[str, ...] = ("fatura",)
    """Kinds of the documents; each is numbered by itself, and issued beside the others."""


CASES = (Case(0.15), Case(0.3, ("fatura", "fatura-recibo")), Case(0.0))
"""As over the internet; as over a slow connection, with two series; and as beside InvoiceXpress."""


def measure(rows: int, sizes: tuple[int, ...]) -> Table:
    """Run batches with the real limiter, then read and judge files of several sizes without one."""
    return Table(
        "batch: the limit of requests, and large files",
        [*anyio.run(_measure, rows), *large_files.measure(sizes)],
        [
            f"in a series the last read of a document begins when the one before it is answered: {IN_SERIES} round trips each",
        ],
    )


async def _measure(rows: int) -> list[Row]:
    found: list[Row] = []
    for case in CASES:
        async with open_harness() as harness:
            await harness.set_control("PUT", "options", {"rate_limit": PER_MINUTE})
            name = account_name(harness.context.settings)
            limiter = RateLimiter(harness.context.store, name, PER_MINUTE, 600)
            carrier = DelayingTransport(case.latency)
            client = InvoiceXpressClient(harness.context.settings, limiter, carrier)
            series = f"{len(case.kinds)} series" if len(case.kinds) > 1 else "one series"
            found.append(Row(f"{rows} documents of {series}, answers {case.latency * 1000:.0f} ms later", ""))
            found += await _run(harness, replace(harness.context, account=client), carrier, case, rows)
            await client.close()
    return found


@dataclass
class DelayingTransport(httpx2.AsyncBaseTransport):
    """Carries requests over the network, gives every answer some time later, and measures how long each took."""

    seconds: float
    round_trips: list[float] = field(default_factory=list)
    _carrier: httpx2.AsyncHTTPTransport = field(default_factory=httpx2.AsyncHTTPTransport)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Wait, then send the request."""
        began = time.perf_counter()
        await anyio.sleep(self.seconds)
        answer = await self._carrier.handle_async_request(request)
        self.round_trips.append(time.perf_counter() - began)
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._carrier.aclose()


async def _run(
    harness: Harness, context: CallContext, carrier: DelayingTransport, case: Case, rows: int
) -> list[Row]:
    """Carry a batch from its file to its last document, and compare each part with the limit."""
    await harness.take_requests()
    began = time.perf_counter()
    batch = await start_batch(context, build_file(rows, case.kinds), "quotas.csv")
    judging, judged = time.perf_counter() - began, len(await harness.take_requests())
    began = time.perf_counter()
    asked = await run_batch(context, batch.id, CallOrigin("cli"))
    drafting, drafts = time.perf_counter() - began, await harness.take_requests()
    approval = context.approvals.find(asked.batch.approval)
    total = sum_remaining(load_parts(approval.parts), frozenset())
    began = time.perf_counter()
    context.approvals.approve_many(approval.id, Choice(total))
    decided = time.perf_counter() - began
    carrier.round_trips.clear()
    began = time.perf_counter()
    done = await run_batch(context, batch.id, CallOrigin("cli"))
    issuing, issued = time.perf_counter() - began, await harness.take_requests()
    refused = sum(one.get("status") == 429 for one in (*drafts, *issued))
    round_trip = sum(carrier.round_trips) / len(carrier.round_trips)
    bound = len(case.kinds) * len(issued) / rows / (IN_SERIES * round_trip) * 60 / PER_MINUTE
    in_order = _is_in_order(create_repository(context).list_rows(batch.id))
    return [
        Row("  judged", f"{judged / rows:.1f} requests each, {judging:.1f} s"),
        _build_rate("  drafts and the sheet", drafts, drafting, rows),
        Row("  the decision", f"{decided * 1000:.0f} ms"),
        Row(
            "  bound of issuing", f"{bound:.0%}: round trips of {round_trip * 1000:.0f} ms, {IN_SERIES} each"
        ),
        _build_rate("  issuing", issued, issuing, rows),
        Row("  answers 429", str(refused), "0", refused == 0),
        Row(
            "  done, numbered in the order of the file",
            str(in_order),
            "True",
            in_order and done.batch.state == "done",
        ),
    ]


def _is_in_order(rows: Sequence[BatchRow]) -> bool:
    """Tell whether the documents of each series are numbered from 1 on in the order of the file."""
    numbers: dict[str, list[str]] = {}
    for one in rows:
        numbers.setdefault(one.lane, []).append(one.number.partition("/")[0])
    return all(found == [str(at) for at in range(1, len(found) + 1)] for found in numbers.values())


def _build_rate(name: str, requests: list[Any], seconds: float, rows: int) -> Row:
    rate = len(requests) / seconds * 60 / PER_MINUTE
    value = f"{len(requests) / rows:.1f} requests each, {seconds:.0f} s, {rate:.0%} of {PER_MINUTE} a minute"
    return Row(name, value, f"{USE:.0%}", rate >= USE)
