"""Rows of remembered look-ups and catalogue items: statements and single changes, inside the caller's transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.storage.schema import catalogue_items, lookups

TAXES, SERIES, CATALOGUE = "taxes", "series", "catalogue"
"""Names of look-ups."""
CLIENTS = "clients"
"""Has no content: its generation rises when a write changes a client, and what processes saw of clients before is old."""
ROWS_AT_ONCE = 400
"""Rows in one statement; databases limit the number of its parameters."""

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


def hash_name(name: str) -> str:
    """Return the key of an item: InvoiceXpress compares names exactly, without the spaces around them."""
    return sha256(name.strip().encode("utf-8", "replace")).hexdigest()


def forget_lookup(connection: Connection, account: str, name: str) -> None:
    """Forget a look-up; the catalogue is only marked as due for a check."""
    given = {"of": account, "named": name}
    if not connection.execute(EXPIRE if name == CATALOGUE else FORGET, given).rowcount:
        write_lookup(connection, account, name, 1, None, 0.0, is_new=True)


def write_lookup(
    connection: Connection,
    account: str,
    name: str,
    generation: int,
    content: Any,
    read_at: float,
    *,
    is_new: bool,
) -> None:
    """Write a look-up, new or over the earlier one."""
    values = {
        "content": None if content is None else json.dumps(content),
        "generation": generation,
        "read_at": read_at,
    }
    if is_new:
        connection.execute(NEW_LOOKUP, {"account": account, "name": name, **values})
    else:
        connection.execute(lookups.update().where(NAMED).values(values), {"of": account, "named": name})


def build_item_row(
    account: str, name_hash: str, item: Mapping[str, Any] | None, read_at: float, intent: str | None = None
) -> dict[str, Any]:
    """Build the row of a catalogue item; `item` is None while its first write has no known outcome."""
    return {
        "account": account,
        "name_hash": name_hash,
        "item_id": item.get("id") if item is not None else None,
        "content": json.dumps(item, default=str) if item is not None else None,
        "intent": intent,
        "read_at": read_at,
    }


def lock_account(connection: Connection, account: str) -> None:
    """Lock the account for the transaction, as the claims of an intent do; SQLite has one writing transaction at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sql.text("SELECT pg_advisory_xact_lock(7302027, hashtext(:a))"), {"a": account})


def split_rows(values: Sequence[str]) -> Iterable[list[str]]:
    """Split values into as many as one statement takes."""
    return (list(values[at : at + ROWS_AT_ONCE]) for at in range(0, len(values), ROWS_AT_ONCE))
