"""Everything a call needs besides itself: settings, the account, the approvals, the clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ix_tools.api_client.client import Account, account_name
from ix_tools.api_client.rate_limit import Pace
from ix_tools.approvals.links import Links, Pages
from ix_tools.approvals.repository import Approvals
from ix_tools.audit import trail
from ix_tools.auth.principals import EVERYTHING
from ix_tools.config.settings import Settings, data_folder
from ix_tools.domain.types import lisbon_now
from ix_tools.idempotency.journal import Journal
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.account_names import Companies
from ix_tools.pipeline.fact_loader import Remembered
from ix_tools.storage.database import Store

if TYPE_CHECKING:
    from ix_tools.policy.file import PolicyFile


MOST_REMEMBERED = 64


def store_of(settings: Settings) -> Store:
    """The store of these settings, which notes the newest row of its audit trail; nothing is opened yet."""
    store = Store(settings.store_place)
    store.note_file = trail.head_file(store, data_folder())
    store.note_head = partial(trail.note_head, store.note_file)
    return store


def journal_of(settings: Settings, store: Store) -> Journal:
    """The journal in a store."""
    # Long enough for every attempt of every request of one call; whoever holds an intent longer is gone.
    return Journal(store, settings.timeout_seconds * 8.0)


def policy_of(settings: Settings) -> "PolicyFile | None":
    """The policy that the settings name; none is in force otherwise."""
    if settings.policy is None:
        return None
    from ix_tools.policy.file import PolicyFile  # reads the whole catalogue: only for those who have a policy

    return PolicyFile(settings.policy)


@dataclass
class Desk:
    """Everything a call needs besides itself: settings, the account, the approvals, the clock."""

    settings: Settings
    account: Account
    approvals: Approvals
    journal: Journal
    store: Store
    now: Callable[[], datetime] = lisbon_now
    pages: Pages | None = None
    """Whoever shows the pages of approvals in this process, if anybody does."""
    swept: bool = False
    """Whether what a crash left open was looked at."""
    scopes: frozenset[Scope] = EVERYTHING
    """How far the caller may go."""
    reads_files: bool = True
    """Whether whoever calls reads files on this machine; nobody does over HTTP."""
    policy: "PolicyFile | None" = None
    """What the owner says about who may do what."""
    _remembered: dict[tuple[str, str, str], tuple[float, Remembered | None]] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        store: Store | None = None,
        clock: Callable[[], float] = time.time,
        now: Callable[[], datetime] = lisbon_now,
    ) -> "Desk":
        """A desk for these settings; nothing is contacted or opened until a call needs it."""
        store = store or store_of(settings)
        pace = Pace(store, account_name(settings), settings.requests_per_minute, settings.timeout_seconds)
        approvals = Approvals(store, settings.approval_minutes, clock)
        journal, policy = journal_of(settings, store), policy_of(settings)
        return cls(settings, Account(settings, pace), approvals, journal, store, now, policy=policy)

    def remember(self, call: str, what: Remembered) -> None:
        """Keep what was read for a question to a person, by the digest of the call."""
        self._remembered[self.account.name, self.settings.principal, call] = (time.monotonic(), what)
        while len(self._remembered) > MOST_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))

    def recall(self, call: str) -> Remembered | None:
        """What was read for the question about this very call, while an answer to it counts; each is used once."""
        mine = (self.account.name, self.settings.principal, call)
        at, what = self._remembered.pop(mine, (0.0, None))
        return what if time.monotonic() - at < self.settings.approval_minutes * 60 else None

    @property
    def links(self) -> Links:
        """The links to pages of approvals."""
        return Links(self.store, self.approvals.clock)

    @property
    def companies(self) -> Companies:
        """The companies behind the accounts."""
        return Companies(self.store, self.settings)

    async def close(self) -> None:
        """Close connections."""
        await self.account.close()
        self.store.close()
