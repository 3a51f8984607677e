"""Rate limiter and circuit breaker for InvoiceXpress's requests per minute, shared by all processes that use one store.

One row per account holds the time of the next slot (`reserve_slot`, which the limits of callers use too). A Retry-After or
several failures in a row pause the account; the error says for how long. The row is a counter, not a record, so it is
written without waiting for the disk. A rate-limiting library would keep a row per request in a file of its own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import anyio
import sqlalchemy as sql
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Row

from ix_tools.api_client.retry_after import MAX_WAIT_SECONDS
from ix_tools.audit import trail
from ix_tools.errors import RateLimited, Unavailable
from ix_tools.i18n.messages import message
from ix_tools.storage.database import Store
from ix_tools.storage.schema import rates

BURST_SHARE = 0.025
"""Share of a minute's requests that may be sent at once. The rest is spread, so that no minute exceeds the limit."""
CALLER_PREFIX = "caller "
"""Prefix of the rows that belong to a caller of the HTTP server instead of an account."""
MAX_FAILURES = 5
"""Number of failures in a row after which the account is paused."""
PAUSE_SECONDS = 20.0
"""Length of that pause in seconds."""
HOLD_SECONDS = 0.25
"""Seconds for which a process may hold slots that it reserved ahead: several requests then need one write to the store."""
MAX_HELD_SLOTS = 32
MAX_AHEAD_SECONDS = 60.0
"""Seconds beyond a call's wait for which it is told to wait at most if a clock was set back."""


FOLLOW_UP_WAIT_FACTOR = 4
"""Wait factor for requests that follow a completed write, such as its read-back."""
_is_follow_up: ContextVar[bool] = ContextVar("owed", default=False)


@contextmanager
def prioritize_follow_up() -> Iterator[None]:
    """Let the requests in this context wait longer for a slot: they follow a completed write."""
    before = _is_follow_up.set(True)
    try:
        yield
    finally:
        _is_follow_up.reset(before)


@dataclass(frozen=True, slots=True)
class Slot:
    """When a request may be sent. If it is not granted, ask again after the wait."""

    wait: float
    is_granted: bool = False
    is_circuit_open: bool = False
    extra: int = 0
    """Number of further slots that were reserved with it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Rate of slots (GCRA: a leaky bucket stored as one number, the time of the next slot)."""

    interval: float
    """Seconds between two slots."""
    burst: float
    """Number of slots that may be used at once."""
    max_ahead: float
    """Upper limit, in seconds beyond the caller's wait, of the time until the next slot, in case a clock was set back."""
    furthest: float
    """Seconds within which the next slot always lies, whoever reserved the one before it. Only a clock that was set back puts it
    beyond, and it is then moved to the upper limit; otherwise nothing would be sent until the clock is where it was."""


def reserve_slot(
    connection: Connection,
    row: Row[Any],
    now: float,
    rate: Rate,
    max_wait: float,
    turns: int = 1,
    ahead: int = 0,
) -> Slot:
    """Reserve slots of a row of `rates` if they are due within `max_wait` seconds, and up to `ahead` more that are due already."""
    due = min(max(now, row.next_at), now + max_wait + rate.max_ahead)
    spare = now + (rate.burst - turns) * rate.interval - due
    wait = max(0.0, -spare)
    more = max(0, int(min(spare / rate.interval, ahead)) - 1)
    if wait > max_wait:
        if row.next_at - now > rate.furthest:
            connection.execute(rates.update().where(rates.c.account == row.account).values(next_at=due))
        return Slot(wait)
    next_at = due + (turns + more) * rate.interval
    connection.execute(rates.update().where(rates.c.account == row.account).values(next_at=next_at))
    return Slot(wait, is_granted=True, extra=more)


def lock_row(connection: Connection, name: str) -> Row[Any]:
    """Return the row of an account or caller, locked until the transaction ends."""
    wanted = sql.select(rates).where(rates.c.account == name).with_for_update()
    row = connection.execute(wanted).one_or_none()
    if row is None:
        # Two processes may insert at the same time: one row remains, and both wait for its lock.
        with suppress(exc.IntegrityError), connection.begin_nested():
            connection.execute(rates.insert().values(account=name, next_at=0.0, closed_until=0.0, failures=0))
        row = connection.execute(wanted).one()
    return row


@dataclass(frozen=True, slots=True)
class Pause:
    """Remaining pause of an account."""

    remaining: float
    """Seconds; 0 when the account is not paused."""
    is_restarted: bool = False
    """Whether a clock was set back, so that the pause starts again now."""


def read_pause(row: Row[Any], now: float) -> Pause:
    """Return the pause stored in a row of `rates`."""
    meant = min(row.closed_until - row.closed_at, MAX_WAIT_SECONDS)
    left = row.closed_until - now
    if left <= 0 or meant <= 0:
        return Pause(0.0)
    return Pause(left) if left <= meant else Pause(meant, is_restarted=True)


@dataclass
class RateLimiter:
    """Rate limiter of one account."""

    store: Store
    account: str
    per_minute: int
    max_wait: float
    """Seconds that a call waits for a slot. Beyond that it is refused before anything is sent."""

    async def acquire(self) -> None:
        """Wait for a slot.

        Raises: Unavailable while the account is paused after failures; RateLimited when the wait is too long.
        """
        left = self.max_wait * (FOLLOW_UP_WAIT_FACTOR if _is_follow_up.get() else 1)
        while True:
            async with self._reserve_lock:  # one task asks the store; the others use the slots it reserved
                if self._take_held_slot():
                    return
                turn = await anyio.to_thread.run_sync(self._reserve, left)
                self._held_slots, self._held_until = turn.extra, time.monotonic() + HOLD_SECONDS
            if turn.is_circuit_open:
                raise Unavailable(
                    message(
                        "InvoiceXpress failed {count} times in a row, so nothing is sent for {wait} more "
                        "seconds.",
                        count=MAX_FAILURES,
                        wait=f"{turn.wait:.0f}",
                    ),
                    sent="nothing",
                    next=message("repeat the same call in {wait} seconds", wait=f"{turn.wait:.0f}"),
                    retryable=True,
                    details={"retry_after": round(turn.wait)},
                )
            if turn.wait > left:
                raise RateLimited(
                    message(
                        "This account's {limit} requests a minute are used up, or InvoiceXpress asked to "
                        "wait.",
                        limit=self.per_minute,
                    ),
                    sent="nothing",
                    next=message("repeat the same call in {wait} seconds", wait=f"{turn.wait:.0f}"),
                    details={"retry_after": round(turn.wait)},
                )
            if turn.wait > 0:
                await anyio.sleep(turn.wait)
            if turn.is_granted:
                return
            left -= turn.wait

    async def record_response(self, status: int, retry_after: float | None) -> None:
        """Record the status of a response; 0 means that none came."""
        if status == 429 or status == 0 or status >= 500:
            self._held_slots = 0
            await anyio.to_thread.run_sync(self._record_failure, status, retry_after)
        elif self._is_failing:
            self._is_failing = False
            await anyio.to_thread.run_sync(self._record_success)

    _is_failing: bool = False
    _held_slots: int = 0
    _held_until: float = 0.0
    _reserve_lock: anyio.Lock = field(default_factory=anyio.Lock)

    def _take_held_slot(self) -> bool:
        """Use a slot that was reserved ahead, if one is left."""
        if self._held_slots == 0 or time.monotonic() > self._held_until:
            return False
        self._held_slots -= 1
        return True

    def _reserve(self, max_wait: float) -> Slot:
        burst = max(1.0, self.per_minute * BURST_SHARE)
        # A slot that was reserved ahead may be used up to HOLD_SECONDS later, so the interval is that much longer.
        interval = (60.0 + HOLD_SECONDS) / max(1.0, self.per_minute - burst)
        with self.store.writing(durable=False) as connection:
            row = self._lock_row(connection)
            now = self.store.now(connection)
            # Includes failures of other processes: the next success of any process resets the count.
            self._is_failing = row.failures > 0
            left = self._get_remaining_pause(connection, row, now)
            if left > 0:
                return Slot(left, is_circuit_open=row.failures >= MAX_FAILURES)
            # No slots are reserved ahead while requests fail.
            ahead = 0 if row.failures else int(min(HOLD_SECONDS / interval, MAX_HELD_SLOTS))
            furthest = self.max_wait * FOLLOW_UP_WAIT_FACTOR + MAX_AHEAD_SECONDS
            rate = Rate(interval, burst, MAX_AHEAD_SECONDS, furthest)
            return reserve_slot(connection, row, now, rate, max_wait, ahead=ahead)

    def _lock_row(self, connection: Connection) -> Row[Any]:
        return lock_row(connection, self.account)

    def _get_remaining_pause(self, connection: Connection, row: Row[Any], now: float) -> float:
        """Return the remaining pause in seconds. It is never longer than intended, even when a clock was set back."""
        pause = read_pause(row, now)
        if pause.is_restarted:
            self._close(connection, row.failures, pause.remaining, now)
        return pause.remaining

    def _record_failure(self, status: int, retry_after: float | None) -> None:
        self._is_failing = True
        with self.store.writing(durable=False) as connection:
            row = self._lock_row(connection)
            now = self.store.now(connection)
            failures = row.failures + 1 if status != 429 else row.failures
            asked = min(retry_after or 0.0, MAX_WAIT_SECONDS)
            paused = PAUSE_SECONDS if failures >= MAX_FAILURES else 0.0
            self._close(connection, failures, max(asked, paused, read_pause(row, now).remaining), now)

    def _close(self, connection: Connection, failures: int, seconds: float, now: float) -> None:
        connection.execute(
            rates.update()
            .where(rates.c.account == self.account)
            .values(failures=failures, closed_at=now, closed_until=now + seconds if seconds else 0.0)
        )

    def _record_success(self) -> None:
        with self.store.writing(durable=False) as connection:
            connection.execute(rates.update().where(rates.c.account == self.account).values(failures=0))


# --- for whoever looks after the accounts --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LimitStatus:
    """State of an account's rate limit."""

    account: str
    closed_for: float
    """Seconds; 0 when requests may be sent."""
    failures: int
    """Number of requests in a row that ended with 5xx or without a response."""


def list_limit_statuses(store: Store) -> list[LimitStatus]:
    """Return the state of every account that ever sent a request, sorted by name."""
    with store.reading() as connection:
        now = store.now(connection)
        rows = connection.execute(sql.select(rates).order_by(rates.c.account)).all()
    return [
        LimitStatus(row.account, read_pause(row, now).remaining, row.failures)
        for row in rows
        if not row.account.startswith(CALLER_PREFIX)
    ]


def end_pauses(store: Store, account: str | None = None) -> list[str]:
    """End the pause of one account, or of all, and return the names of the accounts whose pause ended.

    InvoiceXpress may go on refusing requests. This is for a Retry-After that makes no sense.
    """
    opened = [
        one.account
        for one in list_limit_statuses(store)
        if account in {None, one.account, one.account.partition("@")[0]} and (one.closed_for or one.failures)
    ]
    with store.writing() as connection:
        for name in opened:
            connection.execute(
                rates.update()
                .where(rates.c.account == name)
                .values(failures=0, closed_at=0.0, closed_until=0.0, next_at=0.0)
            )
            trail.append(connection, trail.Entry(event="pause ended", face="cli", account=name))
    return opened
