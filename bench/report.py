"""Tables of the benchmark: measurements with their targets."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """A measurement; without a target it is informative."""

    name: str
    value: str
    target: str = ""
    is_met: bool | None = None

    @property
    def verdict(self) -> str:
        """Result in one word."""
        return "" if self.is_met is None else "met" if self.is_met else "MISSED"


@dataclass(frozen=True)
class Table:
    """A table of measurements with notes."""

    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)
    """Single measurements, for --json."""


def format_table(table: Table) -> str:
    """Format a table as text."""
    names = max(len(row.name) for row in table.rows)
    values = max(len(row.value) for row in table.rows)
    targets = max(len(row.target) for row in table.rows)
    lines = [f"\n{table.title}  ({table.seconds:.0f} s)"]
    lines += [
        f"  {row.name:<{names}}  {row.value:>{values}}  {row.target:>{targets}}  {row.verdict}".rstrip()
        for row in table.rows
    ]
    return "\n".join(lines + [f"  {note}" for note in table.notes])


def describe_machine() -> str:
    """Describe this machine. Times depend on it more than ratios do."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("mcp", "pydantic", "httpx2"))
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, "
        f"{_get_processor()} x {os.cpu_count()}{load}; {packages}"
    )


def _get_processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def median_ratio(times: Sequence[float], floor: Sequence[float]) -> float:
    """Return the median ratio of a time to its baseline in the same round."""
    return statistics.median(time / least for time, least in zip(times, floor, strict=True))


def format_spread(times: Sequence[float], floor: Sequence[float]) -> str:
    """Format the interquartile range of the ratios."""
    ratios = [time / least for time, least in zip(times, floor, strict=True)]
    if len(ratios) < 2:
        return "one round"
    low, _, high = statistics.quantiles(ratios, n=4)
    return f"{low:.2f} to {high:.2f}"


def format_milliseconds(times: Sequence[float]) -> str:
    """Format the median."""
    value = statistics.median(times) * 1000
    return f"{value:.0f} ms" if value >= 100 else f"{value:.2f} ms"
