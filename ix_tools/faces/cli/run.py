"""What one run of the command was asked for besides the call itself: output, language, sandbox, clocks."""

import errno
import os
import shlex
import sqlite3
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ix_tools.errors import SettingsError
from ix_tools.settings import Settings, for_sandbox, load
from ix_tools.vocabulary import lisbon_now
from ix_tools.words import Language, Said

FIRST_PORT, PORTS = 10240, 22000
"""Ports for sandboxes kept in a file: below those that systems hand out by themselves."""
PATIENCE = 10.0
"""Seconds to wait for another command that is using the same sandbox file."""


@dataclass
class Run:
    """One run. The settings are read when something first needs them."""

    argv: tuple[str, ...] = ()
    output: Literal["text", "json"] | None = None
    sandbox: bool = False
    sandbox_file: Path | None = None
    clock: Callable[[], float] = time.time
    now: Callable[[], datetime] = lisbon_now
    schema: dict[str, Any] = field(default_factory=dict, init=False)
    """The schema of the operation that is called: errors name its fields as options."""

    @property
    def json(self) -> bool:
        """Whether results are for a program: asked for, or nobody looks at standard output."""
        return self.output == "json" or (self.output is None and not sys.stdout.isatty())

    @cached_property
    def settings(self) -> Settings:
        """The settings, as they are without a sandbox."""
        return load()

    @cached_property
    def language(self) -> Language:
        """The language of labels and questions; also when the settings cannot be read."""
        try:
            return self.settings.language
        except SettingsError:
            return "en" if os.environ.get("INVOICEXPRESS_LANGUAGE") == "en" else "pt"

    def said(self, said: Said) -> str:
        """One thing in the user's language."""
        return said.in_(self.language)

    @property
    def boxed(self) -> bool:
        """Whether a built-in sandbox is used instead of an account."""
        return self.sandbox or self.sandbox_file is not None

    def command(self, *words: str) -> str:
        """A command to type that goes to the same place as this one."""
        where = (
            ["--sandbox-file", str(self.sandbox_file)] if self.sandbox_file else ["--sandbox"] * self.sandbox
        )
        return shlex.join(["ix-tools", *where, *words])

    def again(self, *more: str) -> str:
        """This very command, with something added."""
        return shlex.join(["ix-tools", *self.argv, *more])

    @contextmanager
    def account(self) -> Iterator[Settings]:
        """The settings to call with; a built-in sandbox lives as long as the block."""
        if not self.boxed:
            yield self.settings
            return
        from ix_tools.sandbox.server import Sandbox

        box = _entered(
            lambda: Sandbox(self.sandbox_file, _port(self.sandbox_file), self.language), self.sandbox_file
        )
        try:
            yield for_sandbox(self.settings, box.base_url, box.api_key)
        finally:
            box.__exit__(None, None, None)


def _port(file: Path | None) -> int:
    """The port of a sandbox file: always the same, since approvals are bound to the host they were asked for."""
    return FIRST_PORT + zlib.crc32(str(file.resolve()).encode()) % PORTS if file else 0


def _entered(make: Callable[[], Any], file: Path | None) -> Any:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return make().__enter__()
        except OSError as trouble:
            if trouble.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.1)  # two commands on one file take turns
                continue
            raise SettingsError(
                f"The sandbox could not be started ({trouble.strerror or trouble}).",
                code="sandbox_not_started",
                next=f"wait until the other command that uses {file} has ended, or name another --sandbox-file"
                if file
                else "see whether this machine allows listening on 127.0.0.1",
            ) from None
        except sqlite3.Error as trouble:
            raise SettingsError(
                f"{file} cannot be used as a sandbox file ({trouble}).",
                code="sandbox_not_started",
                next="name a file that was made by --sandbox-file, or one that does not exist yet",
            ) from None
