"""A webhook may be registered for one approval alone, and then ends with it."""

import sqlalchemy as sql
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """A column of webhook_endpoints."""
    op.add_column(
        "webhook_endpoints", sql.Column("approval", sql.String(16), nullable=False, server_default="")
    )
