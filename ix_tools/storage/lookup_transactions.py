"""Changes that a write makes to remembered look-ups, in the transactions of its intent and of its outcome."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy.engine import Connection

from ix_tools.storage.lookup_rows import (
    CATALOGUE,
    NAMED,
    NEW_ITEM,
    OTHER_NAMES,
    WITH_HASHES,
    WITH_INTENT,
    WITH_NAME,
    CatalogueState,
    build_item_row,
    forget_lookup,
    hash_name,
    lock_account,
    split_rows,
    write_lookup,
)
from ix_tools.storage.schema import catalogue_items, lookups


@dataclass(frozen=True, slots=True)
class LookupChanges:
    """The changes that a write makes to what is remembered."""

    stale: frozenset[str] = frozenset()
    """Names of look-ups that it makes stale."""
    items: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """Catalogue items that it creates or overwrites, by name: the item afterwards, or None if that is not known."""
    removed_items: tuple[int, ...] = ()
    """Ids of catalogue items that no longer exist, or no longer have their name."""
    known_lookups: Mapping[str, Any] = field(default_factory=dict)
    """Look-ups whose content is known after it, such as the newest document of a series."""
    is_surprising: bool = False
    """InvoiceXpress refused it or stored something else, so that everything is looked up again."""


NO_CHANGES = LookupChanges()


def begin_changes(
    connection: Connection, account: str, intent: str, changes: LookupChanges, now: float
) -> None:
    """Forget what a write makes stale, and mark the items that it writes, before it is sent."""
    if changes is NO_CHANGES:
        return
    lock_account(connection, account)
    for name in changes.stale:
        forget_lookup(connection, account, name)
    if not changes.items or not _knows_catalogue(connection, account):
        return
    hashes = [hash_name(name) for name in changes.items]
    for some in split_rows(hashes):
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
                NEW_ITEM, [build_item_row(account, one, None, now, intent=intent) for one in new]
            )


def finish_changes(
    connection: Connection, account: str, intent: str, changes: LookupChanges, state: str, now: float
) -> None:
    """Record what a write changed once its outcome is known; what is not known stays marked."""
    if changes is NO_CHANGES and state not in {"refused", "absent"}:
        return
    lock_account(connection, account)
    for name in changes.stale:
        forget_lookup(connection, account, name)
    if changes.is_surprising:
        names = connection.execute(OTHER_NAMES, {"of": account}).scalars().all()
        for name in (*names, CATALOGUE):
            forget_lookup(connection, account, name)
    if state in {"refused", "absent"}:
        _undo_marks(connection, account, intent)
    elif state == "done":
        _finish_items(connection, account, intent, changes, now)
        for name, content in changes.known_lookups.items():
            row = connection.execute(WITH_NAME, {"of": account, "named": name}).one_or_none()
            generation = row.generation + 1 if row is not None else 1
            write_lookup(connection, account, name, generation, content, now, is_new=row is None)


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
    for some in split_rows(list(known)):
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
