"""Everything a call needs besides itself: settings, the account, the approvals, the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ix_tools.account import Account
from ix_tools.approvals import Approvals
from ix_tools.settings import Settings
from ix_tools.store import Store
from ix_tools.vocabulary import lisbon_now


@dataclass
class Desk:
    """Everything a call needs besides itself: settings, the account, the approvals, the clock."""

    settings: Settings
    account: Account
    approvals: Approvals
    now: Callable[[], datetime] = lisbon_now

    @classmethod
    def open(cls, settings: Settings) -> "Desk":
        """A desk for these settings; nothing is contacted or opened until a call needs it."""
        store = Store(settings.store_file)
        return cls(settings, Account(settings), Approvals(store, settings.approval_minutes))

    async def close(self) -> None:
        """Close connections."""
        await self.account.close()
