"""The overview: figures of documents, sums by month, and when each part was read."""

import sqlalchemy as sql
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Three tables, which the first reading fills."""
    op.create_table(
        "document_figures",
        sql.Column("account", sql.String(300), primary_key=True),
        sql.Column("document_type", sql.String(40), primary_key=True),
        sql.Column("document_id", sql.BigInteger, primary_key=True),
        sql.Column("number", sql.String(100), nullable=False),
        sql.Column("state", sql.String(20), nullable=False),
        sql.Column("date", sql.String(10), nullable=False),
        sql.Column("due_date", sql.String(10), nullable=False),
        sql.Column("currency", sql.String(60), nullable=False),
        sql.Column("net", sql.BigInteger, nullable=False),
        sql.Column("vat", sql.BigInteger, nullable=False),
        sql.Column("total", sql.BigInteger, nullable=False),
        sql.Column("open", sql.BigInteger, nullable=False),
        sql.Column("parts", sql.JSON, nullable=False),
        sql.Column("read_at", sql.Float, nullable=False),
        sql.Column("changed_at", sql.Float, nullable=False),
    )
    op.create_index("document_figures_by_date", "document_figures", ["account", "date", "document_id"])
    for name, columns, which in (
        (
            "document_figures_open",
            ["account", "due_date", "document_id", "currency", "open"],
            sql.text("open > 0"),
        ),
        ("document_figures_drafts", ["account", "state", "document_id"], sql.text("state = 'draft'")),
    ):
        op.create_index(name, "document_figures", columns, sqlite_where=which, postgresql_where=which)
    op.create_table(
        "month_figures",
        sql.Column("account", sql.String(300), primary_key=True),
        sql.Column("month", sql.String(7), primary_key=True),
        sql.Column("currency", sql.String(60), primary_key=True),
        sql.Column("part", sql.String(200), primary_key=True),
        sql.Column("documents", sql.Integer, nullable=False),
        sql.Column("net", sql.BigInteger, nullable=False),
        sql.Column("vat", sql.BigInteger, nullable=False),
        sql.Column("total", sql.BigInteger, nullable=False),
    )
    op.create_table(
        "figure_readings",
        sql.Column("account", sql.String(300), primary_key=True),
        sql.Column("part", sql.String(20), primary_key=True),
        sql.Column("read_at", sql.Float, nullable=False),
        sql.Column("due_at", sql.Float, nullable=False),
        sql.Column("lease_until", sql.Float, nullable=False),
        sql.Column("problem", sql.String(100), nullable=False),
        sql.Column("content", sql.JSON, nullable=False),
    )
