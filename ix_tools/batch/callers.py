"""Batches as an interface offers them to its callers; loaded with every interface, so the rest comes with the first batch."""

from typing import Any

from ix_tools.approvals.models import CallOrigin
from ix_tools.operations.base import BatchRequest
from ix_tools.pipeline.context import CallContext, NotifyProgress
from ix_tools.pipeline.outcomes import Outcome


class _OwnBatches:
    """The batches of a caller."""

    async def describe(self, context: CallContext, batch: str) -> dict[str, Any]:
        """Return the state of a batch of this caller."""
        from ix_tools.batch.service import describe_own_batch

        return await describe_own_batch(context, batch)


class CarriedByCaller(_OwnBatches):
    """Batches that the calls about them carry on, where nobody else would."""

    async def carry(
        self, context: CallContext, request: BatchRequest, origin: CallOrigin, progress: NotifyProgress
    ) -> Outcome:
        """Carry the batch on in this call."""
        from ix_tools.batch.service import carry_here

        return await carry_here(context, request, origin, progress)


class CarriedByDriver(_OwnBatches):
    """Batches that the driver of a server carries on; calls follow them."""

    async def carry(
        self, context: CallContext, request: BatchRequest, origin: CallOrigin, progress: NotifyProgress
    ) -> Outcome:
        """Start the batch, and follow it in this call."""
        from ix_tools.batch.service import follow_driver

        return await follow_driver(context, request, origin, progress)
