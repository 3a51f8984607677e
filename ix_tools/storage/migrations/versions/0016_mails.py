"""E-mails to approvers: each one is a row until it is sent, and for some time after."""

import sqlalchemy as sql
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """A table."""
    op.create_table(
        "mails",
        sql.Column("id", sql.String(80), primary_key=True),
        sql.Column("kind", sql.String(16), nullable=False),
        sql.Column("approval", sql.String(16), nullable=False),
        sql.Column("person", sql.String(200), nullable=False),
        sql.Column("address", sql.String(254), nullable=False),
        sql.Column("language", sql.String(2), nullable=False),
        sql.Column("state", sql.String(16), nullable=False),
        sql.Column("due_at", sql.Float, nullable=False),
        sql.Column("give_up_at", sql.Float, nullable=False),
        sql.Column("attempts", sql.Integer, nullable=False),
        sql.Column("lease_until", sql.Float, nullable=False),
        sql.Column("problem", sql.String(200), nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("finished_at", sql.Float),
    )
    op.create_index("mails_by_state", "mails", ["state", "due_at"])
