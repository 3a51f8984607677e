"""Remembered look-ups of an account: its taxes, series, newest issued documents, and catalogue items by name.

A look-up is kept under the generation that was current before it began. A write raises the generation in the transactions of
its intent and of its outcome, so that a look-up that began before or during it is never kept, in any process. What a write
changes of the catalogue is marked with its intent until the outcome is known.

Stored: names, prices and rates of the account itself, and number and date of the last document of a series. Not stored: clients.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.storage.database import Store
from ix_tools.storage.item_counts import ItemCounts
from ix_tools.storage.schema import catalogue_items, claims, lookups

TAXES, SERIES, CATALOGUE = "taxes", "series", "catalogue"
"""Names of look-ups."""
CLIENTS = "clients"
"""Has no content: its generation rises when a write changes a client, and what processes saw of clients before is old."""
ROWS_AT_ONCE = 400
"""Rows in one statement; databases limit the number of its parameters."""
UNCLEAR_SECONDS = 90.0
"""Seconds after which a list certainly shows what a write without a known outcome changed."""

OF_ACCOUNT = lookups.c.account == sql.bindparam("of")
NAMED = sql.and_(OF_ACCOUNT, lookups.c.name == sql.bindparam("named"))
WITH_NAMES = sql.select(lookups).where(OF_ACCOUNT, lookups.c.name.in_(sql.bindparam("names", expanding=True)))
OTHER_NAMES = sql.select(lookups.c.name).where(OF_ACCOUNT, lookups.c.name != CATALOGUE)
WITH_NAME = sql.select(lookups).where(NAMED)
FORGET = lookups.update().where(NAMED).values(generation=lookups.c.generation + 1, content=None)
EXPIRE = lookups.update().where(NAMED).values(generation=lookups.c.generation + 1, read_at=0.0)
NEW_LOOKUP = lookups.insert()
ITEMS_OF_ACCOUNT = catalogue_items.c.account == sql.bindparam("of")
WITH_HASHES = sql.select(catalogue_items).where(
    ITEMS_OF_ACCOUNT, catalogue_items.c.name_hash.in_(sql.bindparam("hashes", expanding=True))
)
WITH_INTENT = sql.and_(ITEMS_OF_ACCOUNT, catalogue_items.c.intent == sql.bindparam("by"))
NEW_ITEM = catalogue_items.insert()


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
class CatalogueState:
    """How far the catalogue of items was read."""

    total: int | None = None
    """Number of items that InvoiceXpress should count now; None if the catalogue was never read to its end."""
    filled_at: float = 0.0
    """When the newest complete reading of it began, by the store's clock."""
    next_page: int = 1
    """Page at which an unfinished reading goes on."""
    added: int = 0
    """Number of items that writes added since the first reading, less those they removed."""


@dataclass(frozen=True, slots=True)
class RememberedItem:
    """A catalogue item as it is remembered."""

    content: Mapping[str, Any] | None
    """The item; None while its first write has no known outcome."""
    age: float
    item_id: int | None
    is_unsure: bool
    """A write of it has no known outcome yet."""


@dataclass(frozen=True, slots=True)
class LookupChanges:
    """The changes that a write makes to what is remembered."""

    stale: frozenset[str] = frozenset()
    """Names of look-ups that it makes stale."""
    items: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """Catalogue items that it creates or overwrites, by name: the item afterwards, or None if that is not known."""
    removed_items: tuple[int, ...] = ()
    """Ids of catalogue items that no longer exist, or no longer have their name."""
    kept: Mapping[str, Any] = field(default_factory=dict)
    """Look-ups whose content is known after it, such as the newest document of a series."""
    is_surprising: bool = False
    """InvoiceXpress refused it or stored something else, so that everything is looked up again."""


NO_CHANGES = LookupChanges()


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
            _lock_account(connection, self._account)
            if resource and _is_being_written(connection, self._account, resource):
                return False
            row = connection.execute(WITH_NAME, {"of": self._account, "named": name}).one_or_none()
            if (row.generation if row is not None else 0) != generation:
                return False
            read_at = self._store.to_store_time(connection, began)
            _write_lookup(connection, self._account, name, generation, content, read_at, is_new=row is None)
        return True

    def forget(self, *names: str) -> None:
        """Forget look-ups; the catalogue is only marked as due for a check."""
        with self._store.writing(durable=False) as connection:
            _lock_account(connection, self._account)
            for name in names:
                _forget(connection, self._account, name)

    # --- the catalogue ---

    def keep_state(self, state: CatalogueState, generation: int, began: float) -> None:
        """Keep how far the catalogue was read; items that writes added since `state` was recalled are counted besides."""
        with self._store.writing(durable=False) as connection:
            _lock_account(connection, self._account)
            row = connection.execute(WITH_NAME, {"of": self._account, "named": CATALOGUE}).one_or_none()
            added = json.loads(row.content)["added"] if row is not None and row.content else 0
            total = state.total + added - state.added if state.total is not None else None
            unchanged = row is None or row.generation == generation
            read_at = self._store.to_store_time(connection, began) if unchanged else 0.0
            content = asdict(replace(state, total=total, added=added))
            number = row.generation if row is not None else generation
            _write_lookup(connection, self._account, CATALOGUE, number, content, read_at, is_new=row is None)

    def recall_items(self, names: Iterable[str]) -> dict[str, RememberedItem]:
        """Return the remembered items with these names; a name that is not remembered is left out."""
        by_hash = {hash_name(name): name for name in names}
        found: dict[str, RememberedItem] = {}
        with self._store.reading() as connection:
            now = self._store.now(connection)
            for some in _split(list(by_hash)):
                for row in connection.execute(WITH_HASHES, {"of": self._account, "hashes": some}):
                    content = json.loads(row.content) if row.content is not None else None
                    found[by_hash[row.name_hash]] = RememberedItem(
                        content, max(0.0, now - row.read_at), row.item_id, row.intent is not None
                    )
        return found

    def keep_items(self, items: Mapping[str, Mapping[str, Any]], began: float) -> None:
        """Keep items that were read, by name, with their ids; one that was written meanwhile stays as the write left it."""
        with self._store.writing(durable=False) as connection:
            _lock_account(connection, self._account)
            read_at = self._store.to_store_time(connection, began)
            for some in _split(list(items)):
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
            _lock_account(connection, self._account)
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
            _lock_account(connection, self._account)
            for table in (lookups, catalogue_items):
                connection.execute(table.delete().where(table.c.account == self._account))


def hash_name(name: str) -> str:
    """Return the key of an item: InvoiceXpress compares names exactly, without the spaces around them."""
    return sha256(name.strip().encode("utf-8", "replace")).hexdigest()


# --- in the transactions of an intent and of its outcome ----------------------------------------------------


def begin_changes(
    connection: Connection, account: str, intent: str, changes: LookupChanges, now: float
) -> None:
    """Forget what a write makes stale, and mark the items that it writes, before it is sent."""
    if changes is NO_CHANGES:
        return
    _lock_account(connection, account)
    for name in changes.stale:
        _forget(connection, account, name)
    if not changes.items or not _knows_catalogue(connection, account):
        return
    hashes = [hash_name(name) for name in changes.items]
    for some in _split(hashes):
        known = connection.execute(WITH_HASHES, {"of": account, "hashes": some}).all()
        there = [row.name_hash for row in known]
        connection.execute(
            catalogue_items.update()
            .where(catalogue_items.c.account == account, catalogue_items.c.name_hash.in_(there))
            .values(intent=intent, read_at=now)
        )
        new = [one for one in dict.fromkeys(some) if one not in there]
        if new:
            connection.execute(
                NEW_ITEM, [_build_item_row(account, one, None, now, intent=intent) for one in new]
            )


def finish_changes(
    connection: Connection, account: str, intent: str, changes: LookupChanges, state: str, now: float
) -> None:
    """Record what a write changed once its outcome is known; what is not known stays marked."""
    if changes is NO_CHANGES and state not in {"refused", "absent"}:
        return
    _lock_account(connection, account)
    for name in changes.stale:
        _forget(connection, account, name)
    if changes.is_surprising:
        names = connection.execute(OTHER_NAMES, {"of": account}).scalars().all()
        for name in (*names, CATALOGUE):
            _forget(connection, account, name)
    if state in {"refused", "absent"}:
        _undo_marks(connection, account, intent)
    elif state == "done":
        _finish_items(connection, account, intent, changes, now)
        for name, content in changes.kept.items():
            row = connection.execute(WITH_NAME, {"of": account, "named": name}).one_or_none()
            generation = row.generation + 1 if row is not None else 1
            _write_lookup(connection, account, name, generation, content, now, is_new=row is None)


def _undo_marks(connection: Connection, account: str, intent: str) -> None:
    given = {"of": account, "by": intent}
    connection.execute(
        catalogue_items.delete().where(WITH_INTENT, catalogue_items.c.content.is_(None)), given
    )
    connection.execute(catalogue_items.update().where(WITH_INTENT).values(intent=None), given)


def _finish_items(
    connection: Connection, account: str, intent: str, changes: LookupChanges, now: float
) -> None:
    if not (changes.items or changes.removed_items) or not _knows_catalogue(connection, account):
        return
    removed = added = 0
    if changes.removed_items:
        removed = connection.execute(
            catalogue_items.delete().where(
                catalogue_items.c.account == account, catalogue_items.c.item_id.in_(changes.removed_items)
            )
        ).rowcount
    known = {hash_name(name): item for name, item in changes.items.items() if item is not None}
    for some in _split(list(known)):
        rows = {
            row.name_hash: row
            for row in connection.execute(WITH_HASHES, {"of": account, "hashes": some}).all()
        }
        for one in some:
            row, item = rows.get(one), known[one]
            if row is not None and row.intent not in (None, intent):
                continue  # another write of it has no known outcome
            number = item.get("id") or (row.item_id if row is not None else None)
            values = {
                "content": json.dumps(item, default=str),
                "item_id": number,
                "intent": None,
                "read_at": now,
            }
            if row is None:
                connection.execute(NEW_ITEM, {"account": account, "name_hash": one, **values})
            else:
                connection.execute(
                    catalogue_items.update()
                    .where(catalogue_items.c.account == account, catalogue_items.c.name_hash == one)
                    .values(values)
                )
            added += row is None or row.content is None
    if added or removed:
        _count_items(connection, account, added - removed)


def _count_items(connection: Connection, account: str, change: int) -> None:
    """Change the number of items that InvoiceXpress should count."""
    row = connection.execute(WITH_NAME, {"of": account, "named": CATALOGUE}).one()
    state = CatalogueState(**json.loads(row.content))
    total = state.total + change if state.total is not None else None
    content = json.dumps(asdict(replace(state, total=total, added=state.added + change)))
    connection.execute(
        lookups.update().where(NAMED).values(content=content), {"of": account, "named": CATALOGUE}
    )


def _knows_catalogue(connection: Connection, account: str) -> bool:
    row = connection.execute(WITH_NAME, {"of": account, "named": CATALOGUE}).one_or_none()
    return row is not None and row.content is not None


def _forget(connection: Connection, account: str, name: str) -> None:
    given = {"of": account, "named": name}
    if not connection.execute(EXPIRE if name == CATALOGUE else FORGET, given).rowcount:
        _write_lookup(connection, account, name, 1, None, 0.0, is_new=True)


def _write_lookup(
    connection: Connection,
    account: str,
    name: str,
    generation: int,
    content: Any,
    read_at: float,
    *,
    is_new: bool,
) -> None:
    values = {
        "content": None if content is None else json.dumps(content),
        "generation": generation,
        "read_at": read_at,
    }
    if is_new:
        connection.execute(NEW_LOOKUP, {"account": account, "name": name, **values})
    else:
        connection.execute(lookups.update().where(NAMED).values(values), {"of": account, "named": name})


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
    new = [_build_item_row(account, one, item, read_at) for one, item in hashes.items() if one not in newer]
    if new:
        connection.execute(NEW_ITEM, new)


def _build_item_row(
    account: str, name_hash: str, item: Mapping[str, Any] | None, read_at: float, intent: str | None = None
) -> dict[str, Any]:
    return {
        "account": account,
        "name_hash": name_hash,
        "item_id": item.get("id") if item is not None else None,
        "content": json.dumps(item, default=str) if item is not None else None,
        "intent": intent,
        "read_at": read_at,
    }


def _is_being_written(connection: Connection, account: str, resource: str) -> bool:
    """Tell whether a write of these resources has no known outcome yet."""
    query = sql.select(claims.c.resource).where(
        claims.c.account == account,
        claims.c.resource.startswith(resource, autoescape=True),
        claims.c.exclusive,
        claims.c.intent.is_not(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def _lock_account(connection: Connection, account: str) -> None:
    """Lock the account for the transaction, as the claims of an intent do; SQLite has one writing transaction at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sql.text("SELECT pg_advisory_xact_lock(7302027, hashtext(:a))"), {"a": account})


def _split(values: Sequence[str]) -> Iterable[list[str]]:
    return (list(values[at : at + ROWS_AT_ONCE]) for at in range(0, len(values), ROWS_AT_ONCE))
