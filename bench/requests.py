"""Measure issue_invoice from start to end with a slow upstream, with and without remembered look-ups."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import httpx2

from bench.documents import TODAY, Json
from bench.harness import NO_LIMIT, Harness, open_harness
from bench.report import Row, Table, format_milliseconds, format_spread, median_ratio
from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import ApprovalRequired, CallOrigin, Reply, execute
from ix_tools.pipeline.seen_records import SeenRecords

DELAY_SECONDS = 0.15
"""What a request to InvoiceXpress takes at least."""
TARGET_REQUESTS = 9
INVOICE: Json = {
    "date": TODAY,
    "due_date": TODAY,
    "client": {"code": "ACME"},
    "items": [{"name": "Auditoria", "unit_price": "100", "quantity": "1", "tax": "IVA23"}],
    "delivery": "link",
}


class SlowTransport(httpx2.AsyncHTTPTransport):
    """Transport whose every request takes a while longer; it counts them."""

    requests = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Wait, then send the request."""
        self.requests += 1
        await anyio.sleep(DELAY_SECONDS)
        return await super().handle_async_request(request)


def measure(rounds: int) -> Table:
    """Issue invoices alternately with and without remembered look-ups."""
    return anyio.run(_measure, rounds)


async def _measure(rounds: int) -> Table:
    async with open_harness() as harness:
        await harness.set_control("PUT", "options", {"rate_limit": NO_LIMIT, "pdf_polls": 0})
        async with (
            _open_slow(harness, remembers=False) as before,
            _open_slow(harness, remembers=True) as after,
        ):
            times: dict[str, list[float]] = {"before": [], "after": []}
            counts: dict[str, list[int]] = {"before": [], "after": []}
            for number in range(-1, rounds):
                for name, (context, slow) in {"before": before, "after": after}.items():
                    began, asked = time.perf_counter(), slow.requests
                    await _issue(context, f"{name} {number}")
                    if number >= 0:
                        times[name].append(time.perf_counter() - began)
                        counts[name].append(slow.requests - asked)
    ratio = median_ratio(times["after"], times["before"])
    most = max(counts["after"])
    rows = [
        Row(
            "nothing remembered", f"{max(counts['before'])} requests, {format_milliseconds(times['before'])}"
        ),
        Row("look-ups remembered", f"{most} requests, {format_milliseconds(times['after'])}"),
        Row("  requests", str(most), str(TARGET_REQUESTS), most <= TARGET_REQUESTS),
        Row(
            "  of the time before",
            f"{ratio:.2f} x  (middle half {format_spread(times['after'], times['before'])})",
        ),
    ]
    notes = [
        f"{rounds} interleaved rounds; every request takes {DELAY_SECONDS * 1000:.0f} ms longer than the sandbox needs",
        "question and answer of one approval, without the person's time; the PDF is ready when it is first asked for",
    ]
    return Table("issue_invoice, start to end", rows, notes, details=times)


@asynccontextmanager
async def _open_slow(
    harness: Harness, *, remembers: bool
) -> AsyncIterator[tuple[CallContext, SlowTransport]]:
    settings = harness.context.settings.model_copy(
        update={"remember_lookups": remembers, "approval_min_seconds": 0}
    )
    slow = SlowTransport(trust_env=False)
    account = InvoiceXpressClient(settings, transport=slow)
    parts: dict[str, Any] = {"account": account, "seen": SeenRecords(is_kept=remembers), "_shown": {}}
    try:
        yield replace(harness.context, settings=settings, **parts), slow
    finally:
        await account.close()


async def _issue(context: CallContext, reference: str) -> None:
    call = {**INVOICE, "reference": reference}
    origin = CallOrigin(can_show_form=True)
    asked = await execute(context, "issue_invoice", call, origin=origin)
    assert isinstance(asked, ApprovalRequired), asked
    done = await execute(
        context, "issue_invoice", call, origin=origin, reply=Reply(asked.approval.handle, True)
    )
    assert done.body["document"]["status"] == "final", done.body
