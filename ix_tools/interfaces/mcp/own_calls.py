"""The calls that an MCP server over standard input and output drives itself: those that it parked, for as long as it lives."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from ix_tools.config.settings import Settings
from ix_tools.interfaces.mcp.lazy_context import LazyContext


@asynccontextmanager
async def drive_own_calls(settings: Settings, context: LazyContext) -> AsyncIterator[None]:
    """Drive the calls that this server parks, if the settings want that, from the first call on."""
    if settings.when_approved != "run":
        yield
        return

    async def drive() -> None:
        opened = await context.wait_until_opened()
        from ix_tools.interfaces.driver.driver import run_driver
        from ix_tools.interfaces.driver.local_askers import LocalAskers

        async with run_driver(settings, opened.store, LocalAskers(opened, context.open, context.accounts)):
            await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(drive)
        yield
        tasks.cancel_scope.cancel()
