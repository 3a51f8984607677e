"""Hold what a call claims, from its last look-ups to its read-back; a workflow's steps share one set of claims.

    look up ─▶ acquire ─▶ granted, and nobody wrote since the look-ups ─▶ go on
                  │  └──▶ granted after waiting, or somebody wrote ─▶ look up again, holding the claims
                  └─────▶ somebody is in the way: find out what became of an unfinished one, wait, ask again ─▶ busy

Nothing is held while a person is asked.
"""

import logging
import secrets
from collections.abc import Iterable
from functools import partial

import anyio
from anyio.lowlevel import RunVar

from ix_tools.domain import resource_names
from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.idempotency.claims import Claim, ClaimRecord, Claims, Holder
from ix_tools.idempotency.intents import Intent
from ix_tools.pipeline import recovery
from ix_tools.pipeline.context import CallContext
from ix_tools.schemas.search import get_operation

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
"""Seconds between two attempts of one that waits."""
CREATED_BY_NAME = (f"{resource_names.NEW_CLIENT}/", f"{resource_names.ITEM}/")
"""What documents make by naming it: many that name the same wait for the first only, not for each other."""
QUEUE_REFRESH_SECONDS = 3.0
"""Seconds after which one that waits renews its place in the queue."""
MIN_WAIT_SECONDS = 30.0
"""Seconds that a call waits at least: who is at work may have to wait for the rate limit, several times."""
RECOVERY_INTERVAL_SECONDS = 5.0
"""Seconds between two attempts to find out what became of an unfinished call that is in the way."""


_limiters: RunVar[anyio.CapacityLimiter] = RunVar("claims")


def _get_limiter() -> anyio.CapacityLimiter:
    """At most four callers of this process ask at once: many who wait must not take every connection of a database."""
    try:
        return _limiters.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(4)
        _limiters.set(limiter)
        return limiter


class ClaimSession:
    """The claims of one call that somebody made, and of the steps that it is made of."""

    def __init__(self, desk: CallContext, operation: str) -> None:
        """Nothing is claimed yet."""
        self._context = desk
        self._claims = Claims(
            desk.store, desk.journal.lease, lambda name: bool(get_operation(name).manual_check)
        )
        self._deadline: float | None = None
        """Until when it waits, over all look-ups that it starts again with."""
        self.holder = Holder(desk.account.name, operation, desk.settings.principal)

    async def read_store_time(self) -> float:
        """The store's time, before something is looked up."""
        return await anyio.to_thread.run_sync(self._claims.now, limiter=_get_limiter())

    async def acquire(self, wanted: Iterable[Claim], looked_at: float, resumed: Intent | None = None) -> bool:
        """Hold what is wanted besides what is held; False where the caller has to look up again what it relies on.

        IxError `busy` when somebody else is in the way for as long as a call waits.
        """
        wanted = frozenset(wanted)
        if self.holder.covers(wanted):
            if await anyio.to_thread.run_sync(self._claims.renew, self.holder):
                return True
            self.holder.claims.clear()  # its lease ran out, and somebody else may have written since
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
                    # Somebody made what this call would have made: perhaps it needs to change nothing any more.
                    await anyio.to_thread.run_sync(self._claims.withdraw, self.holder)
                    return False
                if anyio.current_time() >= look_at:
                    await self._recover_blockers(attempt.blockers)
                    look_at = anyio.current_time() + RECOVERY_INTERVAL_SECONDS
                asked = anyio.current_time()
                while True:
                    await anyio.sleep(pause * (0.5 + secrets.randbelow(100) / 100))
                    pause = min(LONGEST_PAUSE, pause * 1.4)
                    # Many who wait must not slow down the one they wait for: they look, and seldom write.
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
        """Make sure that everything is still held, for a whole lease from now."""
        if not await anyio.to_thread.run_sync(self._claims.renew, self.holder):
            raise IxError(
                "Another process, or a person, took over what this call claimed.",
                code="held_too_long",
                next="repeat the same call: it looks first",
            )

    async def release(self) -> None:
        """Let go of everything. What cannot be written ends with the lease: a result is not lost for it."""
        if not self.holder.claims and not self.holder.since:
            return
        try:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._claims.release, self.holder)
        except StoreUnavailable as trouble:
            log.error("claims of %s could not be released: %s", self.holder.operation, trouble.message)

    async def _recover_blockers(self, blockers: Iterable[ClaimRecord]) -> None:
        """Look what became of an unfinished call that is in the way, where nobody works on it any more."""
        for identifier in {one.intent for one in blockers if one.intent}:
            intent = await anyio.to_thread.run_sync(self._context.journal.get, identifier)
            if get_operation(intent.operation).manual_check:
                continue
            taken = await anyio.to_thread.run_sync(self._context.journal.take_over, intent)
            if taken is not None:
                await recovery.probe_outcome(self._context, taken)


def _build_busy_error(blockers: tuple[ClaimRecord, ...]) -> IxError:
    first = min(blockers, key=lambda one: one.since)
    unknown = first.state == "ended"
    why = (
        f"{first.operation} was sent for it, and what became of that is not known yet"
        if unknown
        else f"{first.operation} is at work on it"
    )
    settle = f", or settle it with `ix-tools journal resolve {first.intent}`" if unknown else ""
    return IxError(
        f"{first.resource} cannot be changed right now: {why}.",
        code="busy",
        next=f"repeat the same call in a minute{settle}; `ix-tools claims list` shows who holds what",
        details={"claimed": sorted({one.resource for one in blockers})},
    )
