"""Intents of the journal, one for each write, and queries for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.audit import trail
from ix_tools.storage.figures import NO_FIGURES, FigureChanges
from ix_tools.storage.lookup_transactions import NO_CHANGES, LookupChanges
from ix_tools.storage.schema import intents

IntentState = Literal["open", "done", "refused", "unknown", "absent"]


RETENTION_DAYS = 400
"""Days for which a key is remembered: more than a fiscal year."""


DELETED_KEY_PREFIX = "gone:"
"""Prefix of the released key of an intent whose document was deleted."""


UNRETURNED = "unreturned"
"""Key in a trace: the sent fields that InvoiceXpress does not return."""


NEW_ITEMS = "new_items"
"""Key in a trace: names of the catalogue items that the document's lines created."""


UNREPORTED = "found_out_later"
"""Marks an outcome that was found later and not yet reported to a caller."""


@dataclass(frozen=True, slots=True)
class IntentDraft:
    """An intent before it is written."""

    account: str
    key: str
    contents: tuple[str, ...]
    """Digests of the call: the current form, then the forms of older versions of ix-tools."""
    operation: str
    principal: str
    face: str
    subject: str = ""
    approval: str = ""
    trace: Mapping[str, Any] | None = None
    has_chosen_key: bool = False
    """The caller chose the key; otherwise the same content in progress elsewhere is the same call."""
    age: float = 0.0
    """Seconds since the call began its look-ups; the same content finished since then is a duplicate."""
    holder: str = ""
    """The id of the claims' holder; the claims last until the outcome is known."""
    changes: LookupChanges = NO_CHANGES
    """The remembered look-ups that the call makes stale."""


@dataclass(frozen=True, slots=True)
class IntentResult:
    """Result of an intent."""

    state: IntentState
    message: str
    """For the audit trail; it quotes nothing that InvoiceXpress or the caller wrote."""
    outcome: Mapping[str, Any] | None = None
    """The result of the call, for a replay."""
    subject: str = ""
    made: str = ""
    """The document or receipt that the call created."""
    is_looked_up: bool = False
    """The outcome was found by a look-up, not answered."""
    changes: LookupChanges = NO_CHANGES
    """Changes of the remembered look-ups that follow from the outcome."""
    figures: FigureChanges = NO_FIGURES
    """Changes of the overview that follow from the outcome."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A stored intent in its current state."""

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
    """When the outcome was written."""
    ended_at: float | None
    """When its request was certainly no longer in flight, if no clear answer came."""
    made: str
    """The document or receipt that it created."""
    seen_at: float = 0.0
    """When this row was read, by the store's clock."""
    is_held_here: bool = False
    """This process holds it now and must finish it."""

    @property
    def uid(self) -> str:
        """The proprietary_uid of the created document, the same for every attempt."""
        return f"ix-{self.id}"


@dataclass(frozen=True, slots=True)
class EarlierIntents:
    """What may be earlier attempts of a call."""

    with_keys: Sequence[Intent | None]
    """The intent with each of the call's keys, in their order."""
    unfinished: Intent | None = None
    """The newest unfinished intent with the same content, under any key."""
    unreported: Intent | None = None
    """The newest done intent with the same content, if its outcome was found later and not yet reported to a caller."""


UNFINISHED = ("open", "unknown")

# Statements that every write runs are built here, because building one takes longer than running it.
NEW_ROW = intents.insert()
WITH_ID = sql.select(intents).where(intents.c.id == sql.bindparam("id"))
WITH_KEY = sql.select(intents).where(
    intents.c.account == sql.bindparam("account"), intents.c.key == sql.bindparam("key")
)
OF_ACCOUNT = (
    sql.select(intents)
    .where(intents.c.account == sql.bindparam("account"))
    .order_by(intents.c.created_at.desc())
)
WITH_CONTENT = OF_ACCOUNT.where(intents.c.content.in_(sql.bindparam("contents", expanding=True)))
UNFINISHED_WITH_CONTENT = WITH_CONTENT.where(intents.c.state.in_(UNFINISHED))
LAST_DONE_WITH_CONTENT = WITH_CONTENT.where(intents.c.state == "done").limit(1)
LAST_CONCURRENT_WITH_CONTENT = WITH_CONTENT.where(
    sql.or_(
        intents.c.state.in_(UNFINISHED),
        sql.and_(intents.c.state == "done", intents.c.finished_at >= sql.bindparam("since")),
    )
).limit(1)
UNFINISHED_OF_ACCOUNT = OF_ACCOUNT.where(intents.c.state.in_(UNFINISHED))
UNSETTLED_OF_OPERATION = OF_ACCOUNT.where(
    intents.c.operation == sql.bindparam("operation"), intents.c.state.in_((*UNFINISHED, "absent"))
)
LAST_DONE_OF_OPERATION = OF_ACCOUNT.where(
    intents.c.operation == sql.bindparam("operation"),
    intents.c.state == "done",
    intents.c.created_at >= sql.bindparam("since"),
).limit(500)
ABOUT_SUBJECT = OF_ACCOUNT.where(intents.c.subject == sql.bindparam("subject"))
HELD_BY_ID = ("id", "attempts")
HELD_UNCHANGED = (*HELD_BY_ID, "state", "owner", "lease_until")
UPDATES: dict[tuple[str, ...], sql.Update] = {
    known: intents.update().where(*(intents.c[name] == sql.bindparam(f"known_{name}") for name in known))
    for known in (HELD_BY_ID, HELD_UNCHANGED)
}
"""Updates of an intent that is still as its holder knows it."""


def find_row(connection: Connection, account: str, key: str) -> Row[Any] | None:
    """Find the row of a key."""
    return connection.execute(WITH_KEY, {"account": account, "key": key}).one_or_none()


def is_too_old(row: Row[Any], now: float) -> bool:
    """Check if a row is so old that its key may be used again."""
    return bool(row.created_at < now - RETENTION_DAYS * 86400 and row.state not in UNFINISHED)


def is_unreported(row: Row[Any], since: float) -> bool:
    """Check if a done row began since then, and its outcome was not yet reported to a caller."""
    return row.created_at >= since and bool((row.outcome or {}).get(UNREPORTED))


def find_concurrent_duplicate(connection: Connection, draft: IntentDraft, now: float) -> Row[Any] | None:
    """Find the same content that another caller has in progress, or finished since this call began its look-ups."""
    given = {"account": draft.account, "contents": list(draft.contents), "since": now - draft.age}
    return connection.execute(LAST_CONCURRENT_WITH_CONTENT, given).one_or_none()


def is_made_elsewhere(connection: Connection, intent: Intent, made: str) -> bool:
    """Check if another intent already created this document."""
    query = sql.select(intents.c.id).where(
        intents.c.account == intent.account,
        intents.c.operation == intent.operation,
        intents.c.made == made,
        intents.c.id != intent.id,
    )
    return connection.execute(query.limit(1)).first() is not None


def update_held(
    connection: Connection, intent: Intent, known: tuple[str, ...], values: Mapping[str, Any]
) -> bool:
    """Update an intent if it still has these known values; return False if somebody else changed it."""
    update, given = UPDATES[known], {f"known_{name}": getattr(intent, name) for name in known}
    if values["state"] == "unknown":
        update = update.values(ended_at=sql.func.coalesce(intents.c.ended_at, values["finished_at"]))
    return bool(connection.execute(update, {**given, **values}).rowcount)


def build_audit_entry(
    event: str, about: IntentDraft | Intent, identifier: str, outcome: str, subject: str = ""
) -> trail.Entry:
    """Build the audit entry for an intent."""
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
    """Build an intent from a row."""
    names = [name for name in Intent.__slots__ if name not in {"is_held_here", "seen_at"}]
    return Intent(**{name: getattr(row, name) for name in names}, seen_at=now)
