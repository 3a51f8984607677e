"""Progress of a batch on standard error: a bar with what is left and how long; without a terminal, nothing."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager


@contextmanager
def show_progress(text: str, total: int) -> Iterator[Callable[[int, int], Awaitable[None]]]:
    """Yield a function that reports how many are done, of how many."""
    if not sys.stderr.isatty():
        yield _ignore
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task(text, total=total)

        async def report(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        yield report


async def _ignore(done: int, of: int) -> None:
    """Report nothing."""
