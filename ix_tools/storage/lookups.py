"""Remembered look-ups of an account: its taxes, series, newest issued documents, and catalogue items by name.

A look-up is kept under the generation that was current before it began. A write raises the generation in the transactions of
its intent and of its outcome, so that a look-up that began before or during it is never kept, in any process. What a write
changes of the catalogue is marked with its intent until the outcome is known.

Stored: names, prices and rates of the account itself, and number and date of the last document of a series. Not stored: clients.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.storage.database import Store
from ix_tools.storage.item_counts import ItemCounts
from ix_tools.storage.lookup_rows import (
    CATALOGUE,
    NEW_ITEM,
    WITH_HASHES,
    WITH_NAME,
    WITH_NAMES,
    CatalogueState,
    build_item_row,
    forget_lookup,
    hash_name,
    lock_account,
    split_rows,
    write_lookup,
)
from ix_tools.storage.schema import catalogue_items, claims, lookups

UNCLEAR_SECONDS = 90.0
"""Seconds after which a list certainly shows what a write without a known outcome changed."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A look-up as it is remembered."""

    content: Any = None
    """As it was kept; None if it must be looked up."""
    age: float = 0.0
    """Seconds since the look-up began."""
    generation: int = 0
    """Must be given to `keep` for a look-up that begins now."""
    now: float = 0.0
    """The time by the store's clock."""


@dataclass(frozen=True, slots=True)
class RememberedItem:
    """A catalogue item as it is remembered."""

    content: Mapping[str, Any] | None
    """The item; None while its first write has no known outcome."""
    age: float
    item_id: int | None
    is_unsure: bool
    """A write of it has no known outcome yet."""


class Lookups:
    """The remembered look-ups of one account in a store."""

    def __init__(self, store: Store, account: str) -> None:
        """Keep the store for later; nothing is opened yet."""
        self._store = store
        self._account = account

    def recall(self, *names: str) -> dict[str, Remembered]:
        """Return what is remembered under each name."""
        with self._store.reading() as connection:
            now = self._store.now(connection)
            rows = connection.execute(WITH_NAMES, {"of": self._account, "names": names}).all()
        found = {
            row.name: Remembered(
                json.loads(row.content) if row.content is not None else None,
                max(0.0, now - row.read_at),
                row.generation,
                now,
            )
            for row in rows
        }
        return {name: found.get(name, Remembered(now=now)) for name in names}

    def keep(self, name: str, generation: int, content: Any, began: float, resource: str = "") -> bool:
        """Keep a look-up; return False if a write made it stale meanwhile.

        Args:
            began: The `time.monotonic()` before the look-up.
            resource: The claimed resources, by the beginning of their names, that must have no unfinished write.
        """
        with self._store.writing(durable=False) as connection:
            lock_account(connection, self._account)
            if resource and _is_being_written(connection, self._account, resource):
                return False
            row = connection.execute(WITH_NAME, {"of": self._account, "named": name}).one_or_none()
            if (row.generation if row is not None else 0) != generation:
                return False
            read_at = self._store.to_store_time(connection, began)
            write_lookup(connection, self._account, name, generation, content, read_at, is_new=row is None)
        return True

    def forget(self, *names: str) -> None:
        """Forget look-ups; the catalogue is only marked as due for a check."""
        with self._store.writing(durable=False) as connection:
            lock_account(connection, self._account)
            for name in names:
                forget_lookup(connection, self._account, name)

    # --- the catalogue ---

    def keep_state(self, state: CatalogueState, generation: int, began: float) -> None:
        """Keep how far the catalogue was read; items that writes added since `state` was recalled are counted besides."""
        with self._store.writing(durable=False) as connection:
            lock_account(connection, self._account)
            row = connection.execute(WITH_NAME, {"of": self._account, "named": CATALOGUE}).one_or_none()
            added = json.loads(row.content)["added"] if row is not None and row.content else 0
            total = state.total + added - state.added if state.total is not None else None
            unchanged = row is None or row.generation == generation
            read_at = self._store.to_store_time(connection, began) if unchanged else 0.0
            content = asdict(replace(state, total=total, added=added))
            number = row.generation if row is not None else generation
            write_lookup(connection, self._account, CATALOGUE, number, content, read_at, is_new=row is None)

    def recall_items(self, names: Iterable[str]) -> dict[str, RememberedItem]:
        """Return the remembered items with these names; a name that is not remembered is left out."""
        by_hash = {hash_name(name): name for name in names}
        found: dict[str, RememberedItem] = {}
        with self._store.reading() as connection:
            now = self._store.now(connection)
            for some in split_rows(list(by_hash)):
                for row in connection.execute(WITH_HASHES, {"of": self._account, "hashes": some}):
                    content = json.loads(row.content) if row.content is not None else None
                    found[by_hash[row.name_hash]] = RememberedItem(
                        content, max(0.0, now - row.read_at), row.item_id, row.intent is not None
                    )
        return found

    def keep_items(self, items: Mapping[str, Mapping[str, Any]], began: float) -> None:
        """Keep items that were read, by name, with their ids; one that was written meanwhile stays as the write left it."""
        with self._store.writing(durable=False) as connection:
            lock_account(connection, self._account)
            read_at = self._store.to_store_time(connection, began)
            for some in split_rows(list(items)):
                _replace_items(connection, self._account, {name: items[name] for name in some}, read_at)

    def count_items(self, since: float) -> ItemCounts:
        """Count the remembered items.

        Args:
            since: Time by the store's clock from which items count as read.
        """
        of_account = catalogue_items.c.account == self._account
        known = catalogue_items.c.content.is_not(None)
        with self._store.reading() as connection:
            recent = catalogue_items.c.read_at >= self._store.now(connection) - UNCLEAR_SECONDS
            conditions = (
                known & (catalogue_items.c.read_at >= since),
                ~known,
                known & catalogue_items.c.item_id.is_(None) & recent,
            )
            counts = [
                connection.execute(
                    sql.select(sql.func.count()).select_from(catalogue_items).where(of_account, condition)
                ).scalar_one()
                for condition in conditions
            ]
        return ItemCounts(*(int(one) for one in counts))

    def drop_items_before(self, read_at: float) -> None:
        """Drop items that a complete reading of the catalogue, which began then by the store's clock, has not found."""
        with self._store.writing(durable=False) as connection:
            lock_account(connection, self._account)
            connection.execute(
                catalogue_items.delete().where(
                    catalogue_items.c.account == self._account,
                    catalogue_items.c.read_at < read_at,
                    sql.or_(
                        catalogue_items.c.intent.is_(None),
                        catalogue_items.c.read_at < read_at - UNCLEAR_SECONDS,
                    ),
                )
            )

    def forget_all(self) -> None:
        """Delete everything that is remembered of the account."""
        with self._store.writing(durable=False) as connection:
            lock_account(connection, self._account)
            for table in (lookups, catalogue_items):
                connection.execute(table.delete().where(table.c.account == self._account))


def _replace_items(
    connection: Connection, account: str, items: Mapping[str, Mapping[str, Any]], read_at: float
) -> None:
    hashes = {hash_name(name): item for name, item in items.items()}
    ids = [item["id"] for item in hashes.values() if item.get("id") is not None]
    of_account = catalogue_items.c.account == account
    same = of_account & (catalogue_items.c.name_hash.in_(list(hashes)) | catalogue_items.c.item_id.in_(ids))
    rows = connection.execute(sql.select(catalogue_items).where(same)).all()
    newer = {
        row.name_hash
        for row in rows
        if row.read_at + (UNCLEAR_SECONDS if row.intent is not None else 0.0) > read_at
    }
    older = [row.name_hash for row in rows if row.name_hash not in newer]
    if older:
        connection.execute(catalogue_items.delete().where(of_account, catalogue_items.c.name_hash.in_(older)))
    learned = [one for one in newer if one in hashes]  # at least its id, which a document does not tell
    for one in learned:
        connection.execute(
            catalogue_items.update()
            .where(of_account, catalogue_items.c.name_hash == one, catalogue_items.c.item_id.is_(None))
            .values(item_id=hashes[one].get("id"))
        )
    new = [build_item_row(account, one, item, read_at) for one, item in hashes.items() if one not in newer]
    if new:
        connection.execute(NEW_ITEM, new)


def _is_being_written(connection: Connection, account: str, resource: str) -> bool:
    """Tell whether a write of these resources has no known outcome yet."""
    query = sql.select(claims.c.resource).where(
        claims.c.account == account,
        claims.c.resource.startswith(resource, autoescape=True),
        claims.c.exclusive,
        claims.c.intent.is_not(None),
    )
    return connection.execute(query.limit(1)).first() is not None
