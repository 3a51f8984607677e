"""Claim session: holds the claims of a call from its look-ups to its read-back; a workflow's steps share one session.

    look up ─▶ acquire ─▶ granted, no write since the look-ups ─▶ continue
                  │  └──▶ granted after waiting, or after a write ─▶ look up again, holding the claims
                  └─────▶ blocked: recover an unfinished intent, wait, try again ─▶ busy

No claim is held while a person is asked.
"""

import logging
import secrets
from collections.abc import Iterable
from functools import partial

import anyio
from anyio.lowlevel import RunVar

from ix_tools.domain import resource_names
from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.i18n.messages import NO_MESSAGE, message
from ix_tools.idempotency.claims import Claim, ClaimRecord, Claims, Holder
from ix_tools.idempotency.intents import Intent
from ix_tools.pipeline import outcome_detection
from ix_tools.pipeline.context import CallContext
from ix_tools.schemas.search import get_operation

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
"""Shortest and longest pause between two attempts, in seconds."""
CREATED_BY_NAME = (f"{resource_names.NEW_CLIENT}/", f"{resource_names.ITEM}/")
"""Resources that InvoiceXpress creates when a document names them. Documents with the same name wait only for the first."""
QUEUE_REFRESH_SECONDS = 3.0
"""Seconds after which a waiting call renews its place in the queue."""
MIN_WAIT_SECONDS = 30.0
"""Minimum seconds to wait for a claim: its holder may wait for the rate limit several times."""
RECOVERY_INTERVAL_SECONDS = 5.0
"""Seconds between two attempts to recover an unfinished intent that blocks the call."""


_limiters: RunVar[anyio.CapacityLimiter] = RunVar("claims")


def _get_limiter() -> anyio.CapacityLimiter:
    """Return the limiter that keeps waiting calls from using more than four database connections."""
    try:
        return _limiters.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(4)
        _limiters.set(limiter)
        return limiter


class ClaimSession:
    """The claims of one call and of its steps."""

    def __init__(self, context: CallContext, operation: str) -> None:
        """Start without claims."""
        self._context = context
        self._claims = Claims(
            context.store, context.journal.lease, lambda name: bool(get_operation(name).manual_check)
        )
        self._deadline: float | None = None
        """End of the wait, over all repeated look-ups."""
        self.holder = Holder(context.account.name, operation, context.settings.principal)

    async def read_store_time(self) -> float:
        """Return the store's time; call it before the look-ups."""
        return await anyio.to_thread.run_sync(self._claims.now, limiter=_get_limiter())

    async def acquire(self, wanted: Iterable[Claim], looked_at: float, resumed: Intent | None = None) -> bool:
        """Acquire the wanted claims in addition to those held. Return False if the caller must look up its facts again.

        Raises:
            IxError: `busy`, when another call holds a claim for longer than a call waits.
        """
        wanted = frozenset(wanted)
        if self.holder.covers(wanted):
            if await anyio.to_thread.run_sync(self._claims.renew, self.holder):
                return True
            self.holder.claims.clear()  # the lease expired, so another call may have written since
        self.holder.resumes = resumed.id if resumed is not None else ""
        if self._deadline is None:
            self._deadline = anyio.current_time() + max(
                MIN_WAIT_SECONDS, self._context.settings.timeout_seconds
            )
        pause, look_at, waited = FIRST_PAUSE, 0.0, False
        try:
            while True:
                attempt = await anyio.to_thread.run_sync(
                    partial(self._claims.acquire, self.holder, wanted, looked_at), limiter=_get_limiter()
                )
                if attempt.is_granted:
                    self._deadline = None
                    return attempt.is_current and not waited
                waited = True
                if anyio.current_time() > self._deadline:
                    raise _build_busy_error(attempt.blockers)
                if not attempt.is_current and all(
                    one.resource.startswith(CREATED_BY_NAME) for one in attempt.blockers
                ):
                    # Another call created the resource; this one may no longer need to change anything.
                    await anyio.to_thread.run_sync(self._claims.withdraw, self.holder)
                    return False
                if anyio.current_time() >= look_at:
                    await self._recover_blockers(attempt.blockers)
                    look_at = anyio.current_time() + RECOVERY_INTERVAL_SECONDS
                asked = anyio.current_time()
                while True:
                    await anyio.sleep(pause * (0.5 + secrets.randbelow(100) / 100))
                    pause = min(LONGEST_PAUSE, pause * 1.4)
                    # Waiting calls only read, and seldom write, so that they do not slow down the holder.
                    if (
                        anyio.current_time() - asked > QUEUE_REFRESH_SECONDS
                        or not await anyio.to_thread.run_sync(
                            partial(self._claims.is_blocked, self.holder, wanted, looked_at),
                            limiter=_get_limiter(),
                        )
                    ):
                        break
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.release()
            raise

    async def renew(self) -> None:
        """Renew the lease of every claim; refuse if one was taken over."""
        if not await anyio.to_thread.run_sync(self._claims.renew, self.holder):
            raise IxError(
                message("Another process or a person took over the claims of this call."),
                code="held_too_long",
                next=message("repeat the same call: it first checks what was carried out"),
            )

    async def release(self) -> None:
        """Release all claims. If the store fails, they end with their lease, and the result is kept."""
        if not self.holder.claims and not self.holder.since:
            return
        try:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._claims.release, self.holder)
        except StoreUnavailable as trouble:
            log.error("claims of %s could not be released: %s", self.holder.operation, trouble)

    async def _recover_blockers(self, blockers: Iterable[ClaimRecord]) -> None:
        """Recover unfinished intents that block this call and that no process works on."""
        for identifier in {one.intent for one in blockers if one.intent}:
            intent = await anyio.to_thread.run_sync(self._context.journal.get, identifier)
            if get_operation(intent.operation).manual_check:
                continue
            taken = await anyio.to_thread.run_sync(self._context.journal.take_over, intent)
            if taken is not None:
                await outcome_detection.probe_outcome(self._context, taken)


def _build_busy_error(blockers: tuple[ClaimRecord, ...]) -> IxError:
    first = min(blockers, key=lambda one: one.since)
    unknown = first.state == "ended"
    why = (
        message("{operation} was sent for it, and its outcome is not known yet", operation=first.operation)
        if unknown
        else message("{operation} is changing it", operation=first.operation)
    )
    settle = (
        message(", or settle it with `ix-tools journal resolve {id}`", id=first.intent)
        if unknown
        else NO_MESSAGE
    )
    return IxError(
        message("{resource} cannot be changed right now: {why}.", resource=first.resource, why=why),
        code="busy",
        next=message(
            "repeat the same call in a minute{settle}; `ix-tools claims list` shows the holders of claims",
            settle=settle,
        ),
        details={"claimed": sorted({one.resource for one in blockers})},
    )
