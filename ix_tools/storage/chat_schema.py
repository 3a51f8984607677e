"""The tables of chats: posted cards, and questions with buttons."""

import sqlalchemy as sql

from ix_tools.storage.tables import metadata

chat_cards = sql.Table(
    "chat_cards",
    metadata,
    sql.Column("approval", sql.String(16), primary_key=True),
    sql.Column("platform", sql.String(20), primary_key=True),  # slack, telegram
    sql.Column("room", sql.String(100), nullable=False),  # the conversation with the card
    sql.Column("message", sql.String(100), nullable=False),  # the card's id there; empty until it is posted
    sql.Column("asker", sql.String(100), nullable=False),  # slack:T1.U1
    sql.Column("asker_room", sql.String(100), nullable=False),  # where the asker is told
    sql.Column("language", sql.String(2), nullable=False),  # the asker's
    sql.Column("afterwards", sql.Text, nullable=False),  # sentences to offer after a rejection, one in a line
    sql.Column("shown", sql.String(40), nullable=False),  # the state that the card shows
    sql.Column("told", sql.String(40), nullable=False),  # the end that the asker was told of
    sql.Column("claimed_at", sql.Float, nullable=False),  # when a process began to post it
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Index("chat_cards_by_age", "created_at"),
)

chat_questions = sql.Table(
    "chat_questions",
    metadata,
    sql.Column("id", sql.String(16), primary_key=True),
    sql.Column("asker", sql.String(100), nullable=False),  # slack:T1.U1, the only one who may answer
    sql.Column("key", sql.String(100), nullable=False),  # the idempotency key of the command
    sql.Column("sentences", sql.JSON, nullable=False),  # one for each button
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Index("chat_questions_by_age", "created_at"),
)
