"""Rows of approvals: new ones, queries by binding, audit entries and events, shared by the modules that change them."""

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.approvals import parked_calls
from ix_tools.approvals.models import (
    ApprovalRequestContent,
    ApprovalState,
    Binding,
    CallOrigin,
    Channel,
    DecisionPlace,
)
from ix_tools.audit import trail
from ix_tools.events import outbox
from ix_tools.events.models import EventDraft, EventType
from ix_tools.i18n import formats
from ix_tools.storage.schema import approvals

ENDED_WITHOUT_YES = {
    "rejected": "approval_declined",
    "expired": "approval_expired",
    "unanswered": "approval_unanswered",
}
"""Events after which nobody carries the call out, and the code that says why. After `stale` a person is asked again."""

PLACE_PHRASES: dict[DecisionPlace, str] = {
    "terminal": "by a person in a terminal",
    "page": "by a person on the approval's page",
    "chat": "by a person in a chat",
}
IS_GIVEN_BACK = (approvals.c.channel == "form") & (approvals.c.state == "approved")
"""Approved in a form and released because nothing was sent: the same call uses it without asking again."""


def generate_readable_id() -> str:
    """Return a new id; people read it aloud and type it, so no letter looks like a digit."""
    return "".join(secrets.choice("ABCDEFGHJKMNPQRSTUVWXYZ23456789") for _ in range(8))


def list_binding_columns(binding: Binding) -> dict[str, str]:
    """Return the columns that identify a call, without the document's snapshot."""
    return {
        "principal": binding.principal,
        "account": binding.account,
        "operation": binding.operation,
        "arguments": binding.arguments,
    }


def to_cents(amount: Decimal | None) -> int | None:
    """Return an amount in cents, by which lists are ordered; None if it is unknown or too large for that."""
    if amount is None or not amount.is_finite() or abs(amount) >= 10**15:
        return None
    return int((amount * 100).to_integral_value())


def digest_preview(sheet: str) -> str:
    """Return the digest of a stored preview: of exactly what the person is shown."""
    return hashlib.sha256(sheet.encode()).hexdigest() if sheet else ""


@dataclass(frozen=True, slots=True)
class NewApproval:
    """Values of a new approval besides its call and content."""

    channel: Channel
    state: ApprovalState
    now: float
    seconds: float
    """How long it is valid, unless its content names minutes."""
    handle: str | None = None
    """The hash of the host's secret."""
    covered_by: str | None = None
    """The approval of the workflow that covers this call."""


def insert_approval(
    connection: Connection, binding: Binding, asked: ApprovalRequestContent, new: NewApproval
) -> Row[Any]:
    """Insert an approval, and return its row."""
    asker = asked.origin or CallOrigin()
    row = {
        "id": generate_readable_id(),
        "handle": new.handle,
        **list_binding_columns(binding),
        "snapshot": binding.snapshot,
        "channel": new.channel,
        "state": new.state,
        "text": asked.text,
        "summary": asked.summary,
        "differs": asked.differs,
        "terms": asked.requirement.to_json(),
        "sheet": asked.sheet,
        "face": asker.face[:20],
        "host": asker.host[:200],
        "page": asked.page,
        "covered_by": new.covered_by,
        "subject": asked.subject[:200],
        "amount": to_cents(asked.amount),
        "shown": digest_preview(asked.sheet),
        "document": asked.document,
        "parts": asked.parts,
        "created_at": new.now,
        "expires_at": new.now + (asked.minutes * 60 or new.seconds),
    }
    connection.execute(approvals.insert().values(row))
    return connection.execute(sql.select(approvals).where(approvals.c.id == row["id"])).one()


def match_call(binding: Binding) -> sql.ColumnElement[bool]:
    """Return the condition for the approvals of a call."""
    return sql.and_(*(approvals.c[name] == value for name, value in list_binding_columns(binding).items()))


def record_event(
    connection: Connection,
    row: Row[Any],
    event: str,
    outcome: str = "",
    place: str = "",
    *,
    is_news: bool = True,
) -> None:
    """Record what happened to an approval in the audit trail, and as an event for readers.

    Args:
        place: the place of a decision; the approval's own channel by default.
        is_news: False for what decides nothing: one of several people approved, or an approved call is carried out.
    """
    entry = trail.Entry(
        event=f"approval {event}",
        principal=row.principal,
        face=place or row.channel,
        account=row.account,
        operation=row.operation,
        approval=row.id,
        content=row.arguments,
        outcome=outcome,
    )
    trail.append(connection, entry)
    if event in ENDED_WITHOUT_YES:
        parked_calls.end(connection, row.id, ENDED_WITHOUT_YES[event], time.time())
    if is_news:
        _announce(connection, row, event, place or row.channel)


def _announce(connection: Connection, row: Row[Any], event: str, place: str) -> None:
    kind: EventType
    data: Mapping[str, Any]
    if row.channel == "covered":
        return  # nobody was asked for it: the approval of its workflow tells
    if event == "asked":
        kind, data = "approval.requested", {"expires_at": formats.format_rfc3339(row.expires_at)}
    elif event in {"approved", "rejected"}:
        kind, data = "approval.decided", {"decision": event}
    elif event == "used":  # by an answer in the host's form, or by the policy
        kind, data = "approval.decided", {"decision": "approved"}
    elif event in {"expired", "stale", "unanswered"} and row.channel != "policy":
        kind, data = "approval.expired", {"state": event}
    else:
        return
    draft = EventDraft(
        kind,
        f"approval/{row.id}",
        row.account,
        row.principal,
        row.operation,
        {"approval": row.id, "place": place, **data},
    )
    outbox.append(connection, draft)
