"""Figures of documents: written by the calls that pass through and by readings of lists, together with their sums by month.

    a call's outcome ──▶ apply_changes ──┐
                                         ├─▶ document_figures ─▶ month_figures (the difference, in the same transaction)
    a page of a list ──▶ write_page ─────┘

Lists show changes late, so that a reading leaves what a call changed shortly before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.domain.document_figures import DocumentFigures, VatPart
from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.storage.figures_schema import document_figures, figure_readings, month_figures
from ix_tools.storage.inserts import insert_if_absent

LIST_DELAY_SECONDS = 90.0
"""Seconds after which a list certainly shows a change."""
OPEN_STATES = frozenset({"final", "second_copy"})
OPEN, DRAFTS, MONTH_END = "open", "drafts", "month_end"
"""Parts of an overview besides the months: what is open, the drafts, the check of last month."""
LOCK_CLASS = 7302027


@dataclass(frozen=True, slots=True)
class FigureChanges:
    """What the outcome of a call changes."""

    documents: tuple[DocumentFigures, ...] = ()
    removed: tuple[int, ...] = ()
    """Ids of documents that were deleted."""
    settled: Mapping[int, Decimal] = field(default_factory=dict)
    """By id of a document, what a receipt or note took off its open amount."""
    due: frozenset[str] = frozenset()
    """Parts to read again soon, because the call's outcome does not tell all of it."""


NO_FIGURES = FigureChanges()


def to_cents(amount: Decimal) -> int:
    """Return an amount in cents."""
    return int(amount.scaleb(2).to_integral_value())


def from_cents(cents: int) -> Decimal:
    """Return an amount of cents with two decimals."""
    return Decimal(cents).scaleb(-2)


def apply_changes(connection: Connection, account: str, changes: FigureChanges, now: float) -> None:
    """Write what the outcome of a call changes, inside the caller's transaction."""
    if changes == NO_FIGURES:
        return
    _lock_account(connection, account)
    for one in changes.documents:
        _write(connection, account, one, {"changed_at": now}, _load_documents(connection, account, [one]))
    for identifier in changes.removed:
        _remove(connection, account, document_figures.c.document_id == identifier)
    for identifier, amount in changes.settled.items():
        mine = sql.and_(
            document_figures.c.account == account,
            document_figures.c.document_id == identifier,
            document_figures.c.open > 0,
        )
        left = document_figures.c.open - to_cents(amount)
        values = {"open": sql.case((left > 0, left), else_=0), "changed_at": now}
        connection.execute(document_figures.update().where(mine).values(values))
    if changes.due:
        mine = sql.and_(figure_readings.c.account == account, figure_readings.c.part.in_(changes.due))
        connection.execute(figure_readings.update().where(mine).values(due_at=0.0))


def write_page(
    connection: Connection, account: str, documents: Sequence[DocumentFigures], began: float
) -> None:
    """Write the documents of a page of a list whose reading began at a time of the store's clock."""
    _lock_account(connection, account)
    known = _load_documents(connection, account, documents)
    for one in documents:
        row = known.get((one.document_type, one.document_id))
        if row is None or row.changed_at < began - LIST_DELAY_SECONDS:
            _write(connection, account, one, {"read_at": began}, known)
        else:
            mine = _match(account, one.document_type, one.document_id)
            connection.execute(document_figures.update().where(mine).values(read_at=began))


def remove_unlisted(connection: Connection, account: str, part: str, began: float) -> None:
    """Remove documents of a month, or drafts, that a complete reading did not find."""
    _lock_account(connection, account)
    is_draft = document_figures.c.state == "draft"
    within = is_draft if part == DRAFTS else sql.and_(~is_draft, *_within_month(part))
    _remove(
        connection,
        account,
        sql.and_(
            within,
            document_figures.c.read_at < began,
            document_figures.c.changed_at < began - LIST_DELAY_SECONDS,
        ),
    )


def list_unlisted_open(connection: Connection, account: str, began: float) -> list[tuple[str, int]]:
    """Return kind and id of documents that a complete reading of what is open did not find."""
    wanted = sql.select(document_figures.c.document_type, document_figures.c.document_id).where(
        document_figures.c.account == account,
        document_figures.c.open > 0,
        document_figures.c.read_at < began,
        document_figures.c.changed_at < began - LIST_DELAY_SECONDS,
    )
    return [(row.document_type, row.document_id) for row in connection.execute(wanted)]


def remove_old(connection: Connection, before: str, limit: int) -> int:
    """Remove documents dated before a day on which nothing is open, with the sums of their months; return how many."""
    old = (
        sql.select(
            document_figures.c.account, document_figures.c.document_type, document_figures.c.document_id
        )
        .where(
            document_figures.c.date < before,
            document_figures.c.open == 0,
            document_figures.c.state != "draft",
        )
        .limit(limit)
    )
    rows = connection.execute(old).all()
    for row in rows:
        _lock_account(connection, row.account)
        mine = sql.and_(
            document_figures.c.document_type == row.document_type,
            document_figures.c.document_id == row.document_id,
        )
        _remove(connection, row.account, mine)
    return len(rows)


# --- internals ---


def _lock_account(connection: Connection, account: str) -> None:
    """Let one transaction at a time change an account's figures; SQLite has one writing transaction anyway."""
    if connection.dialect.name == "postgresql":
        locked = sql.text("SELECT pg_advisory_xact_lock(:kind, hashtext(:account))")
        connection.execute(locked, {"kind": LOCK_CLASS, "account": account})


def _match(account: str, kind: str, identifier: int) -> sql.ColumnElement[bool]:
    return sql.and_(
        document_figures.c.account == account,
        document_figures.c.document_type == kind,
        document_figures.c.document_id == identifier,
    )


def _within_month(month: str) -> tuple[sql.ColumnElement[bool], ...]:
    # "~" sorts after every digit.
    return document_figures.c.date >= f"{month}-", document_figures.c.date < f"{month}-~"


def _load_documents(
    connection: Connection, account: str, documents: Sequence[DocumentFigures]
) -> dict[tuple[str, int], Any]:
    wanted = sql.select(document_figures).where(
        document_figures.c.account == account,
        document_figures.c.document_id.in_([one.document_id for one in documents]),
    )
    return {(row.document_type, row.document_id): row for row in connection.execute(wanted)}


def _write(
    connection: Connection,
    account: str,
    one: DocumentFigures,
    times: Mapping[str, float],
    known: Mapping[tuple[str, int], Any],
) -> None:
    row, due = known.get((one.document_type, one.document_id)), one.due_date or one.date
    values = {
        "number": one.number[:100],
        "state": one.state[:20],
        "date": one.date.isoformat() if one.date else "",
        "due_date": due.isoformat() if due else "",
        "currency": one.currency[:60],
        "net": to_cents(one.net),
        "vat": to_cents(one.vat),
        "total": to_cents(one.total),
        "open": _find_open(one, row),
        "parts": [_dump_part(part) for part in one.parts],
        **times,
    }
    if row is None:
        key = {"account": account, "document_type": one.document_type, "document_id": one.document_id}
        connection.execute(document_figures.insert(), {**key, "read_at": 0.0, "changed_at": 0.0, **values})
    else:
        _add_to_months(connection, account, row._asdict(), -1)
        connection.execute(
            document_figures.update()
            .where(_match(account, one.document_type, one.document_id))
            .values(values)
        )
    _add_to_months(connection, account, values, 1)


def _find_open(one: DocumentFigures, row: Any) -> int:
    if one.state not in OPEN_STATES:
        return 0
    if one.open is not None:
        return to_cents(one.open)
    if row is not None and row.state in OPEN_STATES:
        return int(row.open)
    return max(0, to_cents(one.total))


def _remove(connection: Connection, account: str, which: sql.ColumnElement[bool]) -> None:
    mine = sql.and_(document_figures.c.account == account, which)
    for row in connection.execute(sql.select(document_figures).where(mine)).all():
        _add_to_months(connection, account, row._asdict(), -1)
    connection.execute(document_figures.delete().where(mine))


def _add_to_months(connection: Connection, account: str, row: Mapping[str, Any], sign: int) -> None:
    """Add a document to the sums of its month, or take it out."""
    if row["state"] not in ISSUED_STATES or not row["date"]:
        return
    whole = ("", row["net"], row["vat"], row["total"])
    parts = (("|".join(part[:4]), part[4], part[5], part[4] + part[5]) for part in row["parts"])
    for part, net, vat, total in sorted(_merge([whole, *parts])):
        key = {"account": account, "month": row["date"][:7], "currency": row["currency"], "part": part[:200]}
        mine = sql.and_(*(month_figures.c[name] == value for name, value in key.items()))
        change = month_figures.update().where(mine)
        values = {
            "documents": month_figures.c.documents + sign,
            "net": month_figures.c.net + sign * net,
            "vat": month_figures.c.vat + sign * vat,
            "total": month_figures.c.total + sign * total,
        }
        if not connection.execute(change.values(values)).rowcount:
            insert_if_absent(
                connection, month_figures, {**key, "documents": 0, "net": 0, "vat": 0, "total": 0}
            )
            connection.execute(change.values(values))


def _merge(parts: Iterable[tuple[str, int, int, int]]) -> list[tuple[str, int, int, int]]:
    """Add up parts of one name, such as two roundings."""
    sums: dict[str, list[int]] = {}
    for name, *amounts in parts:
        known = sums.setdefault(name, [0, 0, 0])
        for at, amount in enumerate(amounts):
            known[at] += amount
    return [(name, net, vat, total) for name, (net, vat, total) in sums.items()]


def _dump_part(part: VatPart) -> list[Any]:
    names = (one.replace("|", "/") for one in (part.region, part.tax[:100], part.rate, part.exemption))
    return [*names, to_cents(part.net), to_cents(part.vat)]
