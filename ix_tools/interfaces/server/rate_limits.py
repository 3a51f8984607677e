"""How often a caller may come: so many requests a minute, over all workers that share the store.

Workers take turns from the store a slice at a time, so that a limit costs a write now and then instead of one a request.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import anyio

from ix_tools.api_client.rate_limit import CALLER_PREFIX, Rate, lock_row, reserve_slot
from ix_tools.storage.database import Store

SLICE_SHARE = 1 / 60
"""Part of a minute's requests that a worker takes at once."""
BURST_SHARE = 1 / 4
"""Part of a minute's requests that may come at once."""
NO_WAIT_SECONDS = 1e-6
"""Seconds that are no wait: what a sum of fractions is off by."""
MAX_CALLERS = 4096
"""Callers that a worker remembers slices for."""


@dataclass
class CallerRateLimiter:
    """The limit of every caller."""

    store: Store
    per_minute: int
    _turns: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    async def acquire(self, caller: str) -> float:
        """Use a turn of a caller's; 0, or the seconds until there are some again."""
        if self._use_local_turn(caller):
            return 0.0
        async with self._lock:  # one asks, and whoever waited finds what it brought
            if self._use_local_turn(caller):
                return 0.0
            return await anyio.to_thread.run_sync(self._take_from_store, caller)

    def _use_local_turn(self, caller: str) -> bool:
        left = self._turns.get(caller, 0)
        if left > 0:
            self._turns[caller] = left - 1
        return left > 0

    def _take_from_store(self, caller: str) -> float:
        """Take turns from the store and use one."""
        slice_ = max(1, int(self.per_minute * SLICE_SHARE))
        interval = 60.0 / self.per_minute
        burst = max(slice_, self.per_minute * BURST_SHARE)
        with self.store.writing(durable=False) as connection:
            row = lock_row(connection, f"{CALLER_PREFIX}{caller}")
            now = self.store.now(connection)
            turn = reserve_slot(
                connection, row, now, Rate(interval, burst, burst * interval), NO_WAIT_SECONDS, slice_
            )
            if not turn.is_granted:
                return turn.wait
        self._turns[caller] = slice_ - 1
        self._turns.move_to_end(caller)
        if len(self._turns) > MAX_CALLERS:
            self._turns.popitem(last=False)
        return 0.0
