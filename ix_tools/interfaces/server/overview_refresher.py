"""Keeps the figures of the overview current while the server runs and people sign in to it."""

import logging

import anyio

from ix_tools.auth.people import People
from ix_tools.errors import StoreUnavailable
from ix_tools.pipeline.context_pool import ContextPool
from ix_tools.pipeline.figure_refresh import refresh_part

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""Seconds between two looks for parts that are due."""
PAUSE_SECONDS = 1.0
"""Seconds between two requests of a reading: at most a twelfth of the account's limit, so that calls find room."""


class OverviewRefresher:
    """Reads what is due of every account of the server; several processes share the work."""

    def __init__(self, pool: ContextPool, minutes: int) -> None:
        """`minutes`: the age at which what changes daily is read again."""
        self._pool, self._seconds = pool, minutes * 60.0
        self._people = People(pool.store)

    async def run(self) -> None:
        """Refresh until cancelled."""
        while True:
            try:
                if await anyio.to_thread.run_sync(self._has_people):
                    await self.refresh_due()
            except StoreUnavailable as trouble:
                log.warning("the overview could not be refreshed: %s", trouble.message)
            except Exception:
                # Pages show an older state; calls do not depend on it.
                log.exception("the overview could not be refreshed")
            await anyio.sleep(LOOK_SECONDS)

    async def refresh_due(self, pause: float = PAUSE_SECONDS) -> None:
        """Read what is due, one part of each account in turn, so that a large account does not keep others waiting."""
        waiting = list(self._pool.accounts)
        while waiting:
            for name in tuple(waiting):
                if not await refresh_part(self._pool.for_server(name), self._seconds, pause):
                    waiting.remove(name)
                await anyio.sleep(pause)

    def _has_people(self) -> bool:
        return any(one.ended_at is None for one in self._people.list_all())
