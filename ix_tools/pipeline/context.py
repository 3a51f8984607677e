"""Call context: settings, account, approvals, journal, store and clock of a call."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ix_tools.api_client.client import InvoiceXpressClient, account_name
from ix_tools.api_client.rate_limit import RateLimiter
from ix_tools.approvals.links import ApprovalLinks, PageHost
from ix_tools.approvals.models import CallOrigin
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.audit import trail
from ix_tools.auth.principals import ALL_SCOPES
from ix_tools.config.folders import data_folder
from ix_tools.config.settings import Settings
from ix_tools.domain.date_types import lisbon_now
from ix_tools.events.repository import Events
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import Message
from ix_tools.idempotency.journal import Journal
from ix_tools.operations.base import BatchRequest
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.catalogue_lookup import Progress
from ix_tools.pipeline.company_repository import CompanyRepository
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.pipeline.lookup_memory import LookupMemory
from ix_tools.pipeline.outcomes import Outcome
from ix_tools.pipeline.seen_records import SeenRecords
from ix_tools.storage.database import Store
from ix_tools.storage.lookups import Lookups
from ix_tools.verification.stored_differences import StoredDifferences

if TYPE_CHECKING:
    from ix_tools.policy.file import PolicyFile


MAX_SHOWN = 64


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
    account_label: str = ""
    """The account's name in the settings, by which a server chooses it; empty if there is only one."""
    scopes: frozenset[Scope] = ALL_SCOPES
    """The caller's scopes."""
    can_read_files: bool = True
    """True if the caller can read files on this machine, which is never so over HTTP."""
    policy: "PolicyFile | None" = None
    """The owner's policy, if there is one."""
    batches: "Batches | None" = None
    """What carries batches for the callers of this context's interface, if it offers them."""
    seen: SeenRecords = field(default_factory=SeenRecords)
    """Clients and drafts that this process read lately."""
    _shown: dict[tuple[str, str, str], tuple[float, Facts | None]] = field(default_factory=dict)

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
            seen=SeenRecords(is_kept=settings.remember_lookups),
        )

    def create_loader(
        self,
        seen_by_approver: Facts | None = None,
        progress: Progress | None = None,
        *,
        takes_seen_drafts: bool = False,
        takes_seen_owner: bool = False,
    ) -> FactLoader:
        """Create the loader that reads this account; facts that the approver has seen are not read again."""
        lookups = Lookups(self.store, self.account.name) if self.settings.remember_lookups else None
        return FactLoader(
            self.account,
            self.settings.catalogue_pages,
            self.differences,
            self.journal,
            seen_by_approver,
            LookupMemory(lookups),
            progress,
            takes_seen_drafts,
            takes_seen_owner,
            seen=self.seen,
        )

    def keep_shown_facts(self, call: str, facts: Facts) -> None:
        """Keep the facts that an approval request shows, by the digest of the call."""
        if not self.settings.remember_lookups:
            facts = Facts(facts.now, taxes=facts.taxes, sequences=facts.sequences)
        self._shown[self.account.name, self.settings.principal, call] = (time.monotonic(), facts)
        while len(self._shown) > MAX_SHOWN:
            self._shown.pop(next(iter(self._shown)))

    def take_shown_facts(self, call: str) -> Facts | None:
        """Return and forget the facts kept for this call, or None if the approval would have expired."""
        key = (self.account.name, self.settings.principal, call)
        kept_at, facts = self._shown.pop(key, (0.0, None))
        return facts if time.monotonic() - kept_at < self.settings.approval_minutes * 60 else None

    @property
    def differences(self) -> StoredDifferences:
        """The read-back differences that the next approval of a document shows."""
        return StoredDifferences(self.approvals.store, self.approvals.clock)

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


NotifyProgress = Callable[[float, float, Message], Awaitable[None]]
"""Tells the caller what is done, of how much, and a sentence."""


class Batches(Protocol):
    """Carries batches for the callers of an interface."""

    async def carry(
        self, context: CallContext, request: BatchRequest, origin: CallOrigin, progress: NotifyProgress
    ) -> Outcome:
        """Start a batch, carry it on, or delete its drafts, as far as it goes without a person and within the time of one call.

        Raises:
            IxError: The file is refused, the batch is not this caller's, or there is trouble that passes.
        """
        ...

    async def describe(self, context: CallContext, batch: str) -> dict[str, Any]:
        """Return the state of a batch of this caller.

        Raises:
            IxError: There is none with that id.
        """
        ...
