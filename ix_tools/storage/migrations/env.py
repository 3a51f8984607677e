"""Alembic's entry: migrations run on the connection, and inside the transaction, that `store` opened."""

from alembic import context

from ix_tools.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False
)
context.run_migrations()
