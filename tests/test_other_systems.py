"""ix-tools needs nothing that only one system has. The gate's workflow runs it on each; this finds most of it before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parent / "programs" / "hide_unix.py"


def test_every_module_is_imported_without_what_unix_has(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("", encoding="utf-8")
    policy.chmod(0o666)  # modes mean nothing on Windows
    env = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[2])}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", str(PROGRAM), str(policy)], env=env, capture_output=True, encoding="utf-8", check=False
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert int(ran.stdout) > 500


def test_lisbon_has_its_time_without_a_time_zone_database() -> None:
    """Windows has none; the package tzdata brings it."""
    code = (
        "import zoneinfo; zoneinfo.reset_tzpath([]); "
        "from ix_tools.i18n.formats import LISBON; from datetime import datetime; "
        "print(datetime(2026, 7, 1, tzinfo=LISBON).utcoffset())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert ran.stdout.strip() == "1:00:00"


def test_every_file_is_read_and_written_with_its_encoding_said(tmp_path: Path) -> None:
    """Windows has another default; Python warns where one is left out, in what a help page and a check of everything read."""
    env = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path),
        "PYTHONWARNDEFAULTENCODING": "1", "PYTHONWARNINGS": "always::EncodingWarning",
    }  # fmt: skip
    told = []
    for words in (["--sandbox", "issue-invoice", "--help"], ["doctor", "--sandbox"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ix_tools", *words],
            env=env,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        told += [one for one in ran.stderr.splitlines() if "EncodingWarning" in one and "ix_tools" in one]
    assert told == []
