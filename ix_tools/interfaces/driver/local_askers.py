"""The asker of parked calls on this machine: the user who runs the program, in one account."""

from ix_tools.interfaces.driver.askers import Asker
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.parking import LOCAL


class LocalAskers:
    """This machine's user: the calls that they parked over MCP or on the command line, for one account."""

    def __init__(self, context: CallContext) -> None:
        """Keep the user's context."""
        self._context = context

    def drives(self, call: Asker) -> bool:
        """Return whether the call came from this machine's user, for this account."""
        asker = (call.credential, call.principal, call.account)
        return asker == (LOCAL, self._context.settings.principal, self._context.account.name)

    async def open_context(self, call: Asker) -> CallContext:
        """Return the user's context."""
        return self._context
