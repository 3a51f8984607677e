"""Measure reading and judging of large files beside a plain read: time and memory a row, each size in a process of its own.

`python -m bench.large_files WAY ROWS` does it once and prints what it took, as JSON.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import anyio

from bench.documents import TODAY
from bench.harness import Harness, open_harness
from bench.report import Row
from bench.stdio import ROOT
from ix_tools.batch.documents import read_documents
from ix_tools.batch.files import read_table
from ix_tools.batch.judgement import judge

Work = Callable[[Harness, bytes], Awaitable[object]]
MOST = 1.3
"""Times the smallest file's time and memory a row that those of the largest file may be."""
FEW = 10
"""Rows of the file that is read and judged before anything is measured."""
CLIENTS = 20
HEADINGS = (
    "tipo",
    "data",
    "vencimento",
    "cliente_codigo",
    "cliente_nome",
    "artigo",
    "quantidade",
    "preço",
    "IVA",
    "referencia",
)


def build_file(rows: int, kinds: Sequence[str] = ("fatura",)) -> bytes:
    """Return a file of documents of 20 clients with one line each, of these kinds in turn."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADINGS)
    for number in range(rows):
        kind, client = kinds[number % len(kinds)], number % CLIENTS
        who = (f"B{client}", f"Cliente {client}")
        writer.writerow([kind, TODAY, "30d", *who, "Quota", 1, "25,00", "IVA23", f"R{number}"])
    return out.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Taken:
    """What one file took."""

    seconds: float
    """Of the processor."""
    elapsed: float
    requests: int
    memory: int
    """Most bytes of Python's objects at one time, measured in a second pass."""
    process: int
    """Most bytes of the whole process at one time, in the first pass."""


async def _read_plainly(harness: Harness, content: bytes) -> object:
    return list(csv.reader(io.StringIO(content.decode()), delimiter=";"))


async def _read(harness: Harness, content: bytes) -> object:
    return read_documents(read_table(content, "a.csv"), most=sys.maxsize)


async def _judge(harness: Harness, content: bytes) -> object:
    found = read_documents(read_table(content, "a.csv"), most=sys.maxsize)
    return await judge(harness.context, found.documents)


WAYS: dict[str, tuple[str, Work]] = {
    "plain": ("read by csv.reader", _read_plainly),
    "read": ("read, with the meaning of every cell", _read),
    "judged": ("read, and judged by every rule", _judge),
}


def measure(sizes: tuple[int, ...]) -> list[Row]:
    """Measure every way with files of these sizes, the smallest first."""
    rows: list[Row] = []
    for name, (title, _) in WAYS.items():
        found = {size: _run_apart(name, size) for size in sizes}
        rows += [Row(f"{size} rows {title}", _describe(one, size)) for size, one in found.items()]
        if name != "plain":
            smallest, largest = found[sizes[0]], found[sizes[-1]]
            growth = sizes[-1] / sizes[0]
            rows += [
                _compare("time", largest.seconds / smallest.seconds / growth),
                _compare("memory", largest.memory / smallest.memory / growth),
            ]
    return rows


def _describe(one: Taken, size: int) -> str:
    asked = f", {one.requests} requests" if one.requests else ""
    return (
        f"{one.elapsed:.2f} s, {one.seconds / size * 1e6:.0f} µs and {one.memory / size / 1000:.1f} kB a row; "
        f"{one.memory / 1e6:.1f} MB, process {one.process / 1e6:.0f} MB{asked}"
    )


def _compare(what: str, factor: float) -> Row:
    return Row(f"  {what} a row, largest to smallest file", f"{factor:.2f} x", f"<= {MOST} x", factor <= MOST)


def _run_apart(way: str, size: int) -> Taken:
    command = [sys.executable, "-m", "bench.large_files", way, str(size)]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return Taken(**json.loads(said))


async def _take(way: str, size: int) -> Taken:
    work, content = WAYS[way][1], build_file(size)
    async with open_harness() as harness:
        await work(harness, build_file(FEW))
        await harness.take_requests()
        began, computed = time.perf_counter(), time.process_time()
        await work(harness, content)
        seconds, elapsed = time.process_time() - computed, time.perf_counter() - began
        process, requests = _read_peak(), len(await harness.take_requests())
        tracemalloc.start()
        await work(harness, content)
        memory = tracemalloc.get_traced_memory()[1]
    return Taken(seconds, elapsed, requests, memory, process)


def _read_peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    print(json.dumps(asdict(anyio.run(partial(_take, sys.argv[1], int(sys.argv[2]))))))
