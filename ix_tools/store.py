"""The database: a SQLite file of the user's, or PostgreSQL by URL; one code path, opened when first needed.

What it cannot keep, nobody may rely on: every trouble with it is one refusal, before anything is sent.
The tables grow by migrations (`ix_tools/migrations`), applied when a newer version of ix-tools opens the file.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Engine

from ix_tools.errors import StoreUnavailable

HEAD = "0001"
"""The newest migration; tested to be the newest file in migrations/versions."""
PATIENCE = 10.0
"""Seconds to wait for other processes that are writing."""

metadata = sql.MetaData()

approvals = sql.Table(
    "approvals",
    metadata,
    sql.Column("id", sql.String(16), primary_key=True),
    sql.Column("handle", sql.String(64), unique=True),  # SHA-256 of the secret handed to the asking host
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("arguments", sql.String(64), nullable=False),  # digest
    sql.Column("snapshot", sql.String(64), nullable=False),  # digest of the document as it was shown
    sql.Column("channel", sql.String(16), nullable=False),
    sql.Column("state", sql.String(16), nullable=False),
    sql.Column("text", sql.Text, nullable=False),  # what the person saw
    sql.Column("summary", sql.Text, nullable=False),
    sql.Column("differs", sql.Boolean, nullable=False),  # the document differs from what was asked
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("expires_at", sql.Float, nullable=False),
    sql.Column("decided_at", sql.Float),
    sql.Column("reason", sql.Text),
    sql.Index("approvals_by_binding", "principal", "account", "operation", "arguments"),
)

differences = sql.Table(
    "differences",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("document_type", sql.String(40), primary_key=True),
    sql.Column("document_id", sql.BigInteger, primary_key=True),
    sql.Column("found", sql.JSON, nullable=False),  # field, asked, stored
    sql.Column("created_at", sql.Float, nullable=False),
)

intents = sql.Table(
    "intents",
    metadata,
    sql.Column("id", sql.String(32), primary_key=True),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("key", sql.String(200), nullable=False),  # the caller's key, or one made from the content
    sql.Column("content", sql.String(64), nullable=False),  # digest of operation and arguments
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("face", sql.String(20), nullable=False),
    sql.Column("approval", sql.String(16)),  # the approval that was used
    sql.Column("state", sql.String(16), nullable=False),  # open, done, refused, unknown, absent
    sql.Column(
        "trace", sql.JSON, nullable=False
    ),  # what tells later whether it happened; no texts, no secrets
    sql.Column("outcome", sql.JSON),  # the result, or the error, as the caller got it
    sql.Column("owner", sql.String(200), nullable=False),  # host, process and start of whoever carries it out
    sql.Column("attempts", sql.Integer, nullable=False),
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("lease_until", sql.Float, nullable=False),
    sql.Column("finished_at", sql.Float),
    sql.UniqueConstraint("account", "key", name="one_intent_per_key"),
    sql.Index("intents_by_state", "account", "state"),
)

audit = sql.Table(
    "audit",
    metadata,
    sql.Column("seq", sql.BigInteger, primary_key=True, autoincrement=False),
    sql.Column("at", sql.String(40), nullable=False),
    sql.Column("event", sql.String(40), nullable=False),
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("face", sql.String(20), nullable=False),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("subject", sql.String(200), nullable=False),  # document, receipt or series
    sql.Column("intent", sql.String(32), nullable=False),
    sql.Column("approval", sql.String(16), nullable=False),
    sql.Column("content", sql.String(64), nullable=False),  # digest of operation and arguments
    sql.Column("outcome", sql.Text, nullable=False),
    sql.Column("previous", sql.String(64), nullable=False),
    sql.Column("hash", sql.String(64), nullable=False),
)

rates = sql.Table(
    "rates",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("next_at", sql.Float, nullable=False),  # theoretical arrival time of the next request
    sql.Column("closed_until", sql.Float, nullable=False),  # Retry-After or a breaker: nothing leaves before
    sql.Column("failures", sql.Integer, nullable=False),  # in a row
)


class Store:
    """The database, behind one way to use it: `with store.writing() as connection`."""

    def __init__(self, where: str | Path) -> None:
        """Nothing is opened yet. `where` is a file, or a postgresql:// URL."""
        text = str(where)
        self.url = text.replace("postgresql://", "postgresql+psycopg://", 1) if "://" in text else None
        self.file = None if self.url else Path(text)
        self.note_head: Callable[[int, str], None] | None = None
        """Told the newest row of the audit trail after each transaction that added one."""
        self._durable: Engine | None = None
        self._quick: Engine | None = None

    @property
    def name(self) -> str:
        """How messages call it, without a password."""
        return (
            f"the file {self.file}"
            if self.file
            else f"the database {sql.make_url(self.url or '').render_as_string(hide_password=True)}"
        )

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """One transaction, on disk when it ends (`durable=False`: for counters that may be lost in a power cut)."""
        failure: StoreUnavailable | None = None
        try:
            with self._open(durable).connect() as connection:
                connection.info.pop("audit_head", None)
                with _begun(connection):
                    yield connection
                head = connection.info.pop("audit_head", None)
            if head is not None and self.note_head is not None:
                self.note_head(*head)
        except (sql.exc.SQLAlchemyError, OSError) as trouble:
            cause = getattr(trouble, "orig", None) or trouble
            failure = StoreUnavailable(
                f"{self.name} cannot be used ({type(cause).__name__}: {str(cause).strip()}).".capitalize(),
                next="free disk space, correct the permissions or start the database; or set INVOICEXPRESS_STORE to another",
                retryable=True,
            )
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Close every connection."""
        for engine in (self._durable, self._quick):
            if engine is not None:
                engine.dispose()
        self._durable = self._quick = None

    def _open(self, durable: bool) -> Engine:
        if self._durable is None:
            engine = self._engine("FULL")
            _migrate(engine)
            self._durable = engine
        if durable or self.file is None:
            return self._durable
        if self._quick is None:
            self._quick = self._engine("NORMAL")
        return self._quick

    def _engine(self, synchronous: str) -> Engine:
        if self.file is None:
            return sql.create_engine(self.url or "", pool_size=10, max_overflow=30, pool_pre_ping=True)
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made by us before SQLite sees it, so that it is never readable by others, not even for a moment.
        os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))
        engine = sql.create_engine(
            f"sqlite:///{self.file}", connect_args={"timeout": 0}, pool_size=10, max_overflow=30
        )

        @sql.event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: Any) -> None:
            connection.isolation_level = None  # transactions begin where `_begun` says
            cursor = connection.cursor()
            # FULL: an approval that was used must be used after a power cut too.
            for pragma in (
                "busy_timeout=5000",
                "journal_mode=WAL",
                f"synchronous={synchronous}",
                "busy_timeout=0",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        return engine


@contextmanager
def _begun(connection: Connection) -> Iterator[None]:
    """A transaction in which what is read cannot be changed by another process before it is written."""
    if connection.dialect.name == "sqlite":
        _begin_immediate(connection)
    else:
        connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _begin_immediate(connection: Connection) -> None:
    # SQLite's own waiting starves whoever came first when several processes write; short random pauses do not.
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sql.exc.OperationalError as busy:
            connection.rollback()
            if "locked" not in str(busy) or time.monotonic() > give_up:
                raise
            time.sleep(random.uniform(0.001, 0.01))  # noqa: S311 - jitter, not a secret
        else:
            return


def _migrate(engine: Engine) -> None:
    """Bring the tables to HEAD; alembic is loaded only when there is something to do."""
    with engine.connect() as connection:
        if _version(connection) == HEAD:
            return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "ix_tools:migrations")
    with engine.connect() as connection, _begun(connection):
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SELECT pg_advisory_xact_lock(7302026)"
            )  # one process migrates, the others wait
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    try:
        return str(connection.execute(sql.text("SELECT version_num FROM alembic_version")).scalar_one())
    except sql.exc.DBAPIError:
        return None
    finally:
        connection.rollback()
