"""Which part of an account's overview is read at InvoiceXpress next: the running month first, older months when nothing else is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sql

from ix_tools.storage.database import Store
from ix_tools.storage.figures import DRAFTS, MONTH_END, OPEN
from ix_tools.storage.figures_schema import figure_readings
from ix_tools.storage.inserts import insert_if_absent

MONTHS = 13
"""Months that an overview shows: the running one and the twelve before it."""
LEASE_SECONDS = 600.0
"""Seconds after which another process may read a part whose reader is gone; it goes on from a page to the next within them."""
OLD_MONTH_SECONDS = 7 * 86_400.0
"""Seconds after which a month before the last one is read again: something of it may have been cancelled."""
MONTH_END_SECONDS = 86_400.0
RETRY_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Reading:
    """State of a part."""

    read_at: float = 0.0
    """When its last complete reading began, by the store's clock; 0 if there was none."""
    problem: str = ""
    content: Mapping[str, Any] | None = None


def list_months(today: date) -> list[str]:
    """Return the months that an overview shows, the newest first, as 2026-11."""
    months, first = [], today.replace(day=1)
    for _ in range(MONTHS):
        months.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    return months


class FigureReadings:
    """The parts of one account's overview."""

    def __init__(self, store: Store, account: str, seconds: float) -> None:
        """`seconds`: the age at which what changes daily is read again."""
        self._store, self._account, self._seconds = store, account, seconds

    def take_next(self, today: date, *, done: Sequence[str] | None = None) -> tuple[str, float] | None:
        """Take the part that is due, and return it with the time by the store's clock; None if none is.

        Args:
            done: the parts that were read just now, to read every other one whether it is due or not.
        """
        newest, last, *older = list_months(today)
        # What a page shows first is read first.
        wanted = [newest, OPEN, DRAFTS, last, MONTH_END, *older]
        with self._store.writing(durable=False) as connection:
            now = self._store.now(connection)
            mine = figure_readings.c.account == self._account
            known = {row.part: row for row in connection.execute(sql.select(figure_readings).where(mine))}
            for part in wanted:
                row = known.get(part)
                if row is None:
                    insert_if_absent(connection, figure_readings, self._build_row(part))
                elif row.lease_until > now or (done is None and row.due_at > now) or part in (done or ()):
                    continue
                free = sql.and_(mine, figure_readings.c.part == part, figure_readings.c.lease_until <= now)
                lease = figure_readings.update().where(free).values(lease_until=now + LEASE_SECONDS)
                if connection.execute(lease).rowcount:
                    return part, now
        return None

    def extend(self, part: str) -> None:
        """Keep a part while its pages are read."""
        with self._store.writing(durable=False) as connection:
            self._update(connection, part, lease_until=self._store.now(connection) + LEASE_SECONDS)

    def finish(self, part: str, began: float, today: date, content: Mapping[str, Any] | None = None) -> None:
        """Record that a part was read completely."""
        age = self._seconds
        if part == MONTH_END:
            age = max(age, MONTH_END_SECONDS)
        elif part in list_months(today)[2:]:
            age = OLD_MONTH_SECONDS
        values = {
            "read_at": began,
            "due_at": began + age,
            "lease_until": 0.0,
            "problem": "",
            "content": content,
        }
        with self._store.writing(durable=False) as connection:
            self._update(connection, part, **values)

    def fail(self, part: str, problem: str) -> None:
        """Record why a part could not be read; what was read before stays."""
        with self._store.writing(durable=False) as connection:
            due_at = self._store.now(connection) + RETRY_SECONDS
            self._update(connection, part, due_at=due_at, lease_until=0.0, problem=problem[:100])

    def _update(self, connection: sql.Connection, part: str, **values: Any) -> None:
        mine = sql.and_(figure_readings.c.account == self._account, figure_readings.c.part == part)
        connection.execute(figure_readings.update().where(mine).values(values))

    def _build_row(self, part: str) -> dict[str, Any]:
        times = {"read_at": 0.0, "due_at": 0.0, "lease_until": 0.0}
        return {"account": self._account, "part": part, **times, "problem": "", "content": None}
