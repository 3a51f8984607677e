"""What the progress display of a batch says is left, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from rich.progress import Task, TaskID

from ix_tools.interfaces.cli.batch_progress import describe_remaining


def build_task(done: int, *, seconds: float) -> Task:
    """Return a step of 60 documents, of which some are done, a second each from the first on."""
    task = Task(TaskID(1), "", 60, done, _get_time=lambda: seconds)
    task.start_time = 0.0
    return task


@pytest.mark.parametrize(
    ("language", "done", "said"),
    [
        ("pt", 0, "faltam 60"),
        ("en", 0, "60 left"),
        ("pt", 60, "feito em 0:01:00"),
        ("en", 60, "done in 0:01:00"),
    ],
)
def test_what_is_left_is_told_in_words(language: Any, done: int, said: str) -> None:
    task = build_task(done, seconds=60.0)
    if done == 60:
        task.finished_time = 60.0
    assert describe_remaining(task, language) == said


@pytest.mark.parametrize(
    ("language", "said"), [("pt", "faltam 45, cerca de 0:00:45"), ("en", "45 left, about 0:00:45")]
)
def test_how_long_it_takes_follows_from_the_speed(language: Any, said: str) -> None:
    task = build_task(15, seconds=15.0)
    task._progress.append(sample(0.0, 0.0))
    task._progress.append(sample(15.0, 15.0))
    assert describe_remaining(task, language) == said


def sample(at: float, completed: float) -> Any:
    from rich.progress import ProgressSample

    return ProgressSample(at, completed)
