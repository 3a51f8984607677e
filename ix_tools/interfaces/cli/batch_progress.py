"""Progress of a batch on standard error: a bar with what is left and how long; without a terminal, nothing."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message_template, render

if TYPE_CHECKING:
    from rich.progress import Task

LEFT = message_template("{count} left, about {time}")
LEFT_UNKNOWN = message_template("{count} left")
FINISHED = message_template("done in {time}")


@contextmanager
def show_progress(
    text: str, total: int, language: Language
) -> Iterator[Callable[[int, int], Awaitable[None]]]:
    """Yield a function that reports how many are done, of how many."""
    if not sys.stderr.isatty():
        yield _ignore
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn
    from rich.text import Text

    class Remaining(ProgressColumn):
        """What is left and how long, in words."""

        max_refresh = 0.5

        def render(self, task: "Task") -> Text:
            return Text(describe_remaining(task, language), style="progress.remaining")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task(text, total=total)

        async def report(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        yield report


def describe_remaining(task: "Task", language: Language) -> str:
    """Return what is left of a step and how long that takes; at its end, how long it took."""
    if task.finished:
        return render(FINISHED.fill(time=_format_seconds(task.finished_time or 0.0)), language)
    left = int(task.remaining or 0)
    if task.time_remaining is None:
        return render(LEFT_UNKNOWN.fill(count=left), language)
    return render(LEFT.fill(count=left, time=_format_seconds(task.time_remaining)), language)


def _format_seconds(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


async def _ignore(done: int, of: int) -> None:
    """Report nothing."""
