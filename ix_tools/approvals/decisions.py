"""Decisions of people, in a terminal, on a page or in a chat: about one call, or about many documents with the total that they type."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.approvals import joint_decisions, parked_calls
from ix_tools.approvals.models import NO_EVIDENCE, Approval, ApprovalState, DecisionPlace, Evidence
from ix_tools.approvals.queries import ApprovalQueries, build_approval, is_current
from ix_tools.approvals.refusals import (
    build_differences_refusal,
    build_form_refusal,
    build_not_pending_refusal,
    build_outdated_refusal,
)
from ix_tools.approvals.requirements import ApprovalRequirement, record_approval
from ix_tools.approvals.retention import delete_old_texts
from ix_tools.approvals.rows import PLACE_PHRASES, record_event
from ix_tools.approvals.signatures import record_signature
from ix_tools.storage.schema import approvals


@dataclass(frozen=True, slots=True)
class _Decision:
    """A decision, and who made it where."""

    approve: bool
    by: str
    place: DecisionPlace
    evidence: Evidence
    reason: str = ""
    choice: joint_decisions.Choice | None = None

    @property
    def through(self) -> str:
        """How it was given, as a policy sees it: signed, or the place."""
        return "signed" if self.evidence.signature is not None else self.place

    def describe(self, missing: int) -> str:
        """Describe it for the audit trail. `missing`: the further people that are needed."""
        who = f"by {self.by}" if self.by else PLACE_PHRASES[self.place]
        who += self.evidence.describe()
        return f"{who}; {missing} more needed" if missing else who


class ApprovalDecisions(ApprovalQueries):
    """Recording of decisions, and changes of state."""

    def decide(
        self,
        identifier: str,
        *,
        approve: bool,
        accept_differences: bool = False,
        reason: str = "",
        by: str = "",
        place: DecisionPlace = "terminal",
        evidence: Evidence = NO_EVIDENCE,
    ) -> Approval:
        """Record a person's decision about a call; many documents are approved by `approve_many`.

        If the policy requires several people, the last one's approval completes it; one rejection is enough.

        Args:
            by: the person's identity such as `page:ana` or `slack:T1.U1`, if it is known.
            evidence: what shows that it is this person.

        Raises:
            ApprovalRefused: the approval cannot be decided, or not in this way or by this person.
        """
        found = self.find(identifier)
        if found.channel == "form":
            raise build_form_refusal(found.id)
        if approve and found.differs and not accept_differences:
            raise build_differences_refusal()
        return self._decide(found, _Decision(approve, by, place, evidence, reason))

    def approve_many(
        self,
        identifier: str,
        choice: joint_decisions.Choice,
        *,
        by: str = "",
        place: DecisionPlace = "terminal",
        evidence: Evidence = NO_EVIDENCE,
    ) -> Approval:
        """Record a person's approval of many documents, without those that they left out.

        Raises:
            ApprovalRefused: the typed total is not that of the documents that remain, or as in `decide`.
        """
        return self._decide(self.find(identifier), _Decision(True, by, place, evidence, choice=choice))

    def _decide(self, found: Approval, decision: _Decision) -> Approval:
        if decision.approve:
            requirement = ApprovalRequirement.from_json(found.terms)
            shared_with = decision.evidence.shared_with
            refusal = requirement.find_ineligibility(
                decision.by, found.principal, decision.through, shared_with
            )
            if refusal is not None:
                raise refusal
        now = self.clock()
        waits = (
            (approvals.c.id == found.id) & (approvals.c.state == "pending") & (approvals.c.expires_at > now)
        )
        with self.store.writing() as connection:
            # Locked, so that two people who approve at once count each other.
            row = connection.execute(sql.select(approvals).where(waits).with_for_update()).one_or_none()
            outdated = row is not None and not is_current(row)
            if row is not None and outdated:
                self._change_state(connection, row.id, "pending", "stale")
            elif row is not None:
                self._record(connection, row, decision, now)
        if outdated:
            raise build_outdated_refusal()
        if row is None:
            now_state = "expired" if found.expires_at <= now else self.find(found.id).state
            raise build_not_pending_refusal(found.id, now_state)
        return self.find(found.id)

    def _record(self, connection: Connection, row: Row[Any], decision: _Decision, now: float) -> None:
        approve, by, missing = decision.approve, decision.by, 0
        if approve:
            joint_decisions.require_choice(build_approval(row), decision.choice)
            missing = _record_yes(connection, row, decision, now)
        event = "approved" if approve else "rejected"
        values: dict[str, Any] = {}
        if decision.choice is not None:
            values["choice"] = joint_decisions.dump_choice(decision.choice)
        if not missing:
            values |= {"state": event, "decided_at": now, "decided_by": by, "reason": decision.reason or None}
            if approve and (row.parts or parked_calls.is_waiting(connection, row.id)):
                # A yes in the last minute leaves time to carry the call out.
                values["expires_at"] = max(row.expires_at, now + parked_calls.CARRY_OUT_SECONDS)
        if values:
            connection.execute(approvals.update().where(approvals.c.id == row.id).values(values))
        record_event(connection, row, event, decision.describe(missing), decision.place, is_news=not missing)
        delete_old_texts(connection, now)

    def _change_state(
        self,
        connection: Connection,
        identifier: str,
        before: ApprovalState,
        after: ApprovalState,
        reason: str | None = None,
    ) -> bool:
        moved = connection.execute(
            approvals.update()
            .where(approvals.c.id == identifier, approvals.c.state == before)
            .values(
                state=after,
                decided_at=self.clock(),
                # After the end, the preview (names, message texts) is no longer needed.
                **({"text": "", "sheet": ""} if after in {"used", "unanswered"} else {}),
                **({"reason": reason} if reason else {}),
            )
        )
        if moved.rowcount == 1:
            row = connection.execute(sql.select(approvals).where(approvals.c.id == identifier)).one()
            # Without the reason: the trail holds no texts.
            record_event(connection, row, after, is_news=before == "pending" or after != "used")
        return moved.rowcount == 1


def _record_yes(connection: Connection, row: Any, decision: _Decision, now: float) -> int:
    """Record one person's approval with its signature, and return how many more people are needed."""
    evidence, choice = decision.evidence, decision.choice
    missing = record_approval(connection, row, decision.by, decision.through, now, evidence.shared_with)
    if evidence.signature is not None:
        left_out = choice.left_out if choice is not None else frozenset()
        record_signature(connection, row, evidence.signature, left_out)
    return missing
