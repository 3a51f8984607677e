"""Install lock files into the virtual environment that runs this script: `python tools/install.py LOCK...`.

pip spends most of its time reading index pages one after the other on one core, so the lock file is split into two lanes
that install in parallel. A last pass over the whole lock installs what a failed lane left out, with pip's own messages.
Bytecode is compiled at the end, on all cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PIP = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet"]
LOCKED = ["--require-hashes", "--no-deps", "--no-compile", "--no-warn-script-location", "--no-warn-conflicts"]
LANES = 2


def main(locks: list[Path]) -> int:
    """Install every lock file, then compile the installed packages."""
    with tempfile.TemporaryDirectory() as folder:
        lanes = [Path(folder, f"lane{number}.txt") for number in range(LANES)]
        for lane, pins in zip(lanes, split_lanes(split_blocks(locks)), strict=True):
            lane.write_text("".join(pins), encoding="utf-8")
        started = [subprocess.Popen([*PIP, *LOCKED, "-r", lane], stderr=subprocess.DEVNULL) for lane in lanes]
        for lane_process in started:
            lane_process.wait()
        everything = Path(folder, "everything.txt")
        everything.write_text("".join(split_blocks(locks)), encoding="utf-8")
        installed = subprocess.run([*PIP, *LOCKED, "-r", everything], check=False)
    if installed.returncode != 0:
        return installed.returncode
    compile_bytecode(sysconfig.get_path("purelib"))
    return 0


def split_blocks(locks: list[Path]) -> list[str]:
    """Return each pinned package once, with its hashes."""
    found: dict[str, str] = {}
    for lock in locks:
        name = ""
        for line in lock.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.lstrip().startswith("#"):
                continue
            if not line[:1].isspace():
                name = line.partition("==")[0]
                found[name] = ""
            found[name] += line
    return list(found.values())


def split_lanes(pins: list[str]) -> list[list[str]]:
    """Split the packages into two lanes with about the same number of files."""
    lanes: list[list[str]] = [[] for _ in range(LANES)]
    for pin in sorted(pins, key=len, reverse=True):
        min(lanes, key=lambda lane: sum(map(len, lane))).append(pin)
    return lanes


def compile_bytecode(folder: str) -> None:
    """Compile bytecode, even with PYTHONDONTWRITEBYTECODE: without it a start takes more than twice as long."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "-j", "0", folder],
        env=environment,
        check=False,
        stdout=subprocess.DEVNULL,  # packages may contain templates that are not valid Python
    )


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
