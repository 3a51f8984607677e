"""The calls that an MCP server over standard input and output drives itself: those that it parked, for as long as it lives."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from ix_tools.config.settings import Settings
from ix_tools.interfaces.mcp.lazy_context import LazyContext

if TYPE_CHECKING:
    from ix_tools.approvals.parked_calls import ParkedCall
    from ix_tools.pipeline.execute import CallContext

LOCAL = "local"
"""The credential of calls of this machine's user."""


class OwnCalls:
    """The calls of this process's user in its account."""

    def __init__(self, context: "CallContext") -> None:
        """Keep the context."""
        self._context = context

    def drives(self, call: "ParkedCall") -> bool:
        """Return whether the call came from this machine's user, for this account."""
        asker = (call.credential, call.principal, call.account)
        return asker == (LOCAL, self._context.settings.principal, self._context.account.name)

    async def open_context(self, call: "ParkedCall") -> "CallContext":
        """Return the context of this process."""
        return self._context


@asynccontextmanager
async def drive_own_calls(settings: Settings, context: LazyContext) -> AsyncIterator[None]:
    """Drive the calls that this server parks, if the settings want that, from the first call on."""
    if settings.when_approved != "run":
        yield
        return

    async def drive() -> None:
        opened = await context.wait_until_opened()
        from ix_tools.interfaces.driver.driver import Driver

        async with Driver(opened.store, OwnCalls(opened), settings).running():
            await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(drive)
        yield
        tasks.cancel_scope.cancel()
