"""Bring the tables of a store to the current schema."""

import sqlalchemy as sql
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine

from ix_tools.storage.schema import HEAD, metadata, version
from ix_tools.storage.transactions import run_transaction


class NewerSchema(Exception):
    """A newer version of ix-tools created the store."""


def migrate(engine: Engine) -> None:
    """Bring the tables to HEAD. A new store gets the current tables at once; alembic upgrades older ones.

    Raises:
        NewerSchema: the store is at a version that this one does not know.
    """
    with engine.connect() as connection:
        if _read_version(connection) == HEAD:
            return
    with engine.connect() as connection, run_transaction(connection):
        if connection.dialect.name == "postgresql":
            # One process migrates, the others wait.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7302026)")
        if not sql.inspect(connection).has_table(version.name):
            metadata.create_all(connection)
            version.create(connection)
            connection.execute(version.insert().values(version_num=HEAD))
        elif connection.execute(sql.select(version.c.version_num)).scalar_one() != HEAD:
            _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "ix_tools.storage:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as unknown:
        raise NewerSchema from unknown


def _read_version(connection: Connection) -> str | None:
    try:
        return str(connection.execute(sql.select(version.c.version_num)).scalar_one())
    except exc.DBAPIError:
        return None
    finally:
        connection.rollback()
