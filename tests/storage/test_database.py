"""The store refuses clearly, before anything is sent, whenever it cannot keep what must be kept."""

import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Queue

import pytest

from faults.concurrency import open_store
from faults.run import PROCESSES
from ix_tools.api_client import rate_limit
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.audit import trail
from ix_tools.config.settings import Settings
from ix_tools.errors import NOTHING_SENT, StoreUnavailable
from ix_tools.idempotency.intents import IntentDraft
from ix_tools.idempotency.journal import Journal
from ix_tools.pipeline.context import CallContext
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage import database, engines, transactions
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals
from tests.harness import Harness, invoice

ROOT = Path(database.__file__).parent


def used(place: str | Path) -> Store:
    """A store with a table or two in it."""
    made = Store(place)
    with made.writing():
        pass
    return made


def refusal(made: Store) -> StoreUnavailable:
    """What it says when it is to keep something."""
    with pytest.raises(StoreUnavailable) as error, made.writing():
        pass
    shown = error.value.as_dict()
    assert shown["code"] == "store_unavailable"
    assert shown["sent"] == "nothing"
    assert shown["message"].endswith(str(NOTHING_SENT))
    assert shown["next"]
    return error.value


@pytest.fixture
def shop(harness: Harness) -> Callable[[Store], Harness]:
    """The pipeline over any store."""
    return lambda made: Harness(
        harness.sandbox,
        replace(
            harness.context,
            approvals=ApprovalRepository(made, 15),
            journal=Journal(made, 240.0),
            has_recovered=False,
        ),
    )


async def refused_before_anything_is_sent(harness: Harness) -> StoreUnavailable:
    """What a write says; nothing that changes anything reaches InvoiceXpress."""
    before = len(harness.list_writes())
    error = await harness.get_error("create_invoice", invoice())
    assert isinstance(error, StoreUnavailable)
    assert error.as_dict()["sent"] == "nothing"
    assert harness.list_writes()[before:] == []
    return error


# --- where it is ----------------------------------------------------------------------------------------


def test_threads_that_write_queue_in_their_process_and_not_at_the_database(server: str) -> None:
    """A server gives up on whoever waits ten seconds for a lock; many equal calls on a slow disk would be refused."""
    if not server:
        pytest.skip("no PostgreSQL here")
    made, entered, go_on = used(server), Queue[int](), threading.Event()

    def write(number: int) -> None:
        with made.writing():
            entered.put(number)
            go_on.wait(100)

    with ThreadPoolExecutor(12) as threads:
        written = [threads.submit(write, number) for number in range(12)]
        first = {entered.get(timeout=100) for _ in range(database.MAX_WRITERS)}
        with made.reading() as connection:
            others = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND state <> 'idle'"
            ).scalar_one()
        assert (len(first), others, entered.qsize()) == (database.MAX_WRITERS, database.MAX_WRITERS, 0)
        go_on.set()
        for one in written:
            one.result(100)
    assert entered.qsize() == 12 - database.MAX_WRITERS
    made.close()


def test_a_thread_that_queues_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MAX_WRITERS", 1)
    monkeypatch.setattr(database, "QUEUE_TIMEOUT", 0.01)
    made = used(tmp_path / "ix-tools.db")
    with made.writing():
        assert refusal(made).retryable
    with made.writing():
        pass
    made.close()


def test_an_earlier_moment_of_this_process_is_told_by_the_stores_clock(place: str) -> None:
    """Whatever happened since: what counts is when something came, not when there was time to look."""
    database = Store(place)
    with database.writing() as connection:
        before, then, after = (
            database.now(connection),
            database.to_store_time(connection, time.monotonic() - 5),
            database.now(connection),
        )
        ahead = database.to_store_time(connection, time.monotonic() + 60)
    database.close()
    assert before - 5.01 <= then <= after - 5
    assert ahead <= after + 1, "never in the future"


def test_a_file_is_the_owners_alone_and_so_is_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "data" / "ix-tools.db"
    made = used(file)
    made.note_head = lambda seq, digest: trail.note_head(trail.locate_head_note(made, tmp_path), seq, digest)
    with made.writing() as connection:
        trail.append(connection, trail.Entry("tested"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert modes == dict.fromkeys(
        ["ix-tools.db", "ix-tools.db-wal", "ix-tools.db-shm", "ix-tools.db.head"], 0o600
    )
    assert file.parent.stat().st_mode & 0o777 == 0o700
    made.close()


def test_without_a_setting_the_file_lies_in_the_users_data_folder() -> None:
    assert Path(Settings().store_location).parts[-2:] == ("ix-tools", "ix-tools.db")


def test_durable_transactions_wait_for_the_disk(tmp_path: Path) -> None:
    """A used approval and an intent survive a power cut; counters need not."""
    made = used(tmp_path / "a.db")
    with made.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    with made.writing(durable=False) as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    made.close()


def test_durable_transactions_wait_for_the_disk_on_a_server_too(server: str) -> None:
    if not server:
        pytest.skip("no PostgreSQL here")
    made = used(server)
    with made.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    with made.writing(durable=False) as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "off"
    with made.reading() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "10s"
    made.close()


@pytest.mark.parametrize("prefix", ["postgres://", "postgresql://", "postgresql+psycopg://"])
def test_every_way_to_write_the_servers_address_is_understood(server: str, prefix: str) -> None:
    if not server:
        pytest.skip("no PostgreSQL here")
    made = used(prefix + server.partition("://")[2])
    with made.reading() as connection:
        assert connection.dialect.name == "postgresql"
    made.close()


def test_several_processes_may_open_a_new_store_at_once(place: str) -> None:
    started = [PROCESSES.Process(target=open_store, args=(place,)) for _ in range(4)]
    for one in started:
        one.start()
    for one in started:
        one.join(100)
    assert [one.exitcode for one in started] == [0, 0, 0, 0]


# --- what cannot be used ---------------------------------------------------------------------------------


async def test_a_removed_file_is_noticed_at_once(shop: Callable[[Store], Harness], tmp_path: Path) -> None:
    """SQLite alone would go on writing into a file that no longer has a name."""
    made = used(tmp_path / "a.db")
    (tmp_path / "a.db").unlink()
    error = await refused_before_anything_is_sent(shop(made))
    assert "removed or replaced" in str(error)
    assert not (tmp_path / "a.db").exists()
    made.close()


async def test_a_replaced_file_is_noticed_too(shop: Callable[[Store], Harness], tmp_path: Path) -> None:
    made = used(tmp_path / "a.db")
    used(tmp_path / "b.db").close()
    (tmp_path / "b.db").replace(tmp_path / "a.db")
    assert "removed or replaced" in str(await refused_before_anything_is_sent(shop(made)))
    made.close()


async def test_a_lost_file_is_not_begun_anew_in_silence(
    shop: Callable[[Store], Harness], tmp_path: Path
) -> None:
    """Without it nobody knows what was already issued: the note beside it tells that there was one."""
    made = used(tmp_path / "a.db")
    made.note_head = lambda seq, digest: trail.note_head(trail.locate_head_note(made, tmp_path), seq, digest)
    Journal(made, 1.0).begin(IntentDraft("a", "caller:k", ("c",), "create_invoice", "p", "f"))
    made.close()
    for name in ("a.db", "a.db-wal", "a.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    error = await refused_before_anything_is_sent(shop(Store(tmp_path / "a.db")))
    assert "put it back" in str(error.next)
    assert not (tmp_path / "a.db").exists()
    (tmp_path / "a.db.head").unlink()
    used(tmp_path / "a.db").close()


async def test_a_locked_file_is_refused_after_a_while(
    shop: Callable[[Store], Harness], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = used(tmp_path / "a.db")
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", 0.1)
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in str(await refused_before_anything_is_sent(shop(made)))
    with made.writing():
        pass
    made.close()


def test_a_locked_table_of_a_server_is_refused_after_a_while(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not server:
        pytest.skip("no PostgreSQL here")
    monkeypatch.setitem(engines.SERVER_OPTIONS, "options", "-c lock_timeout=100ms")
    one, other = used(server), used(server)
    with one.writing() as connection:
        trail.lock_trail(connection)
        with pytest.raises(StoreUnavailable, match="lock"), other.writing() as waiting:
            trail.lock_trail(waiting)
    one.close()
    other.close()


async def test_a_corrupt_file_is_refused(shop: Callable[[Store], Harness], tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"this is no database" * 100)
    made = Store(tmp_path / "a.db")
    assert "not a database" in str(await refused_before_anything_is_sent(shop(made)))
    made.close()


async def test_a_file_corrupted_in_the_middle_is_refused(
    shop: Callable[[Store], Harness], tmp_path: Path
) -> None:
    made = used(tmp_path / "a.db")
    made.close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as raw:
        page = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'intents'").fetchone()[0]
        size = raw.execute("PRAGMA page_size").fetchone()[0]
    with (tmp_path / "a.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    await refused_before_anything_is_sent(shop(Store(tmp_path / "a.db")))


async def test_a_folder_in_the_place_of_the_file_is_refused(
    shop: Callable[[Store], Harness], tmp_path: Path
) -> None:
    (tmp_path / "a.db").mkdir()
    await refused_before_anything_is_sent(shop(Store(tmp_path / "a.db")))


AS_NOBODY = """
import os, sys
from ix_tools.errors import StoreUnavailable
from ix_tools.storage.database import Store
made = Store(sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)
try:
    with made.writing(): pass
except StoreUnavailable as refusal:
    print(refusal.as_dict()["sent"], str(refusal))
"""


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    used(tmp_path / "a.db").close()
    (tmp_path / "a.db").chmod(0)
    said = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, tmp_path / "a.db"], capture_output=True, text=True, check=True
    ).stdout
    assert said.startswith("nothing ")
    assert "PermissionError" in said


FULL = """
import anyio, resource, signal, sys
from pathlib import Path
from ix_tools.pipeline.context import CallContext
from ix_tools.errors import IxError
from tests.harness import execute
from ix_tools.config.settings import Settings, point_at_sandbox

place, url, key, room = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

async def main():
    context = CallContext.open(point_at_sandbox(Settings(store=place), url, key))
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    said = []
    for number in range(40):
        try:
            line = {"name": "Auditoria", "unit_price": 80, "quantity": 1, "tax": "IVA23"}
            given = {"date": "2026-11-20", "due_date": "2026-11-20",
                "client": {"code": "ACME"}, "items": [line], "idempotency_key": str(number)}
            await execute(context, sys.argv[5], given if sys.argv[5] == "create_invoice" else {})
            said.append("done")
        except IxError as refusal:
            said.append(f"{refusal.code} {refusal.as_dict()['sent']}")
            if refusal.code == "store_unavailable":
                break
    print("\\n".join(said))
    await context.close()

anyio.run(main)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no limit for the size of files")
@pytest.mark.parametrize(
    ("operation", "method", "room"), [("create_invoice", "POST", 200_000), ("list_taxes", "GET", 60_000)]
)
def test_a_full_disk_is_refused_before_anything_is_sent(
    running_sandbox: Sandbox, tmp_path: Path, operation: str, method: str, room: int
) -> None:
    """A limit on the size of files stands for the disk: writes fail in the same place, with the same words."""
    running_sandbox.reset()
    used(tmp_path / "a.db").close()
    arguments = [
        str(tmp_path / "a.db"),
        running_sandbox.base_url,
        running_sandbox.api_key,
        str(room),
        operation,
    ]
    said = subprocess.run(
        [sys.executable, "-c", FULL, *arguments], capture_output=True, text=True, check=True
    ).stdout.split("\n")[:-1]
    assert said[-1] == "store_unavailable nothing"
    done = said.count("done")
    assert set(said[:-1]) <= {"done"}
    sent = [one for one in running_sandbox.requests() if one["method"] == method]
    assert len(sent) == done
    assert done > 0


@contextmanager
def silent() -> Iterator[int]:
    """A port at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def test_a_server_that_cannot_be_reached_is_refused(shop: Callable[[Store], Harness]) -> None:
    pytest.importorskip("psycopg")
    with silent() as port:
        made = Store(f"postgresql://someone:s3cret@127.0.0.1:{port}/ix")
        error = await refused_before_anything_is_sent(shop(made))
        assert "s3cret" not in str(error.as_dict())
        made.close()


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("mysql://host/db", "mysql:// is not supported"),
        ("postgresql://u:s3cret@host:port/db", "cannot be read"),
    ],
)
def test_an_address_of_something_else_is_refused(url: str, word: str) -> None:
    pytest.importorskip("psycopg")
    error = refusal(Store(url))
    assert word in str(error)
    assert "s3cret" not in str(error)


def test_without_the_driver_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = refusal(Store("postgresql://host/db"))
    assert re.search(r"ix-tools\[\S*postgres", str(error.next))


def lost(file: Path) -> None:
    """Removed while it is in use."""
    file.unlink()


def replaced(file: Path) -> None:
    """Another one in its place, such as a backup."""
    shutil.copy(file, file.with_name("backup"))
    file.with_name("backup").replace(file)


def locked(file: Path) -> sqlite3.Connection:
    """Somebody else writes and does not end."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


@pytest.mark.parametrize(
    ("damage", "word"), [(lost, "removed or replaced"), (replaced, "removed or replaced"), (locked, "locked")]
)
async def test_reading_the_account_needs_the_store_as_well(
    harness: Harness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], sqlite3.Connection | None],
    word: str,
) -> None:
    """The pace is kept in it; a clear refusal is better than going past the limit unseen."""
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", 0.1)
    monkeypatch.setattr(rate_limit, "HOLD_SECONDS", 0.0)  # turns that were taken ahead need no store
    desk = CallContext.open(harness.context.settings.model_copy(update={"store": str(tmp_path / "a.db")}))
    reader = Harness(harness.sandbox, desk)
    await reader.call("list_taxes")
    before = len(harness.sandbox.requests())
    other = damage(tmp_path / "a.db")
    error = await reader.get_error("list_taxes", {})
    assert isinstance(error, StoreUnavailable)
    assert word in str(error)
    assert error.as_dict()["sent"] == "nothing"
    assert str(error.next)
    assert len(harness.sandbox.requests()) == before, "not even a read was sent"
    if other is not None:
        other.close()
    await desk.close()


@pytest.mark.parametrize("identifier", ["a\0b", "\0", "a\ud800"])
def test_an_id_that_is_no_text_names_nothing(place: str, identifier: str) -> None:
    """PostgreSQL would refuse the query, which looks like a database that is away."""
    opened = Store(place)
    assert opened.find_row(approvals, identifier) is None
    opened.close()
