"""The story of one document: every call about it, who approved, what was sent and what came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sql

from ix_tools.approvals.signature_audit import Proof, find_proofs
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, audit, differences, intents

MAX_EVENTS = 300
"""Events that are read, the newest; a document rarely has more than twenty."""
MAX_APPROVALS = 100


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """One event of the audit trail."""

    seq: int
    at: datetime
    event: str
    principal: str
    face: str
    operation: str
    approval: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Story:
    """The store's records of one document."""

    title: str
    """The title of its newest approval: action, document, client, amount."""
    number: str
    """Its number, once it was issued from here."""
    events: tuple[StoryEvent, ...]
    differences: tuple[Any, ...]
    """Fields that read back differently from what was asked, and were not accepted yet."""
    proofs: tuple[Proof, ...]


NO_STORY = Story("", "", (), (), ())
"""Of a document that no call was about."""


def load_story(store: Store, account: str, subject: str) -> Story | None:
    """Load the story of a document such as invoices/1001; None if nothing is known of it."""
    kind, _, number = subject.partition("/")
    about = (approvals.c.account == account) & (approvals.c.subject == subject)
    with store.reading() as connection:
        own = connection.execute(
            sql.select(approvals.c.id, approvals.c.summary)
            .where(about)
            .order_by(approvals.c.created_at.desc())
            .limit(MAX_APPROVALS)
        ).all()
        done = connection.execute(
            sql.select(intents.c.approval, intents.c.outcome)
            .where(intents.c.account == account, intents.c.subject == subject)
            .order_by(intents.c.created_at.desc())
            .limit(MAX_APPROVALS)
        ).all()
        ids = [*{*(row.id for row in own), *(row.approval for row in done if row.approval)}]
        of_document = (audit.c.account == account) & (audit.c.subject == subject)
        of_approvals = (audit.c.account == account) & audit.c.approval.in_(ids)
        rows: dict[int, Any] = {}
        for which in (of_document, of_approvals):
            found = connection.execute(
                sql.select(audit).where(which).order_by(audit.c.seq.desc()).limit(MAX_EVENTS)
            )
            rows |= {row.seq: row for row in found}
        different = connection.execute(
            sql.select(differences.c.found).where(
                differences.c.account == account,
                differences.c.document_type == kind,
                differences.c.document_id == int(number),
            )
        ).scalar_one_or_none()
    if not rows and not own:
        return None
    return Story(
        title=next((row.summary for row in own if row.summary), ""),
        number=_find_number([row.outcome for row in done]),
        events=tuple(_build_event(rows[seq]) for seq in sorted(rows)),
        differences=tuple(different or ()),
        proofs=tuple(one for one in find_proofs(store, subject) if one.account == account),
    )


def _find_number(outcomes: Sequence[Any]) -> str:
    for outcome in outcomes:
        document = (outcome or {}).get("document") or {}
        if document.get("number") and document.get("status") != "draft":
            return str(document["number"])
    return ""


def _build_event(row: Any) -> StoryEvent:
    return StoryEvent(
        seq=row.seq,
        at=datetime.fromisoformat(row.at),
        event=row.event,
        principal=row.principal,
        face=row.face,
        operation=row.operation,
        approval=row.approval,
        outcome="" if row.event == "approval signed" else row.outcome,
    )
