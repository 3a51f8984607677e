"""The asker of parked calls on this machine: the user who runs the program, in one account."""

from collections.abc import Awaitable, Callable, Collection

from ix_tools.interfaces.driver.askers import Asker
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.parking import LOCAL


class LocalAskers:
    """This machine's user: the calls that they parked over MCP or on the command line, for one account or several."""

    def __init__(
        self,
        context: CallContext,
        open_account: Callable[[object, str], Awaitable[CallContext]] | None = None,
        accounts: Collection[str] = (),
    ) -> None:
        """Keep the user's context, and what opens those of further accounts by their names."""
        self._context, self._open_account, self._accounts = context, open_account, frozenset(accounts)

    def drives(self, call: Asker) -> bool:
        """Return whether the call came from this machine's user, for one of these accounts."""
        if (call.credential, call.principal) != (LOCAL, self._context.settings.principal):
            return False
        return call.account == self._context.account.name or call.account_label in self._accounts - {""}

    async def open_context(self, call: Asker) -> CallContext:
        """Return the user's context in the account of the call."""
        if call.account == self._context.account.name or self._open_account is None:
            return self._context
        return await self._open_account(None, call.account_label)
