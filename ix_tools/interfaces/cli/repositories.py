"""What is kept on this machine, opened for as long as a command needs it."""

from collections.abc import Iterator
from contextlib import contextmanager

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.config.settings import Settings
from ix_tools.idempotency.journal import Journal
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.pipeline.company_repository import CompanyRepository
from ix_tools.pipeline.context import create_journal, create_store
from ix_tools.storage.database import Store


@contextmanager
def open_store(settings: Settings, *, checks_note: bool = True) -> Iterator[Store]:
    """The store of these settings; it is closed at the end. `checks_note`: see `Store.checks_note`."""
    opened = create_store(settings)
    opened.checks_note = checks_note
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def open_approvals(run: Invocation, settings: Settings) -> Iterator[ApprovalRepository]:
    """The approvals of these settings."""
    with open_store(settings) as opened:
        yield ApprovalRepository(opened, settings.approval_minutes, run.clock)


@contextmanager
def open_journal(settings: Settings) -> Iterator[Journal]:
    """The journal of these settings."""
    with open_store(settings) as opened:
        yield create_journal(settings, opened)


@contextmanager
def open_companies(settings: Settings) -> Iterator[CompanyRepository]:
    """The companies behind the accounts of these settings."""
    with open_store(settings) as opened:
        yield CompanyRepository(opened, settings)
