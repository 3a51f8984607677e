"""What a console's encoding lacks is spelled, and ends no program."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ix_tools.text.narrow_streams import spell_what_is_missing


@pytest.mark.parametrize(
    ("encoding", "text", "written"),
    [
        ("cp850", "1.234,50 € → emitida ✓", "1.234,50 EUR -> emitida +"),
        ("cp1252", "1.234,50 € → emitida ✓", "1.234,50 € -> emitida +"),
        ("ascii", "Não há “séries”…", 'Nao ha "series"...'),
        ("cp850", "Łódź 日本", "?ódz ??"),
        ("cp437", "ção\u00a0€", "çao\u00a0EUR"),
        ("utf-8", "€ → ✓", "€ → ✓"),
        ("utf8", "😀", "😀"),
    ],
)
def test_a_letter_that_is_missing_is_spelled(encoding: str, text: str, written: str) -> None:
    behind = io.BytesIO()
    stream = io.TextIOWrapper(behind, encoding=encoding)
    spell_what_is_missing(stream)
    stream.write(text)
    stream.flush()
    assert behind.getvalue().decode(encoding) == written


def test_a_stream_that_encodes_nothing_is_left_alone() -> None:
    spell_what_is_missing(io.StringIO())


@pytest.mark.parametrize("words", [["connect", "zed", "--url", "https://a.example/mcp"], ["demo", "--help"]])
def test_no_command_ends_because_of_an_old_code_page(words: list[str], tmp_path: Path) -> None:
    env = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0",
        "INVOICEXPRESS_LANGUAGE": "pt", "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path),
    }  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-m", "ix_tools", *words], env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )  # fmt: skip
    assert b"UnicodeEncodeError" not in ran.stderr
    (ran.stdout + ran.stderr).decode("ascii")
