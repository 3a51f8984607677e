"""Open the store and its repositories for as long as a command needs them."""

from collections.abc import Iterator
from contextlib import contextmanager

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.auth.identities import KnownIdentities
from ix_tools.config.settings import Settings
from ix_tools.events.repository import Events
from ix_tools.idempotency.journal import Journal
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.pipeline.company_repository import CompanyRepository
from ix_tools.pipeline.context import create_journal, create_store, load_policy
from ix_tools.storage.database import Store


@contextmanager
def open_store(settings: Settings, *, checks_note: bool = True) -> Iterator[Store]:
    """Yield the store of these settings and close it at the end. `checks_note`: see `Store.checks_note`."""
    opened = create_store(settings)
    opened.checks_note = checks_note
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def open_approvals(run: Invocation, settings: Settings) -> Iterator[ApprovalRepository]:
    """Yield the approvals of these settings."""
    with open_store(settings) as opened:
        yield ApprovalRepository(opened, settings.approval_minutes, run.clock)


@contextmanager
def open_journal(settings: Settings) -> Iterator[Journal]:
    """Yield the journal of these settings."""
    with open_store(settings) as opened:
        yield create_journal(settings, opened)


@contextmanager
def open_events(run: Invocation, settings: Settings) -> Iterator[Events]:
    """Yield the events of these settings."""
    with open_store(settings) as opened:
        yield Events(opened, settings.events_days, run.clock)


@contextmanager
def open_companies(settings: Settings) -> Iterator[CompanyRepository]:
    """Yield the companies that own the accounts of these settings."""
    with open_store(settings) as opened:
        yield CompanyRepository(opened, settings)


def load_same_people(run: Invocation) -> KnownIdentities:
    """Load the policy's list of names that belong to one person, if there is a policy."""
    policy = load_policy(run.settings)
    return policy.load_rules().identities if policy is not None else ()
