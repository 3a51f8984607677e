"""Run the programs that a release is checked with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.release.project import ROOT

BIN = ROOT / ".venv" / "bin"
RELEASE = ROOT / ".venv" / "release" / "bin"
UV = ROOT / ".venv" / "lock" / "bin" / "uv"
NODE = ROOT / ".hosts"


class Failed(Exception):
    """A check did not pass; the text says why."""


class Skipped(Exception):
    """A program that the check needs is not on this machine."""


def run(
    *command: str | Path, folder: Path = ROOT, env: Mapping[str, str] | None = None, seconds: float = 1200
) -> str:
    """Run a command and return what it printed.

    Raises:
        Failed: it did not end with status 0.
    """
    words = [str(word) for word in command]
    environment = {**os.environ, **(env or {})}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        done = subprocess.run(
            words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", timeout=seconds, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Failed(f"$ {' '.join(words)}\n{problem}") from problem
    if done.returncode != 0:
        raise Failed(f"$ {' '.join(words)}\n{done.stdout[-4000:]}\n(status {done.returncode})")
    return done.stdout


def require(*programs: str) -> None:
    """Skip the step unless every program is on PATH.

    Raises:
        Skipped: one is not.
    """
    if missing := [name for name in programs if shutil.which(name) is None]:
        raise Skipped(f"not on this machine: {', '.join(missing)}")


def build_wheel(folder: Path) -> Path:
    """Build the wheel into a folder."""
    run(BIN / "python", "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    return next(folder.glob("*.whl"))
