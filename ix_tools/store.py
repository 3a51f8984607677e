"""The database: a SQLite file of the user's, opened when first needed; what it cannot keep, nobody may rely on."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Engine

from ix_tools.errors import StoreUnavailable

PATIENCE = 5
"""Seconds to wait for another process that has the file."""

metadata = sql.MetaData()

approvals = sql.Table(
    "approvals",
    metadata,
    sql.Column("id", sql.String(16), primary_key=True),
    sql.Column(
        "handle", sql.String(64), unique=True, comment="SHA-256 of the secret handed to the asking host"
    ),
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("arguments", sql.String(64), nullable=False, comment="digest"),
    sql.Column("snapshot", sql.String(64), nullable=False, comment="digest of the document as it was shown"),
    sql.Column("channel", sql.String(16), nullable=False),
    sql.Column("state", sql.String(16), nullable=False),
    sql.Column("text", sql.Text, nullable=False, comment="what the person saw"),
    sql.Column("summary", sql.Text, nullable=False),
    sql.Column("differs", sql.Boolean, nullable=False, comment="the document differs from what was asked"),
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("expires_at", sql.Float, nullable=False),
    sql.Column("decided_at", sql.Float),
    sql.Column("reason", sql.Text),
    sql.Index("approvals_by_binding", "principal", "account", "operation", "arguments"),
)

differences = sql.Table(
    "differences",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("document_type", sql.String(40), primary_key=True),
    sql.Column("document_id", sql.BigInteger, primary_key=True),
    sql.Column("found", sql.JSON, nullable=False, comment="field, asked, stored"),
    sql.Column("created_at", sql.Float, nullable=False),
)


class Store:
    """The database, behind one way to use it: `with store.writing() as connection`."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self._path = path
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write, durable when it ends; every trouble with the file is one refusal."""
        try:
            with self._open().begin() as connection:
                yield connection
        except (sql.exc.SQLAlchemyError, OSError) as trouble:
            cause = getattr(trouble, "orig", None) or trouble
            failure = StoreUnavailable(
                f"The approvals' file {self._path} cannot be used ({type(cause).__name__}: {cause}).",
                next="free disk space or correct the file's permissions, or set INVOICEXPRESS_STORE to another file",
                retryable=True,
            )
        else:
            return
        raise failure

    def close(self) -> None:
        """Close the file."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                self._engine = self._opened()
            return self._engine

    def _opened(self) -> Engine:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made by us before SQLite sees it, so that it is never readable by others, not even for a moment.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        # Put together by the library: in a path written into an address, a `?` would end the path.
        address = sql.URL.create("sqlite", database=str(self._path))
        engine = sql.create_engine(address, connect_args={"timeout": PATIENCE})
        sql.event.listen(engine, "connect", _prepare)
        sql.event.listen(engine, "begin", _begin)
        try:
            metadata.create_all(engine)
        except BaseException:
            engine.dispose()
            raise
        return engine


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy says when a transaction begins, below
    cursor = connection.cursor()
    _write_ahead(cursor)
    # FULL: an approval that was used must be used after a power cut too.
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    # Unlike a transaction this does not wait for its turn: of two servers that open a new file at once, one is told "locked".
    last = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as trouble:
            if trouble.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    # IMMEDIATE: what is read inside a transaction cannot be changed by another process before it is written.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
