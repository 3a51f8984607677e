"""What the pages of the overview show: sums by month, rate and age, and the documents behind each; only the store is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.storage.database import Store
from ix_tools.storage.figure_readings import Reading
from ix_tools.storage.figures import from_cents
from ix_tools.storage.figures_schema import document_figures, figure_readings, month_figures
from ix_tools.storage.schema import approvals, differences

PAGE_SIZE = 50
SCANNED = 500
"""Documents of a month that are looked at together for those with a rate."""
DOCUMENT_KEY = ("account", "document_type", "document_id")
Age = Literal["not_due", "30", "60", "90", "more"]
AGES: tuple[Age, ...] = ("not_due", "30", "60", "90", "more")
"""Not due, and days since it was due: up to 30, 60, 90, and more."""
Rate = tuple[str, str, str, str]
"""Region, tax, rate and exemption."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of documents; credit notes are taken off."""

    documents: int = 0
    net: Decimal = Decimal(0)
    vat: Decimal = Decimal(0)
    total: Decimal = Decimal(0)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.documents + other.documents,
            self.net + other.net,
            self.vat + other.vat,
            self.total + other.total,
        )


@dataclass
class CurrencyFigures:
    """Figures of documents in one currency."""

    months: dict[str, Sums] = field(default_factory=dict)
    rates: dict[str, dict[Rate, Sums]] = field(default_factory=dict)
    """By month."""
    open: dict[Age, Sums] = field(default_factory=dict)
    """`total` is what is open."""


@dataclass
class AccountFigures:
    """Figures of one account."""

    currencies: dict[str, CurrencyFigures] = field(default_factory=dict)
    drafts: int = 0
    differences: int = 0
    waiting: int = 0
    readings: dict[str, Reading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which documents a list shows: those behind one figure."""

    accounts: tuple[str, ...]
    what: Literal["issued", "open", "drafts", "differences"]
    month: str = ""
    rate: Rate | None = None
    age: Age | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as a list shows it."""

    account: str
    document_type: str
    document_id: int
    number: str
    state: str
    date: str
    due_date: str
    currency: str
    net: Decimal
    vat: Decimal
    total: Decimal
    open: Decimal


class FigureSums:
    """The figures in a store."""

    def __init__(self, store: Store) -> None:
        """Nothing is opened yet."""
        self._store = store

    def load(self, accounts: Sequence[str], since: str, today: date, now: float) -> dict[str, AccountFigures]:
        """Load the figures of these accounts, by account.

        Args:
            since: the first month, as 2025-11.
            now: the time by the clock of approvals.
        """
        found = {account: AccountFigures() for account in accounts}
        with self._store.reading() as connection:
            self._load_months(connection, found, since)
            self._load_open(connection, found, today)
            self._count(connection, found, now)
            mine = figure_readings.c.account.in_(accounts)
            for row in connection.execute(sql.select(figure_readings).where(mine)):
                found[row.account].readings[row.part] = Reading(row.read_at, row.problem, row.content)
        return found

    def list_documents(self, wanted: Selection, today: date, key: str = "") -> tuple[list[Listed], str]:
        """List a page of the documents behind a figure, with the key of the next page; empty on the last one."""
        if wanted.what == "differences":
            return self._list_different(wanted.accounts), ""
        by_due = wanted.what == "open"
        day = document_figures.c.due_date if by_due else document_figures.c.date
        position = (day, document_figures.c.document_id, document_figures.c.account)
        query = sql.select(document_figures).where(*_narrow(wanted, today))
        # Due longest first; other lists the newest first.
        query = query.order_by(*((one if by_due else one.desc()) for one in position))
        found: list[Any] = []
        with self._store.reading() as connection:
            after = _parse_key(key)
            while True:
                size = SCANNED if wanted.rate is not None else PAGE_SIZE + 1
                page = query
                if after is not None:
                    place, last = sql.tuple_(*position), sql.tuple_(*map(sql.literal, after))
                    page = query.where(place > last if by_due else place < last)
                rows = connection.execute(page.limit(size)).all()
                found += [row for row in rows if wanted.rate is None or _has_rate(row, wanted.rate)]
                if len(rows) < size or len(found) > PAGE_SIZE:
                    break
                after = _place(rows[-1], by_due=by_due)
        following = ""
        if len(found) > PAGE_SIZE:
            following = "_".join(map(str, _place(found[PAGE_SIZE - 1], by_due=by_due)))
        return [_build_listed(row) for row in found[:PAGE_SIZE]], following

    def find(self, account: str, kind: str, identifier: int) -> Listed | None:
        """Find one document."""
        wanted = sql.select(document_figures).where(
            document_figures.c.account == account,
            document_figures.c.document_type == kind,
            document_figures.c.document_id == identifier,
        )
        with self._store.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return _build_listed(row) if row is not None else None

    # --- internals ---

    def _list_different(self, accounts: Sequence[str]) -> list[Listed]:
        """List the documents that were stored differently, of any kind: estimates and guides have no figures."""
        mine = sql.and_(*(differences.c[name] == document_figures.c[name] for name in DOCUMENT_KEY))
        others = [column for column in document_figures.c if column.name not in DOCUMENT_KEY]
        wanted = (
            sql.select(*(differences.c[name] for name in DOCUMENT_KEY), *others)
            .select_from(differences.outerjoin(document_figures, mine))
            .where(differences.c.account.in_(accounts))
            .order_by(differences.c.created_at.desc())
            .limit(SCANNED)
        )
        with self._store.reading() as connection:
            return [_build_listed(row) for row in connection.execute(wanted)]

    def _load_months(self, connection: Connection, found: Mapping[str, AccountFigures], since: str) -> None:
        wanted = sql.select(month_figures).where(
            month_figures.c.account.in_(list(found)),
            month_figures.c.month >= since,
            month_figures.c.documents != 0,
        )
        for row in connection.execute(wanted):
            kept = _find_currency(found[row.account], row.currency)
            sums = Sums(row.documents, from_cents(row.net), from_cents(row.vat), from_cents(row.total))
            if not row.part:
                kept.months[row.month] = sums
            else:
                region, tax, rate, exemption = row.part.split("|")
                kept.rates.setdefault(row.month, {})[region, tax, rate, exemption] = sums

    def _load_open(self, connection: Connection, found: Mapping[str, AccountFigures], today: date) -> None:
        age = sql.case(
            *(
                (document_figures.c.due_date >= first.isoformat(), name)
                for name, first in zip(AGES, _list_first_days(today), strict=False)
            ),
            else_=AGES[-1],
        ).label("age")
        columns = (document_figures.c.account, document_figures.c.currency, age)
        wanted = (
            sql.select(
                *columns,
                sql.func.count().label("documents"),
                sql.func.sum(document_figures.c.open).label("open"),
            )
            .where(document_figures.c.account.in_(list(found)), document_figures.c.open > sql.text("0"))
            .group_by(*columns)
        )
        for row in connection.execute(wanted):
            kept = _find_currency(found[row.account], row.currency)
            kept.open[row.age] = Sums(row.documents, total=from_cents(int(row.open)))

    def _count(self, connection: Connection, found: Mapping[str, AccountFigures], now: float) -> None:
        waits = sql.and_(
            approvals.c.state == "pending", approvals.c.channel != "form", approvals.c.expires_at > now
        )
        counted = {
            "drafts": (document_figures.c.account, document_figures.c.state == sql.text("'draft'")),
            "differences": (differences.c.account, sql.true()),
            "waiting": (approvals.c.account, waits),
        }
        for name, (account, which) in counted.items():
            wanted = (
                sql.select(account, sql.func.count().label("documents"))
                .where(account.in_(list(found)), which)
                .group_by(account)
            )
            for row in connection.execute(wanted):
                setattr(found[row.account], name, row.documents)


def _find_currency(figures: AccountFigures, currency: str) -> CurrencyFigures:
    return figures.currencies.setdefault(currency, CurrencyFigures())


def _list_first_days(today: date) -> list[date]:
    """Return the first due day of each age but the last."""
    return [today, *(today - timedelta(days=days) for days in (30, 60, 90))]


def _narrow(wanted: Selection, today: date) -> list[sql.ColumnElement[bool]]:
    columns = document_figures.c
    conditions: list[sql.ColumnElement[bool]] = [columns.account.in_(wanted.accounts)]
    if wanted.currency is not None:
        conditions.append(columns.currency == wanted.currency)
    if wanted.what == "drafts":
        conditions.append(columns.state == sql.text("'draft'"))
    elif wanted.what == "open":
        conditions.append(columns.open > sql.text("0"))
    else:
        conditions.append(columns.state.in_(sorted(ISSUED_STATES)))
    if wanted.month:
        conditions += [columns.date >= f"{wanted.month}-", columns.date < f"{wanted.month}-~"]
    if wanted.age is not None:
        at, days = AGES.index(wanted.age), _list_first_days(today)
        if at < len(days):
            conditions.append(columns.due_date >= days[at].isoformat())
        if at > 0:
            conditions.append(columns.due_date < days[at - 1].isoformat())
    return conditions


def _has_rate(row: Any, rate: Rate) -> bool:
    return any(tuple(part[:4]) == rate for part in row.parts)


def _place(row: Any, *, by_due: bool) -> tuple[str, int, str]:
    return (row.due_date if by_due else row.date), row.document_id, row.account


def _parse_key(key: str) -> tuple[str, int, str] | None:
    day, _, rest = key.partition("_")
    number, _, account = rest.partition("_")
    if len(day) > 10 or not (number.isascii() and number.isdecimal()) or len(number) > 15 or not account:
        return None
    return day, int(number), account


def _build_listed(row: Any) -> Listed:
    return Listed(
        account=row.account,
        document_type=row.document_type,
        document_id=row.document_id,
        number=row.number or "",
        state=row.state or "",
        date=row.date or "",
        due_date=row.due_date or "",
        currency=row.currency or "",
        net=from_cents(row.net or 0),
        vat=from_cents(row.vat or 0),
        total=from_cents(row.total or 0),
        open=from_cents(row.open or 0),
    )
