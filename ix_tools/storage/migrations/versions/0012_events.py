"""Events: what happened to approvals, calls and documents, and how far each reader is."""

import sqlalchemy as sql
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "events",
        sql.Column("position", sql.BigInteger, primary_key=True, autoincrement=False),
        sql.Column("id", sql.String(32), nullable=False, unique=True),
        sql.Column("sequence", sql.BigInteger, nullable=False),
        sql.Column("type", sql.String(40), nullable=False),
        sql.Column("subject", sql.String(200), nullable=False),
        sql.Column("account", sql.String(300), nullable=False),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("operation", sql.String(64), nullable=False),
        sql.Column("at", sql.Float, nullable=False),
        sql.Column("data", sql.JSON, nullable=False),
        sql.UniqueConstraint("subject", "sequence", name="one_event_per_number"),
    )
    op.create_index("events_by_age", "events", ["at"])
    op.create_table(
        "event_counters",
        sql.Column("name", sql.String(200), primary_key=True),
        sql.Column("last", sql.BigInteger, nullable=False),
    )
    op.create_table(
        "event_readers",
        sql.Column("name", sql.String(200), primary_key=True),
        sql.Column("position", sql.BigInteger, nullable=False),
        sql.Column("seen_at", sql.Float, nullable=False),
    )
