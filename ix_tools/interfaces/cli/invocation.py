"""One invocation of the command line: output format, language, sandbox, clocks, settings."""

import shlex
import shutil
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

from ix_tools.config.launch_command import NAME, format_launch_command
from ix_tools.config.loading import load_settings, read_language_variable
from ix_tools.config.sandbox_choice import apply_sandbox_options, run_chosen_sandbox
from ix_tools.config.settings import Settings
from ix_tools.domain.date_types import lisbon_now
from ix_tools.errors import SettingsError
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Text, render

FIRST_PORT, PORTS = 10240, 22000
"""Ports for sandboxes with a file: below the range that systems assign."""


@dataclass
class Invocation:
    """One invocation. The settings are read when first needed."""

    argv: tuple[str, ...] = ()
    output: Literal["text", "json"] | None = None
    output_file: Path | None = None
    """Where a file that the call saves goes instead of the folder of documents."""
    sandbox: bool = False
    sandbox_file: str | None = None
    """Path as typed."""
    account: str | None = None
    """Name of the account to act in."""
    clock: Callable[[], float] = time.time
    now: Callable[[], datetime] = lisbon_now
    when_approved: Literal["run", "repeat"] | None = None
    """The wish of this command; None leaves it to the settings."""
    schema: dict[str, Any] = field(default_factory=dict, init=False)
    """Schema of the called operation, by which errors name fields as options."""

    @property
    def wants_json(self) -> bool:
        """Return whether results are JSON: requested, or standard output is no terminal."""
        return self.output == "json" or (self.output is None and not sys.stdout.isatty())

    @cached_property
    def _loaded_settings(self) -> Settings:
        return load_settings()

    @property
    def settings(self) -> Settings:
        """Return the settings of the chosen account or sandbox, wherever on the command line the options stand."""
        return self.all_settings.for_account(self.account)

    @property
    def all_settings(self) -> Settings:
        """Return the settings with all accounts."""
        return apply_sandbox_options(self._loaded_settings, self.sandbox, self.sandbox_file)

    @cached_property
    def language(self) -> Language:
        """Return the language of labels and questions, even if the settings cannot be read."""
        try:
            return self._loaded_settings.language
        except SettingsError:
            return read_language_variable()

    def translate(self, said: Text) -> str:
        """Return the text in the user's language."""
        return render(said, self.language)

    @property
    def uses_sandbox(self) -> bool:
        """Return whether a built-in sandbox is used instead of an account."""
        try:
            return self.settings.sandbox
        except SettingsError:
            return self.sandbox or self.sandbox_file is not None

    def build_command(self, *words: str) -> str:
        """Return a command for the user to type, with the same sandbox options as this one."""
        where = (
            ["--sandbox-file", str(self.sandbox_file)] if self.sandbox_file else ["--sandbox"] * self.sandbox
        )
        where += ["--account", self.account] if self.account else []
        return f"{find_own_command()} {shlex.join([*where, *words])}"

    def build_repeat(self, *more: str) -> str:
        """Return this command with words added."""
        return f"{find_own_command()} {shlex.join([*self.argv, *more])}"

    @contextmanager
    def open_account(self) -> Iterator[Settings]:
        """Yield the settings for calls; a built-in sandbox runs until the block ends."""
        with run_chosen_sandbox(self.settings, _choose_port(self.settings.sandbox_file)) as settings:
            yield settings


def find_own_command() -> str:
    """Return the words that start this installation from a terminal: `ix-tools` if PATH leads to it."""
    found = shutil.which(NAME)
    own = format_launch_command()
    return NAME if found is not None and shlex.join([found]) == own else own


def _choose_port(file: Path | None) -> int:
    """Return the port of a sandbox file; always the same one, because approvals are bound to the host."""
    return FIRST_PORT + zlib.crc32(str(file.resolve()).encode()) % PORTS if file else 0
