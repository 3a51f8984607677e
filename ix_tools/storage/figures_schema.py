"""The tables of the overview: figures of documents, their sums by month, and when each part was read at InvoiceXpress."""

import sqlalchemy as sql

from ix_tools.storage.tables import metadata

IS_OPEN = "open > 0"
IS_DRAFT = "state = 'draft'"

document_figures = sql.Table(
    "document_figures",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("document_type", sql.String(40), primary_key=True),
    sql.Column("document_id", sql.BigInteger, primary_key=True),
    sql.Column("number", sql.String(100), nullable=False),  # empty for a draft
    sql.Column("state", sql.String(20), nullable=False),
    sql.Column("date", sql.String(10), nullable=False),  # empty if it has none
    sql.Column("due_date", sql.String(10), nullable=False),
    sql.Column("currency", sql.String(60), nullable=False),
    sql.Column("net", sql.BigInteger, nullable=False),  # cents; of a credit note negative
    sql.Column("vat", sql.BigInteger, nullable=False),
    sql.Column("total", sql.BigInteger, nullable=False),
    sql.Column("open", sql.BigInteger, nullable=False),  # what the client still has to pay
    sql.Column("parts", sql.JSON, nullable=False),  # region, tax, rate, exemption, net and VAT in cents
    sql.Column("read_at", sql.Float, nullable=False),  # when it was read in a list, by the store's clock
    sql.Column("changed_at", sql.Float, nullable=False),  # when a call last changed it; 0 if none did
    sql.Index("document_figures_by_date", "account", "date", "document_id"),
    sql.Index(
        "document_figures_open",
        "account",
        "due_date",
        "document_id",
        "currency",
        "open",
        sqlite_where=sql.text(IS_OPEN),
        postgresql_where=sql.text(IS_OPEN),
    ),
    sql.Index(
        "document_figures_drafts",
        "account",
        "state",
        "document_id",
        sqlite_where=sql.text(IS_DRAFT),
        postgresql_where=sql.text(IS_DRAFT),
    ),
)

month_figures = sql.Table(
    "month_figures",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("month", sql.String(7), primary_key=True),  # of the documents' dates, as 2026-11
    sql.Column("currency", sql.String(60), primary_key=True),
    sql.Column(
        "part", sql.String(200), primary_key=True
    ),  # region|tax|rate|exemption; empty: whole documents
    sql.Column("documents", sql.Integer, nullable=False),
    sql.Column("net", sql.BigInteger, nullable=False),
    sql.Column("vat", sql.BigInteger, nullable=False),
    sql.Column("total", sql.BigInteger, nullable=False),
)
"""Sums of document_figures, changed with them, so that a page costs the same however many documents there are."""

figure_readings = sql.Table(
    "figure_readings",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("part", sql.String(20), primary_key=True),  # a month, open, drafts, month_end
    sql.Column("read_at", sql.Float, nullable=False),  # when its last complete reading began; 0 before
    sql.Column("due_at", sql.Float, nullable=False),  # when it is read again
    sql.Column("lease_until", sql.Float, nullable=False),  # of the process that reads it
    sql.Column("problem", sql.String(100), nullable=False),  # code of why the last attempt failed
    sql.Column("content", sql.JSON, nullable=False),  # of month_end: period, ready, findings without rows
)
