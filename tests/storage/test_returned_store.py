"""A store that lost rows, or that another version of ix-tools migrated, is refused before anything is sent."""

# ruff: noqa: F811 - a fixture of another file

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sql

from ix_tools.audit import trail
from ix_tools.errors import StoreUnavailable
from ix_tools.idempotency.intents import IntentDraft
from ix_tools.idempotency.journal import Journal
from ix_tools.storage import schema
from ix_tools.storage.database import Store
from tests.harness import Harness, invoice
from tests.storage.test_database import refused_before_anything_is_sent, shop, used  # noqa: F401 - a fixture

# --- an older copy -----------------------------------------------------------------------------------------


def noting(where: str, folder: Path) -> Store:
    """A store as programs open it: it notes its newest row, and is held against that note."""
    made = Store(where)
    made.note_file = trail.locate_head_note(made, folder)
    made.note_head = partial(trail.note_head, made.note_file)
    return made


def write_rows(made: Store, *keys: str) -> None:
    """Writes that the journal and the audit trail know."""
    for key in keys:
        Journal(made, 1.0).begin(
            IntentDraft("a", f"caller:{key}", ("c",), "create_invoice", "p", "f", has_chosen_key=True)
        )


def rows_of(where: str) -> int:
    made = Store(where)
    made.checks_note = False
    with made.reading() as connection:
        number = len(connection.execute(sql.select(schema.audit)).all())
    made.close()
    return number


def forget(where: str, way: str) -> None:
    """Lose what was written last: as an older copy does, an empty file, or a store that somebody else filled."""
    made = Store(where)
    made.checks_note = False
    with made.writing() as connection:
        newest = sql.select(sql.func.max(schema.audit.c.seq)).scalar_subquery()
        if way == "older":
            connection.execute(schema.audit.delete().where(schema.audit.c.seq == newest))
            connection.execute(schema.intents.delete().where(schema.intents.c.key == "caller:two"))
        elif way == "emptied":
            for table in schema.metadata.sorted_tables:
                connection.execute(table.delete())
        else:
            changed = schema.audit.update().where(schema.audit.c.seq == newest)
            connection.execute(changed.values(hash="f" * 64))
    made.close()


@pytest.mark.parametrize("way", ["older", "emptied", "another"])
async def test_an_older_store_beside_a_newer_note_is_refused(
    shop: Callable[[Store], Harness], place: str, tmp_path: Path, way: str
) -> None:
    """A key that it forgot would make a second document, and whoever had a token would be anybody."""
    made = noting(place, tmp_path)
    write_rows(made, "one", "two")
    made.close()
    forget(place, way)
    older = noting(place, tmp_path)
    error = await refused_before_anything_is_sent(shop(older))
    assert "is noted in" in str(error)
    assert "accept-restored" in str(error.next)
    with pytest.raises(StoreUnavailable):
        older.check_ready()
    before = rows_of(place)
    older.close()
    accepting = noting(place, tmp_path)
    assert trail.accept_restored(accepting, "terminal:ana")[0] == 2
    accepting.close()
    taken = noting(place, tmp_path)
    write_rows(taken, "three")
    taken.check_ready()
    assert rows_of(place) == before + 2
    with taken.reading() as connection:
        events = [
            row.event for row in connection.execute(sql.select(schema.audit).order_by(schema.audit.c.seq))
        ]
    assert events[-2:] == ["store accepted", "intent"]
    taken.close()


def test_an_emptied_file_is_refused_before_tables_are_made_in_it(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    made = noting(str(place), tmp_path)
    write_rows(made, "one")
    made.close()
    for name in ("a.db-wal", "a.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    place.write_bytes(b"")
    with pytest.raises(StoreUnavailable, match="is noted in"):
        noting(str(place), tmp_path).check_ready()
    with closing(sqlite3.connect(place)) as looked:
        assert looked.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_a_store_that_is_newer_than_the_note_is_used(place: str, tmp_path: Path) -> None:
    """A note that could not be written, or that another host keeps, lags behind: that hides nothing."""
    made = noting(place, tmp_path)
    write_rows(made, "one", "two")
    note = trail.locate_head_note(made, tmp_path)
    old = note.read_text()
    write_rows(made, "three")
    made.close()
    note.write_text(old)
    again = noting(place, tmp_path)
    write_rows(again, "four")
    again.close()
    note.unlink()
    without = noting(place, tmp_path)
    without.check_ready()
    without.close()


# --- another version ---------------------------------------------------------------------------------------


def migrated(where: str) -> None:
    """As a newer version of ix-tools leaves it, in another process: a migration further, with one more table."""
    other = Store(where)
    with other.writing() as connection:
        connection.execute(sql.text("CREATE TABLE IF NOT EXISTS of_a_newer_version (id INTEGER)"))
        connection.execute(schema.version.update().values(version_num="9999"))
    other.close()


@pytest.fixture
def put_back(place: str) -> Iterator[None]:
    """PostgreSQL's tables are the next test's too."""
    yield
    if "://" in place:
        engine = sql.create_engine(place.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            connection.execute(schema.version.update().values(version_num=schema.HEAD))
            connection.execute(sql.text("DROP TABLE IF EXISTS of_a_newer_version"))
        engine.dispose()


@pytest.mark.usefixtures("put_back")
async def test_a_process_does_not_write_on_in_a_store_that_a_newer_version_migrated(
    shop: Callable[[Store], Harness], place: str
) -> None:
    made = used(place)
    harness = shop(made)
    assert (await harness.call("create_invoice", invoice(reference="before")))["ok"]
    migrated(place)
    error = await refused_before_anything_is_sent(harness)
    assert "another version of ix-tools migrated it" in str(error)
    assert "newer version" in str(error.next)
    with pytest.raises(StoreUnavailable, match="another version"):
        made.check_ready()
    made.close()


def test_asking_for_the_version_costs_no_query_while_no_table_changes(tmp_path: Path) -> None:
    made = used(tmp_path / "a.db")
    with made.writing():
        pass
    asked: list[str] = []
    with made.writing() as connection:
        engine = connection.engine
    sql.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for _ in range(3):
        with made.writing():
            pass
    assert not [one for one in asked if "alembic_version" in one]
    made.close()
