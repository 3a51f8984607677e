"""A new store and one that grew hold the same tables, and no store is left behind or taken for another."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from faults.matrix import open_database
from ix_tools.errors import StoreUnavailable
from ix_tools.idempotency.journal import Journal
from ix_tools.storage import database as store
from ix_tools.storage.database import Store
from ix_tools.storage.schema import HEAD, metadata, version

ROOT = Path(store.__file__).parent
NEW = """
import sys
from ix_tools.storage.database import Store
with Store(sys.argv[1]).writing(): pass
print([name for name in sys.modules if name.split(".")[0] == "alembic"])
"""


@pytest.fixture
def bare(place: str, tmp_path: Path) -> Iterator[sql.Engine]:
    """A database of the same kind as `place`, with nothing in it."""
    if "://" not in place:
        engine = sql.create_engine(f"sqlite:///{tmp_path}/bare.db")
        yield engine
        engine.dispose()
        return
    with open_database() as url:
        engine = sql.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            metadata.drop_all(connection)
            version.drop(connection)
        yield engine
        engine.dispose()


def upgraded(bare: sql.Engine) -> None:
    """Every migration, from the first one on."""
    with bare.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for step in reversed(list(scripts().walk_revisions())):
            step.module.upgrade()


def shape(bound: sql.Engine | sql.Connection) -> dict[str, Any]:
    """All that a database tells of its tables; the order of columns is nobody's business, their names are used."""
    told = sql.inspect(bound)
    return {
        table: {
            "columns": {
                one["name"]: (str(one["type"]), one["nullable"], one["default"])
                for one in told.get_columns(table)
            },
            "key": told.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted(one["column_names"] for one in told.get_unique_constraints(table)),
            "indexes": sorted(
                (one["name"], one["column_names"], one["unique"]) for one in told.get_indexes(table)
            ),
        }
        for table in told.get_table_names()
        if table != version.name
    }


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(ROOT / "migrations"))


def test_head_is_the_newest_migration() -> None:
    assert scripts().get_heads() == [HEAD]


def test_migrations_make_exactly_the_tables_the_code_knows(bare: sql.Engine) -> None:
    upgraded(bare)
    with bare.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_new_store_has_what_migrations_would_have_made(bare: sql.Engine, place: str) -> None:
    """So that a start need not go the whole way, and a later version can go on from here."""
    upgraded(bare)
    made = Store(place)
    with made.reading() as connection:
        assert shape(connection) == shape(bare)
        assert connection.execute(sql.select(version.c.version_num)).scalars().all() == [HEAD]
    made.close()


def test_a_new_store_loads_no_migrations(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", NEW, tmp_path / "a.db"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"


def test_an_older_store_grows_and_keeps_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    engine = sql.create_engine(f"sqlite:///{file}")
    first = scripts().get_revision("0001")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        first.module.upgrade()
        connection.execute(sql.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sql.text("INSERT INTO alembic_version VALUES ('0001')"))
        connection.execute(
            sql.text(
                "INSERT INTO intents VALUES ('i1','a','caller:k','c','create_guide','p','f','','done','{}',"
                """'{"ok": true}','h/1/x',1,:now,0,NULL)"""
            ),
            {"now": 4102444800.0},
        )
    engine.dispose()
    made = Store(file)
    found = Journal(made, 1.0).find_earlier("a", ["caller:k"], [], 0.0).with_keys[0]
    assert found is not None
    assert (found.state, found.outcome, found.made, found.ended_at) == ("done", {"ok": True}, "", None)
    made.close()


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    Store(file).check_ready()
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    with pytest.raises(StoreUnavailable, match="newer version") as refused, Store(file).writing():
        pass
    assert refused.value.as_dict()["sent"] == "nothing"
