"""A clock that tests move by hand."""

from dataclasses import dataclass

import pytest


@dataclass
class Clock:
    """Seconds that pass only where a test adds them."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock of this test's own."""
    return Clock()
