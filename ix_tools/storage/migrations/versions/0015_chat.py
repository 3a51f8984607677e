"""Cards and questions in chats, so that a restart between question and answer loses neither."""

import sqlalchemy as sql
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "chat_cards",
        sql.Column("approval", sql.String(16), primary_key=True),
        sql.Column("platform", sql.String(20), primary_key=True),
        sql.Column("room", sql.String(100), nullable=False),
        sql.Column("message", sql.String(100), nullable=False),
        sql.Column("asker", sql.String(100), nullable=False),
        sql.Column("asker_room", sql.String(100), nullable=False),
        sql.Column("language", sql.String(2), nullable=False),
        sql.Column("afterwards", sql.Text, nullable=False),
        sql.Column("shown", sql.String(40), nullable=False),
        sql.Column("told", sql.String(40), nullable=False),
        sql.Column("claimed_at", sql.Float, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
    )
    op.create_index("chat_cards_by_age", "chat_cards", ["created_at"])
    op.create_table(
        "chat_questions",
        sql.Column("id", sql.String(16), primary_key=True),
        sql.Column("asker", sql.String(100), nullable=False),
        sql.Column("key", sql.String(100), nullable=False),
        sql.Column("sentences", sql.JSON, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
    )
    op.create_index("chat_questions_by_age", "chat_questions", ["created_at"])
