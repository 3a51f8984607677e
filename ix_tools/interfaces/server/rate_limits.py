"""How often a caller may come: so many requests a minute, over all workers that share the store.

Workers take turns from the store a slice at a time, so that a limit costs a write now and then instead of one a request.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import anyio

from ix_tools.api_client.rate_limit import CALLER, Rate, held_row, reserve
from ix_tools.storage.database import Store

SLICE_SHARE = 1 / 60
"""Part of a minute's requests that a worker takes at once."""
BURST_SHARE = 1 / 4
"""Part of a minute's requests that may come at once."""
AT_ONCE = 1e-6
"""Seconds that are no wait: what a sum of fractions is off by."""
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
        burst = max(slice_, self.per_minute * BURST_SHARE)
        with self.store.writing(durable=False) as connection:
            row = held_row(connection, f"{CALLER}{caller}")
            now = self.store.now(connection)
            turn = reserve(connection, row, now, Rate(interval, burst, burst * interval), AT_ONCE, slice_)
            if not turn.granted:
                return turn.wait
        self._left[caller] = slice_ - 1
        self._left.move_to_end(caller)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        return 0.0
