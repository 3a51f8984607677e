"""Measure the overhead of a call over the requests that it sends."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from secrets import token_hex

import anyio
import httpx2

from bench.documents import TODAY, Json
from bench.harness import KEY, NO_LIMIT, Harness, open_harness
from bench.report import Row, Table, format_milliseconds, format_spread, median_ratio
from bench.stdio import ERAS, WITHOUT_WAITS, Server, parse_result
from ix_tools.api_client import rate_limit
from ix_tools.pipeline.execute import execute

WARM_UP = 5
DRAFT: Json = {
    "date": TODAY,
    "due_date": TODAY,
    "client": {"code": "ACME"},
    "items": [{"name": "Revisão", "unit_price": "100", "quantity": "1", "tax": "IVA23"}],
}
BARE_DRAFT: Json = {
    "invoice": {
        "date": "20/11/2026",
        "due_date": "20/11/2026",
        "client": {"name": "ACME, Lda", "code": "ACME"},
        "items": [{"name": "Revisão", "unit_price": "100", "quantity": "1", "tax": {"name": "IVA23"}}],
    }
}


def measure(rounds: int) -> Table:
    """Measure a read and a write and their bare requests alternately, against the same sandbox."""
    # The limiter does its work, and never waits: its limit of requests a minute would be what is measured.
    rate_limit.BURST_SHARE = NO_LIMIT
    return anyio.run(_measure, rounds)


async def _measure(rounds: int) -> Table:
    async with open_harness() as harness:
        reads = await _measure_reads(harness, rounds)
        writes, made_of = await _measure_writes(harness, rounds)
    get, post = reads.pop("GET /taxes.json by httpx2"), writes["POST /invoices.json by httpx2"]
    create = writes["create_invoice through execute"]
    rows = [Row("GET /taxes.json by httpx2", format_milliseconds(get))]
    for name, times in reads.items():
        rows += [Row(name, _compare(times, get)), Row("  of that its own", _subtract(times, get))]
    rows += [
        Row("POST /invoices.json by httpx2", format_milliseconds(post)),
        Row("create_invoice through execute", _compare(create, post)),
        Row("  requests it makes", str(made_of.total())),
        Row("  of that its own", _subtract(create, post, made_of.total())),
        Row("  time per request", _compare([each / made_of.total() for each in create], post)),
    ]
    asked = ", ".join(f"{count} x {what}" if count > 1 else what for what, count in made_of.items())
    notes = [
        f"{rounds} interleaved rounds on one sandbox in a process of its own; ratios are medians of the rounds' ratios",
        "its own: what is left of each round without its requests, each taken to cost what the bare one cost in that round",
        f"create_invoice: {asked}; and one durable write to the approvals' file",
    ]
    return Table("Call overhead (information)", rows, notes, details={**reads, **writes})


def _compare(times: list[float], floor: list[float]) -> str:
    return f"{format_milliseconds(times)}  {median_ratio(times, floor):.2f} x  (middle half {format_spread(times, floor)})"


def _subtract(times: list[float], floor: list[float], requests: int = 1) -> str:
    own = [whole - requests * bare for whole, bare in zip(times, floor, strict=True)]
    return format_milliseconds(own)


async def _measure_reads(harness: Harness, rounds: int) -> dict[str, list[float]]:
    call = {"name": "list_taxes", "arguments": {}}
    with ExitStack() as open_until_the_end:
        client = open_until_the_end.enter_context(httpx2.Client(base_url=harness.url, trust_env=False))
        servers = {
            era: open_until_the_end.enter_context(
                Server(WITHOUT_WAITS, era, harness.folder, harness.server_environment)
            )
            for era in ERAS
        }
        for server in servers.values():
            server.initialize()

        async def get() -> None:
            client.get("/taxes.json", params=KEY).raise_for_status()

        async def performed() -> None:
            await execute(harness.context, "list_taxes", {})

        def build_way(server: Server) -> Callable[[], Awaitable[None]]:
            async def ask() -> None:
                parse_result(server.ask("tools/call", call))

            return ask

        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "GET /taxes.json by httpx2": get,
            "list_taxes through execute": performed,
        }
        ways |= {f"list_taxes over stdio, {era}": build_way(server) for era, server in servers.items()}
        return await time_ways(ways, rounds)


async def _measure_writes(harness: Harness, rounds: int) -> tuple[dict[str, list[float]], Counter[str]]:
    with httpx2.Client(base_url=harness.url, trust_env=False) as client:

        async def post() -> None:
            client.post("/invoices.json", params=KEY, json=BARE_DRAFT).raise_for_status()

        async def create() -> None:
            # With a key of its own: an equal call would get the first one's document.
            await execute(harness.context, "create_invoice", {**DRAFT, "idempotency_key": token_hex(8)})

        ways = {"POST /invoices.json by httpx2": post, "create_invoice through execute": create}
        times = await time_ways(ways, rounds)
    await harness.take_requests()
    await create()
    made_of = Counter(f"{one['method']} {one['path']}" for one in await harness.take_requests())
    return times, made_of


async def time_ways(ways: Mapping[str, Callable[[], Awaitable[None]]], rounds: int) -> dict[str, list[float]]:
    """Time every way once per round, after some warm-up rounds; return seconds by way."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(-WARM_UP, rounds):
        at = number % len(names)
        for name in names[at:] + names[:at]:
            began = time.perf_counter()
            await ways[name]()
            if number >= 0:
                times[name].append(time.perf_counter() - began)
    return times
