"""The stores that an earlier version wrote, from their SQL text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sql

from faults.matrix import open_database

EARLIER = Path(__file__).with_name("earlier")


@contextmanager
def load_earlier_store(kind: str, folder: Path) -> Iterator[str]:
    """Load a store of an earlier version (`sqlite` or `postgresql`), and yield its file or URL."""
    text = (EARLIER / f"{kind}.sql").read_text(encoding="utf-8")
    if kind == "sqlite":
        file = folder / "ix-tools.db"
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(text)
        yield str(file)
        return
    with open_database() as url:
        if not url:
            pytest.skip("no PostgreSQL here")
        engine = sql.create_engine(
            url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as server:
            server.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            server.exec_driver_sql(text.replace("%", "%%"))
        engine.dispose()
        yield url
