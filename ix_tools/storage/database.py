"""Access to the database: a SQLite file or PostgreSQL by URL, opened and migrated when first used.

Every database error becomes a refusal before anything is sent, because a call must not depend on a lost record.
"""

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine

from ix_tools.errors import StoreUnavailable
from ix_tools.i18n.messages import Message, message, verbatim
from ix_tools.storage.engines import build_unavailable, create_file_engine, create_server_engine
from ix_tools.storage.head_note import read_head_note
from ix_tools.storage.migrate import NewerSchema, migrate
from ix_tools.storage.schema import HEAD, audit, version
from ix_tools.storage.transactions import run_transaction
from ix_tools.telemetry import pause_instrumentation

MAX_WRITERS = 4
"""Threads of a process that write at once. The others queue here, because a server gives up after ten seconds in a lock."""
QUEUE_TIMEOUT = 60.0
"""Seconds that a thread waits in that queue."""


_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""Characters that no database takes as text."""


def find_row(connection: Connection, table: sql.Table, identifier: str) -> sql.Row[Any] | None:
    """Return the row of a table with this id inside the caller's transaction; None without one."""
    if _NO_TEXT.search(identifier):
        return None  # no id, and PostgreSQL would call it a fault of the connection
    return connection.execute(sql.select(table).where(table.c.id == identifier)).one_or_none()


class Store:
    """The database: `with store.writing() as connection` for transactions, `store.reading()` for queries."""

    def __init__(self, where: str | Path) -> None:
        """Remember the place; it is opened when first used. `where` is a file or a postgresql:// URL."""
        text = str(where).removeprefix("sqlite:///")
        self.url = text if "://" in text else None
        self.file = None if self.url else Path(text)
        self.note_head: Callable[[int, str], None] | None = None
        """Called with the newest audit row after each transaction that added one."""
        self.note_file = self.head_note
        """The head note of the audit trail; for a database server, the opener sets it."""
        self.checks_note = True
        """Refuse a store without the row in the head note."""
        self.clock: Callable[[], float] | None = None
        """A replacement for the store's clock, for tests."""
        self._engine: Engine | None = None
        self._opening = threading.Lock()
        self._writers = threading.BoundedSemaphore(MAX_WRITERS)
        self._watching: Any = None
        self._watches = 0
        self._looking = threading.Lock()
        self._identity: tuple[int, int] | None = None
        self._schema: int | None = None

    @property
    def location(self) -> str:
        """The file, or the database's address without a password."""
        return (
            str(self.file) if self.file else sql.make_url(self.url or "").render_as_string(hide_password=True)
        )

    @property
    def name(self) -> Message:
        """The name within a sentence, without a password."""
        if self.file:
            return message("the file {file}", file=str(self.file))
        try:
            return message("the database {address}", address=self.location)
        except (exc.ArgumentError, ValueError):
            return message("the database in INVOICEXPRESS_STORE")

    @property
    def head_note(self) -> Path | None:
        """The path of the head note beside a SQLite file."""
        return self.file.with_name(f"{self.file.name}.head") if self.file else None

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """Open a transaction that is on disk when it ends; `durable=False` for counters that a power cut may lose."""
        with (
            pause_instrumentation(),
            self._translate_errors(),
            self._wait_to_write(),
            self._open().connect() as connection,
        ):
            connection.info.pop("audit_head", None)
            with run_transaction(connection, durable=durable):
                self._check_version(connection)
                yield connection
            head = connection.info.pop("audit_head", None)
        if head is not None and self.note_head is not None:
            self.note_head(*head)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a consistent read view, which does not wait for writers."""
        with (
            pause_instrumentation(),
            self._translate_errors(),
            self._open().connect() as connection,
        ):
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    def find_row(self, table: sql.Table, identifier: str) -> sql.Row[Any] | None:
        """Return the row of a table with this id; None without one."""
        with self.reading() as connection:
            return find_row(connection, table, identifier)

    def read_write_counter(self) -> tuple[int, int] | None:
        """Return a value that changes when any process writes; None if the store cannot tell.

        SQLite counts the writes of others for a connection that never writes; this takes microseconds and does not block.
        """
        if self.file is None:
            return None
        try:
            with pause_instrumentation():
                engine = self._open()
            with self._looking:
                if self._watching is None:
                    with pause_instrumentation():
                        connection = engine.raw_connection()
                    self._watching = connection.driver_connection
                    connection.detach()  # out of the pool, which would lend it to a writer
                    self._watches += 1
                return self._watches, int(self._watching.execute("PRAGMA data_version").fetchone()[0])
        except (StoreUnavailable, exc.SQLAlchemyError, sqlite3.Error, OSError):
            return None  # the next read reports the error

    def now(self, connection: Connection) -> float:
        """Return the time of the clock that all users of the store share, for leases and waits.

        It is the database server's, because the clocks of several hosts may differ, and this host's for a SQLite file,
        which is shared on one host only.
        """
        if self.clock is not None:
            return self.clock()
        if connection.dialect.name == "sqlite":
            return time.time()
        return float(
            connection.execute(sql.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
        )

    def to_store_time(self, connection: Connection, moment: float) -> float:
        """Convert an earlier `time.monotonic()` moment of this process to the store's clock."""
        now = self.now(connection)
        return now if self.clock is not None else now - max(0.0, time.monotonic() - moment)

    def check_ready(self) -> None:
        """Check that the store answers and its tables are current.

        Raises:
            StoreUnavailable: with the reason.
        """
        with self.reading() as connection:
            self._check_version(connection)

    def close(self) -> None:
        """Close every connection."""
        with self._looking:
            if self._watching is not None:
                self._watching.close()
                self._watching = None
        if self._engine is not None:
            self._engine.dispose()
        self._engine = self._identity = None

    @contextmanager
    def _wait_to_write(self) -> Iterator[None]:
        if not self._writers.acquire(timeout=QUEUE_TIMEOUT):
            raise build_unavailable(
                self.name,
                message(
                    "{count} other threads of this process were writing for {seconds} s",
                    count=MAX_WRITERS,
                    seconds=f"{QUEUE_TIMEOUT:.0f}",
                ),
            )
        try:
            yield
        finally:
            self._writers.release()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        failure: StoreUnavailable | None = None
        try:
            yield
        except (exc.SQLAlchemyError, OSError) as trouble:
            cause = getattr(trouble, "orig", None) or trouble
            failure = build_unavailable(self.name, verbatim(f"{type(cause).__name__}: {str(cause).strip()}"))
        if failure is not None:
            raise failure

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                engine = self._create_engine()
                try:
                    if self.checks_note:
                        self._check_note(engine)
                    self._migrate(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
                self._identity = _identify_file(self.file)
            elif _identify_file(self.file) != self._identity:
                # SQLite would continue to write to the unlinked file.
                raise build_unavailable(
                    self.name,
                    message("it was removed or replaced while in use"),
                    message("put the original file back, then restart ix-tools"),
                )
            return self._engine

    def _create_engine(self) -> Engine:
        if self.file is None:
            return create_server_engine(self.url or "", self.name)
        note = self.head_note
        if note is not None and note.exists() and not self.file.exists():
            raise build_unavailable(
                self.name,
                message("it is missing, although a note beside it says that it was used"),
                message(
                    "put it back from a backup, because only it knows what was already issued; "
                    "to start with an empty store anyway, remove {note}",
                    note=str(note),
                ),
            )
        return create_file_engine(self.file)

    def _migrate(self, engine: Engine) -> None:
        failure: StoreUnavailable | None = None
        try:
            migrate(engine)
        except NewerSchema:
            failure = build_unavailable(
                self.name,
                message("a newer version of ix-tools created it"),
                message("use that version or a newer one"),
            )
        if failure is not None:
            raise failure

    def _check_note(self, engine: Engine) -> None:
        """Refuse a store that is older than its head note, because a lost key would allow a second document."""
        seq, digest = read_head_note(self.note_file) if self.note_file is not None else (0, "")
        if not seq:
            return
        with engine.connect() as connection:
            try:
                there = connection.execute(sql.select(audit.c.hash).where(audit.c.seq == seq)).scalar()
            except (exc.OperationalError, exc.ProgrammingError) as trouble:
                if "locked" in str(trouble) or not _is_missing(trouble):
                    raise
                there = None
            finally:
                connection.rollback()
        if there != digest:
            what = message("is not in it") if there is None else message("has another hash in it")
            raise build_unavailable(
                self.name,
                message(
                    "row {seq} of its audit trail is noted in {note} and {what}: it is empty, an older copy, or another store",
                    seq=seq,
                    note=str(self.note_file),
                    what=what,
                ),
                message(
                    "put the newest copy back; if this is the newest one, accept it with `ix-tools store accept-restored`, "
                    "and `ix-tools audit reconcile` then reports what it does not know"
                ),
            )

    def _check_version(self, connection: Connection) -> None:
        """Refuse a store that another version of ix-tools migrated while this process was running."""
        schema = None
        if connection.dialect.name == "sqlite":
            schema = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
            if schema == self._schema:
                return
        found = connection.execute(sql.select(version.c.version_num)).scalar_one_or_none()
        if found != HEAD:
            raise build_unavailable(
                self.name,
                message(
                    "another version of ix-tools migrated it: it is at {found}, this process at {head}",
                    found=found,
                    head=HEAD,
                ),
                message("stop this process and start the newer version"),
            )
        self._schema = schema


def _is_missing(trouble: exc.DBAPIError) -> bool:
    """Check if a statement failed because its table does not exist."""
    return "no such table" in str(trouble) or getattr(trouble.orig, "sqlstate", "") == "42P01"


def _identify_file(file: Path | None) -> tuple[int, int] | None:
    """Return device and inode of a file; None if it does not exist."""
    try:
        found = file.stat() if file else None
    except FileNotFoundError:
        return None
    return (found.st_dev, found.st_ino) if found else None
