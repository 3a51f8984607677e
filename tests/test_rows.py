"""A table that is tested in one go fails as its rows would one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rows import every_row


def test_every_row_that_fails_is_named_and_the_others_are_still_tested() -> None:
    seen: list[tuple[str, int]] = []

    @every_row("word", ["even", "odd"])
    @every_row("number", [1, 2, 3])
    def check(word: str, number: int) -> None:
        seen.append((word, number))
        assert number % 2 == (word == "odd")

    with pytest.raises(ExceptionGroup) as failed:
        check()
    assert len(seen) == 6
    even, odd = list[Any](failed.value.exceptions)
    assert (even.__notes__, odd.__notes__) == (["word: 'even'"], ["word: 'odd'"])
    assert [one.__notes__ for one in even.exceptions] == [["number: 1"], ["number: 3"]]
    assert [one.__notes__ for one in odd.exceptions] == [["number: 2"]]


@every_row("number", [1, 2])
def test_a_fixture_can_be_given_besides_the_row(tmp_path: Path, number: int) -> None:
    (tmp_path / str(number)).touch()
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["1", "2"][:number]


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(AssertionError, match="without rows"):
        every_row("number", [])
