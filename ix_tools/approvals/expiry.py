"""Expiry of approvals that nobody decided or used in time."""

import sqlalchemy as sql

from ix_tools.approvals.retention import delete_old_texts
from ix_tools.approvals.rows import record_event
from ix_tools.audit import trail
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals

BATCH_SIZE = 100
"""Approvals that one transaction ends at most, so that it stays short."""
_UNUSED = approvals.c.state.in_(("pending", "approved")) & approvals.c.channel.not_in(("covered", "policy"))


def expire_overdue(store: Store, now: float) -> int:
    """End the approvals whose time is over, and tell of it; return how many they were."""
    overdue = sql.select(approvals).where(_UNUSED, approvals.c.expires_at <= now).limit(BATCH_SIZE)
    with store.reading() as connection:
        if connection.execute(overdue.limit(1)).first() is None:
            return 0
    with store.writing() as connection:
        trail.lock_trail(connection)
        rows = connection.execute(overdue).all()
        for row in rows:
            connection.execute(approvals.update().where(approvals.c.id == row.id).values(state="expired"))
            record_event(connection, row, "expired")
        delete_old_texts(connection, now)
    return len(rows)
