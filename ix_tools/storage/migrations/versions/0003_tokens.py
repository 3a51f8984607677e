"""Bearer tokens of the HTTP server."""

import sqlalchemy as sql
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "tokens",
        sql.Column("id", sql.String(8), primary_key=True),
        sql.Column("name", sql.String(100), nullable=False),
        sql.Column("digest", sql.String(64), nullable=False, unique=True),
        sql.Column("scopes", sql.JSON, nullable=False),
        sql.Column("accounts", sql.JSON, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("expires_at", sql.Float, nullable=False),
        sql.Column("used_at", sql.Float),
        sql.Column("revoked_at", sql.Float),
    )
