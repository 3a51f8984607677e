"""A short form of `python -m faults webhooks`: the sender is killed between a request and its answer, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.webhooks import count_late, execute


def test_every_live_receiver_has_every_event_after_a_kill(tmp_path: Path) -> None:
    found = execute(str(tmp_path / "store.db"), 12, 1)
    assert found.problems == []
    assert found.repeated["good"] == 1, "the answer that the dead process did not read"
    assert found.posts["gone"] >= 1
    assert found.posts["flaky"] > 12


@pytest.mark.parametrize(
    ("numbers", "late"),
    [([], 0), ([1, 2, 3], 0), ([2, 3, 1, 4], 1), ([3, 2, 1], 2), ([1, 3, 2, 5, 4], 2)],
)
def test_what_is_out_of_order_is_counted(numbers: list[int], late: int) -> None:
    assert count_late(numbers) == late
