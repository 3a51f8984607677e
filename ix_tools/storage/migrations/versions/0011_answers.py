"""When a question was handed to whoever asks the person, and whether a person's no was reported."""

import sqlalchemy as sql
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Three columns."""
    op.add_column("approvals", sql.Column("asked_at", sql.Float))
    op.add_column("approvals", sql.Column("reported_at", sql.Float))
    op.add_column("links", sql.Column("made_at", sql.Float))
