"""The queue of e-mails in the store: what is to be sent, by whom it is being sent, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.config.mail_settings import MailAddress
from ix_tools.i18n.languages import Language
from ix_tools.storage.data_inventory import delete_aged
from ix_tools.storage.database import Store
from ix_tools.storage.inserts import insert_if_absent
from ix_tools.storage.schema import mails

MailKind = Literal["request", "reminder", "expired", "unused", "webhook", "key_added", "key_confirmed"]
LEASE_SECONDS = 120.0
"""Seconds after which an e-mail that a process was sending counts as left behind; longer than any attempt takes."""
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 30.0, 3600.0
"""Shortest and longest pause before an e-mail is tried again; it doubles each time."""
BATCH_SIZE = 20
"""E-mails that one look takes at most."""


@dataclass(frozen=True, slots=True)
class MailDraft:
    """An e-mail to be sent; its text is written when it is."""

    event: str
    kind: MailKind
    approval: str
    """The approval that it is about, or the passkey."""
    to: MailAddress
    language: Language
    due_at: float
    give_up_at: float

    @property
    def id(self) -> str:
        """The local part of its Message-ID: the same for the same event, kind and address."""
        return f"{self.event}.{self.kind}.{sha256(self.to.address.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail of the queue."""

    id: str
    kind: MailKind
    approval: str
    person: str
    address: str
    language: Language
    state: str
    due_at: float
    give_up_at: float
    attempts: int
    problem: str
    created_at: float
    finished_at: float | None


class MailQueue:
    """The e-mails in a store."""

    def __init__(self, store: Store) -> None:
        """Nothing is opened yet."""
        self._store = store

    def take_due(self) -> list[Mail]:
        """Claim the e-mails that are due, so that no other process sends them for LEASE_SECONDS."""
        with self._store.reading() as connection:
            due = self._select_due(connection)
        if not due:
            return []
        with self._store.writing() as connection:
            now = self._store.now(connection)
            taken = []
            for row in self._select_due(connection):
                mine = (
                    (mails.c.id == row.id) & (mails.c.state == row.state) & (mails.c.attempts == row.attempts)
                )
                values = {
                    "state": "sending",
                    "attempts": row.attempts + 1,
                    "lease_until": now + LEASE_SECONDS,
                }
                if connection.execute(mails.update().where(mine).values(values)).rowcount:
                    taken.append(_build_mail(row, attempts=row.attempts + 1))
            return taken

    def finish(self, mail: Mail, state: Literal["sent", "skipped", "failed"], problem: str = "") -> None:
        """Record how an e-mail ended."""
        with self._store.writing() as connection:
            values = {"state": state, "problem": problem[:200], "finished_at": self._store.now(connection)}
            connection.execute(_update(mail).values(values))

    def postpone(self, mail: Mail, problem: str) -> None:
        """Let an e-mail be tried again later, or give it up when it is of no use any more."""
        with self._store.writing() as connection:
            now = self._store.now(connection)
            pause = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(mail.attempts - 1, 10))
            is_over = now + pause >= mail.give_up_at
            values: dict[str, Any] = {"state": "waiting", "due_at": now + pause}
            if is_over:
                values = {"state": "failed", "finished_at": now}
            connection.execute(_update(mail).values(problem=problem[:200], **values))

    def find_first(self, mail: Mail) -> str:
        """Return the id of the first e-mail to the same address about the same request."""
        same = (mails.c.approval == mail.approval) & (mails.c.address == mail.address)
        query = sql.select(mails.c.id).where(same, mails.c.kind == "request").order_by(mails.c.created_at)
        with self._store.reading() as connection:
            return str(connection.execute(query.limit(1)).scalar() or mail.id)

    def list_troubled(self) -> tuple[Sequence[Mail], Sequence[Mail]]:
        """Return the e-mails that are tried again, and those that were given up and are still stored."""
        query = sql.select(mails).where(mails.c.problem != "").order_by(mails.c.created_at)
        with self._store.reading() as connection:
            found = [_build_mail(row) for row in connection.execute(query)]
        return [one for one in found if one.state in {"waiting", "sending"}], [
            one for one in found if one.state == "failed"
        ]

    def delete_old(self) -> None:
        """Delete what became of e-mails long ago."""
        with self._store.writing() as connection:
            delete_aged(connection, mails.name, self._store.now(connection))

    def _select_due(self, connection: Connection) -> Sequence[Row[Any]]:
        now = self._store.now(connection)
        waits = (mails.c.state == "waiting") & (mails.c.due_at <= now)
        is_left = (mails.c.state == "sending") & (mails.c.lease_until <= now)
        due = sql.select(mails).where(waits | is_left).order_by(mails.c.due_at, mails.c.id)
        return connection.execute(due.limit(BATCH_SIZE)).all()


def insert_mail(connection: Connection, draft: MailDraft, now: float) -> None:
    """Queue an e-mail inside the caller's transaction, unless it is queued already."""
    row = {
        "id": draft.id,
        "kind": draft.kind,
        "approval": draft.approval,
        "person": draft.to.name,
        "address": draft.to.address,
        "language": draft.language,
        "state": "waiting",
        "due_at": draft.due_at,
        "give_up_at": draft.give_up_at,
        "attempts": 0,
        "lease_until": 0.0,
        "problem": "",
        "created_at": now,
    }
    insert_if_absent(connection, mails, row)


def get_event_id(mail: Mail) -> str:
    """Return the id of the event that an e-mail is about."""
    return mail.id.partition(".")[0]


def _update(mail: Mail) -> sql.Update:
    """Return the update of an e-mail that this process is sending and no other has taken over."""
    mine = (mails.c.id == mail.id) & (mails.c.state == "sending") & (mails.c.attempts == mail.attempts)
    return mails.update().where(mine)


def _build_mail(row: Row[Any], **changes: Any) -> Mail:
    return Mail(**{name: getattr(row, name) for name in Mail.__slots__} | changes)
