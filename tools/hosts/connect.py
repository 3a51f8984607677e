"""Let the Vercel AI SDK connect to ix-tools from its wheel, many times: `python -m tools.hosts.connect [STARTS]`.

The client probes with `server/discover`, waits one second and then sends `initialize` on the same pipe. The wheel is started as
`uvx` starts it, from an environment in uv's cache, without asking an index.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection
from tools.hosts.__main__ import INSTALLED, ROOT, install, run
from tools.hosts.clients import CLIENTS, DRIVERS

CACHE = INSTALLED / "uv-cache"
UV = ROOT / ".venv" / "lock" / "bin" / "uv"
"""Installed by `make lock`, or by its stamp alone: `make .venv/lock/.done`."""


def main(argv: Sequence[str]) -> int:
    """Print how many of the starts connected, and how long they took. Return 1 if one did not."""
    starts = int(argv[0]) if argv else 20
    folder = install(next(one for one in CLIENTS if one.name == "Vercel AI SDK"))
    driver = folder / "ai_sdk.mjs"
    driver.write_text((DRIVERS / "ai_sdk.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="ix-hosts-") as name:
        home = Path(name)
        server = build_server(home)
        connected, times, listed = 0, [], len(list_chosen_tools(ToolSelection()))
        for _ in range(starts):
            began = time.perf_counter()
            said = run(["node", str(driver), "-", str(server)], home, {})
            times.append(time.perf_counter() - began)
            connected += said.returncode == 0 and said.stdout.strip() == str(listed)
            if said.returncode != 0:
                print(said.stderr[-500:], file=sys.stderr)
    load = Path("/proc/loadavg")
    busy = f", load {load.read_text(encoding='utf-8').split()[0]}" if load.exists() else ""
    print(f"{connected} of {starts} connected; median {sorted(times)[starts // 2]:.2f} s{busy}")
    return int(connected < starts)


def build_server(home: Path) -> Path:
    """Build the wheel, fill uv's cache with its environment, and return a script that starts the server from there."""
    python = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(home), str(ROOT)]
    subprocess.run(python, check=True, capture_output=True)
    (wheel,) = home.glob("*.whl")
    start = [str(UV), "tool", "run", "--cache-dir", str(CACHE), "--from", str(wheel), "ix-tools"]
    subprocess.run([*start, "--version"], check=True, capture_output=True)
    offline = [*start[:3], "--offline", *start[3:], "serve", "--sandbox"]
    script = home / "server"
    script.write_text(f"#!/bin/sh\nexec {' '.join(offline)}\n", encoding="utf-8")
    script.chmod(0o700)
    return script


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
