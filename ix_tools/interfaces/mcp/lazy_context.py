"""Open the call context when a call first needs it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
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
        self.accounts: Mapping[str, Settings] = settings.by_account() or {"": settings}
        """Settings by the name that calls give."""
        self._contexts: dict[str, CallContext] = {}
        self._until_closed = ExitStack()
        self._opening = anyio.Lock()
        self._opened = anyio.Event()

    async def open(self, request: object = None, account: str | None = None) -> "CallContext":
        """Return the context of an account; over stdio all requests share it.

        Raises:
            NotPermitted: There is no such account, or several and none is named.
        """
        name = self._choose_account(account)
        async with self._opening:
            if name not in self._contexts:
                self._contexts[name] = await anyio.to_thread.run_sync(self._open_context, name)
                self._opened.set()
        return self._contexts[name]

    def _choose_account(self, wanted: str | None) -> str:
        names = tuple(self.accounts)
        if wanted is None and len(names) == 1:
            return names[0]
        from ix_tools.auth.principals import Principal

        return Principal(self._settings.principal, frozenset(), names).choose_account(wanted)

    async def wait_until_opened(self) -> "CallContext":
        """Wait for the first call that needs a context, and return that."""
        await self._opened.wait()
        return next(iter(self._contexts.values()))

    def _open_context(self, name: str) -> "CallContext":
        from ix_tools.batch.callers import CarriedByCaller
        from ix_tools.pipeline.execute import CallContext

        first = next(iter(self._contexts.values()), None)
        if first is not None:
            shared = CallContext.open(self.accounts[name], store=first.store)
            return replace(shared, account_label=name, page_host=self._pages, batches=first.batches)
        context = CallContext.open(self._until_closed.enter_context(run_chosen_sandbox(self.accounts[name])))
        if len(self.accounts) > 1:
            context = replace(context, account_label=name)
        context.batches = CarriedByCaller()
        if self._show_pages is not None:
            context.page_host = self._pages = self._show_pages(context)
        return context

    async def close(self) -> None:
        """Close the pages, the context and the sandbox, if they were opened."""
        if self._pages is not None:
            await anyio.to_thread.run_sync(self._pages.close)
        for context in self._contexts.values():
            await context.account.close()
        for context in self._contexts.values():
            await context.close()
            break  # they share one store
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
