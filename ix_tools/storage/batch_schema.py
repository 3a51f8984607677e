"""The tables of batches and their documents."""

import sqlalchemy as sql

from ix_tools.storage.tables import metadata

batches = sql.Table(
    "batches",
    metadata,
    sql.Column("id", sql.String(16), primary_key=True),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("account_label", sql.String(100), nullable=False),  # the account's name in the settings
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("credential", sql.String(100), nullable=False),  # what the asker signed in with
    sql.Column("scopes", sql.JSON, nullable=False),  # the asker's, then
    sql.Column("face", sql.String(20), nullable=False),
    sql.Column("name", sql.String(200), nullable=False),  # of the file
    sql.Column("digest", sql.String(64), nullable=False),  # SHA-256 of the file
    sql.Column("headings", sql.Text, nullable=False),  # JSON: format, separator and headings of the file
    sql.Column("purpose", sql.String(16), nullable=False),  # issue, or delete its drafts
    sql.Column("state", sql.String(16), nullable=False),
    sql.Column("reason", sql.Text),  # JSON: the error with which it stopped
    sql.Column("round", sql.Integer, nullable=False),  # how often a person was asked
    sql.Column("approval", sql.String(16), nullable=False),  # the approval of this round; empty before
    sql.Column("valid_until", sql.Float, nullable=False),  # until when a yes counts for what is left
    sql.Column("owner", sql.String(200), nullable=False),  # host, pid and nonce of the process in charge
    sql.Column("lease_until", sql.Float, nullable=False),
    sql.Column("retry_at", sql.Float, nullable=False),  # not before
    sql.Column("attempts", sql.Integer, nullable=False),
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("finished_at", sql.Float),
    sql.UniqueConstraint("account", "digest", name="one_batch_per_file"),
    sql.Index("batches_by_state", "state", "created_at"),
)

batch_rows = sql.Table(
    "batch_rows",
    metadata,
    sql.Column("batch", sql.String(16), primary_key=True),
    sql.Column("place", sql.Integer, primary_key=True),  # among the documents, from 1
    sql.Column("row", sql.Integer, nullable=False),  # the first row of the file that it has
    sql.Column("key", sql.String(128), nullable=False),  # idempotency key of its draft
    sql.Column("cells", sql.Text, nullable=False),  # JSON: the file's cells; deleted some time after the end
    sql.Column("content", sql.String(12), nullable=False),  # digest of the cells
    sql.Column("arguments", sql.Text, nullable=False),  # JSON; empty once the batch has ended
    sql.Column("lane", sql.String(200), nullable=False),  # documents of one lane are issued one after another
    sql.Column("flags", sql.JSON, nullable=False),
    sql.Column("state", sql.String(16), nullable=False),
    sql.Column("document_type", sql.String(40), nullable=False),
    sql.Column("document", sql.BigInteger),
    sql.Column("number", sql.String(100), nullable=False),
    sql.Column("total", sql.String(40), nullable=False),
    sql.Column("problem", sql.Text),  # JSON: the error of this document
    sql.Column("bindings", sql.JSON, nullable=False),  # digests that the approval covers
)
