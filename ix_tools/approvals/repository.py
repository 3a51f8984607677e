"""Repository of approvals: request a person's approval of exactly one call, or approve a call by the owner's policy.

    ask ──▶ pending ──▶ approved ──▶ used          every arrow is one conditional UPDATE, so only one of two
               │            │                       concurrent callers succeeds
               ├──▶ rejected└──▶ stale (the document changed) · expired
               └──▶ unanswered (the host answered by itself, or its answer is invalid)

People decide in `decisions.py`; a given approval is used up in `consumption.py`.

The host only carries an unguessable handle; everything else stays in the store.
"""

import secrets
from dataclasses import replace
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.approvals import parked_calls
from ix_tools.approvals.budgets import (
    AutoApprovalRequest,
    RemainingAllowance,
    load_remaining_allowance,
    spend_allowances,
)
from ix_tools.approvals.consumption import ApprovalConsumption
from ix_tools.approvals.models import (
    Approval,
    ApprovalRequestContent,
    Binding,
    CallOrigin,
    Channel,
    DecisionPlace,
    Reply,
)
from ix_tools.approvals.queries import build_approval, find_latest, is_current
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.approvals.retention import check_waiting_limit, delete_old_texts
from ix_tools.approvals.rows import (
    NewApproval,
    generate_readable_id,
    insert_approval,
    list_binding_columns,
    record_event,
)
from ix_tools.operations.digests import hash_content
from ix_tools.storage.schema import approvals

__all__ = [
    "Approval",
    "ApprovalRepository",
    "ApprovalRequestContent",
    "Binding",
    "CallOrigin",
    "Channel",
    "DecisionPlace",
    "Reply",
]


class ApprovalRepository(ApprovalConsumption):
    """The approvals in a store."""

    def ask(self, binding: Binding, asked: ApprovalRequestContent, channel: Channel) -> Approval:
        """Create a pending approval for exactly this call; outside a form, return the one that already waits."""
        now = self.clock()
        with self.store.writing() as connection:
            if channel != "form":
                waiting = find_latest(connection, binding)
                if (
                    waiting is not None
                    and waiting.state == "pending"
                    and waiting.expires_at > now
                    and waiting.snapshot == binding.snapshot
                    and is_current(waiting)
                    and ApprovalRequirement.from_json(waiting.terms).is_as_strict_as(asked.requirement)
                ):
                    parked_calls.insert(connection, waiting, asked.parked)
                    return self._update_page(connection, waiting, asked.page)
            check_waiting_limit(connection, binding.principal, now)
            delete_old_texts(connection, now)
            handle = secrets.token_urlsafe(32)
            found = insert_approval(
                connection,
                binding,
                asked,
                NewApproval(channel, "pending", now, self.seconds, handle=hash_content(handle)),
            )
            parked_calls.insert(connection, found, asked.parked)
            record_event(connection, found, "asked")
            return build_approval(found, handle)

    def record_question_put(self, identifier: str) -> None:
        """Record that the host is handed this question now, so a person can read it from here on."""
        with self.store.writing() as connection:
            now = self.store.now(connection)
            connection.execute(approvals.update().where(approvals.c.id == identifier).values(asked_at=now))

    def to_store_time(self, moment: float) -> float:
        """Convert a `time.monotonic()` moment of this process to the store's clock."""
        with self.store.reading() as connection:
            return self.store.to_store_time(connection, moment)

    def auto_approve(self, binding: Binding, summary: str, request: AutoApprovalRequest) -> str | None:
        """Approve a call by the owner's policy and return the id; None if today's allowances are used up."""
        identifier, now = generate_readable_id(), self.clock()
        rules = ", ".join(one.rule for one in request.allowances)
        with self.store.writing() as connection:
            if not spend_allowances(connection, identifier, request, now):
                return None
            row = {
                "id": identifier,
                **list_binding_columns(binding),
                "snapshot": binding.snapshot,
                "channel": "policy",
                "state": "used",
                "text": "",
                "summary": summary,
                "differs": False,
                "reason": rules,
                "created_at": now,
                "expires_at": now,
                "decided_at": now,
            }
            connection.execute(approvals.insert().values(row))
            found = connection.execute(sql.select(approvals).where(approvals.c.id == identifier)).one()
            record_event(connection, found, "used", f"by policy: {rules}")
        return identifier

    def load_remaining_allowances(self, spending: AutoApprovalRequest) -> list[RemainingAllowance]:
        """Return the rest of these allowances."""
        with self.store.reading() as connection:
            return [load_remaining_allowance(connection, spending, one) for one in spending.allowances]

    # --- inside ---

    def _update_page(self, connection: Connection, waiting: Row[Any], page: str) -> Approval:
        """Give a waiting approval the page address of this server, which may have been started again."""
        if not page or page == waiting.page:
            return build_approval(waiting)
        connection.execute(
            approvals.update().where(approvals.c.id == waiting.id).values(channel="page", page=page)
        )
        return replace(build_approval(waiting), channel="page", page=page)
