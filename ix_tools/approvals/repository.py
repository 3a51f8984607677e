"""Repository of approvals: request, decide and use each approval once, bound to its exact call.

    ask ──▶ pending ──▶ approved ──▶ used          every arrow is one conditional UPDATE, so only one of two
               │            │                       concurrent callers succeeds
               ├──▶ rejected└──▶ stale (the document changed) · expired
               └──▶ unanswered (the host answered by itself, or its answer is invalid)

Using the approval of a workflow inserts, in the same transaction, one approved row (`covered`) for each further call.

The host only carries an unguessable handle; everything else stays in the store.
"""

import secrets
import time
from collections.abc import Callable, Sequence
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
from ix_tools.approvals.decisions import ApprovalDecisions
from ix_tools.approvals.host_answers import UnansweredQuestion, detect_unanswered
from ix_tools.approvals.models import (
    Approval,
    ApprovalRequestContent,
    ApprovalState,
    Binding,
    CallOrigin,
    Channel,
    DecisionPlace,
    Reply,
)
from ix_tools.approvals.parked_calls import ParkedClaim
from ix_tools.approvals.queries import build_approval, is_current
from ix_tools.approvals.refusals import (
    build_declined_refusal,
    build_used_refusal,
    find_refusal,
)
from ix_tools.approvals.requirements import ANY_PERSON, ApprovalRequirement
from ix_tools.approvals.retention import check_waiting_limit, delete_old_texts
from ix_tools.approvals.rows import (
    IS_GIVEN_BACK,
    digest_preview,
    generate_readable_id,
    list_binding_columns,
    match_call,
    record_event,
    to_cents,
)
from ix_tools.approvals.signatures import find_signature_refusal
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import message
from ix_tools.operations.digests import hash_content
from ix_tools.storage.database import Store
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


class ApprovalRepository(ApprovalDecisions):
    """The approvals in a store."""

    def __init__(self, store: Store, minutes: int, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet."""
        super().__init__(store, clock)
        self._seconds = minutes * 60

    # --- asking ---

    def ask(self, binding: Binding, asked: ApprovalRequestContent, channel: Channel) -> Approval:
        """Create a pending approval for exactly this call; outside a form, return the one that already waits."""
        now = self.clock()
        with self.store.writing() as connection:
            if channel != "form":
                waiting = self._find_latest(connection, binding)
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
            found = self._insert(connection, binding, asked, channel, "pending", hash_content(handle))
            parked_calls.insert(connection, found, asked.parked)
            record_event(connection, found, "asked")
            return build_approval(found, handle)

    # --- using ---

    def use_reply(
        self,
        binding: Binding,
        reply: Reply,
        terms: ApprovalRequirement = ANY_PERSON,
        covers: Sequence[Binding] = (),
        shortest: float = 0,
    ) -> str | UnansweredQuestion:
        """Use a person's answer for exactly this call, and return the approval's id or why nobody answered.

        Args:
            covers: further calls that the same approval covers.
            shortest: the seconds in which a person can answer at least; a faster answer of a host does not count.

        Raises:
            ApprovalRefused: the answer rejects the call, or the approval is not valid for it.
        """
        refusal = nobody = None
        with self.store.writing() as connection:
            row = connection.execute(
                sql.select(approvals).where(approvals.c.handle == hash_content(reply.handle))
            ).one_or_none()
            refusal = find_refusal(row, binding, "pending", terms, self.clock())
            if refusal is None and row is not None:
                asked_at = row.created_at if row.asked_at is None else row.asked_at
                nobody = detect_unanswered(reply.from_host, asked_at, shortest)
                if nobody is not None:
                    self._change_state(connection, row.id, "pending", "unanswered", nobody.outcome)
                elif not reply.approved:
                    self._change_state(connection, row.id, "pending", "rejected", reply.reason)
                    refusal = build_declined_refusal(row.summary, reply.reason)
                elif row.differs and not reply.accepted_differences:
                    self._change_state(connection, row.id, "pending", "rejected")
                    refusal = ApprovalRefused(
                        message(
                            "The stored document differs from the request, and the person did not accept the "
                            "differences."
                        ),
                        code="differences_not_accepted",
                        next=message(
                            "correct the draft with its update operation, or repeat the same call to ask again"
                        ),
                    )
                elif not self._change_state(connection, row.id, "pending", "used"):
                    refusal = build_used_refusal()
                else:
                    self._approve_covered_calls(connection, row, covers)
            elif refusal is not None and row is not None:
                self._end_unusable(connection, row, refusal)
        if refusal is not None or row is None:
            raise refusal or build_used_refusal()
        return nobody or str(row.id)

    def record_question_put(self, identifier: str) -> None:
        """Record that the host is handed this question now, so a person can read it from here on."""
        with self.store.writing() as connection:
            now = self.store.now(connection)
            connection.execute(approvals.update().where(approvals.c.id == identifier).values(asked_at=now))

    def to_store_time(self, moment: float) -> float:
        """Convert a `time.monotonic()` moment of this process to the store's clock."""
        with self.store.reading() as connection:
            return self.store.to_store_time(connection, moment)

    def use_approved(
        self,
        binding: Binding,
        terms: ApprovalRequirement = ANY_PERSON,
        covers: Sequence[Binding] = (),
        claim: ParkedClaim | None = None,
        covers_minutes: int = 0,
    ) -> str | None:
        """Use an approval for exactly this call that was given outside the conversation; None if nobody has decided.

        Args:
            claim: the execution; a call that is parked under the approval is its own from now on.
            covers_minutes: minutes for which the further calls are covered; 0 for the default.
        """
        refusal = None
        with self.store.writing() as connection:
            row = self._find_latest(connection, binding)
            if row is None or row.state in {"unanswered", "used", "stale", "expired"}:
                return None
            if row.state == "pending":
                if row.expires_at <= self.clock():
                    self._change_state(connection, row.id, "pending", "expired")
                return None
            if row.state == "rejected":
                if not self._mark_rejection_reported(connection, row):
                    return None
                refusal = build_declined_refusal(row.summary, row.reason or "")
            else:
                refusal = find_refusal(row, binding, "approved", terms, self.clock())
                refusal = refusal or find_signature_refusal(connection, row, binding, terms)
                if refusal is not None:
                    self._end_unusable(connection, row, refusal)
                elif not self._change_state(connection, row.id, "approved", "used"):
                    refusal = build_used_refusal()
                else:
                    parked_calls.start(connection, row.id, claim, self.store.now(connection))
                    self._approve_covered_calls(connection, row, covers, covers_minutes)
        if refusal is not None:
            raise refusal
        return str(row.id)

    def use_covered(self, binding: Binding, terms: ApprovalRequirement = ANY_PERSON) -> str | None:
        """Use a further call of an approved workflow; None if there is no valid one, or the policy requires more for this call."""
        refusal = None
        with self.store.writing() as connection:
            row = self._find_latest(connection, binding)
            if row is None or row.state != "approved":
                return None
            if not ApprovalRequirement.from_json(row.terms).is_as_strict_as(terms):
                return None
            refusal = find_refusal(row, binding, "approved", terms, self.clock())
            if refusal is not None:
                self._end_unusable(connection, row, refusal)
            elif not self._change_state(connection, row.id, "approved", "used"):
                return None
        if refusal is not None and refusal.code != "approval_expired":
            raise refusal
        return str(row.id) if refusal is None else None

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

    def _mark_rejection_reported(self, connection: Connection, row: Row[Any]) -> bool:
        """Mark a rejection as reported to the requester; return False if it was reported before or has expired.

        It is reported once, so that the same call asks again after that.
        """
        told = connection.execute(
            approvals.update()
            .where(
                approvals.c.id == row.id,
                approvals.c.reported_at.is_(None),
                approvals.c.expires_at > self.clock(),
            )
            .values(reported_at=self.clock())
        )
        return told.rowcount == 1

    def _find_latest(self, connection: Connection, binding: Binding) -> Row[Any] | None:
        """Find the newest approval for this call outside a form."""
        return connection.execute(
            sql.select(approvals)
            .where(match_call(binding), approvals.c.channel.not_in(("form", "policy")) | IS_GIVEN_BACK)
            .order_by(approvals.c.created_at.desc())
            .limit(1)
        ).one_or_none()

    def _update_page(self, connection: Connection, waiting: Row[Any], page: str) -> Approval:
        """Give a waiting approval the page address of this server, which may have been started again."""
        if not page or page == waiting.page:
            return build_approval(waiting)
        connection.execute(
            approvals.update().where(approvals.c.id == waiting.id).values(channel="page", page=page)
        )
        return replace(build_approval(waiting), channel="page", page=page)

    def _approve_covered_calls(
        self, connection: Connection, row: Row[Any], covers: Sequence[Binding], minutes: int = 0
    ) -> None:
        terms = ApprovalRequirement.from_json(row.terms)
        for binding in covers:
            asked = ApprovalRequestContent("", row.summary, requirement=terms, minutes=minutes)
            found = self._insert(connection, binding, asked, "covered", "approved", covered_by=row.id)
            record_event(connection, found, "covered", f"by {row.id}")

    def _insert(
        self,
        connection: Connection,
        binding: Binding,
        asked: ApprovalRequestContent,
        channel: Channel,
        state: ApprovalState,
        handle: str | None = None,
        covered_by: str | None = None,
    ) -> Row[Any]:
        now, asker = self.clock(), asked.origin or CallOrigin()
        row = {
            "id": generate_readable_id(),
            "handle": handle,
            **list_binding_columns(binding),
            "snapshot": binding.snapshot,
            "channel": channel,
            "state": state,
            "text": asked.text,
            "summary": asked.summary,
            "differs": asked.differs,
            "terms": asked.requirement.to_json(),
            "sheet": asked.sheet,
            "face": asker.face[:20],
            "host": asker.host[:200],
            "page": asked.page,
            "covered_by": covered_by,
            "subject": asked.subject[:200],
            "amount": to_cents(asked.amount),
            "shown": digest_preview(asked.sheet),
            "document": asked.document,
            "parts": asked.parts,
            "created_at": now,
            "expires_at": now + (asked.minutes * 60 or self._seconds),
        }
        connection.execute(approvals.insert().values(row))
        return connection.execute(sql.select(approvals).where(approvals.c.id == row["id"])).one()

    def _end_unusable(self, connection: Connection, row: Row[Any], refusal: ApprovalRefused) -> None:
        if refusal.code == "approval_expired":
            self._change_state(connection, row.id, row.state, "expired")
        elif refusal.code in {
            "document_changed",
            "policy_changed",
            "approval_outdated",
            "signature_invalid",
        }:
            self._change_state(connection, row.id, row.state, "stale")
