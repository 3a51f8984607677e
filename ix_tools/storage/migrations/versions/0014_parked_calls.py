"""Parked calls: what a person decides on is carried out without the caller, who may be gone by then."""

import sqlalchemy as sql
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """A table, and an index of approvals by their end."""
    op.create_table(
        "parked_calls",
        sql.Column("id", sql.String(16), primary_key=True),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("account", sql.String(300), nullable=False),
        sql.Column("account_label", sql.String(100), nullable=False),
        sql.Column("operation", sql.String(64), nullable=False),
        sql.Column("content", sql.String(64), nullable=False),
        sql.Column("key", sql.String(64), nullable=False),
        sql.Column("arguments", sql.Text, nullable=False),
        sql.Column("day", sql.String(10), nullable=False),
        sql.Column("shown", sql.Text, nullable=False),
        sql.Column("lane", sql.String(200), nullable=False),
        sql.Column("face", sql.String(20), nullable=False),
        sql.Column("host", sql.String(200), nullable=False),
        sql.Column("credential", sql.String(100), nullable=False),
        sql.Column("scopes", sql.JSON, nullable=False),
        sql.Column("answer_to", sql.Text, nullable=False),
        sql.Column("state", sql.String(16), nullable=False),
        sql.Column("owner", sql.String(200), nullable=False),
        sql.Column("holder", sql.String(32), nullable=False),
        sql.Column("attempts", sql.Integer, nullable=False),
        sql.Column("retry_at", sql.Float, nullable=False),
        sql.Column("lease_until", sql.Float, nullable=False),
        sql.Column("result", sql.JSON),
        sql.Column("follow_up", sql.String(16), nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("finished_at", sql.Float),
    )
    op.create_index("parked_calls_by_state", "parked_calls", ["state", "created_at"])
    op.create_index("parked_calls_by_content", "parked_calls", ["account", "principal", "content"])
    op.create_index("approvals_by_end", "approvals", ["state", "expires_at"])
