"""The command line against a sandbox: in this process where that is fast, in a real terminal where it matters."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import stamina

from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.i18n.formats import LISBON
from ix_tools.interfaces.cli.main import run_command
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from tests.harness import NOW
from tests.in_process import InProcessTransport

Json = dict[str, Any]
PATIENCE = 100.0
"""Seconds after which a silent terminal fails the test."""


@dataclass
class CommandResult:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> Json:
        """The printed JSON: one object and nothing else."""
        content: Json = json.loads(self.out)
        return content


@dataclass
class Cli:
    """`ix-tools` with a sandbox as the account in the environment, and a clock that tests move."""

    box: Sandbox
    store: Path
    seconds: float = field(default_factory=time.time)

    def __call__(self, *argv: str | int, stdin: str = "") -> CommandResult:
        """Run it in this process with pipes."""
        out, err = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patched,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patched.setattr("sys.stdin", io.StringIO(stdin))
            code = run_command([str(word) for word in argv], clock=lambda: self.seconds, now=now)
        return CommandResult(code, out.getvalue(), err.getvalue())

    def run_in_terminal(
        self,
        *argv: str | int,
        answers: Sequence[tuple[str, str]] = (),
        stdin: io.TextIOBase | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> TerminalResult:
        """Run it in this process in a real terminal where a person answers; `stdin` replaces the terminal's input."""
        person = Person(*answers)
        try:
            with (
                open(person.guest, encoding="utf-8", closefd=False) as reading,
                open(person.guest, "w", encoding="utf-8", closefd=False, buffering=1) as writing,
                pytest.MonkeyPatch.context() as patched,
            ):
                for name, value in (environment or {}).items():
                    patched.setenv(name, value)
                patched.setattr("sys.stdin", stdin or reading)
                patched.setattr("sys.stdout", writing)
                patched.setattr("sys.stderr", writing)
                code = run_command([str(word) for word in argv], clock=lambda: self.seconds, now=now)
        finally:
            raw = person.leave()
        return TerminalResult(code, raw)

    def text(self, *argv: str | int) -> str:
        """Return the text output of a command that succeeds."""
        ran = self("--output", "text", *argv)
        assert ran.code == 0, ran
        return ran.out

    def run_approved(self, *argv: str | int) -> Json:
        """Run a command, approve it, and return the result of its repetition."""
        waiting = self(*argv)
        assert waiting.code == 3, waiting
        self.approve(waiting.body["approval"]["id"])
        done = self(*argv)
        assert done.code == 0, done
        return done.body

    def approve(self, identifier: str) -> None:
        """Approve a request in the store."""
        with self.approvals() as kept:
            kept.decide(identifier, approve=True)

    @contextlib.contextmanager
    def approvals(self) -> Iterator[ApprovalRepository]:
        """Open the approvals of this user."""
        store = Store(self.store)
        yield ApprovalRepository(store, 15, lambda: self.seconds)
        store.close()

    def draft(self, *more: str) -> int:
        """Create a draft of 123.00 for ACME and return its id."""
        ran = self("create-invoice", "--date", "2026-11-20", "--due-date", "+30d", "--client.code", "ACME",
                   "--items", "name=Revisão,unit_price=100,quantity=1,tax=IVA23", *more)  # fmt: skip
        assert ran.code == 0, ran
        number: int = ran.body["document"]["id"]
        return number

    def finalize(self, number: int) -> tuple[str, ...]:
        """Return the command that finalizes an invoice."""
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
        """List the requests to the account that were not reads."""
        return [f"{one['method']} {one['path']}" for one in self.box.requests() if one["method"] != "GET"]


def now() -> datetime:
    """Return the fixed time of the tests."""
    return datetime.fromisoformat(NOW).replace(tzinfo=LISBON)


@pytest.fixture
def box(running_sandbox: Sandbox) -> Sandbox:
    """A fresh account."""
    running_sandbox.reset()
    running_sandbox.set_option("rate_limit", 1_000_000)
    return running_sandbox


@pytest.fixture
def cli(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """The command line, with the sandbox in its environment."""
    store = tmp_path / "ix-tools.db"
    values = {"ACCOUNT": box.account, "API_KEY": box.api_key, "BASE_URL": box.base_url, "STORE": str(store)}
    for name, value in {**values, "LANGUAGE": "en", "DOCUMENTS": str(tmp_path / "documents")}.items():
        monkeypatch.setenv(f"INVOICEXPRESS_{name}", value)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv(
        "PYTHONDONTWRITEBYTECODE", raising=False
    )  # without bytecode a start takes twice as long
    # Reading the certificates of the world costs more than a call, and a box on this machine shows none.
    monkeypatch.setattr("ssl.SSLContext.load_verify_locations", lambda *_, **__: None)
    monkeypatch.setattr(
        "ix_tools.pipeline.context.InvoiceXpressClient",
        lambda settings, limiter: InvoiceXpressClient(settings, limiter, InProcessTransport(box)),
    )
    monkeypatch.chdir(tmp_path)
    with stamina.set_testing(True, attempts=4, cap=True):  # as often as ever, without the waits between
        yield Cli(box, store)


def run_piped(*argv: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run `ix-tools` as a process without a terminal."""
    command = [sys.executable, "-m", "ix_tools", *argv]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", check=False, input=more.pop("input", ""), **more
    )


@dataclass
class TerminalResult:
    """Exit code and output of a command in a terminal."""

    code: int
    raw: str

    @property
    def plain(self) -> str:
        """The person's view without colours."""
        return strip_colours(self.raw)


def strip_colours(raw: str) -> str:
    """Return the text as a terminal shows it."""
    return re.sub(r"\x1b\[[0-9;]*m", "", raw).replace("\r\n", "\n")


class Person:
    """A person at a terminal: reads until a prompt appears, types a line, and reads to the end."""

    def __init__(self, *answers: tuple[str, str]) -> None:
        """Keep the prompts and their answers, in order."""
        self.host, self.guest = pty.openpty()
        self.raw = ""
        self._answers = answers
        self._thread = threading.Thread(target=self._answer_questions)
        self._thread.start()

    def leave(self) -> str:
        """Close the terminal and return everything it showed."""
        os.close(self.guest)
        self._thread.join()
        os.close(self.host)
        return self.raw

    def _answer_questions(self) -> None:
        for question, answer in self._answers:
            at = len(self.raw)
            if not self._read(lambda: question in strip_colours(self.raw[at:])):  # noqa: B023 - used at once
                break
            os.write(self.host, f"{answer}\n".encode())
        else:
            self._read(lambda: False)
            return
        os.write(self.host, b"\x04")  # nobody waits for a question that does not come
        self._read(lambda: False)

    def _read(self, enough: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + PATIENCE
        while not enough():
            if not select.select([self.host], [], [], max(0, deadline - time.monotonic()))[0]:
                return False
            try:
                self.raw += os.read(self.host, 65536).decode("utf-8", "replace")
            except OSError:  # the other side was closed
                return False
        return True


def run_in_own_terminal(
    *argv: str, answers: Sequence[tuple[str, str]] = (), **environment: str
) -> TerminalResult:
    """Run `ix-tools` as a process in its own terminal."""
    person = Person(*answers)
    process = subprocess.Popen(
        [sys.executable, "-m", "ix_tools", *argv],
        stdin=person.guest,
        stdout=person.guest,
        stderr=person.guest,
        env={**os.environ, "TERM": "xterm", **environment},
        start_new_session=True,
    )
    code = process.wait(PATIENCE)
    return TerminalResult(code, person.leave())
