"""Measure the time from process start to the first tools/list response, relative to a bare server of the same SDK."""

from __future__ import annotations

import compileall
import tempfile
import time
from pathlib import Path

from bench.report import Row, Table, format_milliseconds, format_spread, median_ratio
from bench.stdio import BARE, ERAS, MODULE, ROOT, SCRIPT, Server, parse_result

TARGET = 0.35
SERVERS = {
    "bare server": BARE,
    "python -m ix_tools serve": [*MODULE, "--sandbox"],
    "ix-tools serve": [*SCRIPT, "--sandbox"],
}
FLOOR = "bare server"


def measure(rounds: int) -> Table:
    """Start every server once per era in each round, in rotating order."""
    compileall.compile_dir(ROOT / "ix_tools", quiet=1)
    listed: dict[tuple[str, str], list[float]] = {(name, era): [] for name in SERVERS for era in ERAS}
    called: dict[str, list[float]] = {era: [] for era in ERAS}
    names = list(SERVERS)
    with tempfile.TemporaryDirectory(prefix="ix-bench-") as home:
        for number in range(-1, rounds):
            at = number % len(names)
            for era in ERAS:
                for name in names[at:] + names[:at]:
                    first_list, first_call = _time_start(name, era, Path(home))
                    if number < 0:
                        continue  # the first round only fills the disk cache
                    listed[name, era].append(first_list)
                    if first_call is not None:
                        called[era].append(first_call)
    rows = []
    for era in ERAS:
        floor = listed[FLOOR, era]
        rows.append(Row(f"{era}  {FLOOR}", format_milliseconds(floor)))
        for name in names[1:]:
            times = listed[name, era]
            ratio = median_ratio(times, floor)
            shown = (
                f"{format_milliseconds(times)}  {ratio:.2f} x  (middle half {format_spread(times, floor)})"
            )
            rows.append(Row(f"{era}  {name}", shown, f"<= {TARGET} x", ratio <= TARGET))
        rows.append(Row(f"{era}  ... to the first call answered", format_milliseconds(called[era])))
    notes = [
        f"{rounds} interleaved rounds; ratios are medians of the rounds' own ratios; bytecode compiled for both",
        "first call: list_taxes after tools/list, `ix-tools serve --sandbox`; it loads the tools and starts the sandbox",
    ]
    details = {f"{name}, {era}": times for (name, era), times in listed.items()}
    return Table("Start to the first tools/list over stdio", rows, notes, details=details)


def _time_start(name: str, era: str, home: Path) -> tuple[float, float | None]:
    """Return the seconds to the first list and, for the server as a user starts it, to the first response to a call."""
    call = None
    began = time.perf_counter()
    with Server(SERVERS[name], era, home) as server:
        server.initialize()
        line = server.ask("tools/list")
        listed = time.perf_counter() - began
        if not parse_result(line)["tools"]:
            raise RuntimeError(f"{name} lists no tools")
        if name == "ix-tools serve":
            parse_result(server.ask("tools/call", {"name": "list_taxes", "arguments": {}}))
            call = time.perf_counter() - began
    return listed, call
