"""Pages of approvals: what they show, the links that lead to them, and the PINs that guard them."""

import sqlalchemy as sql
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Four columns and two tables."""
    op.add_column("approvals", sql.Column("sheet", sql.Text, nullable=False, server_default=""))
    op.add_column("approvals", sql.Column("face", sql.String(20), nullable=False, server_default=""))
    op.add_column("approvals", sql.Column("host", sql.String(200), nullable=False, server_default=""))
    op.add_column("approvals", sql.Column("page", sql.String(300), nullable=False, server_default=""))
    op.create_table(
        "links",
        sql.Column("hash", sql.String(64), primary_key=True),
        sql.Column("approval", sql.String(16), nullable=False),
        sql.Column("way", sql.String(20), nullable=False),
        sql.Column("person", sql.String(200), nullable=False),
        sql.Column("expires_at", sql.Float, nullable=False),
    )
    op.create_table(
        "pins",
        sql.Column("principal", sql.String(200), primary_key=True),
        sql.Column("salt", sql.String(64), nullable=False),
        sql.Column("hash", sql.String(64), nullable=False),
        sql.Column("failures", sql.Integer, nullable=False),
    )
