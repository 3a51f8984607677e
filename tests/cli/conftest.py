"""A command line before a sandbox: in this process where that is quick, in a real terminal where it matters."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ix_tools.approvals import Approvals
from ix_tools.faces.cli import main
from ix_tools.sandbox.server import Sandbox
from ix_tools.store import Store
from ix_tools.vocabulary import LISBON
from tests.sandboxed import NOW

Json = dict[str, Any]
PATIENCE = 20.0
"""Seconds after which a terminal that says nothing has failed the test."""


@dataclass
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> Json:
        """The JSON it printed: one object and nothing else."""
        content: Json = json.loads(self.out)
        return content


@dataclass
class Cli:
    """`ix-tools`, with a sandbox as the account in the environment and a clock that tests move."""

    box: Sandbox
    store: Path
    seconds: float = field(default_factory=time.time)

    def __call__(self, *argv: str | int, stdin: str = "") -> Ran:
        """Run it in this process, piped."""
        out, err = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patched,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patched.setattr("sys.stdin", io.StringIO(stdin))
            code = main([str(word) for word in argv], clock=lambda: self.seconds, now=now)
        return Ran(code, out.getvalue(), err.getvalue())

    def text(self, *argv: str | int) -> str:
        """What a person reads of a command that works."""
        ran = self("--output", "text", *argv)
        assert ran.code == 0, ran
        return ran.out

    def approved(self, *argv: str | int) -> Json:
        """The result of a command that a person approves in between."""
        waiting = self(*argv)
        assert waiting.code == 3, waiting
        self.approve(waiting.body["approval"]["id"])
        done = self(*argv)
        assert done.code == 0, done
        return done.body

    def approve(self, identifier: str) -> None:
        """A person's yes, as the store keeps it."""
        with self.approvals() as kept:
            kept.decide(identifier, approve=True)

    @contextlib.contextmanager
    def approvals(self) -> Iterator[Approvals]:
        """The approvals of this user."""
        store = Store(self.store)
        yield Approvals(store, 15, lambda: self.seconds)
        store.close()

    def draft(self, *more: str) -> int:
        """A draft of 123.00 for ACME; its id."""
        ran = self("create-invoice", "--date", "2026-11-20", "--due-date", "+30d", "--client.code", "ACME",
                   "--items", "name=Revisão,unit_price=100,quantity=1,tax=IVA23", *more)  # fmt: skip
        assert ran.code == 0, ran
        number: int = ran.body["document"]["id"]
        return number

    def finalize(self, number: int) -> tuple[str, ...]:
        """The command that finalizes an invoice."""
        return (
            "change-state",
            "--document-type",
            "invoices",
            "--document-id",
            str(number),
            "--state",
            "finalized",
        )

    def writes(self) -> list[str]:
        """What reached the account besides reading."""
        return [f"{one['method']} {one['path']}" for one in self.box.requests() if one["method"] != "GET"]


def now() -> datetime:
    """The clock of the desk."""
    return datetime.fromisoformat(NOW).replace(tzinfo=LISBON)


@pytest.fixture
def box(running_box: Sandbox) -> Sandbox:
    """A fresh account."""
    running_box.reset()
    running_box.set_option("rate_limit", 1_000_000)
    return running_box


@pytest.fixture
def cli(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line, with the sandbox in its environment."""
    store = tmp_path / "ix-tools.db"
    values = {"ACCOUNT": box.account, "API_KEY": box.api_key, "BASE_URL": box.base_url, "STORE": str(store)}
    for name, value in {**values, "LANGUAGE": "en", "DOCUMENTS": str(tmp_path / "documents")}.items():
        monkeypatch.setenv(f"INVOICEXPRESS_{name}", value)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    return Cli(box, store)


def piped(*argv: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """`ix-tools` as a process of its own, with nobody there."""
    command = [sys.executable, "-m", "ix_tools", *argv]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", check=False, input=more.pop("input", ""), **more
    )


class Terminal:
    """`ix-tools` as a process of its own in a terminal of its own."""

    def __init__(self, *argv: str, stdin: int | None = None, **environment: str) -> None:
        """Start it; with `stdin`, that instead of the terminal."""
        self._host, guest = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ix_tools", *argv],
            stdin=guest if stdin is None else stdin,
            stdout=guest,
            stderr=guest,
            env={**os.environ, "TERM": "xterm", **environment},
            start_new_session=True,
        )
        os.close(guest)

    def until(self, text: str) -> str:
        """Wait until it has said this; everything so far."""
        self._read(lambda: text in self.seen)
        assert text in self.seen, self.seen
        return self.seen

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._host, f"{line}\n".encode())

    def end(self) -> int:
        """Wait for its end; the exit code."""
        self._read(lambda: False)
        code = self.process.wait(PATIENCE)
        os.close(self._host)
        return code

    def _read(self, enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not enough() and time.monotonic() < deadline:
            if not select.select([self._host], [], [], deadline - time.monotonic())[0]:
                break
            try:
                piece = os.read(self._host, 65536)
            except OSError:  # the other side was closed
                return
            if not piece:
                return
            self.seen += piece.decode("utf-8", "replace").replace("\r\n", "\n")
