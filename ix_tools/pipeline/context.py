"""Call context: settings, account, approvals, journal, store and clock of a call."""

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
from ix_tools.events.repository import Events
from ix_tools.idempotency.journal import Journal
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.company_repository import CompanyRepository
from ix_tools.pipeline.fact_loader import FactLoader, RememberedLookups
from ix_tools.storage.database import Store

if TYPE_CHECKING:
    from ix_tools.policy.file import PolicyFile


MAX_REMEMBERED = 64


def create_store(settings: Settings) -> Store:
    """Create the store of these settings, which records the head of its audit trail; nothing is opened yet."""
    store = Store(settings.store_location)
    store.note_file = trail.locate_head_note(store, data_folder())
    store.note_head = partial(trail.note_head, store.note_file)
    return store


def create_journal(settings: Settings, store: Store) -> Journal:
    """Create the journal of a store."""
    # Long enough for every attempt of every request of one call; a longer silence means the holder is gone.
    return Journal(store, settings.timeout_seconds * 8.0)


def load_policy(settings: Settings) -> "PolicyFile | None":
    """Return the policy file that the settings name, or None."""
    if settings.policy is None:
        return None
    from ix_tools.policy.file import PolicyFile  # imports the whole catalogue, so only if there is a policy

    return PolicyFile(settings.policy)


@dataclass
class CallContext:
    """Settings, account, approvals, journal, store and clock of a call."""

    settings: Settings
    account: InvoiceXpressClient
    approvals: ApprovalRepository
    journal: Journal
    store: Store
    now: Callable[[], datetime] = lisbon_now
    page_host: PageHost | None = None
    """The host of approval pages in this process, if there is one."""
    has_recovered: bool = False
    """True once intents left open by a crash were recovered."""
    scopes: frozenset[Scope] = ALL_SCOPES
    """The caller's scopes."""
    can_read_files: bool = True
    """True if the caller can read files on this machine, which is never so over HTTP."""
    policy: "PolicyFile | None" = None
    """The owner's policy, if there is one."""
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
        """Create the context for these settings; nothing is contacted or opened until a call needs it."""
        store = store or create_store(settings)
        rate_limiter = RateLimiter(
            store, account_name(settings), settings.requests_per_minute, settings.timeout_seconds
        )
        approvals = ApprovalRepository(store, settings.approval_minutes, clock)
        journal, policy = create_journal(settings, store), load_policy(settings)
        return cls(
            settings,
            InvoiceXpressClient(settings, rate_limiter),
            approvals,
            journal,
            store,
            now,
            policy=policy,
        )

    def create_loader(self, remembered: RememberedLookups | None = None) -> FactLoader:
        """Create the loader that reads this account; `remembered` look-ups are not made again."""
        return FactLoader(
            self.account, self.settings.catalogue_pages, self.approvals, self.journal, remembered
        )

    def remember_lookups(self, call: str, lookups: RememberedLookups) -> None:
        """Keep look-ups that were made for an approval request, by the digest of the call."""
        self._remembered[self.account.name, self.settings.principal, call] = (time.monotonic(), lookups)
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))

    def recall_lookups(self, call: str) -> RememberedLookups | None:
        """Return and forget the look-ups kept for this call, or None if the approval would have expired."""
        key = (self.account.name, self.settings.principal, call)
        kept_at, lookups = self._remembered.pop(key, (0.0, None))
        return lookups if time.monotonic() - kept_at < self.settings.approval_minutes * 60 else None

    @property
    def links(self) -> ApprovalLinks:
        """The links to approval pages."""
        return ApprovalLinks(self.store, self.approvals.clock)

    @property
    def events(self) -> Events:
        """The events of the store."""
        return Events(self.store, self.settings.events_days, self.approvals.clock)

    @property
    def companies(self) -> CompanyRepository:
        """The companies of the accounts."""
        return CompanyRepository(self.store, self.settings)

    async def close(self) -> None:
        """Close the account's connections and the store."""
        await self.account.close()
        self.store.close()
