"""The outbox: events are written in the transaction of the state they tell of, so that neither exists without the other.

    transaction A   lock ─ state ─ event 41 ─────────── commit
    transaction B            lock . . . waits . . . . . . . . ─ state ─ event 42 ─ commit
    reader                            sees up to 40                       41           41, 42

A position is assigned under a lock that lasts until the transaction ends. So positions become visible in their order, and a reader
that has seen 42 has also seen 41, however slow its transaction was. A transaction that fails gives its position back.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.audit import trail
from ix_tools.events.models import EventDraft
from ix_tools.storage.schema import event_counters, events

POSITIONS = "positions"
"""The counter of positions; every other counter is that of a subject."""

_ADVANCE = (
    event_counters.update()
    .where(event_counters.c.name == sql.bindparam("of"))
    .values(last=event_counters.c.last + 1)
    .returning(event_counters.c.last)
)
_FIRST = event_counters.insert()
_NEW_EVENT = events.insert()


def append(connection: Connection, *drafts: EventDraft) -> None:
    """Write events inside the caller's transaction."""
    if not drafts:
        return
    # Every transaction that writes events also writes the audit trail. Locking that first, always, avoids deadlocks.
    trail.lock_trail(connection)
    for draft in drafts:
        row: Mapping[str, Any] = {
            "position": _advance(connection, POSITIONS),
            "id": f"evt_{secrets.token_hex(12)}",
            "sequence": _advance(connection, draft.subject),
            "type": draft.type,
            "subject": draft.subject,
            "account": draft.account,
            "principal": draft.principal,
            "operation": draft.operation,
            "at": time.time(),
            "data": dict(draft.data),
        }
        connection.execute(_NEW_EVENT, row)


def _advance(connection: Connection, name: str) -> int:
    """Return the next number of a counter. Counters outlive the events, so that a number is never used twice."""
    last = connection.execute(_ADVANCE, {"of": name}).scalar()
    if last is None:
        connection.execute(_FIRST, {"name": name, "last": 1})
        return 1
    return int(last)
