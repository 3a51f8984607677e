"""Lists of approvals for people: what waits over several accounts, and what was decided.

Every list is read in pages by key, so that a page costs the same however many rows there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sql

from ix_tools.approvals.models import Approval
from ix_tools.approvals.queries import build_approval, is_current
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, decisions, intents

PAGE_SIZE = 50
WaitingOrder = Literal["age", "amount"]
HistoryState = Literal["approved", "rejected", "expired", "policy"]
"""What became of an approval: a person approved or rejected it, nobody answered in time, or the policy approved it."""

_POSITION = sql.tuple_(approvals.c.created_at, approvals.c.id)


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which approvals the history lists; what is empty does not narrow it."""

    accounts: tuple[str, ...]
    state: HistoryState | None = None
    person: str = ""
    """The people who decided, by their names in the policy."""
    since: float | None = None
    until: float | None = None
    subject: str = ""
    """One document, such as invoices/1001."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An approval with who decided it and what came of it."""

    approval: Approval
    people: tuple[str, ...]
    places: tuple[str, ...]
    """Where they decided: form, terminal, page or signed."""
    state: str
    """The state of its call in the journal; empty without an entry."""
    kind: str
    number: str
    """The number of the document that came of it."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of approvals and the key of the next one."""

    rows: tuple[Approval, ...]
    next_key: str
    """Empty on the last page."""


class ApprovalInbox:
    """The lists of one store."""

    def __init__(self, store: Store, clock: Any) -> None:
        """Nothing is opened yet."""
        self._store, self._clock = store, clock

    def count_waiting(self, accounts: Sequence[str]) -> int:
        """Return how many approvals wait for a person in these accounts."""
        wanted = sql.select(sql.func.count()).select_from(approvals).where(self._waits(accounts))
        with self._store.reading() as connection:
            return int(connection.execute(wanted).scalar_one())

    def list_waiting(self, accounts: Sequence[str], order: WaitingOrder = "age", key: str = "") -> ListPage:
        """List a page of what waits: the oldest or the largest first."""
        descending = order == "amount"
        rank = sql.func.coalesce(approvals.c.amount, -1) if descending else approvals.c.created_at
        columns: tuple[sql.ColumnElement[Any], ...] = (rank, approvals.c.id)
        wanted = sql.select(approvals).where(self._waits(accounts))
        after = _parse_key(key)
        if after is not None:
            position = sql.tuple_(*columns)
            wanted = wanted.where(position < after if descending else position > after)
        wanted = wanted.order_by(*(one.desc() if descending else one for one in columns)).limit(PAGE_SIZE + 1)
        with self._store.reading() as connection:
            rows = connection.execute(wanted).all()
        last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
        next_key = ""
        if last is not None:
            first = (-1 if last.amount is None else last.amount) if descending else last.created_at
            next_key = f"{first!r}_{last.id}"
        shown = tuple(build_approval(row) for row in rows[:PAGE_SIZE] if is_current(row))
        return ListPage(shown, next_key)

    def list_history(self, wanted: HistoryFilter, key: str = "", size: int = PAGE_SIZE) -> ListPage:
        """List a page of what was decided or expired, the newest first."""
        query = sql.select(approvals).where(*self._narrow(wanted))
        after = _parse_key(key)
        if after is not None:
            query = query.where(after > _POSITION)
        query = query.order_by(approvals.c.created_at.desc(), approvals.c.id.desc()).limit(size + 1)
        with self._store.reading() as connection:
            rows = connection.execute(query).all()
        next_key = f"{rows[size - 1].created_at!r}_{rows[size - 1].id}" if len(rows) > size else ""
        return ListPage(tuple(self._end_late(build_approval(row)) for row in rows[:size]), next_key)

    def describe(self, found: Sequence[Approval]) -> list[HistoryEntry]:
        """Add to these approvals who decided them and what came of them, in two queries for all."""
        ids = [one.id for one in found]
        who: dict[str, list[Any]] = {}
        came: dict[str, Any] = {}
        with self._store.reading() as connection:
            for row in connection.execute(
                sql.select(decisions).where(decisions.c.approval.in_(ids)).order_by(decisions.c.decided_at)
            ):
                who.setdefault(row.approval, []).append(row)
            for row in connection.execute(
                sql.select(intents.c.approval, intents.c.state, intents.c.outcome)
                .where(intents.c.approval.in_(ids))
                .order_by(intents.c.created_at)
            ):
                came[row.approval] = row
        return [_build_entry(one, who.get(one.id, []), came.get(one.id)) for one in found]

    def iterate_history(self, wanted: HistoryFilter) -> Iterator[HistoryEntry]:
        """Yield the whole history, page by page."""
        key, more = "", True
        while more:
            page = self.list_history(wanted, key, size=500)
            yield from self.describe(page.rows)
            key, more = page.next_key, bool(page.next_key)

    def _waits(self, accounts: Sequence[str]) -> sql.ColumnElement[bool]:
        return sql.and_(
            approvals.c.account.in_(accounts),
            approvals.c.state == "pending",
            approvals.c.channel != "form",
            approvals.c.expires_at > self._clock(),
        )

    def _narrow(self, wanted: HistoryFilter) -> Iterator[sql.ColumnElement[bool]]:
        # The parts of a workflow are shown with it.
        yield approvals.c.channel != "covered"
        if len(wanted.accounts) == 1:
            yield approvals.c.account == wanted.accounts[0]
        else:
            # An expression, so that the rows are read in order of age instead of account by account and then sorted.
            yield sql.func.coalesce(approvals.c.account, "").in_(wanted.accounts)
        late = approvals.c.expires_at <= self._clock()
        yield sql.or_(approvals.c.state != "pending", late)
        if wanted.state == "approved":
            yield approvals.c.state.in_(("approved", "used", "stale"))
            yield approvals.c.channel != "policy"
        elif wanted.state == "policy":
            yield approvals.c.channel == "policy"
        elif wanted.state == "rejected":
            yield approvals.c.state == "rejected"
        elif wanted.state == "expired":
            yield sql.or_(approvals.c.state.in_(("expired", "unanswered")), approvals.c.state == "pending")
        if wanted.person:
            mine = (decisions.c.approval == approvals.c.id) & (decisions.c.person == wanted.person)
            # Only approvals have rows of their own; whoever rejected is in the row.
            rejected = approvals.c.decided_by.in_(
                [f"{kind}:{wanted.person}" for kind in ("page", "terminal")]
            )
            yield sql.or_(sql.exists().where(mine), rejected)
        if wanted.since is not None:
            yield approvals.c.created_at >= wanted.since
        if wanted.until is not None:
            yield approvals.c.created_at < wanted.until
        if wanted.subject:
            yield approvals.c.subject == wanted.subject

    def _end_late(self, found: Approval) -> Approval:
        late = found.state == "pending" and found.expires_at <= self._clock()
        return replace(found, state="expired") if late else found


def _parse_key(key: str) -> sql.Tuple | None:
    """Return the position that a key names; None for the first page."""
    rank, _, identifier = key.partition("_")
    try:
        at = float(rank) if "." in rank or "e" in rank else int(rank)
    except ValueError:
        return None
    if (
        not identifier.isalnum()
        or not identifier.isascii()
        or len(identifier) > 16
        or at != at
        or abs(at) > 1e15
    ):
        return None
    return sql.tuple_(sql.literal(at), sql.literal(identifier))


def _build_entry(found: Approval, who: Sequence[Any], came: Any) -> HistoryEntry:
    outcome = (came.outcome if came is not None else None) or {}
    made = outcome.get("document") or outcome.get("receipt") or {}
    return HistoryEntry(
        approval=found,
        people=tuple(one.person or one.identity for one in who) or tuple(filter(None, [found.decided_by])),
        places=tuple(one.channel for one in who),
        state=came.state if came is not None else "",
        kind=str(made.get("document_type") or ""),
        number=str(made.get("number") or ""),
    )
