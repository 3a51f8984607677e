"""Transactions in which no other process can change the rows between reading and writing them."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import exc
from sqlalchemy.engine import Connection

LOCK_TIMEOUT = 10.0
"""Seconds to wait for other writing processes."""


@contextmanager
def run_transaction(connection: Connection, *, durable: bool = True) -> Iterator[None]:
    """Run a transaction that is on disk when it ends; one that is not durable may be lost in a power cut."""
    if connection.dialect.name == "sqlite":
        _begin_immediate(connection, durable)
    else:
        connection.begin()
        if not durable:
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _begin_immediate(connection: Connection, durable: bool) -> None:
    # FULL: a used approval must still be used after a power cut.
    synchronous = "FULL" if durable else "NORMAL"

    def begin() -> None:
        try:
            if connection.info.get("synchronous") != synchronous:
                connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
                connection.info["synchronous"] = synchronous
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except exc.OperationalError:
            connection.rollback()
            raise

    retry_while_locked(begin)


def retry_while_locked(attempt: Callable[[], object]) -> None:
    """Retry while the file is locked, with short random pauses.

    SQLite's own waiting starves the first of several writing processes, and does not wait while a new file switches to WAL.
    """
    give_up = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            attempt()
        except (sqlite3.OperationalError, exc.OperationalError) as busy:
            if "locked" not in str(busy) or time.monotonic() > give_up:
                raise
            time.sleep(random.uniform(0.001, 0.01))  # noqa: S311 - jitter, not a secret
        else:
            return
