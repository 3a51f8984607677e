"""What each table of the store holds, why, for how long, and which of it is about a client; SECURITY.md is generated from it."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.storage.schema import metadata

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Age:
    """An age at which rows are deleted, by the server's sweep and with every new row."""

    days: int
    since: str
    """The column with the moment from which it counts."""
    said: str = "{days} days"

    def __str__(self) -> str:
        """Return it in words."""
        return self.said.format(days=self.days)

    @property
    def seconds(self) -> float:
        return self.days * DAY_SECONDS


@dataclass(frozen=True, slots=True)
class StoredData:
    """One table."""

    holds: str
    why: str
    until: str | Age
    client_columns: tuple[str, ...] = ()
    """Columns that may hold names, numbers or addresses of clients; `ix-tools forget` empties them."""
    ended: str = ""
    """SQL condition on rows that nobody needs any more for a call; only these are emptied."""


STORE = "as long as the store"
HISTORY = "`history_years` after its end"
DATA_INVENTORY: Mapping[str, StoredData] = {
    "approvals": StoredData(
        "requests and decisions: ids, digests, who, when, amount; their texts",
        "a person's decision is bound to exactly one call, and shown in the history",
        "texts until the approval is used, or 30 days after it ended unused; its title (action, document, client, amount) "
        f"and the rest {HISTORY}",
        ("text", "sheet", "summary", "reason"),
        "state NOT IN ('pending', 'approved')",
    ),
    "audit": StoredData(
        "who did what when, as a hash chain; signatures of approvals with their public keys; no texts",
        "proof of approvals, years later",
        "`proof_years` if that is set: its beginning is cut off, and a row of the chain says so; else as long as the store",
    ),
    "batch_rows": StoredData(
        "documents of a file: the cells of its rows, their arguments, and id, number, total and problem of each document",
        "the batch goes on after a restart, no row makes a second document, and the report repeats the rows",
        f"arguments until the batch ends, cells 30 days after it; the rest {HISTORY}",
        ("cells", "arguments", "problem"),
        "batch IN (SELECT id FROM batches WHERE finished_at IS NOT NULL)",
    ),
    "batches": StoredData(
        "name and digest of a file, who began it, its state",
        "the same file makes its documents once",
        HISTORY,
        ("name", "reason"),
        "finished_at IS NOT NULL",
    ),
    "catalogue_items": StoredData(
        "items of the catalogue", "not every draft reads them again", "a day, then read again"
    ),
    "chat_cards": StoredData(
        "ids of cards in chats, and the command to correct after a rejection",
        "a card shows how its request ended",
        Age(30, "created_at"),
        ("afterwards",),
        "1 = 1",
    ),
    "chat_questions": StoredData(
        "sentences to choose from, and who may",
        "buttons under a question in a chat",
        Age(7, "created_at"),
        ("sentences",),
        "1 = 1",
    ),
    "claims": StoredData(
        "which record a running call works on",
        "two calls do not change one document at once",
        "a quarter of an hour",
    ),
    "companies": StoredData("your company's name and tax number by account", "approvals name it", STORE),
    "decisions": StoredData(
        "who approved, how and when", "several people must approve, and the history shows them", HISTORY
    ),
    "differences": StoredData(
        "fields that read back differently: asked and stored",
        "the difference is shown before the document is issued",
        "until they are accepted, or an update removes them",
        ("found",),
        "1 = 1",
    ),
    "document_figures": StoredData(
        "number, kind, dates, state, totals and VAT by rate of invoices and notes; no client, no lines",
        "the overview is shown without asking InvoiceXpress",
        "`issued_days` after its date, and until nothing is open of it",
    ),
    "event_counters": StoredData("numbers", "order of events", STORE),
    "event_readers": StoredData("how far a reader has read", "no event is lost", STORE),
    "events": StoredData(
        "ids, states, numbers, totals; no names", "other programs learn what happened", "`events_days`"
    ),
    "figure_readings": StoredData(
        "when each part of the overview was read; which findings last month's check had, and how many",
        "the overview says how old it is",
        STORE,
    ),
    "intents": StoredData(
        "each write: ids, what shows later whether it happened, its result",
        "no write happens twice, and a lost answer is found out",
        "keys for 400 days, which covers every repetition within a business year; evidence and results for `journal_days`, then the "
        "document's number, state and total; ids as long as the store",
        ("trace", "outcome"),
        "state NOT IN ('open', 'unknown')",
    ),
    "invitations": StoredData(
        "hash of the link, who for, who by",
        "a link works once",
        Age(30, "expires_at", "{days} days after its end"),
    ),
    "links": StoredData(
        "hash of the link, its approval",
        "a link leads to its page",
        Age(1, "expires_at", "a day after its end"),
    ),
    "lookups": StoredData(
        "taxes, series, last document of a series",
        "not every draft reads them again",
        "ten minutes, then read again",
    ),
    "mails": StoredData(
        "address of an approver or administrator, state", "they are told once", Age(30, "finished_at")
    ),
    "webhook_endpoints": StoredData(
        "addresses of receivers, secrets that sign", "events are sent to them", "until it is removed"
    ),
    "webhook_deliveries": StoredData(
        "ids, states and totals of an event", "a receiver gets it again", Age(30, "finished_at")
    ),
    "month_figures": StoredData(
        "sums by month and VAT rate", "the overview is quick with many documents", "as their documents"
    ),
    "parked_calls": StoredData(
        "arguments of calls that wait for a decision; results",
        "the call is carried out without the asker",
        "arguments until it ends, results 30 days",
        ("arguments", "result"),
        "finished_at IS NOT NULL",
    ),
    "passkeys": StoredData(
        "public keys of people who sign in, who invited, confirmed, revoked", "sign-in and signatures", STORE
    ),
    "people": StoredData("name, role and accounts of people who sign in", "sign-in", STORE),
    "pin_guesses": StoredData(
        "when a PIN was guessed wrong", "a PIN cannot be guessed at leisure", Age(365, "at", "a year")
    ),
    "pins": StoredData("hash of a PIN, who set it", "pages ask for it", "until it is removed"),
    "rates": StoredData("when the next request may leave", "InvoiceXpress's limit", STORE),
    "sessions": StoredData(
        "hash of a cookie, whose, when; their number at the OpenID provider",
        "people stay signed in",
        Age(30, "started_at", "{days} days after its start"),
    ),
    "sign_ins": StoredData("a challenge", "a sign-in counts once", Age(0, "expires_at", "ten minutes")),
    "spent": StoredData("amounts that the policy let out", "its budget of a day", HISTORY),
    "tokens": StoredData("hash, name, scopes, accounts, last use", "callers over HTTP", STORE),
}
"""By name of the table; a test compares it with the schema."""


def find_age(table: str) -> Age:
    """Return the age at which the rows of a table are deleted."""
    until = DATA_INVENTORY[table].until
    assert isinstance(until, Age)
    return until


def delete_aged(connection: Connection, table: str, now: float, limit: int | None = None) -> int:
    """Delete the rows of a table that are older than their age, and return how many they were."""
    age, rows = find_age(table), metadata.tables[table]
    is_old = rows.c[age.since] < now - age.seconds
    if limit is not None:
        keys = tuple(rows.primary_key.columns)
        is_old = sql.tuple_(*keys).in_(sql.select(*keys).where(is_old).limit(limit))
    return connection.execute(rows.delete().where(is_old)).rowcount


AGED_TABLES = tuple(name for name, stored in DATA_INVENTORY.items() if isinstance(stored.until, Age))
"""Tables whose rows are deleted by their age alone."""
