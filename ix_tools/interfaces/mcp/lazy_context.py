"""Open the call context when a call first needs it."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import anyio

from ix_tools.config.sandbox_choice import run_chosen_sandbox
from ix_tools.config.settings import Settings

if TYPE_CHECKING:
    from ix_tools.approvals.links import PageHost
    from ix_tools.pipeline.execute import CallContext

    class ServedPages(PageHost, Protocol):
        """Approval pages that this process serves until they are closed."""

        def close(self) -> None:
            """Stop serving them."""

    ShowPages = Callable[[CallContext], ServedPages]


class LazyContext:
    """Opens the call context at the first call that needs it, so that starting the server contacts nobody."""

    def __init__(self, settings: Settings, show: "ShowPages | None" = None) -> None:
        """Keep the settings. `show` creates the approval pages; with `settings.sandbox`, the context starts a sandbox."""
        self._show_pages = show
        self._pages: ServedPages | None = None
        self._settings = settings
        self._context: CallContext | None = None
        self._until_closed = ExitStack()
        self._opening = anyio.Lock()
        self._opened = anyio.Event()

    async def open(self, request: object = None, account: str | None = None) -> "CallContext":
        """Return the context; over stdio all requests share one."""
        async with self._opening:
            if self._context is None:
                self._context = await anyio.to_thread.run_sync(self._open_context)
                self._opened.set()
        return self._context

    async def wait_until_opened(self) -> "CallContext":
        """Wait for the first call that needs the context, and return it."""
        await self._opened.wait()
        return await self.open()

    def _open_context(self) -> "CallContext":
        from ix_tools.pipeline.execute import CallContext

        context = CallContext.open(self._until_closed.enter_context(run_chosen_sandbox(self._settings)))
        if self._show_pages is not None:
            context.page_host = self._pages = self._show_pages(context)
        return context

    async def close(self) -> None:
        """Close the pages, the context and the sandbox, if they were opened."""
        if self._pages is not None:
            await anyio.to_thread.run_sync(self._pages.close)
        if self._context is not None:
            await self._context.close()
        await anyio.to_thread.run_sync(self._until_closed.close)


@asynccontextmanager
async def open_lazy_context(
    settings: Settings, show: "ShowPages | None" = None
) -> AsyncIterator[LazyContext]:
    """Open a lazy context, and close it at the end in every case."""
    context = LazyContext(settings, show)
    try:
        yield context
    finally:
        with anyio.CancelScope(shield=True):
            await context.close()
