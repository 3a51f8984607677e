"""Intents: one row for each write, before it is sent and after; and how rows are found and read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.audit import trail
from ix_tools.storage.schema import intents

IntentState = Literal["open", "done", "refused", "unknown", "absent"]


RETENTION_DAYS = 400
"""A fiscal year and more: a key used again after that is new."""


DELETED_KEY_PREFIX = "gone:"
"""Begins the key of an entry whose document was found to be gone when the same was wanted anew."""


UNRETURNED = "unreturned"
"""In a trace: what was sent with a document that InvoiceXpress does not return, by field."""


UNREPORTED = "found_out_later"
"""Marks an outcome in the journal."""


@dataclass(frozen=True, slots=True)
class IntentDraft:
    """An intent before it is written."""

    account: str
    key: str
    contents: tuple[str, ...]
    """Digests of the call: the one that is written, then those that older versions of ix-tools wrote for the same call."""
    operation: str
    principal: str
    face: str
    subject: str = ""
    approval: str = ""
    trace: Mapping[str, Any] | None = None
    has_chosen_key: bool = False
    """Whether the caller chose the key; otherwise the same content under way elsewhere is the same call."""
    age: float = 0.0
    """Seconds since the call began to look: the same content done since then was done behind its back."""
    holder: str = ""
    """Whose claims it is carried out under; they last until its outcome is known."""


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent as it stands."""

    id: str
    account: str
    key: str
    content: str
    operation: str
    principal: str
    face: str
    approval: str
    state: IntentState
    trace: Mapping[str, Any]
    outcome: Mapping[str, Any] | None
    owner: str
    attempts: int
    created_at: float
    lease_until: float
    finished_at: float | None
    """When its outcome was written."""
    ended_at: float | None
    """When its request was surely off the wire, if no clear answer came."""
    made: str
    """The document or receipt it left."""
    seen_at: float = 0.0
    """When it was read, by the store's clock."""
    mine: bool = False
    """Whether this process holds it now and must finish it."""

    @property
    def uid(self) -> str:
        """The proprietary_uid under which a document is created, the same for every attempt."""
        return f"ix-{self.id}"


UNFINISHED = ("open", "unknown")


def find_row(connection: Connection, account: str, key: str) -> Row[Any] | None:
    """Find the row of a key."""
    return connection.execute(
        sql.select(intents).where(intents.c.account == account, intents.c.key == key)
    ).one_or_none()


def is_too_old(row: Row[Any], now: float) -> bool:
    """Tell whether a row is so old that its key is new again."""
    return bool(row.created_at < now - RETENTION_DAYS * 86400 and row.state not in UNFINISHED)


def find_concurrent_duplicate(connection: Connection, draft: IntentDraft, now: float) -> Row[Any] | None:
    """Find the same content that another caller finished, or works on, since this call began to look."""
    behind = sql.and_(intents.c.state == "done", intents.c.finished_at >= now - draft.age)
    return connection.execute(
        sql.select(intents)
        .where(
            intents.c.account == draft.account,
            intents.c.content.in_(draft.contents),
            sql.or_(intents.c.state.in_(UNFINISHED), behind),
        )
        .order_by(intents.c.created_at.desc())
        .limit(1)
    ).one_or_none()


def is_made_elsewhere(connection: Connection, intent: Intent, made: str) -> bool:
    """Tell whether another intent already counts this document as its own."""
    query = sql.select(intents.c.id).where(
        intents.c.account == intent.account,
        intents.c.operation == intent.operation,
        intents.c.made == made,
        intents.c.id != intent.id,
    )
    return connection.execute(query.limit(1)).first() is not None


def build_audit_entry(
    event: str, about: IntentDraft | Intent, identifier: str, outcome: str, subject: str = ""
) -> trail.Entry:
    """Make the row of the audit trail about an intent."""
    return trail.Entry(
        event=event,
        principal=about.principal,
        face=about.face,
        account=about.account,
        operation=about.operation,
        subject=subject
        or (about.subject if isinstance(about, IntentDraft) else str(about.trace.get("subject", ""))),
        intent=identifier,
        approval=about.approval or "",
        content=about.contents[0] if isinstance(about, IntentDraft) else about.content,
        outcome=outcome.replace("\0", "")[:500],
    )


def build_intent(row: Any, now: float) -> Intent:
    """Read a row."""
    names = [name for name in Intent.__slots__ if name not in {"mine", "seen_at"}]
    return Intent(**{name: getattr(row, name) for name in names}, seen_at=now)
