"""Run the `ix-tools` program in the tests' own process, as a process of its own would."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from ix_tools.__main__ import main


def run_program(folder: Path, env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in a folder, with an environment and nothing on standard input."""
    said, complained = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patched,
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        for name in os.environ:
            patched.delenv(name)
        for name, value in env.items():
            patched.setenv(name, value)
        patched.chdir(folder)
        patched.setattr("sys.argv", ["ix-tools", *words])
        patched.setattr("sys.stdin", io.StringIO())
        threshold = gc.get_threshold()
        with pytest.raises(SystemExit) as ended:
            main()
        gc.enable()
        gc.set_threshold(*threshold)
    return subprocess.CompletedProcess(
        words, int(ended.value.code or 0), said.getvalue(), complained.getvalue()
    )
