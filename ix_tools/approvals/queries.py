"""How approvals stand: those that wait, one by its id, one for whoever asked for it, and who said yes so far."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Row

from ix_tools.approvals.models import Approval
from ix_tools.approvals.requirements import load_approvers
from ix_tools.approvals.stored_differences import StoredDifferenceRepository
from ix_tools.errors import ApprovalRefused
from ix_tools.operations.digests import is_current_approval
from ix_tools.storage.schema import approvals


class ApprovalQueries(StoredDifferenceRepository):
    """The approvals of a store, to be looked at."""

    def list_waiting(self) -> list[Approval]:
        """Approvals that a person can decide now, oldest first."""
        with self._store.writing() as connection:
            rows = connection.execute(
                sql.select(approvals)
                .where(
                    approvals.c.state == "pending",
                    approvals.c.channel != "form",
                    approvals.c.expires_at > self._clock(),
                )
                .order_by(approvals.c.created_at)
            ).all()
        return [build_approval(row) for row in rows if is_current_approval(row.arguments)]

    def find(self, identifier: str) -> Approval:
        """One approval by id."""
        with self._store.reading() as connection:
            row = connection.execute(
                sql.select(approvals).where(approvals.c.id == identifier.upper())
            ).one_or_none()
        if row is None:
            raise ApprovalRefused(
                f"There is no approval {identifier}.",
                code="approval_unknown",
                next="list them with `ix-tools approvals list`",
            )
        return build_approval(row)

    def find_for_requester(self, identifier: str, principal: str, account: str) -> Approval:
        """An approval as it stands, for whoever asked for it; to anyone else it does not exist."""
        row = None
        if identifier.isascii() and identifier.isalnum():
            own = (approvals.c.principal == principal) & (approvals.c.account == account)
            with self._store.writing() as connection:
                row = connection.execute(
                    sql.select(approvals).where(own, approvals.c.id == identifier.upper())
                ).one_or_none()
        if row is None:
            raise ApprovalRefused(
                "No approval of this caller has that id.",
                code="approval_unknown",
                next="use the id that the call was given",
            )
        found = build_approval(row)
        over = found.state in {"pending", "approved"} and found.expires_at <= self._clock()
        return replace(found, state="expired") if over else found

    def load_approvers(self, identifier: str) -> tuple[str, ...]:
        """Who approved it so far."""
        with self._store.reading() as connection:
            return load_approvers(connection, identifier)


def build_approval(row: Row[Any], handle: str = "") -> Approval:
    """A row as an approval; `handle` where it was just made."""
    names = [name for name in Approval.__slots__ if name != "handle"]
    return Approval(**{name: getattr(row, name) for name in names}, handle=handle)
