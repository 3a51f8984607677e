"""Parked calls: a call waits in the store for a person's decision, and any live server carries it out.

    waiting ──▶ running ──▶ done · failed · returned (a person is asked again, under `follow_up`)
       │ ▲         │  ▲
       │ └─────────┤  └── its process died: taken over
       ▼ (nothing  ▼
     ended  was   unknown ──▶ what became of it is looked up
  (rejected, sent)
   expired)

The row is written in the transaction that asks the person, and has the approval's id. It becomes `running` in the transaction that
uses the approval, so that of several processes and of a caller who repeats the call only one carries it out.

Stored until the end: the arguments, with names, addresses and texts of e-mails. Stored for RESULT_DAYS after it: the result.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.errors import IxError
from ix_tools.events import outbox
from ix_tools.events.models import EventDraft, EventType, show_document
from ix_tools.i18n.messages import message
from ix_tools.storage.database import find_row
from ix_tools.storage.schema import parked_calls

ParkedState = Literal["waiting", "running", "unknown", "done", "failed", "returned", "ended"]
LIVE_STATES = ("waiting", "running", "unknown")
RESULT_DAYS = 30
"""Days for which the result is stored after the end."""
CARRY_OUT_SECONDS = 3600.0
"""Seconds after a yes for which the approval of a parked call stays valid at least."""
REPEAT_SECONDS = 86_400.0
"""Seconds after the end for which a repeated call gets the recorded result; after that it is a new call."""
EVENTS: Mapping[str, EventType] = {
    "done": "parked_call.done",
    "failed": "parked_call.failed",
    "ended": "parked_call.failed",
    "unknown": "parked_call.unknown",
    "returned": "parked_call.returned",
}


@dataclass(frozen=True, slots=True)
class ParkedDraft:
    """A call to be carried out when it is approved."""

    operation: str
    content: str
    key: str
    """Digest of the caller's idempotency key; empty without one."""
    arguments: Mapping[str, Any]
    day: str
    """The day, in Lisbon, that `today` in the arguments means."""
    account_label: str
    """The account's name in the settings of the server."""
    face: str
    host: str
    credential: str
    """Credential of the asker, judged again before the call: `token:ID`, `oauth:EXPIRY`, `open`, `local`, or
    `chat:` and the identity."""
    scopes: tuple[str, ...]
    shown: tuple[str, ...]
    """The warnings that the person sees."""
    lane: str = ""
    """Calls of one lane are carried out one after another, in the order in which they were asked for."""
    answer_to: str = ""
    """Address for the answer; empty if the asker polls."""


@dataclass(frozen=True, slots=True)
class ParkedCall:
    """A stored parked call in its current state."""

    id: str
    principal: str
    account: str
    account_label: str
    operation: str
    content: str
    key: str
    arguments: Mapping[str, Any]
    """Empty once it has ended."""
    day: str
    shown: tuple[str, ...]
    lane: str
    face: str
    host: str
    credential: str
    scopes: tuple[str, ...]
    answer_to: str
    state: ParkedState
    owner: str
    holder: str
    attempts: int
    retry_at: float
    lease_until: float
    result: Mapping[str, Any] | None
    follow_up: str
    created_at: float
    finished_at: float | None
    seen_at: float = field(default=0.0, compare=False)
    """When this row was read, by the store's clock."""


@dataclass(slots=True)
class ParkedClaim:
    """The execution that wants to carry a parked call out."""

    holder: str
    owner: str
    """Host, pid and nonce of its process."""
    lease: float
    """Seconds after which it counts as abandoned."""
    parked: str = ""
    """The parked call that this execution carries out, once that is known."""


def insert(connection: Connection, approval: Row[Any], draft: ParkedDraft | None) -> None:
    """Park a call under an approval that was just requested; do nothing without a call, or if it is there."""
    if draft is None or find_row(connection, parked_calls, approval.id) is not None:
        return
    row = {
        "id": approval.id,
        "principal": approval.principal,
        "account": approval.account,
        **{name: getattr(draft, name) for name in ParkedDraft.__slots__},
        "arguments": json.dumps(dict(draft.arguments), ensure_ascii=False),
        "shown": json.dumps(draft.shown, ensure_ascii=False),
        "lane": f"{approval.account} {draft.lane or approval.id}"[-200:],
        "host": draft.host[:200],
        "scopes": list(draft.scopes),
        "state": "waiting",
        "owner": "",
        "holder": "",
        "attempts": 0,
        "retry_at": 0.0,
        "lease_until": 0.0,
        "follow_up": "",
        "created_at": time.time(),
    }
    connection.execute(parked_calls.insert().values(row))


def start(connection: Connection, approval: str, claim: ParkedClaim | None, now: float) -> bool:
    """Mark a parked call as running, in the transaction that uses its approval; return False if there is none.

    Raises:
        IxError: another execution carries it out.
    """
    row = find_row(connection, parked_calls, approval)
    if row is None:
        return False
    if row.state != "waiting":
        raise build_in_progress_error()
    values: dict[str, Any] = {"state": "running", "holder": "", "owner": "", "lease_until": 0.0}
    if claim is not None:
        values |= {"holder": claim.holder, "owner": claim.owner, "lease_until": now + claim.lease}
        claim.parked = approval
    connection.execute(
        parked_calls.update()
        .where(parked_calls.c.id == approval)
        .values(**values, attempts=parked_calls.c.attempts + 1)
    )
    return True


def is_waiting(connection: Connection, approval: str) -> bool:
    """Check if a call is parked under this approval and waits for it."""
    row = find_row(connection, parked_calls, approval)
    return row is not None and row.state == "waiting"


def give_back(connection: Connection, approval: str) -> None:
    """Let a running call wait again, in the transaction that gives its approval back, since nothing was sent."""
    running = (parked_calls.c.id == approval) & (parked_calls.c.state == "running")
    connection.execute(parked_calls.update().where(running).values(state="waiting", holder="", owner=""))


def end(connection: Connection, approval: str, code: str, now: float) -> None:
    """End a waiting call whose approval ended without a yes, and empty it."""
    row = find_row(connection, parked_calls, approval)
    if row is not None and row.state == "waiting":
        finish(connection, row, "ended", {"ok": False, "code": code}, now)


def finish(
    connection: Connection,
    row: Row[Any],
    state: ParkedState,
    result: Mapping[str, Any],
    now: float,
    follow_up: str = "",
) -> None:
    """Record the end of a call and empty its arguments, and tell of it."""
    values: dict[str, Any] = {
        "state": state,
        "arguments": "",
        "shown": "",
        "result": dict(result),
        "follow_up": follow_up,
        "finished_at": now,
        "lease_until": 0.0,
    }
    connection.execute(parked_calls.update().where(parked_calls.c.id == row.id).values(values))
    outbox.append(connection, build_event(row, state, result, follow_up))


def build_event(row: Row[Any], state: str, result: Mapping[str, Any], follow_up: str = "") -> EventDraft:
    """Build the event of a call's end, or of its outcome being unknown."""
    shown = show_document(result)
    data = {
        "approval": row.id,
        **({"document": shown} if shown else {}),
        **({"code": result["code"]} if result.get("code") else {}),
        **({"asked_again": follow_up} if follow_up else {}),
    }
    return EventDraft(EVENTS[state], f"approval/{row.id}", row.account, row.principal, row.operation, data)


def forget_results(connection: Connection, now: float) -> None:
    """Delete the results of calls that ended long ago."""
    old = (parked_calls.c.finished_at < now - RESULT_DAYS * 86_400) & parked_calls.c.result.is_not(None)
    connection.execute(parked_calls.update().where(old).values(result=sql.null()))


def build_parked_call(row: Row[Any], now: float) -> ParkedCall:
    """Build a parked call from a row."""
    values = {name: getattr(row, name) for name in ParkedCall.__slots__ if name != "seen_at"}
    values["arguments"] = json.loads(row.arguments) if row.arguments else {}
    values["shown"] = tuple(json.loads(row.shown)) if row.shown else ()
    values["scopes"] = tuple(row.scopes)
    return ParkedCall(**values, seen_at=now)


def build_in_progress_error() -> IxError:
    """Build the refusal of a call that is being carried out elsewhere."""
    return IxError(
        message("The same call is in progress."),
        code="in_progress",
        next=message("repeat the same call in a few seconds to get its result"),
    )
