"""Approvals, differences, intents, the audit trail and the rates."""

import sqlalchemy as sql
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables; spelled out, because a migration never changes when the code does."""
    op.create_table(
        "approvals",
        sql.Column("id", sql.String(16), primary_key=True),
        sql.Column("handle", sql.String(64), unique=True),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("account", sql.String(300), nullable=False),
        sql.Column("operation", sql.String(64), nullable=False),
        sql.Column("arguments", sql.String(64), nullable=False),
        sql.Column("snapshot", sql.String(64), nullable=False),
        sql.Column("channel", sql.String(16), nullable=False),
        sql.Column("state", sql.String(16), nullable=False),
        sql.Column("text", sql.Text, nullable=False),
        sql.Column("summary", sql.Text, nullable=False),
        sql.Column("differs", sql.Boolean, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("expires_at", sql.Float, nullable=False),
        sql.Column("decided_at", sql.Float),
        sql.Column("reason", sql.Text),
    )
    op.create_index("approvals_by_binding", "approvals", ["principal", "account", "operation", "arguments"])
    op.create_table(
        "differences",
        sql.Column("account", sql.String(300), primary_key=True),
        sql.Column("document_type", sql.String(40), primary_key=True),
        sql.Column("document_id", sql.BigInteger, primary_key=True),
        sql.Column("found", sql.JSON, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
    )
    op.create_table(
        "intents",
        sql.Column("id", sql.String(32), primary_key=True),
        sql.Column("account", sql.String(300), nullable=False),
        sql.Column("key", sql.String(200), nullable=False),
        sql.Column("content", sql.String(64), nullable=False),
        sql.Column("operation", sql.String(64), nullable=False),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("face", sql.String(20), nullable=False),
        sql.Column("approval", sql.String(16)),
        sql.Column("state", sql.String(16), nullable=False),
        sql.Column("trace", sql.JSON, nullable=False),
        sql.Column("outcome", sql.JSON),
        sql.Column("owner", sql.String(200), nullable=False),
        sql.Column("attempts", sql.Integer, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("lease_until", sql.Float, nullable=False),
        sql.Column("finished_at", sql.Float),
        sql.UniqueConstraint("account", "key", name="one_intent_per_key"),
    )
    op.create_index("intents_by_state", "intents", ["account", "state"])
    op.create_table(
        "audit",
        sql.Column("seq", sql.BigInteger, primary_key=True, autoincrement=False),
        sql.Column("at", sql.String(40), nullable=False),
        sql.Column("event", sql.String(40), nullable=False),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("face", sql.String(20), nullable=False),
        sql.Column("account", sql.String(300), nullable=False),
        sql.Column("operation", sql.String(64), nullable=False),
        sql.Column("subject", sql.String(200), nullable=False),
        sql.Column("intent", sql.String(32), nullable=False),
        sql.Column("approval", sql.String(16), nullable=False),
        sql.Column("content", sql.String(64), nullable=False),
        sql.Column("outcome", sql.Text, nullable=False),
        sql.Column("previous", sql.String(64), nullable=False),
        sql.Column("hash", sql.String(64), nullable=False),
    )
    op.create_table(
        "rates",
        sql.Column("account", sql.String(300), primary_key=True),
        sql.Column("next_at", sql.Float, nullable=False),
        sql.Column("closed_until", sql.Float, nullable=False),
        sql.Column("failures", sql.Integer, nullable=False),
    )
