"""The journal: what is about to be done is on disk before it leaves, and what came of it after.

    begin ──▶ open ──▶ done       the result is kept and given again to whoever asks with the same key
                │  ├─▶ refused    InvoiceXpress said no; the key may be tried again
                │  └─▶ unknown ──▶ done | absent      looked at again, never just repeated
                └─ (its process died, or its lease ran out) ──▶ as unknown

One row per account and key, by a unique constraint: of two callers with the same key one begins, in any number
of processes. Kept: digests, ids, what tells whether it happened, and the result. Not kept: message texts, secrets.
"""

import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools import audit
from ix_tools.errors import IxError
from ix_tools.store import Store, intents

State = Literal["open", "done", "refused", "unknown", "absent"]
KEPT_DAYS = 400
"""A fiscal year and more: a key used again after that is new."""
ME = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Draft:
    """An intent before it is written."""

    account: str
    key: str
    content: str
    operation: str
    principal: str
    face: str
    subject: str = ""
    approval: str = ""
    trace: Mapping[str, Any] | None = None


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
    state: State
    trace: Mapping[str, Any]
    outcome: Mapping[str, Any] | None
    owner: str
    attempts: int
    created_at: float
    lease_until: float
    mine: bool = False
    """Whether this process holds it now and must finish it."""

    @property
    def uid(self) -> str:
        """The proprietary_uid under which a document is created, the same for every attempt."""
        return f"ix-{self.id}"


class Journal:
    """The journal of a store."""

    def __init__(self, store: Store, lease: float, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet. `lease`: seconds after which an open intent is nobody's any more."""
        self._store = store
        self._lease = lease
        self._clock = clock

    def find(self, account: str, key: str) -> Intent | None:
        """The intent under a key."""
        with self._store.writing(durable=False) as connection:
            row = self._row(connection, account, key)
            return _intent(row) if row else None

    def begin(self, draft: Draft) -> Intent:
        """Write the intent and hold it (`mine`), or give back the one that is there."""
        with self._store.writing() as connection:
            row = self._row(connection, draft.account, draft.key)
            if row is None or row.state in {"refused", "absent"}:
                now = self._clock()
                values = {
                    "content": draft.content,
                    "operation": draft.operation,
                    "principal": draft.principal,
                    "face": draft.face,
                    "approval": draft.approval,
                    "state": "open",
                    "trace": dict(draft.trace or {}),
                    "outcome": None,
                    "owner": ME,
                    "attempts": row.attempts + 1 if row else 1,
                    "lease_until": now + self._lease,
                    "finished_at": None,
                }
                identifier = row.id if row else secrets.token_hex(10)
                if row is None:
                    fresh = {
                        "id": identifier,
                        "account": draft.account,
                        "key": draft.key,
                        "created_at": now,
                        **values,
                    }
                    try:
                        with connection.begin_nested():
                            connection.execute(intents.insert().values(fresh))
                    except (
                        sql.exc.IntegrityError
                    ):  # PostgreSQL: another process was faster between our look and our write
                        return _intent(self._row(connection, draft.account, draft.key))
                else:
                    connection.execute(intents.update().where(intents.c.id == identifier).values(values))
                audit.append(connection, _entry("intent", draft, identifier, "about to be sent"))
                row = self._row(connection, draft.account, draft.key)
                return replace(_intent(row), mine=True)
            return _intent(row)

    def finish(
        self, intent: Intent, state: State, outcome: Mapping[str, Any] | None, said: str, subject: str = ""
    ) -> None:
        """Write what came of it."""
        with self._store.writing() as connection:
            connection.execute(
                intents.update()
                .where(intents.c.id == intent.id)
                .values(
                    state=state,
                    outcome=dict(outcome) if outcome is not None else None,
                    finished_at=self._clock(),
                    lease_until=0.0,
                )
            )
            audit.append(connection, _entry(state, intent, intent.id, said, subject))

    def take_over(self, intent: Intent) -> Intent | None:
        """Hold an intent that nobody carries out any more; None when another process took it, or still works on it."""
        if intent.state == "open" and not self.abandoned(intent):
            return None
        with self._store.writing() as connection:
            taken = connection.execute(
                intents.update()
                .where(
                    intents.c.id == intent.id,
                    intents.c.state == intent.state,
                    intents.c.owner == intent.owner,
                    intents.c.lease_until == intent.lease_until,
                )
                .values(owner=ME, state="open", lease_until=self._clock() + self._lease)
            ).rowcount
            row = connection.execute(sql.select(intents).where(intents.c.id == intent.id)).one()
        return replace(_intent(row), mine=True) if taken else None

    def abandoned(self, intent: Intent) -> bool:
        """Whether whoever carried it out is gone: its process ended on this machine, or its lease ran out."""
        if intent.lease_until <= self._clock():
            return True
        host, process, _ = intent.owner.split("/")
        return host == socket.gethostname() and intent.owner != ME and not _alive(int(process))

    def unfinished(self, account: str) -> list[Intent]:
        """What is unknown, or open and abandoned, oldest first."""
        with self._store.writing(durable=False) as connection:
            rows = connection.execute(
                sql.select(intents)
                .where(intents.c.account == account, intents.c.state.in_(["open", "unknown"]))
                .order_by(intents.c.created_at)
            ).all()
        found = [_intent(row) for row in rows]
        return [one for one in found if one.state == "unknown" or self.abandoned(one)]

    def listed(self, account: str | None = None, most: int = 50) -> list[Intent]:
        """The newest intents."""
        query = sql.select(intents).order_by(intents.c.created_at.desc()).limit(most)
        with self._store.writing(durable=False) as connection:
            rows = connection.execute(query.where(intents.c.account == account) if account else query).all()
        return [_intent(row) for row in rows]

    def get(self, identifier: str) -> Intent:
        """One intent by id."""
        with self._store.writing(durable=False) as connection:
            row = connection.execute(sql.select(intents).where(intents.c.id == identifier)).one_or_none()
        if row is None:
            raise IxError(
                f"The journal has no entry {identifier}.",
                code="intent_unknown",
                next="list them with `ix-tools journal list`",
            )
        return _intent(row)

    def _row(self, connection: Connection, account: str, key: str) -> Row[Any] | None:
        oldest = self._clock() - KEPT_DAYS * 86400
        row = connection.execute(
            sql.select(intents).where(intents.c.account == account, intents.c.key == key)
        ).one_or_none()
        if row is not None and row.created_at < oldest and row.state in {"done", "refused", "absent"}:
            connection.execute(intents.delete().where(intents.c.id == row.id))
            return None
        return row


def _alive(process: int) -> bool:
    if sys.platform == "win32":
        return True  # there, asking would stop the process; its lease tells instead
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _entry(
    event: str, about: Draft | Intent, identifier: str, outcome: str, subject: str = ""
) -> audit.Entry:
    return audit.Entry(
        event=event,
        principal=about.principal,
        face=about.face,
        account=about.account,
        operation=about.operation,
        subject=subject
        or (about.subject if isinstance(about, Draft) else str(about.trace.get("subject", ""))),
        intent=identifier,
        approval=about.approval or "",
        content=about.content,
        outcome=outcome[:500],
    )


def _intent(row: Any) -> Intent:
    names = [name for name in Intent.__slots__ if name != "mine"]
    return Intent(**{name: getattr(row, name) for name in names})
