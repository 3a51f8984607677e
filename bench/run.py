"""The benchmark: `python bench/run.py [PART ...] [--quick]`; without names, all parts.

It only reports: the exit code is 0 whatever was measured. Times depend on the machine, so use the ratios of times that were
measured alternately in the same run.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from bench import (
    batch,
    calls,
    chat,
    idempotency,
    inbox,
    installed,
    parked,
    requests,
    sizes,
    start,
    totals,
    web,
    window,
)
from bench.report import Row, Table, describe_machine, format_table
from bench.stdio import end_on_sigterm
from faults.own_home import own_home

PARTS = (
    "start",
    "installed",
    "sizes",
    "calls",
    "http",
    "totals",
    "once",
    "window",
    "requests",
    "parked",
    "batch",
    "chat",
    "inbox",
)


def main() -> None:
    """Measure the requested parts and print the results."""
    end_on_sigterm()
    options = _parse_options()
    quick = options.quick
    documents = options.documents or (200 if quick else 10_000)
    ways: dict[str, Callable[[], Table]] = {
        "start": lambda: start.measure(2 if quick else 15),
        "installed": lambda: installed.measure(2 if quick else 9),
        "sizes": sizes.measure,
        "calls": lambda: calls.measure(40 if quick else 300),
        "http": lambda: web.measure(40 if quick else 400, 2.0 if quick else 8.0),
        "totals": lambda: totals.measure(documents, options.seed),
        "once": lambda: idempotency.measure(quick),
        "window": lambda: window.measure(30 if quick else 300),
        "parked": lambda: parked.measure(20 if quick else 500, 3.0 if quick else 20.0),
        "chat": lambda: chat.measure(1 if quick else 4),
        "inbox": lambda: inbox.measure(10 if quick else 100, 5000 if quick else 50_000),
        "requests": lambda: requests.measure(3 if quick else 20),
        "batch": lambda: batch.measure(*((20, (300, 900)) if quick else (200, (1000, 5000, 10_000)))),
    }
    print(describe_machine(), flush=True)
    if quick:
        print("--quick: few rounds; good for seeing that it works, not for quoting")
    tables: dict[str, Table] = {}
    for name in options.names or PARTS:
        began = time.perf_counter()
        with own_home():
            table = ways[name]()
        tables[name] = replace(table, seconds=time.perf_counter() - began)
        print(format_table(tables[name]), flush=True)
    missed = [row.name.strip() for table in tables.values() for row in table.rows if row.is_met is False]
    print(f"\n{_list_targets(tables)} targets met" + (f"; missed: {'; '.join(missed)}" if missed else ""))
    if options.json:
        content = {"machine": describe_machine(), **{name: asdict(table) for name, table in tables.items()}}
        options.json.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _list_targets(tables: dict[str, Table]) -> str:
    rows: list[Row] = [row for table in tables.values() for row in table.rows if row.is_met is not None]
    return f"{sum(row.is_met is True for row in rows)} of {len(rows)}"


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure ix-tools; bench/README.md says what each part shows."
    )
    parser.add_argument("names", nargs="*", metavar="part", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="few rounds and documents, under a minute")
    parser.add_argument("--documents", type=int, help="how many random documents (default 10000, quick 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the random documents (default 1)")
    parser.add_argument(
        "--json", type=Path, help="also write every figure and single measurement to this file"
    )
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)} (there are {', '.join(PARTS)})")
    return options


if __name__ == "__main__":
    main()
