"""Engines for a SQLite file and for a PostgreSQL server, and the refusal when the store cannot be used."""

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy import event
from sqlalchemy.engine import Engine

from ix_tools.config.extras import describe_installation
from ix_tools.errors import StoreUnavailable
from ix_tools.i18n.messages import Message, message
from ix_tools.storage.transactions import retry_while_locked

SERVER_OPTIONS = {
    "connect_timeout": 10,
    # An intent must be on disk before its request is sent, whatever the server's default; no wait is unlimited.
    "options": "-c synchronous_commit=on -c lock_timeout=10s -c statement_timeout=30s",
}
POOL = {"pool_size": 10, "max_overflow": 30}
REPAIR_OR_MOVE = message(
    "free disk space, correct the permissions or start the database; or set INVOICEXPRESS_STORE to another store"
)


def build_unavailable(name: Message, why: Message, next: Message = REPAIR_OR_MOVE) -> StoreUnavailable:
    """Build the refusal of a store, named as within a sentence. Only the default next step makes a retry useful."""
    return StoreUnavailable(
        message("ix-tools cannot use {name} ({why}).", name=name, why=why),
        next=next,
        retryable=next is REPAIR_OR_MOVE,
    )


def create_file_engine(file: Path) -> Engine:
    """Create the engine for a SQLite file, and the file if it does not exist."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Create the file before SQLite does, so that others can never read it. Do not open an existing file: closing it
    # would drop this process's locks, and others would take it for unused.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    # Not as one string: a `?` or `%` in the name would mean another file, which others might read.
    where = sql.URL.create("sqlite", database=str(file))
    engine = sql.create_engine(where, connect_args={"timeout": 0}, **POOL)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin in `transactions`
        cursor = connection.cursor()
        for pragma in ("busy_timeout=0", "journal_mode=WAL"):
            retry_while_locked(partial(cursor.execute, f"PRAGMA {pragma}"))
        cursor.close()

    return engine


def create_server_engine(url: str, name: Message) -> Engine:
    """Create the engine for a PostgreSQL server.

    Raises:
        StoreUnavailable: the URL cannot be used, or the driver is not installed.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise build_unavailable(
            name,
            message("{scheme}:// is not supported", scheme=scheme),
            message("give a file or a postgresql:// URL in INVOICEXPRESS_STORE"),
        )
    failure: StoreUnavailable | None = None
    try:
        return sql.create_engine(
            f"postgresql+psycopg://{rest}", pool_pre_ping=True, connect_args=SERVER_OPTIONS, **POOL
        )
    except ImportError:
        failure = build_unavailable(
            name, message("the driver for PostgreSQL is not installed"), describe_installation("postgres")
        )
    except ValueError:
        failure = build_unavailable(
            name, message("its URL cannot be read"), message("correct INVOICEXPRESS_STORE")
        )
    raise failure  # outside the handler: the exception may hold the URL, and with it the password
