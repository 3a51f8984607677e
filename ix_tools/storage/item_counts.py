"""Numbers of the catalogue items that are remembered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """Numbers of remembered catalogue items."""

    read: int = 0
    """Items read since a given time."""
    pending: int = 0
    """New items whose write has no known outcome."""
    unlisted: int = 0
    """Items written so lately that the list may not show and count them yet."""
