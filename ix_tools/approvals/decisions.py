"""Decisions of people about approvals, in a terminal, on a page or in a chat."""

from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.approvals import parked_calls
from ix_tools.approvals.models import NO_EVIDENCE, Approval, ApprovalState, DecisionPlace, Evidence
from ix_tools.approvals.queries import ApprovalQueries, is_current
from ix_tools.approvals.refusals import (
    build_differences_refusal,
    build_form_refusal,
    build_not_pending_refusal,
    build_outdated_refusal,
)
from ix_tools.approvals.requirements import ApprovalRequirement, record_approval
from ix_tools.approvals.retention import delete_old_texts
from ix_tools.approvals.rows import record_event
from ix_tools.approvals.signatures import record_signature
from ix_tools.storage.schema import approvals

PLACE_PHRASES: dict[DecisionPlace, str] = {
    "terminal": "by a person in a terminal",
    "page": "by a person on the approval's page",
    "chat": "by a person in a chat",
}


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
        """Record a person's decision in a terminal, on a page or in a chat.

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
        through = "signed" if evidence.signature is not None else place
        refusal = (
            ApprovalRequirement.from_json(found.terms).find_ineligibility(
                by, found.principal, through, evidence.shared_with
            )
            if approve
            else None
        )
        if refusal is not None:
            raise refusal
        now, mine = self._clock(), approvals.c.id == found.id
        waits = mine & (approvals.c.state == "pending") & (approvals.c.expires_at > now)
        with self._store.writing() as connection:
            # Locked, so that two people who approve at once count each other.
            row = connection.execute(sql.select(approvals).where(waits).with_for_update()).one_or_none()
            outdated = row is not None and not is_current(row)
            if row is not None and outdated:
                self._change_state(connection, row.id, "pending", "stale")
            elif row is not None:
                missing = _record_yes(connection, row, by, through, now, evidence) if approve else 0
                event = "approved" if approve else "rejected"
                if not missing:
                    done = {"state": event, "decided_at": now, "decided_by": by, "reason": reason or None}
                    if approve and parked_calls.is_waiting(connection, row.id):
                        # A yes in the last minute leaves time to carry the call out.
                        done["expires_at"] = max(row.expires_at, now + parked_calls.CARRY_OUT_SECONDS)
                    connection.execute(approvals.update().where(mine).values(done))
                who = f"by {by}" if by else PLACE_PHRASES[place]
                who += evidence.describe()
                said = f"{who}; {missing} more needed" if missing else who
                record_event(connection, row, event, said, place, is_news=not missing)
                delete_old_texts(connection, now)
        if outdated:
            raise build_outdated_refusal()
        if row is None:
            now_state = "expired" if found.expires_at <= now else self.find(identifier).state
            raise build_not_pending_refusal(found.id, now_state)
        return self.find(identifier)

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
                decided_at=self._clock(),
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


def _record_yes(
    connection: Connection, row: Any, by: str, through: str, now: float, evidence: Evidence
) -> int:
    """Record one person's approval with its signature, and return how many more people are needed."""
    missing = record_approval(connection, row, by, through, now, evidence.shared_with)
    if evidence.signature is not None:
        record_signature(connection, row, evidence.signature)
    return missing
