"""What a call costs on top of the requests it is made of."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack

import anyio
import httpx2

from bench.documents import TODAY, Json
from bench.office import KEY, Office, opened
from bench.report import Row, Table, median_ratio, milliseconds, spread
from bench.stdio import ERAS, MODULE, Server, result
from ix_tools.pipeline.execute import perform

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
    """A read and a write, each beside the bare request, turn by turn, against the same sandbox."""
    return anyio.run(_measured, rounds)


async def _measured(rounds: int) -> Table:
    async with opened() as office:
        reads = await _reads(office, rounds)
        writes, made_of = await _writes(office, rounds)
    get, post = reads.pop("GET /taxes.json by httpx2"), writes["POST /invoices.json by httpx2"]
    create = writes["create_invoice through perform"]
    rows = [Row("GET /taxes.json by httpx2", milliseconds(get))]
    rows += [Row(name, _compared(times, get)) for name, times in reads.items()]
    rows += [
        Row("POST /invoices.json by httpx2", milliseconds(post)),
        Row("create_invoice through perform", _compared(create, post)),
        Row("  requests it makes", str(made_of.total())),
        Row("  time per request", _compared([each / made_of.total() for each in create], post)),
    ]
    asked = ", ".join(f"{count} x {what}" if count > 1 else what for what, count in made_of.items())
    notes = [
        f"{rounds} interleaved rounds on one sandbox in a process of its own; ratios are medians of the rounds' ratios",
        f"create_invoice: {asked}; and one durable write to the approvals' file",
    ]
    return Table("Call overhead (information)", rows, notes, details={**reads, **writes})


def _compared(times: list[float], floor: list[float]) -> str:
    return f"{milliseconds(times)}  {median_ratio(times, floor):.2f} x  (middle half {spread(times, floor)})"


async def _reads(office: Office, rounds: int) -> dict[str, list[float]]:
    call = {"name": "list_taxes", "arguments": {}}
    with ExitStack() as open_until_the_end:
        client = open_until_the_end.enter_context(httpx2.Client(base_url=office.url, trust_env=False))
        servers = {
            era: open_until_the_end.enter_context(Server(MODULE, era, office.folder, office.for_a_server))
            for era in ERAS
        }
        for server in servers.values():
            server.hello()

        async def get() -> None:
            client.get("/taxes.json", params=KEY).raise_for_status()

        async def performed() -> None:
            await perform(office.desk, "list_taxes", {})

        def asked(server: Server) -> Callable[[], Awaitable[None]]:
            async def ask() -> None:
                result(server.ask("tools/call", call))

            return ask

        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "GET /taxes.json by httpx2": get,
            "list_taxes through perform": performed,
        }
        ways |= {f"list_taxes over stdio, {era}": asked(server) for era, server in servers.items()}
        return await timed(ways, rounds)


async def _writes(office: Office, rounds: int) -> tuple[dict[str, list[float]], Counter[str]]:
    with httpx2.Client(base_url=office.url, trust_env=False) as client:

        async def post() -> None:
            client.post("/invoices.json", params=KEY, json=BARE_DRAFT).raise_for_status()

        async def create() -> None:
            await perform(office.desk, "create_invoice", DRAFT)

        ways = {"POST /invoices.json by httpx2": post, "create_invoice through perform": create}
        times = await timed(ways, rounds)
    await office.requests()
    await create()
    made_of = Counter(f"{one['method']} {one['path']}" for one in await office.requests())
    return times, made_of


async def timed(ways: Mapping[str, Callable[[], Awaitable[None]]], rounds: int) -> dict[str, list[float]]:
    """Every way once a round, in turn, after a few rounds to warm up; seconds by way."""
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
