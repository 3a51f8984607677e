"""What came of an approval, which texts are to be forgotten, and whose accounts they are."""

import sqlalchemy as sql
from alembic import op

revision = "0009"
down_revision = "0008"
UNUSED_WITH_TEXT = "state <> 'used' AND summary <> ''"


def upgrade() -> None:
    """A column, four indexes and a table."""
    op.add_column("approvals", sql.Column("covered_by", sql.String(16)))
    op.create_index("approvals_that_wait", "approvals", ["principal", "state", "expires_at"])
    op.create_index("approvals_covered", "approvals", ["covered_by"])
    op.create_index(
        "approvals_to_forget",
        "approvals",
        ["expires_at"],
        sqlite_where=sql.text(UNUSED_WITH_TEXT),
        postgresql_where=sql.text(UNUSED_WITH_TEXT),
    )
    op.create_index("intents_by_approval", "intents", ["approval"])
    op.create_table(
        "companies",
        sql.Column("account", sql.String(300), primary_key=True),
        sql.Column("source", sql.String(40), primary_key=True),
        sql.Column("name", sql.String(300), nullable=False),
        sql.Column("nif", sql.String(40), nullable=False),
        sql.Column("seen_at", sql.Float, nullable=False),
    )
