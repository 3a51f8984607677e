"""Turns: calls that must reach InvoiceXpress one after another, such as finalizing documents of one series, prepared side by side.

    n     look-ups ─▶ last read ─▶ request ─▶ answered: issued, with its number ─▶ read back
                                      │          │
    n+1   look-ups .................. └▶ claims  └▶ last read ─▶ request ─▶ answered ─▶ …

Nothing of a call is sent before the one before it is confirmed: by its answer if that shows the document as it is expected, otherwise
by its read-back. The last read of a call begins after that, and nothing comes between it and the request. If the one before it
failed, it is not sent.
"""

import anyio

from ix_tools.errors import IxError
from ix_tools.i18n.messages import message

MAX_WAIT_SECONDS = 60.0
"""Seconds for which a call waits for the read-back of the one before it, while it holds its claims."""


class TurnLost(IxError):
    """The call before this one was not carried out, so this one was not sent."""


class Turn:
    """The place of one call in its line."""

    def __init__(self, before: "Turn | None" = None) -> None:
        """Stand behind another call, or first."""
        self._before = before
        self._sent, self._settled = anyio.Event(), anyio.Event()
        self._is_confirmed = False

    def mark_sent(self) -> None:
        """The request of this call is on its way: the next one may prepare to be sent."""
        self._sent.set()

    def confirm(self) -> None:
        """The outcome of this call is known, so the next one may be sent."""
        self._is_confirmed = self._is_confirmed or not self._settled.is_set()
        self._settle()

    def give_up(self) -> None:
        """Let no later call of the line be sent, unless this one is confirmed already."""
        self._settle()

    def _settle(self) -> None:
        self._sent.set()
        self._settled.set()
        self._before = None  # a long line keeps no chain of the calls that are over

    @property
    def is_lost(self) -> bool:
        """Whether the call is over without being confirmed."""
        return self._settled.is_set() and not self._is_confirmed

    async def wait_to_prepare(self) -> None:
        """Wait until the request of the call before this one is on its way.

        Raises:
            TurnLost: It was not carried out.
        """
        if self._before is not None:
            await self._before._sent.wait()
            self._before._refuse_if_lost()

    async def wait_to_send(self) -> None:
        """Wait until the call before this one is confirmed.

        Raises:
            TurnLost: It was not carried out, or its outcome is not known in time.
        """
        if self._before is None:
            return
        with anyio.move_on_after(MAX_WAIT_SECONDS):
            await self._before._settled.wait()
        if not self._before._settled.is_set():
            raise _build_lost_error()
        self._before._refuse_if_lost()

    def _refuse_if_lost(self) -> None:
        if self.is_lost:
            raise _build_lost_error()


def _build_lost_error() -> TurnLost:
    return TurnLost(
        message("The document before this one in the series was not confirmed, so this one was not sent."),
        code="in_progress",
        sent="nothing",
        next=message("repeat the same call: it goes on from there"),
    )
