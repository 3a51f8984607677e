"""Whether the built-in sandbox is used instead of an account: one answer for every way to start ix-tools.

    --sandbox                 INVOICEXPRESS_SANDBOX=true         a sandbox that is forgotten at the end
    --sandbox-file box.db     INVOICEXPRESS_SANDBOX_FILE=box.db  one whose data is kept; it implies the sandbox

Settings that choose the sandbox hold no account and no key. So whatever is started with them cannot reach one: not by a
forgotten check, not by a path that nobody thought of.
"""

import argparse
import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ix_tools.config.settings import Settings, point_at_sandbox, remove_account
from ix_tools.errors import Problem, SettingsError

if TYPE_CHECKING:
    from ix_tools.sandbox.server import Sandbox

OPTION, FILE_OPTION = "--sandbox", "--sandbox-file"
OPTION_HELP = "use the built-in sandbox, which is forgotten at the end, instead of an account"
FILE_OPTION_HELP = "the same, kept in this SQLite file, so that the next start finds what this one made"
START_TIMEOUT = 10.0
"""Seconds to wait for another command that is using the same sandbox file."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options on a parser that is not click's; `with_sandbox_options` takes what they say."""
    parser.add_argument(OPTION, action="store_true", help=OPTION_HELP)
    parser.add_argument(FILE_OPTION, metavar="FILE", help=FILE_OPTION_HELP)


def apply_sandbox_options(settings: Settings, wanted: bool, file: str | Path | None) -> Settings:
    """The settings with what the options say: any of them chooses the sandbox, as do the settings of the same names.

    `file`: as typed; None where the option was not given. SettingsError where it cannot be a file.
    """
    if file is not None:
        _check_file(str(file))
        settings = settings.model_copy(update={"sandbox_file": Path(file)})
    elif settings.sandbox_file is not None:
        _check_file(str(settings.sandbox_file))
    chosen = wanted or settings.sandbox or settings.sandbox_file is not None
    return remove_account(settings) if chosen else settings


def _check_file(file: str) -> None:
    if not file.strip() or "\0" in file or Path(file).is_dir():
        raise SettingsError(
            f"{file!r} cannot be the sandbox's file.",
            problems=[
                Problem("sandbox_file", "names no file" if not file.strip() else "is no usable file name")
            ],
            code="sandbox_not_started",
            next=f"name a file with {FILE_OPTION}, or leave it out and use {OPTION}",
        )


@contextmanager
def run_chosen_sandbox(settings: Settings, port: int = 0) -> Iterator[Settings]:
    """The settings to call with: a sandbox that runs as long as the block, where one is chosen; otherwise as they are.

    `port`: where it listens; 0: anywhere.
    """
    if not settings.sandbox:
        yield settings
        return
    box = _start_sandbox(settings, port)
    try:
        yield point_at_sandbox(settings, box.base_url, box.api_key)
    finally:
        box.__exit__(None, None, None)


def _start_sandbox(settings: Settings, port: int) -> "Sandbox":
    import sqlite3

    from ix_tools.sandbox.server import Sandbox

    file, deadline = settings.sandbox_file, time.monotonic() + START_TIMEOUT
    while True:
        try:
            return Sandbox(file, port, settings.language).__enter__()
        except OSError as trouble:
            if trouble.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.1)  # two commands on one file take turns
                continue
            raise SettingsError(
                f"The sandbox could not be started ({trouble.strerror or trouble}).",
                code="sandbox_not_started",
                next=f"wait until the other command that uses {file} has ended, or name another {FILE_OPTION}"
                if file
                else "see whether this machine allows listening on 127.0.0.1",
            ) from None
        except sqlite3.Error as trouble:
            raise SettingsError(
                f"{file} cannot be used as a sandbox file ({trouble}).",
                code="sandbox_not_started",
                next=f"name a file that was made by {FILE_OPTION}, or one that does not exist yet",
            ) from None
