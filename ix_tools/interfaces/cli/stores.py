"""What is kept on this machine, opened for as long as a command needs it."""

from collections.abc import Iterator
from contextlib import contextmanager

from ix_tools.approvals.repository import Approvals
from ix_tools.config.settings import Settings
from ix_tools.idempotency.journal import Journal
from ix_tools.interfaces.cli.invocation import Run
from ix_tools.pipeline.account_names import Companies
from ix_tools.pipeline.context import journal_of, store_of
from ix_tools.storage.database import Store


@contextmanager
def store(settings: Settings, *, checks_note: bool = True) -> Iterator[Store]:
    """The store of these settings; it is closed at the end. `checks_note`: see `Store.checks_note`."""
    opened = store_of(settings)
    opened.checks_note = checks_note
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def approvals(run: Run, settings: Settings) -> Iterator[Approvals]:
    """The approvals of these settings."""
    with store(settings) as opened:
        yield Approvals(opened, settings.approval_minutes, run.clock)


@contextmanager
def journal(settings: Settings) -> Iterator[Journal]:
    """The journal of these settings."""
    with store(settings) as opened:
        yield journal_of(settings, opened)


@contextmanager
def companies(settings: Settings) -> Iterator[Companies]:
    """The companies behind the accounts of these settings."""
    with store(settings) as opened:
        yield Companies(opened, settings)
