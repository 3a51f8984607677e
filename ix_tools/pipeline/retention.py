"""Erases by age what the store keeps; the ages are settings, and SECURITY.md says what each table is kept for.

    history ──▶ approvals, their decisions and amounts, batches      deleted
    journal ──▶ evidence and results of writes                       reduced to the document's number, state and total
    proofs  ──▶ the beginning of the audit trail                     cut off, if an age is set; the cut is a row of the chain
    events, figures of documents                                     deleted
    what its table alone tells the age of (storage/data_inventory.py)          deleted

Each sweep erases a limited number of rows, so that calls never wait for it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.approvals.retention import delete_old_texts
from ix_tools.audit import trail
from ix_tools.config.settings import Settings
from ix_tools.events.models import show_document
from ix_tools.events.repository import Events
from ix_tools.i18n.formats import LISBON
from ix_tools.storage import figures
from ix_tools.storage.data_inventory import AGED_TABLES, delete_aged
from ix_tools.storage.database import Store
from ix_tools.storage.head_note import read_head_note
from ix_tools.storage.schema import (
    approvals,
    batch_rows,
    batches,
    chat_cards,
    decisions,
    intents,
    links,
    parked_calls,
    spent,
)

BATCH_SIZE = 500
"""Rows of a kind that one sweep erases at most."""
YEAR_SECONDS = 365.25 * 86_400
AGED = "aged"
"""Key in a trace that was reduced by its age."""
KEPT_TRACE = ("subject", "version", "document_type", "document_id")
OF_APPROVALS = {
    decisions: "approval",
    links: "approval",
    spent: "approval",
    chat_cards: "approval",
    parked_calls: "id",
}
"""Tables whose rows go with an approval, and their column with its id."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How many rows of each kind were erased."""

    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether there may be more to erase."""
        return any(count >= BATCH_SIZE for count in self.counts.values())


def sweep(store: Store, settings: Settings, clock: Callable[[], float]) -> SweepReport:
    """Erase what is older than its age.

    Args:
        clock: the time by which events and approvals are dated.
    """
    now = clock()
    history = now - settings.history_years * YEAR_SECONDS
    counts = {"events": Events(store, settings.events_days, clock).delete_old()}
    issued = datetime.fromtimestamp(now, LISBON).date() - timedelta(days=settings.issued_days)
    erasures: dict[str, Callable[[Connection], int]] = {
        "figures": lambda connection: figures.remove_old(connection, issued.isoformat(), BATCH_SIZE),
        "journal": lambda connection: _reduce_journal(connection, now - settings.journal_days * 86_400),
        "history": lambda connection: _delete_history(connection, history),
        "batches": lambda connection: _delete_batches(connection, history),
        "texts": lambda connection: delete_old_texts(connection, now),
    }
    if settings.proof_years:
        oldest = datetime.fromtimestamp(now - settings.proof_years * YEAR_SECONDS, UTC)
        noted = read_head_note(store.note_file)[0] if store.note_file is not None else 0
        erasures["proofs"] = lambda connection: trail.cut(connection, oldest, BATCH_SIZE, noted)
    for name in AGED_TABLES:
        erasures[name] = partial(delete_aged, table=name, now=now, limit=BATCH_SIZE)
    for name, erase in erasures.items():
        with store.writing() as connection:
            counts[name] = erase(connection)
    return SweepReport({name: count for name, count in counts.items() if count})


def _reduce_journal(connection: Connection, before: float) -> int:
    """Reduce old ended writes to what the history shows of them."""
    old = (
        sql.select(intents.c.id, intents.c.trace, intents.c.outcome)
        .where(
            intents.c.created_at < before,
            intents.c.state.in_(("done", "refused", "absent")),
            sql.cast(intents.c.trace, sql.Text).not_like(f'%"{AGED}"%'),
        )
        .limit(BATCH_SIZE)
    )
    rows = connection.execute(old).all()
    for row in rows:
        trace = {name: row.trace[name] for name in KEPT_TRACE if name in row.trace}
        values: dict[str, Any] = {"trace": {**trace, AGED: True}, "outcome": _reduce_outcome(row.outcome)}
        connection.execute(intents.update().where(intents.c.id == row.id).values(values))
    return len(rows)


def _reduce_outcome(outcome: Any) -> dict[str, Any] | None:
    if not isinstance(outcome, dict):
        return None
    name = "receipt" if outcome.get("receipt") else "document"
    document = show_document(outcome)
    kept = {key: outcome[key] for key in ("ok", "code") if key in outcome}
    return {**kept, **({name: document} if document else {})}


def _delete_history(connection: Connection, before: float) -> int:
    """Delete approvals that ended long ago, and what belongs to them; signatures stay in the audit trail."""
    unfinished = sql.exists().where(
        intents.c.approval == approvals.c.id, intents.c.state.in_(("open", "unknown"))
    )
    old = (
        sql.select(approvals.c.id)
        .where(
            approvals.c.expires_at < before,
            sql.func.coalesce(approvals.c.decided_at, 0.0) < before,
            ~unfinished,
        )
        .limit(BATCH_SIZE)
    )
    ids = connection.execute(old).scalars().all()
    if ids:
        for table, column in OF_APPROVALS.items():
            connection.execute(table.delete().where(table.c[column].in_(ids)))
        connection.execute(approvals.delete().where(approvals.c.id.in_(ids)))
    return len(ids)


def _delete_batches(connection: Connection, before: float) -> int:
    old = sql.select(batches.c.id).where(batches.c.finished_at < before).limit(BATCH_SIZE)
    ids = connection.execute(old).scalars().all()
    if ids:
        connection.execute(batch_rows.delete().where(batch_rows.c.batch.in_(ids)))
        connection.execute(batches.delete().where(batches.c.id.in_(ids)))
    return len(ids)
