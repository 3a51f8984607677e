"""Batches as the driver's work: which can go on, and one attempt of each as its asker."""

from collections.abc import Callable, Iterator

import anyio

from ix_tools.approvals.models import CallOrigin
from ix_tools.batch.drafting import is_passing
from ix_tools.batch.models import Batch
from ix_tools.batch.repository import BatchRepository
from ix_tools.batch.run import run_batch
from ix_tools.errors import IxError, NotPermitted
from ix_tools.idempotency.process_identity import is_owner_running
from ix_tools.interfaces.driver.askers import Asker, Askers
from ix_tools.pipeline.context import CallContext
from ix_tools.storage.database import Store

PREFIX = "batch/"
"""Beginning of the ids of batches among those of calls."""
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 10.0, 3600.0


class BatchDriver:
    """Carries on the batches of a store."""

    def __init__(self, store: Store, find_askers: Callable[[Asker], Askers | None]) -> None:
        """Nothing is started yet."""
        self._repository = BatchRepository(store, is_owner_running)
        self._find_askers = find_askers

    def list_due(self) -> Iterator[str]:
        """Yield the ids of batches that can go on, with the prefix."""
        for one in self._repository.list_due():
            if self._find_askers(one) is not None:
                yield f"{PREFIX}{one.id}"

    def forget(self) -> None:
        """Delete what is kept for the reports of old batches."""
        self._repository.forget()

    async def carry_on(self, identifier: str) -> None:
        """Carry a batch on as its asker, as they may act now; trouble that passes is tried again later."""
        batch = await anyio.to_thread.run_sync(self._repository.find, identifier.removeprefix(PREFIX))
        askers = self._find_askers(batch) if batch is not None else None
        if batch is None or askers is None:
            return
        try:
            context: CallContext = await askers.open_context(batch)
            await run_batch(context, batch.id, CallOrigin(batch.face))
        except IxError as failure:
            await self._settle(batch, failure)
        except Exception:  # a fault of ours, which the driver logs; at once it would only happen again
            await self._postpone(batch)
            raise

    async def _settle(self, batch: Batch, failure: IxError) -> None:
        if is_passing(failure) and not isinstance(failure, NotPermitted):
            await self._postpone(batch)
            return

        def stop() -> None:
            self._repository.update(batch.id, state="stopped", reason=failure.dump())

        await anyio.to_thread.run_sync(stop)

    async def _postpone(self, batch: Batch) -> None:
        pause = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(batch.attempts, 10))
        await anyio.to_thread.run_sync(self._repository.postpone, batch.id, pause)
