"""The queue of parked calls: what is due, what another process left, and how a call ended."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.approvals.parked_calls import (
    LIVE_STATES,
    ParkedCall,
    ParkedClaim,
    ParkedState,
    build_event,
    build_parked_call,
    finish,
    forget_results,
)
from ix_tools.approvals.rows import record_event
from ix_tools.audit import trail
from ix_tools.events import outbox
from ix_tools.storage.database import Store, find_row
from ix_tools.storage.schema import approvals, intents, parked_calls

FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 10.0, 3600.0
"""Shortest and longest pause before a call is tried again after a passing trouble; it doubles each time."""
MAX_ATTEMPTS_AHEAD = 6
"""Attempts after which a call lets those behind it in its lane go first: some ten minutes of passing troubles."""
DUE_LIMIT = 200
"""Calls that one look returns at most."""
DECIDED = ("approved", "used", "stale")
"""States of an approval in which its call has work: to be carried out, to be taken over, to be asked about again."""


class ParkedQueue:
    """The parked calls in a store."""

    def __init__(self, store: Store, is_owner_running: Callable[[str], bool]) -> None:
        """Nothing is opened yet. `is_owner_running`: whether a process may still work on what it started."""
        self._store = store
        self._is_owner_running = is_owner_running

    def find(self, identifier: str) -> ParkedCall | None:
        """Return the call that waits for an approval; None without one."""
        with self._store.reading() as connection:
            row = find_row(connection, parked_calls, identifier)
            return build_parked_call(row, self._store.now(connection)) if row is not None else None

    def find_same(self, account: str, principal: str, contents: Sequence[str], key: str) -> ParkedCall | None:
        """Return the newest parked call of a caller with the same content and key."""
        wanted = sql.select(parked_calls).where(
            parked_calls.c.account == account,
            parked_calls.c.principal == principal,
            parked_calls.c.content.in_(contents),
            parked_calls.c.key == key,
        )
        with self._store.reading() as connection:
            row = connection.execute(wanted.order_by(parked_calls.c.created_at.desc()).limit(1)).one_or_none()
            return build_parked_call(row, self._store.now(connection)) if row is not None else None

    def list_due(self, drives: Callable[[ParkedCall], bool] = lambda call: True) -> list[ParkedCall]:
        """List the calls that have work now, the first of each lane, in the order in which they were asked for.

        A call that nobody here drives, or that was tried in vain several times, does not hold up its lane.

        Args:
            drives: whether this process carries a call out.
        """
        query = (
            sql.select(parked_calls, approvals.c.state.label("approval_state"))
            .join(approvals, approvals.c.id == parked_calls.c.id)
            .where(parked_calls.c.state.in_(LIVE_STATES), approvals.c.state.in_(DECIDED))
            .order_by(parked_calls.c.created_at, parked_calls.c.id)
        )
        due: list[ParkedCall] = []
        lanes: set[str] = set()
        with self._store.reading() as connection:
            now = self._store.now(connection)
            for row in connection.execute(query):
                if row.lane in lanes:
                    continue
                call = build_parked_call(row, now)
                is_worked_on = call.state == "running" and not self.is_abandoned(call)
                is_ours = drives(call)
                if is_worked_on or (is_ours and call.attempts < MAX_ATTEMPTS_AHEAD):
                    lanes.add(row.lane)
                if is_ours and not is_worked_on and call.retry_at <= now:
                    due.append(call)
                if len(due) == DUE_LIMIT:
                    break
        return due

    def is_abandoned(self, call: ParkedCall) -> bool:
        """Check if nobody works on a running call: its process has ended, or its lease has."""
        return call.state == "running" and (
            not call.owner or not self._is_owner_running(call.owner) or call.lease_until <= call.seen_at
        )

    def recover(self, call: ParkedCall, *, is_single: bool) -> ParkedCall | None:
        """Take over a call that its process left or whose outcome was unknown; return it to be carried out, or None if it is over.

        If nothing was sent under its approval, the approval is valid again. Otherwise the journal knows the outcome, or the call
        carried out again finds it out.

        Args:
            is_single: the call is one request, not a workflow that goes on after it.
        """
        with self._store.writing() as connection:
            trail.lock_trail(connection)
            row = find_row(connection, parked_calls, call.id)
            if row is None or (row.state, row.holder, row.attempts) != (
                call.state,
                call.holder,
                call.attempts,
            ):
                return None
            now = self._store.now(connection)
            outcomes = connection.execute(
                sql.select(intents.c.state, intents.c.outcome).where(intents.c.approval == call.id)
            ).all()
            if is_single and len(outcomes) == 1 and outcomes[0].state in {"done", "refused"}:
                done = outcomes[0].state == "done"
                result = outcomes[0].outcome if done else {"ok": False, "code": "refused_by_invoicexpress"}
                finish(connection, row, "done" if done else "failed", result or {"ok": True}, now)
                return None
            if not outcomes:
                _release_approval(connection, call.id)
            state = "unknown" if row.state == "unknown" else "waiting"
            values = {"state": state, "holder": "", "owner": "", "lease_until": 0.0}
            connection.execute(parked_calls.update().where(parked_calls.c.id == call.id).values(values))
        return self.find(call.id)

    def finish(
        self, claim: ParkedClaim, state: ParkedState, result: Mapping[str, Any], follow_up: str = ""
    ) -> bool:
        """Record how a call ended; return False if it ended before, or another execution carries it out."""
        with self._store.writing() as connection:
            trail.lock_trail(connection)
            row = _select_open(connection, claim)
            if row is not None:
                finish(connection, row, state, result, self._store.now(connection), follow_up)
                if state == "done":
                    _end_unneeded_approval(connection, row.id)
        return row is not None

    def postpone(self, claim: ParkedClaim, result: Mapping[str, Any], is_unknown: bool) -> float | None:
        """Let a call wait until it is tried again: a passing trouble, or an outcome that is not known yet.

        Returns:
            The seconds until then; None if it ended before, or another execution carries it out.
        """
        with self._store.writing() as connection:
            trail.lock_trail(connection)
            row = _select_open(connection, claim)
            if row is None:
                return None
            pause = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(row.attempts, 10))
            is_unknown = is_unknown or row.state == "unknown"
            values: dict[str, Any] = {
                "state": "unknown" if is_unknown else "waiting",
                "owner": "",
                "holder": "",
                "lease_until": 0.0,
                "attempts": row.attempts + 1,
                "retry_at": self._store.now(connection) + pause,
            }
            connection.execute(parked_calls.update().where(parked_calls.c.id == row.id).values(values))
            if is_unknown and row.state != "unknown":
                outbox.append(connection, build_event(row, "unknown", result))
        return float(pause)

    def forget(self) -> None:
        """Delete the results of calls that ended long ago."""
        with self._store.writing() as connection:
            forget_results(connection, self._store.now(connection))


def _select_open(connection: Connection, claim: ParkedClaim) -> Row[Any] | None:
    """Return the row of a call that has not ended and that no other execution carries out."""
    row = find_row(connection, parked_calls, claim.parked)
    if row is None or row.state not in LIVE_STATES:
        return None
    return row if row.state != "running" or row.holder == claim.holder else None


def _end_unneeded_approval(connection: Connection, identifier: str) -> None:
    """End an approval of a call that had been carried out before, so that nobody uses it later."""
    mine = sql.and_(approvals.c.id == identifier, approvals.c.state == "approved")
    row = connection.execute(sql.select(approvals).where(mine)).one_or_none()
    if row is not None:
        connection.execute(approvals.update().where(mine).values(state="stale"))
        record_event(connection, row, "stale", "the call had been carried out before", is_news=False)


def _release_approval(connection: Connection, identifier: str) -> None:
    """Make an approval valid again that was used by a process that ended before anything was sent."""
    mine = sql.and_(approvals.c.id == identifier, approvals.c.state == "used")
    row = connection.execute(sql.select(approvals).where(mine)).one_or_none()
    if row is None:
        return
    connection.execute(approvals.update().where(mine).values(state="approved"))
    record_event(connection, row, "given back", "its process ended before anything was sent")
    covered = sql.and_(approvals.c.covered_by == identifier, approvals.c.state == "approved")
    for one in connection.execute(sql.select(approvals).where(covered)).all():
        connection.execute(approvals.update().where(approvals.c.id == one.id).values(state="stale"))
        record_event(connection, one, "stale", f"{identifier} was given back")
