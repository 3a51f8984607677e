"""What the examples share: a sandbox, the road to it, and a person who reads what is asked and answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ix_tools.approvals.repository import Reply
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import IxError
from ix_tools.pipeline.approval_gate import ApprovalNeeded
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import execute
from ix_tools.sandbox.server import Sandbox


class Office:
    """An office with a sandbox for an account."""

    def __init__(self, box: Sandbox, desk: CallContext) -> None:
        self.box, self.desk = box, desk

    async def call(self, tool: str, arguments: dict[str, Any], *, yes: bool = True) -> dict[str, Any]:
        """One call, as every face makes it: a result, or a refusal that says what was sent."""
        try:
            return await execute(self.desk, tool, arguments, can_ask=True)
        except ApprovalNeeded as needed:
            asked = needed.approval
        except IxError as refusal:
            return refusal.as_dict()
        # `asked.text` is what the person sees: the whole document, and what cannot be undone about it.
        print(f"   a person is asked: {asked.summary} -> {'yes' if yes else 'no'}")
        try:
            return await execute(self.desk, tool, arguments, can_ask=True, reply=Reply(asked.handle, yes))
        except IxError as refusal:
            return refusal.as_dict()

    def writes(self) -> list[str]:
        """What reached the sandbox and could change something."""
        return [f"{one['method']} {one['path']}" for one in self.box.requests() if one["method"] != "GET"]


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
