"""Claims: who may write which document, client, series or item right now."""

import sqlalchemy as sql
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """A table."""
    op.create_table(
        "claims",
        sql.Column("account", sql.String(300), primary_key=True),
        sql.Column("resource", sql.String(200), primary_key=True),
        sql.Column("holder", sql.String(32), primary_key=True),
        sql.Column("exclusive", sql.Boolean, nullable=False),
        sql.Column("state", sql.String(10), nullable=False),
        sql.Column("intent", sql.String(32)),
        sql.Column("operation", sql.String(64), nullable=False),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("owner", sql.String(200), nullable=False),
        sql.Column("since", sql.Float, nullable=False),
        sql.Column("until", sql.Float, nullable=False),
    )
    op.create_index("claims_by_holder", "claims", ["holder"])
    op.create_index("claims_by_intent", "claims", ["intent"])
