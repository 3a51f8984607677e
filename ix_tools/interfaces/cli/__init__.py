"""The command line: `ix-tools <command> ...`, one command per operation plus administration."""

from collections.abc import Callable, Sequence
from datetime import datetime


def main(
    argv: Sequence[str],
    *,
    clock: Callable[[], float] | None = None,
    now: Callable[[], datetime] | None = None,
) -> int:
    """Run one command. Return one of `ix_tools.errors.Exit`; the clocks can be replaced."""
    from ix_tools.interfaces.cli.main import run_command

    return run_command(argv, clock, now)
