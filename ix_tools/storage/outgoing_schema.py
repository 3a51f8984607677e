"""The tables of what leaves for people and programs: e-mails to approvers, and webhooks."""

import sqlalchemy as sql

from ix_tools.storage.tables import metadata

mails = sql.Table(
    "mails",
    metadata,
    sql.Column("id", sql.String(80), primary_key=True),  # the local part of its Message-ID
    sql.Column("kind", sql.String(16), nullable=False),  # as in MailKind
    sql.Column("approval", sql.String(16), nullable=False),  # or the passkey
    sql.Column("person", sql.String(200), nullable=False),  # as the settings name them; empty without a name
    sql.Column("address", sql.String(254), nullable=False),
    sql.Column("language", sql.String(2), nullable=False),
    sql.Column("state", sql.String(16), nullable=False),  # waiting, sending, sent, skipped, failed
    sql.Column("due_at", sql.Float, nullable=False),  # not before, by the store's clock
    sql.Column("give_up_at", sql.Float, nullable=False),
    sql.Column("attempts", sql.Integer, nullable=False),
    sql.Column("lease_until", sql.Float, nullable=False),  # of the process that sends it
    sql.Column("problem", sql.String(200), nullable=False),  # of the last attempt
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("finished_at", sql.Float),
    sql.Index("mails_by_state", "state", "due_at"),
)

webhook_endpoints = sql.Table(
    "webhook_endpoints",
    metadata,
    sql.Column("id", sql.String(32), primary_key=True),
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("url", sql.Text, nullable=False),
    sql.Column("events", sql.JSON, nullable=False),  # types; empty for all
    sql.Column("all_callers", sql.Boolean, nullable=False),
    sql.Column("secret", sql.String(100), nullable=False),  # signs, so it is kept as it is
    sql.Column("old_secret", sql.String(100), nullable=False),  # signs beside it after a rotation
    sql.Column("old_until", sql.Float, nullable=False),
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("disabled_at", sql.Float),
    sql.Column("disabled_why", sql.String(200), nullable=False),
    sql.Column("approval", sql.String(16), nullable=False, server_default=""),  # the only one it is about
)

webhook_deliveries = sql.Table(
    "webhook_deliveries",
    metadata,
    sql.Column("id", sql.String(32), primary_key=True),
    sql.Column("endpoint", sql.String(32), nullable=False),
    sql.Column("event", sql.String(32), nullable=False),
    sql.Column("type", sql.String(40), nullable=False),
    sql.Column("position", sql.BigInteger, nullable=False),  # of the event
    sql.Column("body", sql.Text, nullable=False),  # JSON, as it is signed
    sql.Column("state", sql.String(16), nullable=False),  # waiting, sending, delivered, failed
    sql.Column("attempts", sql.Integer, nullable=False),
    sql.Column("due_at", sql.Float, nullable=False),
    sql.Column("lease_until", sql.Float, nullable=False),
    sql.Column("status", sql.Integer, nullable=False),  # of the last answer; 0 without one
    sql.Column("problem", sql.String(100), nullable=False),
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("finished_at", sql.Float),
    sql.Index("webhook_deliveries_by_endpoint", "endpoint", "state", "position"),
    sql.Index("webhook_deliveries_by_state", "state", "due_at"),
)
