"""Decide whether the built-in sandbox is used instead of an account, in the same way for every command.

    --sandbox                 INVOICEXPRESS_SANDBOX=true         a sandbox whose data is discarded at the end
    --sandbox-file box.db     INVOICEXPRESS_SANDBOX_FILE=box.db  a sandbox whose data is kept in a file

Settings that choose the sandbox hold no account and no key, so nothing that is started with them can reach an account, even
where a check is missing.
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
from ix_tools.i18n.messages import message

if TYPE_CHECKING:
    from ix_tools.sandbox.server import Sandbox

OPTION, FILE_OPTION = "--sandbox", "--sandbox-file"
OPTION_HELP = "use the built-in sandbox instead of an account; its data is discarded at the end"
FILE_OPTION_HELP = "use the built-in sandbox and keep its data in this SQLite file for the next start"
START_TIMEOUT = 10.0
"""Seconds to wait for another command that uses the same sandbox file."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to an argparse parser; `apply_sandbox_options` takes their values."""
    parser.add_argument(OPTION, action="store_true", help=OPTION_HELP)
    parser.add_argument(FILE_OPTION, metavar="FILE", help=FILE_OPTION_HELP)


def apply_sandbox_options(settings: Settings, wanted: bool, file: str | Path | None) -> Settings:
    """Apply the options to the settings. Either option chooses the sandbox, as the settings of the same names do.

    Args:
        settings: The settings to change.
        wanted: Whether --sandbox was given.
        file: The value of --sandbox-file; None when it was not given.

    Raises: SettingsError when the value cannot be a file.
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
            message("'{file}' cannot be the sandbox's file.", file=file),
            problems=[
                Problem(
                    "sandbox_file",
                    (message("names no file") if not file.strip() else message("is no usable file name")),
                )
            ],
            code="sandbox_not_started",
            next=message(
                "name a file with {file_option}, or leave it out and use {option}",
                file_option=FILE_OPTION,
                option=OPTION,
            ),
        )


@contextmanager
def run_chosen_sandbox(settings: Settings, port: int = 0) -> Iterator[Settings]:
    """Run the sandbox during this context if it is chosen, and return the settings to use.

    Args:
        settings: Returned unchanged when the sandbox is not chosen.
        port: Port of the sandbox; 0 for any free port.
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
                time.sleep(0.1)  # only one command at a time uses a file
                continue
            raise SettingsError(
                message(
                    "The sandbox could not be started ({trouble}).", trouble=trouble.strerror or str(trouble)
                ),
                code="sandbox_not_started",
                next=(
                    message(
                        "wait until the other command that uses {file} has ended, or name another {file_option}",
                        file=str(file),
                        file_option=FILE_OPTION,
                    )
                    if file
                    else message("check whether this machine allows listening on 127.0.0.1")
                ),
            ) from None
        except sqlite3.Error as trouble:
            raise SettingsError(
                message(
                    "{file} cannot be used as a sandbox file ({trouble}).",
                    file=str(file),
                    trouble=str(trouble),
                ),
                code="sandbox_not_started",
                next=message(
                    "name a file that was created by {file_option}, or one that does not exist yet",
                    file_option=FILE_OPTION,
                ),
            ) from None
