"""When an intent's request was off the wire, what it left, and intents by content."""

import sqlalchemy as sql
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Two columns and an index."""
    op.add_column("intents", sql.Column("ended_at", sql.Float))
    op.add_column("intents", sql.Column("made", sql.String(200), nullable=False, server_default=""))
    op.create_index("intents_by_content", "intents", ["account", "content"])
