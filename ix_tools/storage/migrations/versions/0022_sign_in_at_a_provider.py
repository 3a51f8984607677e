"""Sign-in at an OpenID provider: whom it means, and the provider's own session."""

import sqlalchemy as sql
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Two columns of sessions."""
    op.add_column("sessions", sql.Column("identity", sql.Text, nullable=False, server_default=""))
    op.add_column(
        "sessions", sql.Column("provider_session", sql.String(64), nullable=False, server_default="")
    )
