"""Retention of approval texts, and the limit on waiting approvals.

A preview contains clients, tax numbers and the text of e-mails. It is deleted when the approval is used. For an approval
that ends unused, all texts are deleted some time later, with the next approval that is requested or decided.
"""

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import message
from ix_tools.storage.schema import UNUSED_WITH_TEXT, approvals

RETENTION_DAYS = 30
"""Days for which the texts of an unused approval are stored after its end."""
BATCH_SIZE = 200
"""Approvals whose texts one write deletes at most, so that it stays fast."""
MAX_WAITING = 200
"""Approvals that one caller may have waiting."""


def delete_old_texts(connection: Connection, now: float) -> int:
    """Delete the texts of approvals that ended unused long ago, and return how many they were."""
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
    """Refuse a further approval if this caller has too many waiting.

    Raises:
        ApprovalRefused: with the seconds until the first of them expires.
    """
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
        message(
            "{count} approvals of this caller are waiting for a person, which is the most allowed.",
            count=MAX_WAITING,
        ),
        code="too_many_waiting",
        next=message(
            "a person decides some of them (`ix-tools approvals list`); or repeat the same call when "
            "the first one expires, in `retry_after` seconds"
        ),
        details={"retry_after": max(1, int(ends[0] - now) + 1)},
    )
