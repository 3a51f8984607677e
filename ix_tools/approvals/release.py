"""Whether a call was decided already, and what becomes of its approval where it then sent nothing.

used ──▶ approved    nothing was sent: the person's yes, or the day's allowance, is as good as before
  └────▶ stale       the document is not what the person saw: they are asked again
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.approvals.models import Binding
from ix_tools.audit import trail
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, spent


def is_decided(store: Store, binding: Binding) -> bool:
    """Whether somebody decided this call outside the conversation, and no call used that up yet."""
    wanted = sql.select(approvals.c.id).where(
        approvals.c.principal == binding.principal,
        approvals.c.account == binding.account,
        approvals.c.operation == binding.operation,
        approvals.c.arguments == binding.arguments,
        sql.or_(
            approvals.c.state == "approved",
            # A no that whoever asked was told of: the same call asks again.
            sql.and_(approvals.c.state == "rejected", approvals.c.reported_at.is_(None)),
        ),
    )
    with store.reading() as connection:
        return connection.execute(wanted.limit(1)).first() is not None


def has_unused_approval(store: Store, principal: str, account: str, operation: str) -> bool:
    """Whether this caller has an approved call of this operation that was not carried out yet."""
    wanted = sql.select(approvals.c.id).where(
        approvals.c.principal == principal,
        approvals.c.account == account,
        approvals.c.operation == operation,
        approvals.c.state == "approved",
    )
    with store.reading() as connection:
        return connection.execute(wanted.limit(1)).first() is not None


def release_approval(store: Store, identifier: str, covers: Sequence[Binding]) -> None:
    """Nothing was sent: it may be used once more, by the same call, until it expires."""
    _end_use(store, identifier, covers, "approved", "given back", "nothing was sent")


def mark_stale(store: Store, identifier: str, covers: Sequence[Binding]) -> None:
    """The document changed before anything was sent."""
    _end_use(store, identifier, covers, "stale", "stale", "the document changed; nothing was sent")


def _end_use(
    store: Store, identifier: str, covers: Sequence[Binding], state: str, event: str, outcome: str
) -> None:
    with store.writing() as connection:
        trail.lock_trail(connection)
        mine = sql.and_(approvals.c.id == identifier, approvals.c.state == "used")
        row = connection.execute(sql.select(approvals).where(mine)).one_or_none()
        if row is None:
            return
        if row.channel == "policy":
            # No person's yes is left to give: the allowance is, and the next call is judged anew.
            connection.execute(spent.delete().where(spent.c.approval == identifier))
            state = "stale"
        connection.execute(approvals.update().where(mine).values(state=state))
        _append_to_trail(connection, row, event, outcome)
        for binding in covers:
            _drop_covered(connection, binding, identifier)


def _drop_covered(connection: Connection, binding: Binding, by: str) -> None:
    """The further calls that the same yes was good for: using it once more lets each of them out once more."""
    wanted = sql.and_(
        approvals.c.principal == binding.principal,
        approvals.c.account == binding.account,
        approvals.c.operation == binding.operation,
        approvals.c.arguments == binding.arguments,
        approvals.c.channel == "covered",
        approvals.c.state == "approved",
    )
    for row in connection.execute(sql.select(approvals).where(wanted)).all():
        connection.execute(approvals.update().where(approvals.c.id == row.id).values(state="stale"))
        _append_to_trail(connection, row, "stale", f"{by} was given back")


def _append_to_trail(connection: Connection, row: Row[Any], event: str, outcome: str) -> None:
    entry = trail.Entry(
        event=f"approval {event}",
        principal=row.principal,
        face=row.channel,
        account=row.account,
        operation=row.operation,
        approval=row.id,
        content=row.arguments,
        outcome=outcome,
    )
    trail.append(connection, entry)
