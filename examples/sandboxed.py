"""What the examples share: a sandbox, the road to it, and a person who reads what is asked and answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ix_tools.approvals.repository import Reply
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import IxError
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import ApprovalRequired, CallOrigin, execute
from ix_tools.sandbox.server import Sandbox


class Office:
    """An office with a sandbox for an account."""

    def __init__(self, sandbox: Sandbox, context: CallContext) -> None:
        self.sandbox, self.context = sandbox, context

    async def call(self, tool: str, arguments: dict[str, Any], *, yes: bool = True) -> dict[str, Any]:
        """Make one call as every interface does: return its result, or a refusal that says what was sent."""
        ways_to_ask = CallOrigin("library", can_show_form=True)
        try:
            outcome = await execute(self.context, tool, arguments, origin=ways_to_ask)
            if isinstance(outcome, ApprovalRequired):
                # `approval.text` is what the person sees: the whole document, and what cannot be undone about it.
                approval = outcome.approval
                print(f"   a person is asked: {approval.summary} -> {'yes' if yes else 'no'}")
                reply = Reply(approval.handle, yes)
                outcome = await execute(self.context, tool, arguments, origin=ways_to_ask, reply=reply)
            return outcome.body
        except IxError as refusal:
            return refusal.as_dict()

    def writes(self) -> list[str]:
        """What reached the sandbox and could change something."""
        return [f"{one['method']} {one['path']}" for one in self.sandbox.requests() if one["method"] != "GET"]


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    """An office, for as long as the block lasts."""
    with Sandbox() as box, TemporaryDirectory() as folder:
        ours = Settings(store=str(Path(folder) / "approvals.db"), language="en")
        desk = CallContext.open(point_at_sandbox(ours, box.base_url, box.api_key))
        try:
            yield Office(box, desk)
        finally:
            await desk.close()
