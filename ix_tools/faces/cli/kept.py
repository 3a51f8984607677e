"""The approvals kept on this machine, opened for as long as a command needs them."""

from collections.abc import Iterator
from contextlib import contextmanager

from ix_tools.approvals import Approvals
from ix_tools.faces.cli.run import Run
from ix_tools.settings import Settings
from ix_tools.store import Store


@contextmanager
def approvals(run: Run, settings: Settings) -> Iterator[Approvals]:
    """The approvals of these settings; the file is closed at the end."""
    store = Store(settings.store_place)
    try:
        yield Approvals(store, settings.approval_minutes, run.clock)
    finally:
        store.close()
