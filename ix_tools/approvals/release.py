"""Release of used approvals whose calls sent nothing.

used ──▶ approved    nothing was sent: the approval, or the day's allowance, is valid again
  └────▶ stale       the document is not what the person saw, or a signature counts no more: somebody is asked again
"""

from collections.abc import Sequence

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.approvals import parked_calls
from ix_tools.approvals.models import Binding
from ix_tools.approvals.rows import match_call, record_event
from ix_tools.audit import trail
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, intents, spent


def release_approval(store: Store, identifier: str, covers: Sequence[Binding]) -> None:
    """Release an approval whose call sent nothing, so that the same call can use it until it expires."""
    _end_use(store, identifier, covers, "approved", "given back", "nothing was sent")


def mark_stale(store: Store, identifier: str, covers: Sequence[Binding]) -> None:
    """End an approval whose document changed before anything was sent."""
    _end_use(store, identifier, covers, "stale", "stale", "the document changed; nothing was sent")


def mark_lapsed(store: Store, identifier: str, covers: Sequence[Binding]) -> None:
    """End an approval whose signature stopped counting before anything was sent."""
    _end_use(store, identifier, covers, "stale", "stale", "its signature counts no more; nothing was sent")


def mark_outdated(store: Store, identifier: str) -> None:
    """End an approval that was given before something new came up, so that the person is asked again."""
    with store.writing() as connection:
        trail.lock_trail(connection)
        mine = sql.and_(approvals.c.id == identifier, approvals.c.state == "approved")
        row = connection.execute(sql.select(approvals).where(mine)).one_or_none()
        if row is not None:
            connection.execute(approvals.update().where(mine).values(state="stale"))
            record_event(connection, row, "stale", "there is a warning that the person did not see")


def release_unsent_calls(store: Store, identifier: str) -> int:
    """Release the covered calls of an approval that were used by a process that ended before anything was sent.

    Only where no process carries them out. Each is proven unsent: the journal has no entry for it, or found out that it did not happen.

    Returns:
        How many can be used again.
    """
    sent = sql.exists().where(intents.c.approval == approvals.c.id, intents.c.state != "absent")
    unsent = sql.and_(approvals.c.covered_by == identifier, approvals.c.state == "used", ~sent)
    with store.writing() as connection:
        trail.lock_trail(connection)
        rows = connection.execute(sql.select(approvals).where(unsent)).all()
        for row in rows:
            connection.execute(approvals.update().where(approvals.c.id == row.id).values(state="approved"))
            record_event(connection, row, "given back", "its process ended before anything was sent")
    return len(rows)


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
            # An automatic approval returns its allowance, and the policy is evaluated again for the next call.
            connection.execute(spent.delete().where(spent.c.approval == identifier))
            state = "stale"
        connection.execute(approvals.update().where(mine).values(state=state))
        parked_calls.give_back(connection, identifier)
        record_event(connection, row, event, outcome)
        for binding in covers:
            _drop_covered(connection, binding, identifier)


def _drop_covered(connection: Connection, binding: Binding, by: str) -> None:
    """End the covered approvals of further calls: using the workflow's approval again creates them anew."""
    wanted = sql.and_(match_call(binding), approvals.c.channel == "covered", approvals.c.state == "approved")
    for row in connection.execute(sql.select(approvals).where(wanted)).all():
        connection.execute(approvals.update().where(approvals.c.id == row.id).values(state="stale"))
        record_event(connection, row, "stale", f"{by} was given back")
