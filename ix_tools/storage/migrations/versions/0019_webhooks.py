"""Webhooks: registered addresses, and each event's delivery to them."""

import sqlalchemy as sql
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "webhook_endpoints",
        sql.Column("id", sql.String(32), primary_key=True),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("account", sql.String(300), nullable=False),
        sql.Column("url", sql.Text, nullable=False),
        sql.Column("events", sql.JSON, nullable=False),
        sql.Column("all_callers", sql.Boolean, nullable=False),
        sql.Column("secret", sql.String(100), nullable=False),
        sql.Column("old_secret", sql.String(100), nullable=False),
        sql.Column("old_until", sql.Float, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("disabled_at", sql.Float),
        sql.Column("disabled_why", sql.String(200), nullable=False),
    )
    op.create_table(
        "webhook_deliveries",
        sql.Column("id", sql.String(32), primary_key=True),
        sql.Column("endpoint", sql.String(32), nullable=False),
        sql.Column("event", sql.String(32), nullable=False),
        sql.Column("type", sql.String(40), nullable=False),
        sql.Column("position", sql.BigInteger, nullable=False),
        sql.Column("body", sql.Text, nullable=False),
        sql.Column("state", sql.String(16), nullable=False),
        sql.Column("attempts", sql.Integer, nullable=False),
        sql.Column("due_at", sql.Float, nullable=False),
        sql.Column("lease_until", sql.Float, nullable=False),
        sql.Column("status", sql.Integer, nullable=False),
        sql.Column("problem", sql.String(100), nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("finished_at", sql.Float),
    )
    columns = ["endpoint", "state", "position"]
    op.create_index("webhook_deliveries_by_endpoint", "webhook_deliveries", columns)
    op.create_index("webhook_deliveries_by_state", "webhook_deliveries", ["state", "due_at"])
