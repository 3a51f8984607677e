"""When a pause of an account began, so that a clock that is set back does not make it longer."""

import sqlalchemy as sql
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A column."""
    op.add_column("rates", sql.Column("closed_at", sql.Float, nullable=False, server_default="0"))
