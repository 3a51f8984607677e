"""Insert a row unless it is there, which several processes may do at once."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection


def insert_if_absent(connection: Connection, table: sql.Table, row: Mapping[str, Any]) -> None:
    """Insert a row; do nothing if there is one with the same primary key."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(insert(table).values(dict(row)).on_conflict_do_nothing())
