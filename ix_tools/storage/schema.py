"""The tables of the store, as the migrations in `ix_tools/storage/migrations` create them."""

import sqlalchemy as sql

from ix_tools.storage.batch_schema import batch_rows, batches
from ix_tools.storage.chat_schema import chat_cards, chat_questions
from ix_tools.storage.figures_schema import document_figures, figure_readings, month_figures
from ix_tools.storage.outgoing_schema import mails, webhook_deliveries, webhook_endpoints
from ix_tools.storage.people_schema import invitations, passkeys, people, sessions, sign_ins
from ix_tools.storage.tables import metadata

# Tables of a file of their own that are also found here.
__all__ = [
    "batch_rows",
    "batches",
    "chat_cards",
    "chat_questions",
    "document_figures",
    "figure_readings",
    "invitations",
    "mails",
    "metadata",
    "month_figures",
    "passkeys",
    "people",
    "sessions",
    "sign_ins",
    "webhook_deliveries",
    "webhook_endpoints",
]

HEAD = "0022"
"""The newest migration; tested to be the newest file in migrations/versions."""

version = sql.Table(
    "alembic_version",
    sql.MetaData(),
    sql.Column("version_num", sql.String(32), nullable=False),
    sql.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""The migration of a store, in alembic's own table, so that alembic can upgrade a store that was created at HEAD."""

UNUSED_WITH_TEXT = "state <> 'used' AND summary <> ''"
"""Approvals whose texts are deleted some time after they end."""

approvals = sql.Table(
    "approvals",
    metadata,
    sql.Column("id", sql.String(16), primary_key=True),
    sql.Column("handle", sql.String(64), unique=True),  # SHA-256 of the secret handed to the asking host
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("arguments", sql.String(64), nullable=False),  # digest
    sql.Column("snapshot", sql.String(64), nullable=False),  # digest of the document in the preview
    sql.Column("channel", sql.String(16), nullable=False),
    sql.Column("state", sql.String(16), nullable=False),
    sql.Column("text", sql.Text, nullable=False),  # the preview as text
    sql.Column("summary", sql.Text, nullable=False),
    sql.Column("differs", sql.Boolean, nullable=False),  # the stored document differs from the request
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("expires_at", sql.Float, nullable=False),
    sql.Column("decided_at", sql.Float),
    sql.Column("reason", sql.Text),
    sql.Column("sheet", sql.Text, nullable=False, server_default=""),  # the preview as versioned JSON
    sql.Column("face", sql.String(20), nullable=False, server_default=""),  # the interface of the call
    sql.Column("host", sql.String(200), nullable=False, server_default=""),  # the host's name for itself
    sql.Column(
        "page", sql.String(300), nullable=False, server_default=""
    ),  # address of the server with its page
    sql.Column("terms", sql.Text),  # the policy's requirement, if it is not the default
    sql.Column("covered_by", sql.String(16)),  # the approval of the workflow that covers this call
    sql.Column("asked_at", sql.Float),  # when the host was handed the question, by the store's clock
    sql.Column("reported_at", sql.Float),  # when a rejection was reported to the requester
    sql.Column(
        "decided_by", sql.String(200), nullable=False, server_default=""
    ),  # such as page:ana, if known
    sql.Column("subject", sql.String(200), nullable=False, server_default=""),  # such as invoices/1001
    sql.Column("amount", sql.BigInteger),  # cents that it moves, or of the document; null if unknown
    sql.Column("shown", sql.String(64), nullable=False, server_default=""),  # SHA-256 of the preview
    # Digest of what the document has before and after it is issued.
    sql.Column("document", sql.String(64), nullable=False, server_default=""),
    sql.Column("parts", sql.Text),  # JSON: the documents of an approval of many, see `joint_decisions.Part`
    sql.Column(
        "choice", sql.Text
    ),  # JSON: the documents that a person left out, and the total that they typed
    sql.Index("approvals_by_binding", "principal", "account", "operation", "arguments"),
    sql.Index("approvals_that_wait", "principal", "state", "expires_at"),
    sql.Index("approvals_by_end", "state", "expires_at"),
    sql.Index("approvals_covered", "covered_by"),
    sql.Index("approvals_by_age", "created_at", "id"),
    sql.Index("approvals_of_an_account", "account", "created_at", "id"),
    sql.Index("approvals_of_a_document", "subject"),
    sql.Index(
        "approvals_to_forget",
        "expires_at",
        sqlite_where=sql.text(UNUSED_WITH_TEXT),
        postgresql_where=sql.text(UNUSED_WITH_TEXT),
    ),
)

links = sql.Table(
    "links",
    metadata,
    sql.Column("hash", sql.String(64), primary_key=True),  # SHA-256 of the secret in the link
    sql.Column("approval", sql.String(16), nullable=False),
    sql.Column("way", sql.String(20), nullable=False),  # the delivery method
    sql.Column(
        "person", sql.String(200), nullable=False
    ),  # whose PIN the page asks for; empty for the requester
    sql.Column("expires_at", sql.Float, nullable=False),
    sql.Column("made_at", sql.Float),  # by the store's clock
)

pins = sql.Table(
    "pins",
    metadata,
    sql.Column("principal", sql.String(200), primary_key=True),
    sql.Column("salt", sql.String(64), nullable=False),
    sql.Column("hash", sql.String(64), nullable=False),  # scrypt
    sql.Column("failures", sql.Integer, nullable=False),  # in a row
    # Such as terminal:ana; empty if not recorded.
    sql.Column("set_by", sql.String(200), nullable=False, server_default=""),
    sql.Column("set_at", sql.Float, nullable=False, server_default="0"),
    sql.Column("locked_until", sql.Float, nullable=False, server_default="0"),  # no attempt is allowed before
)

pin_guesses = sql.Table(
    "pin_guesses",
    metadata,
    sql.Column("id", sql.String(32), primary_key=True),
    sql.Column("principal", sql.String(200), nullable=False),  # whose PIN was guessed wrong
    sql.Column("at", sql.Float, nullable=False),
    sql.Index("pin_guesses_of_a_year", "principal", "at"),
)

decisions = sql.Table(
    "decisions",
    metadata,
    sql.Column("approval", sql.String(16), primary_key=True),
    sql.Column("person", sql.String(200), primary_key=True),  # one approval each
    sql.Column("identity", sql.String(200), nullable=False),  # how they were identified: terminal:ana
    sql.Column("channel", sql.String(16), nullable=False),
    sql.Column("decided_at", sql.Float, nullable=False),
    sql.Column(
        "pin_set_by", sql.String(200)
    ),  # who set the PIN or sent the invitation, and may be the person
)

spent = sql.Table(
    "spent",
    metadata,
    sql.Column("approval", sql.String(16), primary_key=True),
    sql.Column("rule", sql.String(60), primary_key=True),
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("day", sql.String(10), nullable=False),  # in Lisbon
    sql.Column("cents", sql.BigInteger, nullable=False),
    sql.Column("at", sql.Float, nullable=False),
    sql.Index("spent_of_a_day", "principal", "day", "rule"),
)

companies = sql.Table(
    "companies",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("source", sql.String(40), primary_key=True),  # saft, or account/ID
    sql.Column("name", sql.String(300), nullable=False),
    sql.Column("nif", sql.String(40), nullable=False),
    sql.Column("seen_at", sql.Float, nullable=False),
)

differences = sql.Table(
    "differences",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("document_type", sql.String(40), primary_key=True),
    sql.Column("document_id", sql.BigInteger, primary_key=True),
    sql.Column("found", sql.JSON, nullable=False),  # field, asked, stored
    sql.Column("created_at", sql.Float, nullable=False),
)

intents = sql.Table(
    "intents",
    metadata,
    sql.Column("id", sql.String(32), primary_key=True),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("key", sql.String(200), nullable=False),  # the caller's key, or one made from the content
    sql.Column("content", sql.String(64), nullable=False),  # digest of operation and arguments
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("face", sql.String(20), nullable=False),
    sql.Column("approval", sql.String(16)),  # the approval that was used
    sql.Column("state", sql.String(16), nullable=False),  # open, done, refused, unknown, absent
    sql.Column(
        "trace", sql.JSON, nullable=False
    ),  # evidence of the outcome, and sent fields that are not returned; no messages, no secrets
    sql.Column("outcome", sql.JSON),  # the result or error that the caller got
    sql.Column("owner", sql.String(200), nullable=False),  # host, pid and nonce of the process in charge
    sql.Column("attempts", sql.Integer, nullable=False),
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("lease_until", sql.Float, nullable=False),
    sql.Column("finished_at", sql.Float),
    sql.Column(
        "ended_at", sql.Float
    ),  # when its request was certainly no longer in flight, if no clear answer came
    sql.Column("made", sql.String(200), nullable=False, server_default=""),  # the created document or receipt
    sql.Column(
        "subject", sql.String(200), nullable=False, server_default=""
    ),  # the document, such as invoices/1001
    sql.UniqueConstraint("account", "key", name="one_intent_per_key"),
    sql.Index("intents_by_state", "account", "state"),
    sql.Index("intents_by_content", "account", "content"),
    sql.Index("intents_by_approval", "approval"),
    sql.Index("intents_by_subject", "account", "subject"),
)

claims = sql.Table(
    "claims",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("resource", sql.String(200), primary_key=True),  # document/1001, client/501, series/70000
    sql.Column("holder", sql.String(32), primary_key=True),  # one call, or one workflow with all its steps
    sql.Column("exclusive", sql.Boolean, nullable=False),
    sql.Column("state", sql.String(10), nullable=False),  # waiting, held, ended, written
    sql.Column("intent", sql.String(32)),  # the intent in progress under it
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("owner", sql.String(200), nullable=False),  # host, pid and nonce of the holder
    sql.Column("since", sql.Float, nullable=False),
    sql.Column("until", sql.Float, nullable=False),  # the lease, or the release time of a written one
    sql.Index("claims_by_holder", "holder"),
    sql.Index("claims_by_intent", "intent"),
)

lookups = sql.Table(
    "lookups",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("name", sql.String(120), primary_key=True),  # taxes, series, catalogue, issued/invoices/70000
    sql.Column("generation", sql.BigInteger, nullable=False),  # raised whenever a write makes it stale
    sql.Column("content", sql.Text),  # JSON; null if it must be looked up
    sql.Column("read_at", sql.Float, nullable=False),  # by the store's clock
)

catalogue_items = sql.Table(
    "catalogue_items",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("name_hash", sql.String(64), primary_key=True),  # SHA-256 of the name
    sql.Column("item_id", sql.BigInteger),  # null if a document created it, which does not tell the id
    sql.Column("content", sql.Text),  # the item as JSON; null while a document that names it is being sent
    sql.Column("intent", sql.String(32)),  # a write of it whose outcome is not known yet
    sql.Column("read_at", sql.Float, nullable=False),  # by the store's clock
    sql.Index("catalogue_items_by_id", "account", "item_id"),
)

audit = sql.Table(
    "audit",
    metadata,
    sql.Column("seq", sql.BigInteger, primary_key=True, autoincrement=False),
    sql.Column("at", sql.String(40), nullable=False),
    sql.Column("event", sql.String(40), nullable=False),
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("face", sql.String(20), nullable=False),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("subject", sql.String(200), nullable=False),  # document, receipt or series
    sql.Column("intent", sql.String(32), nullable=False),
    sql.Column("approval", sql.String(16), nullable=False),
    sql.Column("content", sql.String(64), nullable=False),  # digest of operation and arguments
    sql.Column("outcome", sql.Text, nullable=False),
    sql.Column("previous", sql.String(64), nullable=False),
    sql.Column("hash", sql.String(64), nullable=False),
    sql.Index("audit_of_an_approval", "approval", "event"),
    sql.Index("audit_of_a_document", "subject"),
    sql.Index("audit_by_event", "event", "seq"),
)

rates = sql.Table(
    "rates",
    metadata,
    sql.Column("account", sql.String(300), primary_key=True),
    sql.Column("next_at", sql.Float, nullable=False),  # theoretical arrival time of the next request
    sql.Column(
        "closed_until", sql.Float, nullable=False
    ),  # by Retry-After or circuit breaker: no request before
    sql.Column("failures", sql.Integer, nullable=False),  # in a row
    # When closed_until was set, to detect a clock that was set back.
    sql.Column("closed_at", sql.Float, nullable=False, server_default="0"),
)

tokens = sql.Table(
    "tokens",
    metadata,
    sql.Column("id", sql.String(8), primary_key=True),
    sql.Column("name", sql.String(100), nullable=False),  # of the caller
    sql.Column("digest", sql.String(64), nullable=False, unique=True),  # SHA-256 of the token
    sql.Column("scopes", sql.JSON, nullable=False),
    sql.Column("accounts", sql.JSON, nullable=False),
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("expires_at", sql.Float, nullable=False),
    sql.Column("used_at", sql.Float),
    sql.Column("revoked_at", sql.Float),
)

events = sql.Table(
    "events",
    metadata,
    sql.Column("position", sql.BigInteger, primary_key=True, autoincrement=False),  # in the order of commits
    sql.Column("id", sql.String(32), nullable=False, unique=True),
    sql.Column("sequence", sql.BigInteger, nullable=False),  # among the events of its subject
    sql.Column("type", sql.String(40), nullable=False),
    sql.Column("subject", sql.String(200), nullable=False),  # approval/ABCD2345, call/…, invoices/1001
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("at", sql.Float, nullable=False),
    sql.Column("data", sql.JSON, nullable=False),  # ids, states, numbers and totals; no names, no lines
    sql.UniqueConstraint("subject", "sequence", name="one_event_per_number"),
    sql.Index("events_by_age", "at"),
)

event_counters = sql.Table(
    "event_counters",
    metadata,
    sql.Column("name", sql.String(200), primary_key=True),  # positions, deleted, or a subject
    sql.Column("last", sql.BigInteger, nullable=False),
)

event_readers = sql.Table(
    "event_readers",
    metadata,
    sql.Column("name", sql.String(200), primary_key=True),
    sql.Column("position", sql.BigInteger, nullable=False),  # of the last event that it confirmed
    sql.Column("seen_at", sql.Float, nullable=False),
)

parked_calls = sql.Table(
    "parked_calls",
    metadata,
    sql.Column("id", sql.String(16), primary_key=True),  # the approval that it waits for
    sql.Column("principal", sql.String(200), nullable=False),
    sql.Column("account", sql.String(300), nullable=False),
    sql.Column("account_label", sql.String(100), nullable=False),  # the account's name in the settings
    sql.Column("operation", sql.String(64), nullable=False),
    sql.Column("content", sql.String(64), nullable=False),  # digest of operation and arguments
    sql.Column(
        "key", sql.String(64), nullable=False
    ),  # digest of the caller's idempotency key; empty without
    sql.Column("arguments", sql.Text, nullable=False),  # JSON; empty once the call has ended
    sql.Column("day", sql.String(10), nullable=False),  # the day that `today` means
    sql.Column("shown", sql.Text, nullable=False),  # JSON: the warnings that the person saw
    sql.Column("lane", sql.String(200), nullable=False),  # calls of one lane run one after another
    sql.Column("face", sql.String(20), nullable=False),
    sql.Column("host", sql.String(200), nullable=False),
    sql.Column("credential", sql.String(100), nullable=False),  # what the asker signed in with
    sql.Column("scopes", sql.JSON, nullable=False),  # the asker's, then
    sql.Column("answer_to", sql.Text, nullable=False),  # where the asker reads the answer; empty: they poll
    sql.Column("state", sql.String(16), nullable=False),
    sql.Column("owner", sql.String(200), nullable=False),  # host, pid and nonce of the process in charge
    sql.Column("holder", sql.String(32), nullable=False),  # the execution in charge
    sql.Column("attempts", sql.Integer, nullable=False),
    sql.Column("retry_at", sql.Float, nullable=False),  # not before
    sql.Column("lease_until", sql.Float, nullable=False),
    sql.Column("result", sql.JSON),  # the result or error; deleted some time later
    sql.Column("follow_up", sql.String(16), nullable=False),  # the approval that was asked for instead
    sql.Column("created_at", sql.Float, nullable=False),
    sql.Column("finished_at", sql.Float),
    sql.Index("parked_calls_by_state", "state", "created_at"),
    sql.Index("parked_calls_by_content", "account", "principal", "content"),
)
