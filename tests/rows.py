"""Tests of every row of a table in one go.

A table of hundreds of rows that are judged in microseconds would cost a hundred times as much as one test each: every worker
collects every row, and every row is set up, torn down and reported.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

Test = Callable[..., None]


def every_row(name: str, rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test for every row of a table, and fail with every row that fails; for tests that leave nothing behind.

    Args:
        name: the test's argument for the row. Several of these decorators combine their tables.
    """
    table = tuple(rows)
    assert table, "a table without rows tests nothing"

    def decorate(test: Test) -> Test:
        @wraps(test)
        def run(**given: Any) -> None:
            failures: list[Exception] = []
            for row in table:
                try:
                    test(**given, **{name: row})
                except Exception as failure:  # noqa: BLE001 - raised with the others
                    failure.add_note(f"{name}: {ascii(row)[:200]}")
                    failures.append(failure)
            if failures:
                raise ExceptionGroup(f"{len(failures)} of {len(table)} rows", failures)

        whole = inspect.signature(test)
        rest = [one for one in whole.parameters.values() if one.name != name]
        vars(run)["__signature__"] = whole.replace(parameters=rest)
        return run

    return decorate
