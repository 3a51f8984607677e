"""The command line: `ix-tools <command> ...`, one command per operation, and the commands around them."""

from collections.abc import Callable, Sequence
from datetime import datetime


def main(
    argv: Sequence[str],
    *,
    clock: Callable[[], float] | None = None,
    now: Callable[[], datetime] | None = None,
) -> int:
    """Run one command; the exit code is one of `ix_tools.errors.Exit`. The clocks are for whoever has another one."""
    from ix_tools.interfaces.cli.main import run_command

    return run_command(argv, clock, now)
