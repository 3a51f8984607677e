"""Batches: the documents of a file, and approvals of many documents with the total that a person types."""

import sqlalchemy as sql
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Two tables, and two columns of approvals."""
    op.add_column("approvals", sql.Column("parts", sql.Text))
    op.add_column("approvals", sql.Column("choice", sql.Text))
    op.create_table(
        "batches",
        sql.Column("id", sql.String(16), primary_key=True),
        sql.Column("account", sql.String(300), nullable=False),
        sql.Column("account_label", sql.String(100), nullable=False),
        sql.Column("principal", sql.String(200), nullable=False),
        sql.Column("credential", sql.String(100), nullable=False),
        sql.Column("scopes", sql.JSON, nullable=False),
        sql.Column("face", sql.String(20), nullable=False),
        sql.Column("name", sql.String(200), nullable=False),
        sql.Column("digest", sql.String(64), nullable=False),
        sql.Column("headings", sql.Text, nullable=False),
        sql.Column("purpose", sql.String(16), nullable=False),
        sql.Column("state", sql.String(16), nullable=False),
        sql.Column("reason", sql.Text),
        sql.Column("round", sql.Integer, nullable=False),
        sql.Column("approval", sql.String(16), nullable=False),
        sql.Column("valid_until", sql.Float, nullable=False),
        sql.Column("owner", sql.String(200), nullable=False),
        sql.Column("lease_until", sql.Float, nullable=False),
        sql.Column("retry_at", sql.Float, nullable=False),
        sql.Column("attempts", sql.Integer, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("finished_at", sql.Float),
        sql.UniqueConstraint("account", "digest", name="one_batch_per_file"),
    )
    op.create_index("batches_by_state", "batches", ["state", "created_at"])
    op.create_table(
        "batch_rows",
        sql.Column("batch", sql.String(16), primary_key=True),
        sql.Column("place", sql.Integer, primary_key=True),
        sql.Column("row", sql.Integer, nullable=False),
        sql.Column("key", sql.String(128), nullable=False),
        sql.Column("cells", sql.Text, nullable=False),
        sql.Column("content", sql.String(12), nullable=False),
        sql.Column("arguments", sql.Text, nullable=False),
        sql.Column("lane", sql.String(200), nullable=False),
        sql.Column("flags", sql.JSON, nullable=False),
        sql.Column("state", sql.String(16), nullable=False),
        sql.Column("document_type", sql.String(40), nullable=False),
        sql.Column("document", sql.BigInteger),
        sql.Column("number", sql.String(100), nullable=False),
        sql.Column("total", sql.String(40), nullable=False),
        sql.Column("problem", sql.Text),
        sql.Column("bindings", sql.JSON, nullable=False),
    )
