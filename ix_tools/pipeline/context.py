"""Everything a call needs besides itself: settings, the account, the approvals, the clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ix_tools.api_client.client import InvoiceXpressClient, account_name
from ix_tools.api_client.rate_limit import RateLimiter
from ix_tools.approvals.links import ApprovalLinks, PageHost
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.audit import trail
from ix_tools.auth.principals import ALL_SCOPES
from ix_tools.config.settings import Settings, data_folder
from ix_tools.domain.types import lisbon_now
from ix_tools.idempotency.journal import Journal
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.company_repository import CompanyRepository
from ix_tools.pipeline.fact_loader import RememberedLookups
from ix_tools.storage.database import Store

if TYPE_CHECKING:
    from ix_tools.policy.file import PolicyFile


MAX_REMEMBERED = 64


def create_store(settings: Settings) -> Store:
    """The store of these settings, which notes the newest row of its audit trail; nothing is opened yet."""
    store = Store(settings.store_location)
    store.note_file = trail.locate_head_note(store, data_folder())
    store.note_head = partial(trail.note_head, store.note_file)
    return store


def create_journal(settings: Settings, store: Store) -> Journal:
    """The journal in a store."""
    # Long enough for every attempt of every request of one call; whoever holds an intent longer is gone.
    return Journal(store, settings.timeout_seconds * 8.0)


def load_policy(settings: Settings) -> "PolicyFile | None":
    """The policy that the settings name; none is in force otherwise."""
    if settings.policy is None:
        return None
    from ix_tools.policy.file import PolicyFile  # reads the whole catalogue: only for those who have a policy

    return PolicyFile(settings.policy)


@dataclass
class CallContext:
    """Everything a call needs besides itself: settings, the account, the approvals, the clock."""

    settings: Settings
    account: InvoiceXpressClient
    approvals: ApprovalRepository
    journal: Journal
    store: Store
    now: Callable[[], datetime] = lisbon_now
    page_host: PageHost | None = None
    """Whoever shows the pages of approvals in this process, if anybody does."""
    has_recovered: bool = False
    """Whether what a crash left open was looked at."""
    scopes: frozenset[Scope] = ALL_SCOPES
    """How far the caller may go."""
    can_read_files: bool = True
    """Whether whoever calls reads files on this machine; nobody does over HTTP."""
    policy: "PolicyFile | None" = None
    """What the owner says about who may do what."""
    _remembered: dict[tuple[str, str, str], tuple[float, RememberedLookups | None]] = field(
        default_factory=dict
    )

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        store: Store | None = None,
        clock: Callable[[], float] = time.time,
        now: Callable[[], datetime] = lisbon_now,
    ) -> "CallContext":
        """A desk for these settings; nothing is contacted or opened until a call needs it."""
        store = store or create_store(settings)
        pace = RateLimiter(
            store, account_name(settings), settings.requests_per_minute, settings.timeout_seconds
        )
        approvals = ApprovalRepository(store, settings.approval_minutes, clock)
        journal, policy = create_journal(settings, store), load_policy(settings)
        return cls(
            settings, InvoiceXpressClient(settings, pace), approvals, journal, store, now, policy=policy
        )

    def remember_lookups(self, call: str, what: RememberedLookups) -> None:
        """Keep what was read for a question to a person, by the digest of the call."""
        self._remembered[self.account.name, self.settings.principal, call] = (time.monotonic(), what)
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))

    def recall_lookups(self, call: str) -> RememberedLookups | None:
        """What was read for the question about this very call, while an answer to it counts; each is used once."""
        mine = (self.account.name, self.settings.principal, call)
        at, what = self._remembered.pop(mine, (0.0, None))
        return what if time.monotonic() - at < self.settings.approval_minutes * 60 else None

    @property
    def links(self) -> ApprovalLinks:
        """The links to pages of approvals."""
        return ApprovalLinks(self.store, self.approvals.clock)

    @property
    def companies(self) -> CompanyRepository:
        """The companies behind the accounts."""
        return CompanyRepository(self.store, self.settings)

    async def close(self) -> None:
        """Close connections."""
        await self.account.close()
        self.store.close()
