"""Measure the start as people install it: `uv tool install`, and `uvx --offline` with a warm cache."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.report import Row, Table, format_milliseconds
from bench.stdio import ERAS, ROOT, Server, parse_result

UV = ROOT / ".venv" / "lock" / "bin" / "uv"
"""Installed by `make lock`, or by its stamp alone: `make .venv/lock/.done`."""
TARGETS = {"uv tool install": 0.3, "uvx --offline, warm": 0.6}
"""Seconds from the start to the first tools/list, on a quiet machine."""
MOST_PACKAGES, MOST_BYTES = 35, 133_000_000
"""Six tenths of what an installation had before PostgreSQL, the server, chats and spreadsheets became extras: 58 packages, 222 MB."""


def measure(rounds: int) -> Table:
    """Build the wheel, install it both ways, and start each in turn; sizes are those of the first."""
    if not UV.exists():
        return Table("Start as installed", [Row("uv", "not here: make .venv/lock/.done")])
    with tempfile.TemporaryDirectory(prefix="ix-bench-") as name:
        folder = Path(name)
        commands, packages, sdk, size = _install(folder)
        times: dict[str, list[float]] = {way: [] for way in commands}
        for number in range(-1, rounds):
            for way, command in commands.items():
                seconds = _time_start(command, folder)
                if number >= 0:
                    times[way].append(seconds)
    rows = [
        Row(way, format_milliseconds(found), f"<= {TARGETS[way] * 1000:.0f} ms", statistics.median(found) <= TARGETS[way])
        for way, found in times.items()
    ]  # fmt: skip
    rows.append(
        Row(
            "packages of a default installation",
            str(packages),
            f"<= {MOST_PACKAGES}",
            packages <= MOST_PACKAGES,
        )
    )
    rows.append(Row("  of these come with the MCP SDK", str(sdk)))
    rows.append(
        Row(
            "its size without bytecode",
            f"{size / 1e6:.0f} MB",
            f"<= {MOST_BYTES / 1e6:.0f} MB",
            size <= MOST_BYTES,
        )
    )
    notes = [f"{rounds} rounds; the time depends on the load of the machine"]
    return Table("Start as installed, to the first tools/list over stdio", rows, notes, details=dict(times))


def _install(folder: Path) -> tuple[dict[str, list[str]], int, int, int]:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    cache = ["--cache-dir", str(folder / "cache")]
    env = {**os.environ, "UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(
        [str(UV), *cache, "tool", "install", "--python", sys.executable, str(wheel)],
        check=True,
        capture_output=True,
        env=env,
    )
    uvx = [str(UV), "tool", "run", *cache, "--python", sys.executable, "--from", str(wheel), "ix-tools"]
    subprocess.run([*uvx, "--version"], check=True, capture_output=True, env=env)
    site = next((folder / "tools").rglob("site-packages"))
    packages = len(list(site.glob("*.dist-info")))
    size = sum(one.stat().st_size for one in site.rglob("*") if one.is_file() and one.suffix != ".pyc")
    offline = [*uvx[:3], "--offline", *uvx[3:]]
    ways = {"uv tool install": [str(folder / "bin" / "ix-tools")], "uvx --offline, warm": offline}
    return (
        {way: [*words, "serve", "--sandbox"] for way, words in ways.items()},
        packages,
        len(_follow(site, "mcp")),
        size,
    )


def _follow(site: Path, root: str) -> set[str]:
    """Return a package and all that it needs, of those installed."""
    there = {
        canonicalize_name(one.metadata["Name"]): one.requires or [] for one in distributions(path=[str(site)])
    }
    found: set[str] = set()
    left = [(root, "")]
    while left:
        name, extra = left.pop()
        for one in map(Requirement, there[name]):
            wanted = canonicalize_name(one.name)
            if (
                wanted in there
                and wanted not in found
                and (one.marker is None or one.marker.evaluate({"extra": extra}))
            ):
                left += [(wanted, ""), *((wanted, part) for part in one.extras)]
        found.add(name)
    return found


def _time_start(command: list[str], home: Path) -> float:
    began = time.perf_counter()
    with Server(command, ERAS[-1], home) as server:
        server.initialize()
        listed = parse_result(server.ask("tools/list"))
        seconds = time.perf_counter() - began
    if not listed["tools"]:
        raise RuntimeError("it lists no tools")
    return seconds
