"""People who sign in with passkeys, and what their inbox and a signed approval need to know of an approval."""

import sqlalchemy as sql
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Five tables, five columns of approvals, and indexes for the inbox."""
    op.add_column("approvals", sql.Column("decided_by", sql.String(200), nullable=False, server_default=""))
    op.add_column("approvals", sql.Column("subject", sql.String(200), nullable=False, server_default=""))
    op.add_column("approvals", sql.Column("amount", sql.BigInteger))
    op.add_column("approvals", sql.Column("shown", sql.String(64), nullable=False, server_default=""))
    op.add_column("approvals", sql.Column("document", sql.String(64), nullable=False, server_default=""))
    op.create_index("approvals_by_age", "approvals", ["created_at", "id"])
    op.create_index("approvals_of_an_account", "approvals", ["account", "created_at", "id"])
    op.create_index("approvals_of_a_document", "approvals", ["subject"])
    op.create_index("audit_of_an_approval", "audit", ["approval", "event"])
    op.create_index("audit_of_a_document", "audit", ["subject"])
    op.create_index("audit_by_event", "audit", ["event", "seq"])
    op.create_table(
        "people",
        sql.Column("name", sql.String(100), primary_key=True),
        sql.Column("handle", sql.String(64), nullable=False, unique=True),
        sql.Column("role", sql.String(10), nullable=False),
        sql.Column("accounts", sql.JSON, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("created_by", sql.String(200), nullable=False),
        sql.Column("ended_at", sql.Float),
    )
    op.create_table(
        "invitations",
        sql.Column("hash", sql.String(64), primary_key=True),
        sql.Column("person", sql.String(100), nullable=False),
        sql.Column("invited_by", sql.String(200), nullable=False),
        sql.Column("expires_at", sql.Float, nullable=False),
        sql.Column("used_at", sql.Float),
    )
    op.create_index("invitations_by_end", "invitations", ["expires_at"])
    op.create_table(
        "passkeys",
        sql.Column("id", sql.String(8), primary_key=True),
        sql.Column("person", sql.String(100), nullable=False),
        sql.Column("credential_hash", sql.String(64), nullable=False, unique=True),
        sql.Column("credential", sql.Text, nullable=False),
        sql.Column("invited_by", sql.String(200), nullable=False),
        sql.Column("synced", sql.Boolean, nullable=False),
        sql.Column("created_at", sql.Float, nullable=False),
        sql.Column("confirmed_at", sql.Float),
        sql.Column("confirmed_by", sql.String(200), nullable=False),
        sql.Column("used_at", sql.Float),
        sql.Column("revoked_at", sql.Float),
        sql.Column("revoked_by", sql.String(200), nullable=False),
    )
    op.create_index("passkeys_of_a_person", "passkeys", ["person"])
    op.create_table(
        "sessions",
        sql.Column("hash", sql.String(64), primary_key=True),
        sql.Column("person", sql.String(100), nullable=False),
        sql.Column("passkey", sql.String(8), nullable=False),
        sql.Column("started_at", sql.Float, nullable=False),
        sql.Column("used_at", sql.Float, nullable=False),
        sql.Column("ended_at", sql.Float),
    )
    op.create_index("sessions_of_a_person", "sessions", ["person"])
    op.create_index("sessions_by_start", "sessions", ["started_at"])
    op.create_table(
        "sign_ins",
        sql.Column("hash", sql.String(64), primary_key=True),
        sql.Column("purpose", sql.String(20), nullable=False),
        sql.Column("challenge", sql.String(64), nullable=False),
        sql.Column("person", sql.String(100), nullable=False),
        sql.Column("expires_at", sql.Float, nullable=False),
    )
    op.create_index("sign_ins_by_end", "sign_ins", ["expires_at"])
