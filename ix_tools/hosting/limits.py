"""How often a caller may come: so many requests a minute, over all workers that share the store.

Workers take turns from the store a slice at a time, so that a limit costs a write now and then instead of one a request.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import anyio

from ix_tools.pace import CALLER, held_row
from ix_tools.store import Store
from ix_tools.tables import rates

SLICE_SHARE = 1 / 60
"""Part of a minute's requests that a worker takes at once."""
BURST_SHARE = 1 / 4
"""Part of a minute's requests that may come at once."""
MOST = 4096
"""Callers that a worker remembers slices for."""


@dataclass
class Limits:
    """The limit of every caller."""

    store: Store
    per_minute: int
    _left: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _asking: anyio.Lock = field(default_factory=anyio.Lock)

    async def turn(self, caller: str) -> float:
        """Use a turn of a caller's; 0, or the seconds until there are some again."""
        if self._at_hand(caller):
            return 0.0
        async with self._asking:  # one asks, and whoever waited finds what it brought
            if self._at_hand(caller):
                return 0.0
            return await anyio.to_thread.run_sync(self._fetch, caller)

    def _at_hand(self, caller: str) -> bool:
        left = self._left.get(caller, 0)
        if left > 0:
            self._left[caller] = left - 1
        return left > 0

    def _fetch(self, caller: str) -> float:
        """Take turns from the store and use one."""
        slice_ = max(1, int(self.per_minute * SLICE_SHARE))
        interval = 60.0 / self.per_minute
        window = max(slice_, self.per_minute * BURST_SHARE) * interval
        key = f"{CALLER}{caller}"
        with self.store.writing(durable=False) as connection:
            row = held_row(connection, key)
            now = self.store.now(connection)
            # A clock that was set back must not lock anybody out for longer than the window.
            due = min(max(now, row.next_at), now + window)
            wait: float = due + slice_ * interval - now - window
            if wait > 1e-6:
                return wait
            connection.execute(
                rates.update().where(rates.c.account == key).values(next_at=due + slice_ * interval)
            )
        self._left[caller] = slice_ - 1
        self._left.move_to_end(caller)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        return 0.0
