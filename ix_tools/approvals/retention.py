"""What is kept of approvals, and how many may wait.

What a person read names clients, their tax numbers, and the text of e-mails. The whole text goes when the approval is used; of
one that came to nothing, all of it goes some time after it ended, with the next approval that is asked or decided.
"""

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.errors import ApprovalRefused
from ix_tools.storage.schema import UNUSED_WITH_TEXT, approvals

RETENTION_DAYS = 30
"""How long the texts of an approval are kept that ended without being used."""
BATCH_SIZE = 200
"""How many are forgotten at most with one write, so that nobody waits for it."""
MAX_WAITING = 200
"""How many approvals one caller may have waiting."""


def delete_old_texts(connection: Connection, now: float) -> int:
    """Delete the texts of approvals that ended long ago without being used; how many they were."""
    old = (
        sql.select(approvals.c.id)
        .where(sql.text(UNUSED_WITH_TEXT), approvals.c.expires_at < now - RETENTION_DAYS * 86_400)
        .order_by(approvals.c.expires_at)
        .limit(BATCH_SIZE)
    )
    nothing = {"text": "", "sheet": "", "summary": "", "reason": None, "host": ""}
    return connection.execute(
        approvals.update().where(approvals.c.id.in_(old.scalar_subquery())).values(nothing)
    ).rowcount


def check_waiting_limit(connection: Connection, principal: str, now: float) -> None:
    """Refuse one more approval where so many of this caller wait already."""
    waiting = (
        sql.select(approvals.c.expires_at)
        .where(
            approvals.c.principal == principal, approvals.c.state == "pending", approvals.c.expires_at > now
        )
        .order_by(approvals.c.expires_at)
        .limit(MAX_WAITING)
    )
    ends = connection.execute(waiting).scalars().all()
    if len(ends) < MAX_WAITING:
        return
    raise ApprovalRefused(
        f"{MAX_WAITING} approvals of this caller wait for a person already, and no more may.",
        code="too_many_waiting",
        next="a person decides what waits (`ix-tools approvals list`); or repeat the same call when the first of them ends, "
        "in `retry_after` seconds",
        details={"retry_after": max(1, int(ends[0] - now) + 1)},
    )
