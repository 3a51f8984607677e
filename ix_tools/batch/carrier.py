"""Carrier of a batch: one run of it in this process, with its context and its progress."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio

from ix_tools.approvals.links import LinkDelivery
from ix_tools.approvals.models import Approval, CallOrigin
from ix_tools.batch.models import Batch, BatchRow
from ix_tools.batch.repository import BatchRepository
from ix_tools.batch.seen_documents import SEEN_DOCUMENTS
from ix_tools.batch.start import create_repository
from ix_tools.errors import IxError
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message
from ix_tools.idempotency.process_identity import process_id
from ix_tools.pipeline.context import CallContext

BatchProgress = Callable[[str, int, int], Awaitable[None]]
"""Reports the step, the documents that are done in it, and of how many."""


async def ignore_progress(step: str, done: int, of: int) -> None:
    """Report nothing."""


@dataclass
class BatchRun:
    """One run of a batch in this process."""

    context: CallContext
    batch: Batch
    origin: CallOrigin
    progress: BatchProgress = ignore_progress
    asked: tuple[Approval, LinkDelivery | None] | None = None
    """The question of this run, where a person is asked now."""

    @property
    def repository(self) -> BatchRepository:
        """The batches of the store."""
        return create_repository(self.context)

    async def in_store(self, change: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Run a function of the store in a thread."""
        return await anyio.to_thread.run_sync(partial(change, *given, **named))

    async def load_rows(self) -> list[BatchRow]:
        """Return the documents as they are now."""
        rows: list[BatchRow] = await self.in_store(self.repository.list_rows, self.batch.id)
        return rows

    async def load_row(self, row: BatchRow) -> BatchRow:
        """Return a document as it is now."""
        found: BatchRow = await self.in_store(self.repository.find_row, self.batch.id, row.place)
        return found

    def keep_shown(self, facts: Mapping[int, Facts]) -> None:
        """Keep what the present question shows of each document, if look-ups are remembered."""
        if self.context.settings.remember_lookups:
            SEEN_DOCUMENTS.keep(self.batch.id, self.batch.round, facts)

    def take_shown(self, place: int) -> Facts | None:
        """Return what the person was shown of a document, if this process knows it and it is not old."""
        minutes = self.context.settings.approval_minutes
        return SEEN_DOCUMENTS.take(self.batch.id, self.batch.round, place, minutes * 60)

    async def update(self, **values: Any) -> None:
        """Change fields of the batch."""
        await self.in_store(self.repository.update, self.batch.id, **values)
        found = await self.in_store(self.repository.find, self.batch.id)
        assert found is not None
        self.batch = found

    async def update_row(self, place: int, **values: Any) -> None:
        """Change fields of a document, and extend the lease of this process.

        Raises:
            IxError: Another process carries the batch on.
        """
        await self.in_store(self.repository.update_row, self.batch.id, place, **values)
        lease = self.context.journal.lease
        if not await self.in_store(self.repository.renew, self.batch.id, process_id(), lease):
            raise build_busy_error(self.batch)


def build_busy_error(batch: Batch) -> IxError:
    """Build the refusal of a batch that another process carries on."""
    return IxError(
        message("Another process carries on the batch {id}.", id=batch.id),
        code="in_progress",
        next=message("see how far it is with `ix-tools batch status {id}`", id=batch.id),
    )
