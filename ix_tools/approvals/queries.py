"""Queries for approvals: waiting ones, one by id, one for its requester, and its approvers so far."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.approvals.models import Approval, Binding
from ix_tools.approvals.parked_calls import is_waiting
from ix_tools.approvals.requirements import load_approvers
from ix_tools.approvals.rows import IS_GIVEN_BACK, match_call
from ix_tools.approvals.stored_preview import is_readable
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import message
from ix_tools.operations.digests import is_current_approval
from ix_tools.storage.database import Store, find_row
from ix_tools.storage.schema import approvals


class ApprovalQueries:
    """Read access to the approvals in a store."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """Nothing is opened yet."""
        self.store = store
        self.clock = clock

    def list_waiting(self) -> list[Approval]:
        """List the approvals that a person can decide now, oldest first."""
        with self.store.writing() as connection:
            rows = connection.execute(
                sql.select(approvals)
                .where(
                    approvals.c.state == "pending",
                    approvals.c.channel != "form",
                    approvals.c.expires_at > self.clock(),
                )
                .order_by(approvals.c.created_at)
            ).all()
        return [build_approval(row) for row in rows if is_current(row)]

    def find(self, identifier: str) -> Approval:
        """Return an approval by id.

        Raises:
            ApprovalRefused: there is none.
        """
        row = self.store.find_row(approvals, identifier.upper())
        if row is None:
            raise ApprovalRefused(
                message("There is no approval {identifier}.", identifier=identifier),
                code="approval_unknown",
                next=message("list them with `ix-tools approvals list`"),
            )
        return build_approval(row)

    def find_for_requester(self, identifier: str, principal: str, account: str) -> Approval:
        """Return an approval for its requester.

        Raises:
            ApprovalRefused: there is none, or it belongs to another requester.
        """
        row = None
        if identifier.isascii() and identifier.isalnum():
            own = (approvals.c.principal == principal) & (approvals.c.account == account)
            with self.store.writing() as connection:
                row = connection.execute(
                    sql.select(approvals).where(own, approvals.c.id == identifier.upper())
                ).one_or_none()
        if row is None:
            raise ApprovalRefused(
                message("No approval of this caller has that id."),
                code="approval_unknown",
                next=message("use the id in the call's `approval`"),
            )
        found = build_approval(row)
        over = found.state in {"pending", "approved"} and found.expires_at <= self.clock()
        return replace(found, state="expired") if over else found

    def is_parked(self, identifier: str) -> bool:
        """Check if the call is carried out by itself once this approval is given."""
        with self.store.reading() as connection:
            return is_waiting(connection, identifier)

    def load_approvers(self, identifier: str) -> tuple[str, ...]:
        """Return the people who have approved so far."""
        with self.store.reading() as connection:
            return load_approvers(connection, identifier)


def build_approval(row: Row[Any], handle: str = "") -> Approval:
    """Build an approval from a row; `handle` is known right after creation only."""
    names = [name for name in Approval.__slots__ if name != "handle"]
    return Approval(**{name: getattr(row, name) for name in names}, handle=handle)


def find_approval(connection: Connection, identifier: str) -> Approval | None:
    """Return an approval inside the caller's transaction; None without one."""
    row = find_row(connection, approvals, identifier)
    return build_approval(row) if row is not None else None


def find_latest(connection: Connection, binding: Binding) -> Row[Any] | None:
    """Find the newest approval for this call outside a form."""
    return connection.execute(
        sql.select(approvals)
        .where(match_call(binding), approvals.c.channel.not_in(("form", "policy")) | IS_GIVEN_BACK)
        .order_by(approvals.c.created_at.desc())
        .limit(1)
    ).one_or_none()


def is_current(row: Row[Any]) -> bool:
    """Check that this version of ix-tools can compare and show a stored approval."""
    return is_current_approval(row.arguments) and is_readable(row.sheet)


def is_decided(store: Store, binding: Binding) -> bool:
    """Check if a person decided this call outside the conversation, and no call has used that yet."""
    # A rejection that was reported does not count: the same call asks again.
    unreported = sql.and_(approvals.c.state == "rejected", approvals.c.reported_at.is_(None))
    wanted = sql.select(approvals.c.id).where(
        match_call(binding), sql.or_(approvals.c.state == "approved", unreported)
    )
    with store.reading() as connection:
        return connection.execute(wanted.limit(1)).first() is not None


def has_unused_approval(store: Store, principal: str, account: str, operation: str) -> bool:
    """Check if this caller has an approved call of this operation that was not carried out yet."""
    wanted = sql.select(approvals.c.id).where(
        approvals.c.principal == principal,
        approvals.c.account == account,
        approvals.c.operation == operation,
        approvals.c.state == "approved",
    )
    with store.reading() as connection:
        return connection.execute(wanted.limit(1)).first() is not None
