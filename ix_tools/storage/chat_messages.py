"""Cards and questions of a chat in the store, so that a restart loses neither."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.i18n.languages import Language
from ix_tools.storage.data_inventory import delete_aged
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, chat_cards, chat_questions

POST_SECONDS = 60.0
"""Seconds after which a card that was claimed and not posted is posted by another attempt."""
MAX_WAITING_CARDS = 20
"""Cards without a message that one look returns at most."""


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A card of an approval in a room."""

    approval: str
    platform: str
    room: str
    message: str
    asker: str
    asker_room: str
    language: Language
    afterwards: str
    shown: str
    told: str


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question whose buttons are whole sentences."""

    id: str
    asker: str
    key: str
    sentences: tuple[str, ...]


class ChatRepository:
    """The cards and questions of one platform."""

    def __init__(self, store: Store, platform: str) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._platform = platform

    # --- cards ---

    def claim(self, card: StoredCard) -> bool:
        """Record that the card of an approval is being posted; return False if there is one already."""
        with self._store.writing() as connection:
            now = self._store.now(connection)
            if self._select(connection, card.approval) is not None:
                return False
            values = {name: getattr(card, name) for name in StoredCard.__slots__}
            connection.execute(chat_cards.insert().values(**values, claimed_at=now, created_at=now))
            _delete_old(connection, now)
            return True

    def find(self, approval: str) -> StoredCard | None:
        """Return the card of an approval."""
        with self._store.reading() as connection:
            row = self._select(connection, approval)
            return _build_card(row) if row is not None else None

    def list_with_card(self, named: Collection[str]) -> list[str]:
        """Return the approvals with a card that cover these, or are these."""
        covering = sql.select(sql.func.coalesce(approvals.c.covered_by, approvals.c.id)).where(
            approvals.c.id.in_(named)
        )
        mine = (chat_cards.c.platform == self._platform) & chat_cards.c.approval.in_(covering)
        query = sql.select(chat_cards.c.approval).where(mine).order_by(chat_cards.c.created_at)
        with self._store.reading() as connection:
            return list(connection.execute(query).scalars())

    def update(self, approval: str, **values: str) -> None:
        """Record where a card was posted, what it shows, or what the asker was told."""
        with self._store.writing() as connection:
            connection.execute(chat_cards.update().where(self._is(approval)).values(**values))

    def take_unposted(self) -> list[StoredCard]:
        """Claim the cards that a process began to post and did not, and return them."""
        with self._store.reading() as connection:
            if connection.execute(self._find_unposted(connection)).first() is None:
                return []
        with self._store.writing() as connection:
            rows = connection.execute(self._find_unposted(connection)).all()
            now = self._store.now(connection)
            for row in rows:
                claim = chat_cards.update().where(self._is(row.approval))
                connection.execute(claim.values(claimed_at=now))
        return [_build_card(row) for row in rows]

    def _find_unposted(self, connection: Connection) -> Any:
        late = self._store.now(connection) - POST_SECONDS
        mine = (chat_cards.c.platform == self._platform) & (chat_cards.c.message == "")
        return sql.select(chat_cards).where(mine, chat_cards.c.claimed_at < late).limit(MAX_WAITING_CARDS)

    def _is(self, approval: str) -> sql.ColumnElement[bool]:
        return (chat_cards.c.approval == approval) & (chat_cards.c.platform == self._platform)

    def _select(self, connection: Connection, approval: str) -> Row[Any] | None:
        return connection.execute(sql.select(chat_cards).where(self._is(approval))).one_or_none()

    # --- questions ---

    def ask(self, asker: str, key: str, sentences: Sequence[str]) -> str:
        """Store a question and return its id."""
        identifier = secrets.token_hex(6)
        values = {"id": identifier, "asker": asker, "key": key, "sentences": list(sentences)}
        with self._store.writing() as connection:
            now = self._store.now(connection)
            connection.execute(chat_questions.insert().values(**values, created_at=now))
            _delete_old(connection, now)
        return identifier

    def find_question(self, identifier: str) -> StoredQuestion | None:
        """Return a question."""
        with self._store.reading() as connection:
            query = sql.select(chat_questions).where(chat_questions.c.id == identifier)
            row = connection.execute(query).one_or_none()
        return StoredQuestion(row.id, row.asker, row.key, tuple(row.sentences)) if row is not None else None


def _build_card(row: Row[Any]) -> StoredCard:
    return StoredCard(**{name: getattr(row, name) for name in StoredCard.__slots__})


def _delete_old(connection: Connection, now: float) -> None:
    for table in (chat_cards, chat_questions):
        delete_aged(connection, table.name, now)
