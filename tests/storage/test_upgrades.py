"""An earlier version's store is brought up to date once, whole, whoever else opens it and whatever ends a process meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sql

from ix_tools.storage.database import Store
from ix_tools.storage.schema import HEAD
from tests.storage.earlier_store import load_earlier_store

OPEN = """
import sys
from ix_tools.storage.database import Store
print("ready", flush=True)
sys.stdin.readline()
Store(sys.argv[1]).check_ready()
"""
KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from ix_tools.storage.database import Store
left = int(sys.argv[2])

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *_):
    global left
    if statement.lstrip().split(" ", 1)[0] in {"CREATE", "ALTER", "DROP", "INSERT", "UPDATE"}:
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

Store(sys.argv[1]).check_ready()
print("finished")
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an earlier version's store is: a file, or the address of a database."""
    with load_earlier_store(request.param, tmp_path) as place:
        yield place


def read_state(place: str) -> tuple[str, int]:
    """Return the version of the tables and the number of approvals, without bringing anything up to date."""
    url = place.replace("postgresql://", "postgresql+psycopg://") if "://" in place else f"sqlite:///{place}"
    engine = sql.create_engine(url)
    with engine.connect() as connection:
        version = connection.execute(sql.text("SELECT version_num FROM alembic_version")).scalar_one()
        approvals = connection.execute(sql.text("SELECT count(*) FROM approvals")).scalar_one()
    engine.dispose()
    return str(version), int(approvals)


def test_servers_that_start_at_once_bring_it_up_to_date_once(place: str) -> None:
    _, approvals = read_state(place)
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]  # fmt: skip
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == b"ready\n"
    said = [one.communicate(b"go\n", timeout=100)[1] for one in started]
    assert [one.returncode for one in started] == [0, 0], said
    assert read_state(place) == (HEAD, approvals)


@pytest.mark.parametrize("after", [1, 12])
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_process_that_is_killed_meanwhile_leaves_it_as_it_was(place: str, after: int) -> None:
    before = read_state(place)
    assert before[0] != HEAD
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, place, str(after)], capture_output=True, timeout=100, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert read_state(place) == before
    store = Store(place)
    store.check_ready()
    store.close()
    assert read_state(place) == (HEAD, before[1])
