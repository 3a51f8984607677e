"""Fixtures of the stores: every test with `place` runs on a SQLite file and, if there is a server, on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sql

from faults.matrix import POSTGRESQL, open_database
from ix_tools.storage.database import Store
from ix_tools.storage.schema import metadata


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL database for this session; "" without a server."""
    with open_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """File or URL of an empty store, as in the setting."""
    if request.param == "sqlite":
        return str(tmp_path / "data" / "ix-tools.db")
    url: str = request.getfixturevalue("server")
    if not url:
        pytest.skip(f"no PostgreSQL at {POSTGRESQL}; IX_TOOLS_TEST_POSTGRESQL names another")
    store = Store(url)
    with store.writing() as connection:
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        connection.execute(sql.text(f"TRUNCATE {tables}"))
    store.close()
    return url
