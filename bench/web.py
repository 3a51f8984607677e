"""Measure the overhead of a call over HTTP relative to the upstream request, and the gain of a second worker."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx2

from bench.calls import time_ways
from bench.harness import KEY, open_harness
from bench.report import Row, Table, format_milliseconds, format_spread, median_ratio
from bench.stdio import ENVELOPE, MODERN, ROOT, Json, build_environment
from ix_tools.auth.tokens import Tokens
from ix_tools.operations.scopes import Scope
from ix_tools.storage.database import Store

CLIENTS = 16
TURNS = 3
MOST, LEAST = 1.9, 1.6


def measure(rounds: int, seconds: float) -> Table:
    """Measure single reads, and the throughput of sixteen clients."""
    return anyio.run(_measure, rounds, seconds)


async def _measure(rounds: int, seconds: float) -> Table:
    async with open_harness() as harness:
        token = _create_token(harness.folder / "front.db")
        with _run_module(
            harness.folder, "bench.http_server", harness.url, str(harness.folder / "front.db"), "1"
        ) as front:
            read = Caller(front, token)
            await read.open()
            async with httpx2.AsyncClient(base_url=harness.url, trust_env=False) as client:

                async def direct() -> None:
                    (await client.get("/taxes.json", params=KEY)).raise_for_status()

                ways: dict[str, Callable[[], Awaitable[None]]] = {"direct": direct, "over HTTP": read.call}
                times = await time_ways(ways, rounds)
            await read.close()
        one, two = await _measure_throughput(harness.folder, token, seconds)
    ratio = median_ratio(times["over HTTP"], times["direct"])
    gain = sorted(each / least for each, least in zip(two, one, strict=True))[len(one) // 2]
    middle = format_spread(times["over HTTP"], times["direct"])
    rows = [
        Row("GET /taxes.json by httpx2", format_milliseconds(times["direct"])),
        Row("list_taxes over HTTP, 2026-07-28, JSON", format_milliseconds(times["over HTTP"])),
        Row(f"  ratio (middle half {middle})", f"{ratio:.2f} x", f"<= {MOST}", ratio <= MOST),
        Row(f"list_taxes a second, {CLIENTS} clients, one worker", " ".join(f"{each:.0f}" for each in one)),
        Row(f"list_taxes a second, {CLIENTS} clients, two workers", " ".join(f"{each:.0f}" for each in two)),
        Row("  ratio (median of the turns)", f"{gain:.2f} x", f">= {LEAST}", gain >= LEAST),
    ]
    notes = [
        f"one in flight: {rounds} interleaved rounds before the sandbox; every call shows its token, keeps pace and limit",
        "throughput: turn by turn, before an upstream that costs next to nothing, on one SQLite file",
    ]
    return Table("Over HTTP", rows, notes, details={**times, "one worker": one, "two workers": two})


async def _measure_throughput(folder: Path, token: str, seconds: float) -> tuple[list[float], list[float]]:
    with ExitStack() as until_the_end:
        url = until_the_end.enter_context(_run_module(folder, "bench.upstream"))
        places = [
            until_the_end.enter_context(
                _run_module(folder, "bench.http_server", url, str(folder / "front.db"), workers)
            )
            for workers in ("1", "2")
        ]
        found: tuple[list[float], list[float]] = ([], [])
        for turn in range(-1, TURNS):
            for place, rates in zip(places, found, strict=True):
                rate = await _measure_rate(place, token, seconds if turn >= 0 else 1.0)
                if turn >= 0:  # the first turn is a warm-up
                    rates.append(rate)
    return found


async def _measure_rate(front: str, token: str, seconds: float) -> float:
    callers = [Caller(front, token) for _ in range(CLIENTS)]
    for caller in callers:
        await caller.open()
        await caller.call()
    count, end = 0, time.perf_counter() + seconds

    async def keep_calling(caller: Caller) -> None:
        nonlocal count
        while time.perf_counter() < end:
            await caller.call()
            count += 1

    began = time.perf_counter()
    await asyncio.gather(*(keep_calling(caller) for caller in callers))
    rate = count / (time.perf_counter() - began)
    for caller in callers:
        await caller.close()
    return rate


class Caller:
    """Minimal client that repeats one request on one connection."""

    def __init__(self, front: str, token: str) -> None:
        params: Json = {"name": "list_taxes", "arguments": {}, "_meta": ENVELOPE}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        self._where = urlsplit(front)
        head = [
            "POST /mcp HTTP/1.1",
            f"host: {self._where.netloc}",
            f"authorization: Bearer {token}",
            "content-type: application/json",
            "accept: application/json, text/event-stream",
            f"mcp-protocol-version: {MODERN}",
            "mcp-method: tools/call",
            "mcp-name: list_taxes",
            f"content-length: {len(body)}",
        ]
        self._request = ("\r\n".join(head) + "\r\n\r\n" + body).encode()

    async def open(self) -> None:
        """Connect."""
        self._from, self._to = await asyncio.open_connection(self._where.hostname, self._where.port)

    async def call(self) -> None:
        """Send a call and read its response; anything except a result ends the benchmark."""
        self._to.write(self._request)
        head = await self._from.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body = await self._from.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200") or b'"isError":false' not in body:
            raise RuntimeError(f"the server answered {head + body[:500]!r}")

    async def close(self) -> None:
        """Close the connection."""
        self._to.close()
        await self._to.wait_closed()


def _create_token(where: Path) -> str:
    store = Store(where)
    try:
        return Tokens(store).create("bench", list(Scope), ("sandbox",), 1)[1]
    finally:
        store.close()


@contextmanager
def _run_module(home: Path, module: str, *words: str) -> Iterator[str]:
    """Run a module of the benchmark as a process and yield its URL."""
    command = [sys.executable, "-m", module, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=build_environment(home)) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().decode().strip()
        finally:
            process.terminate()
            process.wait()
