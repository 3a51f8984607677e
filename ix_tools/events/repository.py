"""Reading of events: by position, and by readers whose own position the store keeps; and deletion of old ones."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.errors import InvalidArguments, Problem
from ix_tools.events.models import EVENT_TYPES, Event
from ix_tools.events.outbox import POSITIONS
from ix_tools.i18n.messages import message, verbatim
from ix_tools.storage.database import Store
from ix_tools.storage.inserts import insert_if_absent
from ix_tools.storage.schema import event_counters, event_readers, events

DELETED = "deleted"
"""The counter of the newest position whose event was deleted for its age."""
BATCH_SIZE = 500
"""Events that one deletion removes at most, so that it stays fast."""
MAX_LIMIT = 500
"""Events that one look returns at most."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The events that a reader wants; empty fields exclude nothing."""

    account: str = ""
    principal: str = ""
    types: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = sorted(set(self.types) - set(EVENT_TYPES))
        if unknown:
            raise InvalidArguments(
                message("There is no event '{name}'.", name=unknown[0]),
                problems=[
                    Problem(
                        "type", message("is none of the types of events"), verbatim(", ".join(EVENT_TYPES))
                    )
                ],
                next=message("name existing types, or none for all"),
            )


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events in their order, and where to go on."""

    events: tuple[Event, ...]
    next: int
    """The position to continue after. It also counts events that the filter left out."""
    has_more: bool
    """Further events may be there now."""
    has_missed: bool
    """Events after the requested position were deleted for their age, so that the reader does not get them."""


class Events:
    """The events in a store."""

    def __init__(self, store: Store, days: int, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet. `days`: for how long events are stored."""
        self._store = store
        self._seconds = days * 86_400
        self._clock = clock

    def read_after(self, position: int, limit: int = 100, wanted: EventFilter = EventFilter()) -> EventBatch:
        """Return the events after a position, oldest first."""
        with self._store.reading() as connection:
            return self._read(connection, position, limit, wanted)

    def find(self, identifier: str) -> Event | None:
        """Return an event by its id; None if it is not stored any more."""
        with self._store.reading() as connection:
            row = connection.execute(sql.select(events).where(events.c.id == identifier)).one_or_none()
            return None if row is None else _build_event(row)

    def list_newest(self, limit: int = 100, wanted: EventFilter = EventFilter()) -> tuple[Event, ...]:
        """Return the newest events, oldest first."""
        query = sql.select(events).where(*_build_conditions(wanted)).order_by(events.c.position.desc())
        with self._store.reading() as connection:
            rows = connection.execute(query.limit(max(1, min(limit, MAX_LIMIT)))).all()
        return tuple(_build_event(row) for row in reversed(rows))

    def read_for(self, reader: str, limit: int = 100, wanted: EventFilter = EventFilter()) -> EventBatch:
        """Return the events that a reader has not confirmed; until it does, it gets them again."""
        with self._store.reading() as connection:
            return self._read(connection, _load_position(connection, reader), limit, wanted)

    def register(self, reader: str) -> None:
        """Begin to store the position of a reader, after the newest event; do nothing if it is stored already."""
        with self._store.reading() as connection:
            if _has_position(connection, reader):
                return
        with self._store.writing() as connection:
            row = {"position": _load_counter(connection, POSITIONS), "seen_at": self._clock()}
            insert_if_absent(connection, event_readers, {"name": reader, **row})

    def confirm(self, reader: str, position: int) -> None:
        """Record that a reader is done with the events up to a position. It never goes back."""
        with self._store.writing() as connection:
            insert_if_absent(connection, event_readers, {"name": reader, "position": 0, "seen_at": 0.0})
            connection.execute(
                event_readers.update()
                .where(event_readers.c.name == reader, event_readers.c.position <= position)
                .values(position=position, seen_at=self._clock())
            )

    def consume(
        self,
        reader: str,
        write: Callable[[Connection, Event], None],
        limit: int = 100,
        wanted: EventFilter = EventFilter(),
    ) -> bool:
        """Hand events to `write` in the transaction that stores the reader's position, and return whether there may be more.

        So what `write` puts into this store is there exactly once for each event, with any number of processes under one name. A
        new reader begins with the events after now.
        """
        self.register(reader)
        with self._store.reading() as connection:
            position = _load_position(connection, reader)
            first = self._read(connection, position, 1, wanted)
        if not first.events and first.next == position:
            return False  # a look without news writes nothing
        with self._store.writing() as connection:
            mine = event_readers.c.name == reader
            # Locks the reader, so that no other process hands out the same events.
            connection.execute(event_readers.update().where(mine).values(seen_at=self._clock()))
            batch = self._read(connection, _load_position(connection, reader), limit, wanted)
            for event in batch.events:
                write(connection, event)
            connection.execute(event_readers.update().where(mine).values(position=batch.next))
        return batch.has_more

    def find_newest(self) -> int:
        """Return the position of the newest event; 0 without any."""
        with self._store.reading() as connection:
            return _load_counter(connection, POSITIONS)

    def delete_old(self) -> int:
        """Delete events that are older than their stated age, and return how many they were."""
        with self._store.writing() as connection:
            old = (
                sql.select(events.c.position)
                .where(events.c.at < self._clock() - self._seconds)
                .order_by(events.c.position)
                .limit(BATCH_SIZE)
            )
            positions = connection.execute(old).scalars().all()
            if not positions:
                return 0
            # A younger event may stand before an older one if a clock was set back: all up to the last one go.
            count = connection.execute(events.delete().where(events.c.position <= positions[-1])).rowcount
            _store_counter(connection, DELETED, positions[-1])
            return count

    def _read(self, connection: Connection, position: int, limit: int, wanted: EventFilter) -> EventBatch:
        limit = max(1, min(limit, MAX_LIMIT))
        newest = _load_counter(connection, POSITIONS)
        query = sql.select(events).where(events.c.position > position, *_build_conditions(wanted))
        rows = connection.execute(query.order_by(events.c.position).limit(limit + 1)).all()
        found = tuple(_build_event(row) for row in rows[:limit])
        has_more = len(rows) > limit
        return EventBatch(
            found,
            found[-1].position if has_more else max(position, newest, *(one.position for one in found[-1:])),
            has_more,
            position < _load_counter(connection, DELETED),
        )


def _build_conditions(wanted: EventFilter) -> list[sql.ColumnElement[bool]]:
    given = {"account": wanted.account, "principal": wanted.principal}
    conditions: list[sql.ColumnElement[bool]] = [
        events.c[name] == value for name, value in given.items() if value
    ]
    return [*conditions, *([events.c.type.in_(wanted.types)] if wanted.types else [])]


def _build_event(row: Row[Any]) -> Event:
    return Event(**{name: getattr(row, name) for name in Event.__slots__})


def _has_position(connection: Connection, reader: str) -> bool:
    known = sql.select(event_readers.c.name).where(event_readers.c.name == reader)
    return connection.execute(known).first() is not None


def _load_position(connection: Connection, reader: str) -> int:
    query = sql.select(event_readers.c.position).where(event_readers.c.name == reader)
    return int(connection.execute(query).scalar() or 0)


def _load_counter(connection: Connection, name: str) -> int:
    query = sql.select(event_counters.c.last).where(event_counters.c.name == name)
    return int(connection.execute(query).scalar() or 0)


def _store_counter(connection: Connection, name: str, last: int) -> None:
    known = event_counters.c.name == name
    if not connection.execute(event_counters.update().where(known).values(last=last)).rowcount:
        connection.execute(event_counters.insert().values(name=name, last=last))
