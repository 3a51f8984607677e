"""Erase what the store knows of a client, and leave ids, numbers, totals, digests and the audit trail as they are.

Rows of calls that still wait or run keep everything: they need it, and are emptied when they end or by the next erasure.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import normalize

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.storage.data_inventory import DATA_INVENTORY
from ix_tools.storage.schema import metadata

MIN_LENGTH = 4
"""Characters that a name has at least; a shorter one would empty half of the store."""
ERASED = "[erased]"
"""Stands in a JSON value for a text about the client. A text column becomes empty."""


def erase_client(connection: Connection, names: Sequence[str], *, dry: bool = False) -> Mapping[str, int]:
    """Erase every text that has one of these names, inside the caller's transaction.

    Args:
        names: names, tax numbers, codes or addresses of the client, as documents have them.
        dry: count only.

    Returns:
        The number of rows by table.
    """
    pattern = _build_pattern(names)
    counts: dict[str, int] = {}
    for name, stored in DATA_INVENTORY.items():
        if not stored.client_columns:
            continue
        table = metadata.tables[name]
        keys = list(table.primary_key.columns)
        columns = [table.c[column] for column in stored.client_columns]
        rows = connection.execute(sql.select(*keys, *columns).where(sql.text(stored.ended))).all()
        for row in rows:
            changed = _find_changes(row, columns, pattern)
            if not changed:
                continue
            counts[name] = counts.get(name, 0) + 1
            if not dry:
                mine = sql.and_(*(key == row._mapping[key.name] for key in keys))
                connection.execute(table.update().where(mine).values(changed))
    return counts


def count_running(connection: Connection, names: Sequence[str]) -> int:
    """Return how many rows about this client belong to calls that wait or run, and keep their texts."""
    pattern = _build_pattern(names)
    found = 0
    for name, stored in DATA_INVENTORY.items():
        if not stored.client_columns or stored.ended == "1 = 1":
            continue
        table = metadata.tables[name]
        columns = [table.c[column] for column in stored.client_columns]
        running = sql.text(f"NOT ({stored.ended})")
        rows = connection.execute(sql.select(*columns).where(running)).all()
        found += sum(bool(_find_changes(row, columns, pattern)) for row in rows)
    return found


def _build_pattern(names: Sequence[str]) -> re.Pattern[str]:
    # Whole words: 508112230 is not in 15081122309. Any blanks between them, and letters in either form of Unicode.
    words = "|".join(r"\s+".join(map(re.escape, normalize("NFC", name).split())) for name in names)
    return re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)


def _find_changes(row: Any, columns: Sequence[sql.Column[Any]], pattern: re.Pattern[str]) -> dict[str, Any]:
    """Return new values of the columns that mention the client; if one text does, every text of the row is emptied."""
    values = {column.name: row._mapping[column.name] for column in columns}
    if not any(_mentions(value, pattern) for value in values.values()):
        return {}
    changed = {}
    for column in columns:
        value = values[column.name]
        if isinstance(column.type, sql.JSON):
            changed[column.name] = _replace(value, pattern)
        elif value:
            changed[column.name] = None if column.nullable else ""
    return changed


def _mentions(value: Any, pattern: re.Pattern[str]) -> bool:
    if isinstance(value, str):
        return pattern.search(normalize("NFC", value)) is not None or _mentions(_load_json(value), pattern)
    if isinstance(value, dict):
        return any(_mentions(one, pattern) for one in (*value.keys(), *value.values()))
    if isinstance(value, list):
        return any(_mentions(one, pattern) for one in value)
    return value is not None and pattern.fullmatch(str(value)) is not None


def _load_json(text: str) -> Any:
    """Return what a text column holds as JSON, in which quotation marks and letters may be escaped; None if it is none."""
    if text[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _replace(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        return {
            ERASED if _mentions(name, pattern) else name: _replace(one, pattern)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_replace(one, pattern) for one in value]
    return ERASED if _mentions(value, pattern) else value
