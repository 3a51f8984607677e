"""Limit the requests of each caller a minute, over all workers that share the store.

Workers reserve turns from the store in slices, so that the limit costs a write now and then instead of one a request.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import anyio

from ix_tools.api_client.rate_limit import CALLER_PREFIX, Rate, lock_row, reserve_slot
from ix_tools.storage.database import Store

SLICE_SHARE = 1 / 60
"""Part of a minute's requests that a worker reserves at once."""
BURST_SHARE = 1 / 4
"""Part of a minute's requests that may come at once."""
NO_WAIT_SECONDS = 1e-6
"""Shorter waits are rounding errors."""
MAX_CALLERS = 4096
"""Callers whose slices a worker remembers."""


@dataclass
class CallerRateLimiter:
    """Limits every caller's requests."""

    store: Store
    per_minute: int
    _turns: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    async def acquire(self, caller: str) -> float:
        """Use one of a caller's turns. Return 0, or the seconds until there are turns again."""
        if self._use_local_turn(caller):
            return 0.0
        async with self._lock:  # one task fetches a slice; the waiting ones use it
            if self._use_local_turn(caller):
                return 0.0
            return await anyio.to_thread.run_sync(self._take_from_store, caller)

    def _use_local_turn(self, caller: str) -> bool:
        left = self._turns.get(caller, 0)
        if left > 0:
            self._turns[caller] = left - 1
        return left > 0

    def _take_from_store(self, caller: str) -> float:
        """Reserve turns in the store and use one."""
        slice_ = max(1, int(self.per_minute * SLICE_SHARE))
        interval = 60.0 / self.per_minute
        burst = max(slice_, self.per_minute * BURST_SHARE)
        with self.store.writing(durable=False) as connection:
            row = lock_row(connection, f"{CALLER_PREFIX}{caller}")
            now = self.store.now(connection)
            rate = Rate(interval, burst, burst * interval, furthest=2 * burst * interval)
            turn = reserve_slot(connection, row, now, rate, NO_WAIT_SECONDS, slice_)
            if not turn.is_granted:
                return turn.wait
        self._turns[caller] = slice_ - 1
        self._turns.move_to_end(caller)
        if len(self._turns) > MAX_CALLERS:
            self._turns.popitem(last=False)
        return 0.0
