"""Who set a PIN, and how often it was guessed wrong."""

import sqlalchemy as sql
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Four columns and a table; of a PIN that was there already nobody knows who set it."""
    op.add_column("pins", sql.Column("set_by", sql.String(200), nullable=False, server_default=""))
    op.add_column("pins", sql.Column("set_at", sql.Float, nullable=False, server_default="0"))
    op.add_column("pins", sql.Column("locked_until", sql.Float, nullable=False, server_default="0"))
    op.add_column("decisions", sql.Column("pin_set_by", sql.String(200)))
    op.create_table(
        "pin_guesses",
        sql.Column("id", sql.String(32), primary_key=True),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("at", sql.Float, nullable=False),
    )
    op.create_index("pin_guesses_of_a_year", "pin_guesses", ["principal", "at"])
