"""Execution: one call on its way through the pipeline, with everything besides the operation itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ix_tools.approvals.models import CallOrigin, Reply
from ix_tools.approvals.parked_calls import ParkedClaim
from ix_tools.operations.base import BundledApproval
from ix_tools.pipeline.claim_session import ClaimSession
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.parking import Parking
from ix_tools.pipeline.turns import Turn

Progress = Callable[[float, float, str], Awaitable[None]]
"""Reports to the caller: what is done, of how much, and a sentence."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a call."""

    context: CallContext
    arguments: Mapping[str, Any]
    """The arguments as the caller wrote them."""
    origin: CallOrigin
    claims: ClaimSession
    """The claims of the call; a workflow's steps share those of the workflow."""
    parked_claim: ParkedClaim
    """The claim on a parked call that this execution may carry out."""
    parking: Parking | None = None
    """The outer call, if it is carried out when it is approved."""
    reply: Reply | None = None
    """A person's answer to an earlier ApprovalRequired."""
    progress: Progress | None = None
    bundle: BundledApproval | None = None
    """The workflow whose single approval covers the call."""
    takes_seen_drafts: bool = False
    """True for a step of a workflow that shows the draft which it created as it was read back."""
    is_repeated: bool = False
    """True if the call is made once more because something had changed before it began."""
    is_step: bool = False
    """The call is a step of a workflow."""
    turn: Turn | None = None
    """The place of the call among those that are sent one after another."""

    async def wait_for_turn(self) -> None:
        """Wait until the request of the call before this one is on its way, if it stands in a line.

        Raises:
            TurnLost: That call was not carried out.
        """
        if self.turn is not None:
            await self.turn.wait_to_prepare()

    @property
    def face(self) -> str:
        """The interface of the call."""
        return self.origin.face
