"""Measure the time between the response to the last read and the irreversible request, on our side."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import httpx2

from bench.calls import BARE_DRAFT
from bench.documents import TODAY, Json
from bench.harness import KEY, NO_LIMIT, Harness, open_harness
from bench.report import Row, Table
from faults.gap_transport import GapTransport
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import ApprovalRequired, CallOrigin, Reply, execute

WARM_UP = 10
INVOICE: Json = {
    "date": TODAY,
    "due_date": TODAY,
    "client": {"code": "ACME"},
    "items": [{"name": "Auditoria", "unit_price": "100", "quantity": "1", "tax": "IVA23"}],
    "delivery": "link",
}


def measure(rounds: int) -> Table:
    """Finalize documents one after the other, by themselves and in a workflow."""
    return anyio.run(_measure, rounds)


async def _measure(rounds: int) -> Table:
    rows: list[Row] = []
    details: dict[str, Any] = {}
    async with open_harness() as harness, _open_context(harness) as (context, gap):
        await harness.set_control("PUT", "options", {"pdf_polls": 0})
        for name in ("change_state", "issue_invoice"):
            for number in range(-WARM_UP, rounds):
                if number == 0:
                    gap.windows.clear()
                await _finalize(harness, context, name, number)
            for at, since in enumerate(("the last answer", "the document's own")):
                times = sorted(window[at] for window in gap.windows)
                details[f"{name}, {since}"] = times
                p99 = times[int(len(times) * 0.99)]
                figures = f"median {statistics.median(times) * 1000:.2f} ms, p99 {p99 * 1000:.2f} ms"
                rows.append(Row(f"{name}, since {since}", figures))
    notes = [
        f"{rounds} documents each, on one sandbox in a process of its own; limiter lifted, one SQLite file",
        "from the last byte of an answer to the moment at which the request is handed to the connection; the document and its "
        "client are read side by side",
        "what remains besides is the way of that answer and of the request over the network",
    ]
    return Table("Window between the last read and the request (information)", rows, notes, details=details)


@asynccontextmanager
async def _open_context(harness: Harness) -> AsyncIterator[tuple[CallContext, GapTransport]]:
    """Open a context whose requests are timed."""
    settings = harness.context.settings.model_copy(update={"requests_per_minute": NO_LIMIT})
    context, gap = replace(CallContext.open(settings), now=harness.context.now), GapTransport()
    context.account._client = httpx2.AsyncClient(transport=gap, timeout=settings.timeout_seconds)
    try:
        yield context, gap
    finally:
        await context.close()


async def _finalize(harness: Harness, context: CallContext, name: str, number: int) -> None:
    if name == "change_state":
        made = await harness.http.post("/invoices.json", params=KEY, json=BARE_DRAFT)
        made.raise_for_status()
        about = {"document_type": "invoices", "document_id": made.json()["invoice"]["id"]}
        arguments: Json = {**about, "state": "finalized"}
    else:
        arguments = {**INVOICE, "reference": f"Janela {number}"}
    origin = CallOrigin(can_show_form=True)
    required = await execute(context, name, arguments, origin=origin)
    assert isinstance(required, ApprovalRequired), required
    await execute(context, name, arguments, origin=origin, reply=Reply(required.approval.handle, True))
