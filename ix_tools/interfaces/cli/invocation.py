"""What one run of the command was asked for besides the call itself: output, language, sandbox, clocks."""

import os
import shlex
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

from ix_tools.config.sandbox_choice import with_sandbox_options, with_sandbox_started
from ix_tools.config.settings import Settings, load
from ix_tools.domain.types import lisbon_now
from ix_tools.errors import SettingsError
from ix_tools.i18n.words import Language, Said

FIRST_PORT, PORTS = 10240, 22000
"""Ports for sandboxes kept in a file: below those that systems hand out by themselves."""


@dataclass
class Run:
    """One run. The settings are read when something first needs them."""

    argv: tuple[str, ...] = ()
    output: Literal["text", "json"] | None = None
    sandbox: bool = False
    sandbox_file: str | None = None
    """As typed."""
    clock: Callable[[], float] = time.time
    now: Callable[[], datetime] = lisbon_now
    schema: dict[str, Any] = field(default_factory=dict, init=False)
    """The schema of the operation that is called: errors name its fields as options."""

    @property
    def json(self) -> bool:
        """Whether results are for a program: asked for, or nobody looks at standard output."""
        return self.output == "json" or (self.output is None and not sys.stdout.isatty())

    @cached_property
    def _loaded(self) -> Settings:
        return load()

    @property
    def settings(self) -> Settings:
        """The settings, with what the options say about a sandbox, wherever on the command line they stand."""
        return with_sandbox_options(self._loaded, self.sandbox, self.sandbox_file)

    @cached_property
    def language(self) -> Language:
        """The language of labels and questions; also when the settings cannot be read."""
        try:
            return self._loaded.language
        except SettingsError:
            return "en" if os.environ.get("INVOICEXPRESS_LANGUAGE") == "en" else "pt"

    def said(self, said: Said) -> str:
        """One thing in the user's language."""
        return said.in_(self.language)

    @property
    def boxed(self) -> bool:
        """Whether a built-in sandbox is used instead of an account."""
        try:
            return self.settings.sandbox
        except SettingsError:
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
        with with_sandbox_started(self.settings, _port(self.settings.sandbox_file)) as settings:
            yield settings


def _port(file: Path | None) -> int:
    """The port of a sandbox file: always the same, since approvals are bound to the host they were asked for."""
    return FIRST_PORT + zlib.crc32(str(file.resolve()).encode()) % PORTS if file else 0
