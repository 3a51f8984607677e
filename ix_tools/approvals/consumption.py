"""Consumption of approvals: an approval is used up by exactly the call that a person saw, once.

    pending ──▶ used        the answer to a host's form approves the call and is used up at once
    approved ──▶ used       given on a page, in a terminal or in a chat, and used up when the call is made

Using up the approval of a workflow inserts, in the same transaction, one approved row (`covered`) for each further call; of a batch,
for each call of the documents that the person did not leave out. What a policy wants signed is verified here, before anything is sent.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection, Row

from ix_tools.approvals import parked_calls
from ix_tools.approvals.decisions import ApprovalDecisions
from ix_tools.approvals.host_answers import UnansweredQuestion, detect_unanswered
from ix_tools.approvals.joint_decisions import load_left_out
from ix_tools.approvals.models import ApprovalRequestContent, Binding, Reply
from ix_tools.approvals.parked_calls import ParkedClaim
from ix_tools.approvals.queries import find_latest
from ix_tools.approvals.refusals import (
    OUTDATED_CODES,
    build_declined_refusal,
    build_used_refusal,
    find_refusal,
)
from ix_tools.approvals.requirements import ANY_PERSON, ApprovalRequirement
from ix_tools.approvals.rows import NewApproval, insert_approval, record_event
from ix_tools.approvals.signatures import find_covering_refusal, find_lapse, find_signature_refusal
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import message
from ix_tools.operations.digests import hash_content
from ix_tools.storage.database import Store, find_row
from ix_tools.storage.schema import approvals


class ApprovalConsumption(ApprovalDecisions):
    """Using up of approvals, once each."""

    def __init__(self, store: Store, minutes: int, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet. `minutes`: how long an approval is valid, unless its request says otherwise."""
        super().__init__(store, clock)
        self.seconds = minutes * 60

    def consume_reply(
        self,
        binding: Binding,
        reply: Reply,
        terms: ApprovalRequirement = ANY_PERSON,
        covers: Sequence[Binding] = (),
        shortest: float = 0,
    ) -> str | UnansweredQuestion:
        """Consume a person's answer for exactly this call, and return the approval's id or why nobody answered.

        Args:
            covers: further calls that the same approval covers.
            shortest: the seconds in which a person can answer at least; a faster answer of a host does not count.

        Raises:
            ApprovalRefused: the answer rejects the call, or the approval is not valid for it.
        """
        refusal = nobody = None
        with self.store.writing() as connection:
            row = connection.execute(
                select(approvals).where(approvals.c.handle == hash_content(reply.handle))
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

    def consume_approved(
        self,
        binding: Binding,
        terms: ApprovalRequirement = ANY_PERSON,
        covers: Sequence[Binding] = (),
        claim: ParkedClaim | None = None,
    ) -> str | None:
        """Consume an approval for exactly this call that was given outside the conversation; None if nobody has decided.

        Args:
            claim: the execution; a call that is parked under the approval is its own from now on.

        Raises:
            ApprovalRefused: a person rejected the call, or the approval is not valid for it.
        """
        return self._consume(binding, terms, lambda row: covers, claim)

    def consume_joint(
        self, binding: Binding, calls: Mapping[int, Sequence[Binding]], minutes: int
    ) -> str | None:
        """Consume an approval of many documents; None if nobody has decided.

        Args:
            calls: the calls of each document by its place. Those of documents that the person left out are not covered.
            minutes: how long the others are.

        Raises:
            ApprovalRefused: a person rejected it, or the approval is not valid for these documents.
        """

        def select_covered(row: Row[Any]) -> Sequence[Binding]:
            left_out = load_left_out(row.choice)
            return [each for place, some in calls.items() if place not in left_out for each in some]

        return self._consume(binding, ANY_PERSON, select_covered, minutes=minutes)

    def consume_covered(self, binding: Binding, terms: ApprovalRequirement = ANY_PERSON) -> str | None:
        """Consume a further call of an approved workflow; None if there is no valid one, or the policy requires more for this call."""
        refusal = None
        with self.store.writing() as connection:
            row = find_latest(connection, binding)
            if row is None or row.state != "approved":
                return None
            if not ApprovalRequirement.from_json(row.terms).is_as_strict_as(terms):
                return None
            refusal = find_refusal(row, binding, "approved", terms, self.clock())
            refusal = refusal or find_covering_refusal(connection, row, binding, terms)
            if refusal is not None:
                self._end_unusable(connection, row, refusal)
            elif not self._change_state(connection, row.id, "approved", "used"):
                return None
        if refusal is not None and refusal.code != "approval_expired":
            raise refusal
        return str(row.id) if refusal is None else None

    def confirm_used(self, identifier: str, terms: ApprovalRequirement = ANY_PERSON) -> None:
        """Check that the approval which a call used up still counts, immediately before the request of the call.

        Raises:
            ApprovalRefused: a passkey that signed it was revoked meanwhile, or its signer may not approve any more.
        """
        refusal = None
        with self.store.reading() as connection:
            row = find_row(connection, approvals, identifier)
            refusal = find_lapse(connection, row, terms) if row is not None else build_used_refusal()
        if refusal is not None:
            raise refusal

    # --- inside ---

    def _consume(
        self,
        binding: Binding,
        terms: ApprovalRequirement,
        select_covered: Callable[[Row[Any]], Sequence[Binding]],
        claim: ParkedClaim | None = None,
        minutes: int = 0,
    ) -> str | None:
        refusal = None
        with self.store.writing() as connection:
            row = find_latest(connection, binding)
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
                    self._approve_covered_calls(connection, row, select_covered(row), minutes)
        if refusal is not None:
            raise refusal
        return str(row.id)

    def _approve_covered_calls(
        self, connection: Connection, row: Row[Any], covers: Sequence[Binding], minutes: int = 0
    ) -> None:
        terms = ApprovalRequirement.from_json(row.terms)
        now = self.clock()
        for binding in covers:
            asked = ApprovalRequestContent("", row.summary, requirement=terms, minutes=minutes)
            new = NewApproval("covered", "approved", now, self.seconds, covered_by=row.id)
            record_event(
                connection, insert_approval(connection, binding, asked, new), "covered", f"by {row.id}"
            )

    def _mark_rejection_reported(self, connection: Connection, row: Row[Any]) -> bool:
        """Mark a rejection as reported to the requester; return False if it was reported before or has expired.

        It is reported once, so that the same call asks again after that.
        """
        marked = connection.execute(
            approvals.update()
            .where(
                approvals.c.id == row.id,
                approvals.c.reported_at.is_(None),
                approvals.c.expires_at > self.clock(),
            )
            .values(reported_at=self.clock())
        )
        return marked.rowcount == 1

    def _end_unusable(self, connection: Connection, row: Row[Any], refusal: ApprovalRefused) -> None:
        if refusal.code == "approval_expired":
            self._change_state(connection, row.id, row.state, "expired")
        elif refusal.code in OUTDATED_CODES:
            self._change_state(connection, row.id, row.state, "stale")
