"""The day that `today` in arguments means: the present one, or that of the call for one that is carried out later."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from ix_tools.i18n.formats import LISBON

_pinned_today: ContextVar[date | None] = ContextVar("today", default=None)


@contextmanager
def pin_today(day: date) -> Iterator[None]:
    """Let `today` in arguments mean this day, also in a call that is carried out days after it was asked for."""
    token = _pinned_today.set(day)
    try:
        yield
    finally:
        _pinned_today.reset(token)


def get_today() -> date:
    """Return the day that `today` in arguments means."""
    return _pinned_today.get() or datetime.now(LISBON).date()
