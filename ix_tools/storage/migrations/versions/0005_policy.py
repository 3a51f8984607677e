"""On what terms an approval was asked for, who said yes, and what rules let through without a person."""

import sqlalchemy as sql
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """A column and two tables."""
    op.add_column("approvals", sql.Column("terms", sql.Text))
    op.create_table(
        "decisions",
        sql.Column("approval", sql.String(16), primary_key=True),
        sql.Column("person", sql.String(200), primary_key=True),
        sql.Column("identity", sql.String(200), nullable=False),
        sql.Column("channel", sql.String(16), nullable=False),
        sql.Column("decided_at", sql.Float, nullable=False),
    )
    op.create_table(
        "spent",
        sql.Column("approval", sql.String(16), primary_key=True),
        sql.Column("rule", sql.String(60), primary_key=True),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("account", sql.String(300), nullable=False),
        sql.Column("day", sql.String(10), nullable=False),
        sql.Column("cents", sql.BigInteger, nullable=False),
        sql.Column("at", sql.Float, nullable=False),
    )
    op.create_index("spent_of_a_day", "spent", ["principal", "day", "rule"])
