"""SQLite store of the sandbox: rows as JSON, found by any field, one transaction per request."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ix_tools.sandbox.rows import (
    Account,
    Client,
    Document,
    FileRequest,
    Item,
    Line,
    Mail,
    Sequence,
    Tax,
    TreasuryEntry,
)

Row = TypeVar("Row", Account, Client, Document, TreasuryEntry, Item, Mail, FileRequest, Sequence, Tax)

TABLES: dict[type[Any], str] = {
    Account: "accounts",
    Client: "clients",
    Document: "documents",
    TreasuryEntry: "treasury",
    Item: "items",
    Mail: "outbox",
    FileRequest: "papers",
    Sequence: "sequences",
    Tax: "taxes",
}
INDEXED_FIELDS = {
    "clients": ("code", "name"),
    "documents": ("client_id", "owner_id", "proprietary_uid", "reference", "sequence_id", "type"),
    "items": ("name",),
    "papers": ("document_id", "token"),
    "treasury": ("client_id",),
}
"""Indexed fields, which keep look-ups fast with ten thousand documents."""


class Store:
    """SQLite file with a single writer lock and typed rows."""

    def __init__(self, path: Path | None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="ix-sandbox-")) if path is None else None
        self.path = path if path is not None else Path(str(self._folder)) / "sandbox.sqlite3"
        self._lock = threading.RLock()
        self._db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=30)
        # WAL survives a killed process without an fsync per request; only a power failure loses the last ones.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            for table in TABLES.values():
                self._db.execute(
                    f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY, body TEXT NOT NULL)"
                )
                for name in INDEXED_FIELDS.get(table, ()):
                    self._db.execute(
                        f"CREATE INDEX IF NOT EXISTS {table}_{name} ON {table} (json_extract(body, '$.{name}'))"
                    )
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, last INTEGER NOT NULL)"
            )

    def close(self) -> None:
        """Close the file, and delete it if it is temporary."""
        with self._lock:
            self._db.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a transaction, one at a time. A refusal rolls it back."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def next_id(self, name: str, first: int = 1, step: int = 1) -> int:
        """Return the next id. Ids count up from `first` and are never reused."""
        found = self._db.execute("SELECT last FROM counters WHERE name = ?", (name,)).fetchone()
        last = first if found is None else int(found[0]) + step
        self._db.execute("INSERT OR REPLACE INTO counters (name, last) VALUES (?, ?)", (name, last))
        return last

    def get(self, kind: type[Row], row_id: int | None) -> Row | None:
        """Return the row with an id."""
        if row_id is None or not -(2**63) <= row_id < 2**63:
            return None
        found = self._db.execute(f"SELECT body FROM {TABLES[kind]} WHERE id = ?", (row_id,)).fetchone()
        return None if found is None else _load_row(kind, found[0])

    def find(self, kind: type[Row], **fields: str | int) -> list[Row]:
        """Return the rows whose fields have these values, oldest first."""
        where = " AND ".join(f"json_extract(body, '$.{name}') = ?" for name in fields) or "1"
        query = f"SELECT body FROM {TABLES[kind]} WHERE {where} ORDER BY id"
        return [_load_row(kind, body) for (body,) in self._db.execute(query, tuple(fields.values()))]

    def count(self, kind: type[Row]) -> int:
        """Return the number of rows."""
        return int(self._db.execute(f"SELECT count(*) FROM {TABLES[kind]}").fetchone()[0])

    def slice(self, kind: type[Row], first: int, most: int) -> list[Row]:
        """Return rows in the order of their ids, from the given one on (0 is the oldest)."""
        query = f"SELECT body FROM {TABLES[kind]} ORDER BY id LIMIT ? OFFSET ?"
        return [_load_row(kind, body) for (body,) in self._db.execute(query, (most, first))]

    def first(self, kind: type[Row], **fields: str | int) -> Row | None:
        """Return the oldest row whose fields have these values."""
        found = self.find(kind, **fields)
        return found[0] if found else None

    def greatest(self, kind: type[Row], name: str, having: str, **fields: str | int) -> str | None:
        """Return the greatest value of a field among the rows that have a value in another field."""
        where = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in fields)
        query = (
            f"SELECT max(json_extract(body, '$.{name}')) FROM {TABLES[kind]}"
            f" WHERE json_extract(body, '$.{having}') IS NOT NULL{where}"
        )
        value: str | None = self._db.execute(query, tuple(fields.values())).fetchone()[0]
        return value

    def save(
        self, row: Account | Client | Document | TreasuryEntry | Item | Mail | FileRequest | Sequence | Tax
    ) -> None:
        """Insert or replace a row."""
        body = json.dumps(vars(row), default=vars, ensure_ascii=False)
        self._db.execute(
            f"INSERT OR REPLACE INTO {TABLES[type(row)]} (id, body) VALUES (?, ?)", (row.id, body)
        )

    def delete(self, row: Client | TreasuryEntry | Item | Tax) -> None:
        """Delete a row."""
        self._db.execute(f"DELETE FROM {TABLES[type(row)]} WHERE id = ?", (row.id,))

    def is_empty(self) -> bool:
        """Tell whether the file was never seeded."""
        return self._db.execute("SELECT 1 FROM taxes LIMIT 1").fetchone() is None

    def wipe(self) -> None:
        """Delete all rows and id counters."""
        for table in (*TABLES.values(), "counters"):
            self._db.execute(f"DELETE FROM {table}")


def _load_row(kind: type[Row], body: str) -> Row:
    fields = json.loads(body)
    if kind is Document:
        fields["lines"] = [Line(**line) for line in fields["lines"]]
    return kind(**fields)
