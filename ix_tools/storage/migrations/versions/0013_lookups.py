"""Remembered look-ups of an account, and its catalogue of items by name."""

import sqlalchemy as sql
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "lookups",
        sql.Column("account", sql.String(300), primary_key=True),
        sql.Column("name", sql.String(120), primary_key=True),
        sql.Column("generation", sql.BigInteger, nullable=False),
        sql.Column("content", sql.Text),
        sql.Column("read_at", sql.Float, nullable=False),
    )
    op.create_table(
        "catalogue_items",
        sql.Column("account", sql.String(300), primary_key=True),
        sql.Column("name_hash", sql.String(64), primary_key=True),
        sql.Column("item_id", sql.BigInteger),
        sql.Column("content", sql.Text),
        sql.Column("intent", sql.String(32)),
        sql.Column("read_at", sql.Float, nullable=False),
    )
    op.create_index("catalogue_items_by_id", "catalogue_items", ["account", "item_id"])
