"""What each intent is about, to find what was sent with a document."""

import sqlalchemy as sql
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """A column with its index."""
    op.add_column("intents", sql.Column("subject", sql.String(200), nullable=False, server_default=""))
    op.create_index("intents_by_subject", "intents", ["account", "subject"])
