"""Keep to InvoiceXpress's limit of requests a minute, for the account as a whole, in however many processes.

One row per account holds when the next request is due (`reserve`, which callers' limits use, too). A Retry-After, or
several failures in a row, close the account for a while, and say until when. The row is a counter, not a record:
it is written without waiting for the disk. A rate-limiting library would keep a row per request in a file of its own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import anyio
import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.api_client.retry_after import MAX_WAIT_SECONDS
from ix_tools.audit import trail
from ix_tools.errors import RateLimited, Unavailable
from ix_tools.storage.database import Store
from ix_tools.storage.schema import rates

BURST_SHARE = 0.025
"""Part of a minute's requests that may leave at once; the rest is spread, so that no minute holds more than the limit."""
CALLER_PREFIX = "caller "
"""Begins the names of rows that are no account's, but a caller's of the HTTP server."""
MAX_FAILURES = 5
"""So many failures in a row close the account."""
PAUSE_SECONDS = 20.0
"""Seconds for which it then stays closed."""
HOLD_SECONDS = 0.25
"""Seconds for which a process may keep turns that it took ahead: a write of the store for some requests instead of each."""
MAX_HELD_SLOTS = 32


FOLLOW_UP_WAIT_FACTOR = 4
"""So many times longer than others waits what belongs to a call that was carried out: it must be read back."""
_is_follow_up: ContextVar[bool] = ContextVar("owed", default=False)


@contextmanager
def prioritize_follow_up() -> Iterator[None]:
    """What is asked for in here belongs to a call that was carried out, and is not given up as easily as a new one."""
    before = _is_follow_up.set(True)
    try:
        yield
    finally:
        _is_follow_up.reset(before)


@dataclass(frozen=True, slots=True)
class Slot:
    """When a request may leave; not granted: look again after the wait."""

    wait: float
    is_granted: bool = False
    is_circuit_open: bool = False
    extra: int = 0
    """Further turns that were taken with it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast turns may be taken (GCRA, a leaky bucket in one number: when the next turn is due)."""

    interval: float
    """Seconds between two turns."""
    burst: float
    """Turns that may be taken at once."""
    max_ahead: float
    """Seconds, beyond the patience of whoever asks, that a turn can be due ahead: a clock that was set back goes no further."""


def reserve_slot(
    connection: Connection,
    row: Row[Any],
    now: float,
    rate: Rate,
    patience: float,
    turns: int = 1,
    ahead: int = 0,
) -> Slot:
    """Take turns of a row of `rates`, if they are due within the patience, and up to `ahead` that could leave at once with them."""
    due = min(max(now, row.next_at), now + patience + rate.max_ahead)
    spare = now + (rate.burst - turns) * rate.interval - due
    wait = max(0.0, -spare)
    more = max(0, int(min(spare / rate.interval, ahead)) - 1)
    if wait > patience:
        return Slot(wait)
    next_at = due + (turns + more) * rate.interval
    connection.execute(rates.update().where(rates.c.account == row.account).values(next_at=next_at))
    return Slot(wait, is_granted=True, extra=more)


def lock_row(connection: Connection, name: str) -> Row[Any]:
    """The row of an account, or of whatever else has a pace; locked until the transaction ends."""
    wanted = sql.select(rates).where(rates.c.account == name).with_for_update()
    row = connection.execute(wanted).one_or_none()
    if row is None:
        # Two processes may begin together: one row stays, and both then wait for it.
        with suppress(sql.exc.IntegrityError), connection.begin_nested():
            connection.execute(rates.insert().values(account=name, next_at=0.0, closed_until=0.0, failures=0))
        row = connection.execute(wanted).one()
    return row


@dataclass(frozen=True, slots=True)
class Pause:
    """For how long an account still stays closed."""

    remaining: float
    """Seconds; 0 when it is open."""
    is_restarted: bool = False
    """Whether a clock was set back, so that the pause begins anew from now."""


def read_pause(row: Row[Any], now: float) -> Pause:
    """The pause that a row of `rates` holds."""
    meant = min(row.closed_until - row.closed_at, MAX_WAIT_SECONDS)
    left = row.closed_until - now
    if left <= 0 or meant <= 0:
        return Pause(0.0)
    return Pause(left) if left <= meant else Pause(meant, is_restarted=True)


@dataclass
class RateLimiter:
    """The pace of one account."""

    store: Store
    account: str
    per_minute: int
    max_wait: float
    """Seconds a call waits for its turn; beyond that it is refused before anything is sent."""

    async def acquire(self) -> None:
        """Wait for this request's turn."""
        left = self.max_wait * (FOLLOW_UP_WAIT_FACTOR if _is_follow_up.get() else 1)
        while True:
            async with self._reserve_lock:  # one asks, and whoever waited finds what it brought
                if self._take_held_slot():
                    return
                turn = await anyio.to_thread.run_sync(self._reserve, left)
                self._held_slots, self._held_until = turn.extra, time.monotonic() + HOLD_SECONDS
            if turn.is_circuit_open:
                raise Unavailable(
                    f"InvoiceXpress failed {MAX_FAILURES} times in a row, so nothing is sent for {turn.wait:.0f} more seconds.",
                    sent="nothing",
                    next=f"repeat the same call in {turn.wait:.0f} seconds",
                    retryable=True,
                    details={"retry_after": round(turn.wait)},
                )
            if turn.wait > left:
                raise RateLimited(
                    f"This account's {self.per_minute} requests a minute are used up, or InvoiceXpress asked to wait.",
                    sent="nothing",
                    next=f"repeat the same call in {turn.wait:.0f} seconds",
                    details={"retry_after": round(turn.wait)},
                )
            if turn.wait > 0:
                await anyio.sleep(turn.wait)
            if turn.is_granted:
                return
            left -= turn.wait

    async def record_response(self, status: int, retry_after: float | None) -> None:
        """Take note of how it went (0: no answer)."""
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
        """Use a turn that was taken ahead."""
        if self._held_slots == 0 or time.monotonic() > self._held_until:
            return False
        self._held_slots -= 1
        return True

    def _reserve(self, patience: float) -> Slot:
        burst = max(1.0, self.per_minute * BURST_SHARE)
        # What is taken ahead leaves a little later: the minute before counts that much longer.
        interval = (60.0 + HOLD_SECONDS) / max(1.0, self.per_minute - burst)
        with self.store.writing(durable=False) as connection:
            row = self._lock_row(connection)
            now = self.store.now(connection)
            # Failures of other processes too: whoever succeeds next says that it works again.
            self._is_failing = row.failures > 0
            left = self._get_remaining_pause(connection, row, now)
            if left > 0:
                return Slot(left, is_circuit_open=row.failures >= MAX_FAILURES)
            # Nothing is taken ahead by somebody who failed.
            ahead = 0 if row.failures else int(min(HOLD_SECONDS / interval, MAX_HELD_SLOTS))
            return reserve_slot(connection, row, now, Rate(interval, burst, 60.0), patience, ahead=ahead)

    def _lock_row(self, connection: Connection) -> Row[Any]:
        return lock_row(connection, self.account)

    def _get_remaining_pause(self, connection: Connection, row: Row[Any], now: float) -> float:
        """Seconds for which the account stays closed. A pause never takes longer than it was meant to, whatever a clock does."""
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
    """How an account stands with its limit of requests."""

    account: str
    closed_for: float
    """Seconds; 0 when requests may leave."""
    failures: int
    """Requests in a row that InvoiceXpress answered with 5xx or not at all."""


def list_limit_statuses(store: Store) -> list[LimitStatus]:
    """Every account that ever sent something, by name."""
    with store.reading() as connection:
        now = store.now(connection)
        rows = connection.execute(sql.select(rates).order_by(rates.c.account)).all()
    return [
        LimitStatus(row.account, read_pause(row, now).remaining, row.failures)
        for row in rows
        if not row.account.startswith(CALLER_PREFIX)
    ]


def end_pauses(store: Store, account: str | None = None) -> list[str]:
    """Let requests leave again at once, for one account or for all that are closed; the names of those it was done for.

    InvoiceXpress goes on refusing if it meant what it asked: this is for a wait that makes no sense.
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
