"""The tables of people who sign in: invitations, passkeys, sessions."""

import sqlalchemy as sql

from ix_tools.storage.tables import metadata

people = sql.Table(
    "people",
    metadata,
    sql.Column("name", sql.String(100), primary_key=True),  # as the policy and the audit trail name them
    sql.Column("handle", sql.String(64), nullable=False, unique=True),  # random; authenticators keep it
    sql.Column("role", sql.String(10), nullable=False),  # admin, approver, reader
    sql.Column("accounts", sql.JSON, nullable=False),  # names in the settings; empty for every account
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("created_by", sql.String(200), nullable=False),  # an identity such as terminal:ana
    sql.Column("ended_at", sql.Float),
)

invitations = sql.Table(
    "invitations",
    metadata,
    sql.Column("hash", sql.String(64), primary_key=True),  # SHA-256 of the secret in the link
    sql.Column("person", sql.String(100), nullable=False),
    sql.Column("invited_by", sql.String(200), nullable=False),
    sql.Column("expires_at", sql.Float, nullable=False),
    sql.Column("used_at", sql.Float),
    sql.Index("invitations_by_end", "expires_at"),
)

passkeys = sql.Table(
    "passkeys",
    metadata,
    sql.Column("id", sql.String(8), primary_key=True),
    sql.Column("person", sql.String(100), nullable=False),
    sql.Column(
        "credential_hash", sql.String(64), nullable=False, unique=True
    ),  # SHA-256 of the credential id
    sql.Column("credential", sql.Text, nullable=False),  # attested credential data in base64url
    sql.Column("invited_by", sql.String(200), nullable=False),  # counts as the person until confirmed
    sql.Column("synced", sql.Boolean, nullable=False),  # the authenticator may copy it to other devices
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("confirmed_at", sql.Float),
    sql.Column("confirmed_by", sql.String(200), nullable=False),
    sql.Column("used_at", sql.Float),
    sql.Column("revoked_at", sql.Float),
    sql.Column("revoked_by", sql.String(200), nullable=False),
    sql.Index("passkeys_of_a_person", "person"),
)

sessions = sql.Table(
    "sessions",
    metadata,
    sql.Column("hash", sql.String(64), primary_key=True),  # SHA-256 of the cookie
    sql.Column("person", sql.String(100), nullable=False),
    sql.Column("passkey", sql.String(8), nullable=False),  # empty for a sign-in at a provider
    # Who it is at the provider (oidc:ISSUER#SUB), and SHA-256 of the provider's own session; empty with a passkey.
    sql.Column("identity", sql.Text, nullable=False, server_default=""),
    sql.Column("provider_session", sql.String(64), nullable=False, server_default=""),
    sql.Column("started_at", sql.Float, nullable=False),
    sql.Column("used_at", sql.Float, nullable=False),
    sql.Column("ended_at", sql.Float),
    sql.Index("sessions_of_a_person", "person"),
    sql.Index("sessions_by_start", "started_at"),
)

sign_ins = sql.Table(
    "sign_ins",
    metadata,
    sql.Column("hash", sql.String(64), primary_key=True),  # SHA-256 of the cookie of a begun sign-in
    sql.Column("purpose", sql.String(20), nullable=False),  # sign_in, enrol, provider
    sql.Column("challenge", sql.String(64), nullable=False),  # base64url
    sql.Column("person", sql.String(100), nullable=False),  # whose passkey is added; empty for a sign-in
    sql.Column("expires_at", sql.Float, nullable=False),
    sql.Index("sign_ins_by_end", "expires_at"),
)
