"""Claims: shared and exclusive locks on documents, clients, series and items, across all processes of a store.

    acquire ──▶ held ──▶ released        all claims of a call in one transaction, or none of them
       │          └──▶ ended             the call is over with an unknown outcome: the claim ends with its intent
       └──▶ waiting                      another holder has one of them; the queue is first come, first served

A shared claim prevents changes, an exclusive one allows them. Facts that a caller loaded before it held its claims may be
stale: `acquire` reports that, and the caller loads them again while it holds the claims.

A claim without an intent ends with its process or its lease. A claim with an intent lasts while that intent is open or
unknown. All times are by the store's clock.
"""

import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.audit import trail
from ix_tools.domain.resource_names import ANY
from ix_tools.idempotency.process_identity import is_owner_running, process_id
from ix_tools.storage.database import Store
from ix_tools.storage.schema import claims, intents

QUEUE_PLACE_SECONDS = 10.0
"""Seconds for which a waiting caller keeps its place in the queue without asking again."""
WRITTEN_CLAIM_RETENTION = 900.0
"""Seconds for which a released exclusive claim tells others that facts they loaded before may be stale."""
MAX_SECONDS_IN_FLIGHT = 60.0
"""Seconds after which a request without an answer cannot be in flight any more (as in the journal's recovery)."""
ACTIVE_HOLDERS: set[str] = set()
"""Ids of the holders in this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ACTIVE_HOLDERS.clear)

# Every write runs these statements, and building one takes longer than running it. `of` is the account, the holder or the
# intent whose claims they are about.
NEW_ROW = claims.insert()
DELETE_OF_HOLDER = claims.delete().where(claims.c.holder == sql.bindparam("of"))
DELETE_EXPIRED = claims.delete().where(
    claims.c.account == sql.bindparam("of"),
    sql.or_(
        sql.and_(claims.c.state == "written", claims.c.until < sql.bindparam("forgotten")),
        sql.and_(claims.c.state == "waiting", claims.c.until < sql.bindparam("now")),
    ),
)
WITH_INTENTS = sql.select(claims, intents.c.state.label("intent_state"), intents.c.ended_at).select_from(
    claims.outerjoin(intents, intents.c.id == claims.c.intent)
)
OTHERS = WITH_INTENTS.where(
    claims.c.account == sql.bindparam("of"),
    claims.c.holder != sql.bindparam("holder"),
    sql.func.coalesce(claims.c.intent, "") != sql.bindparam("resumed"),
)
ON_RESOURCES = claims.c.resource.in_(sql.bindparam("names", expanding=True))
OTHERS_ON = OTHERS.where(ON_RESOURCES)
ATTACH_INTENT = claims.update().where(claims.c.holder == sql.bindparam("of"), claims.c.state == "held")
DETACH_INTENT = (
    claims.update()
    .where(claims.c.intent == sql.bindparam("of"), claims.c.state == "held")
    .values(intent=None)
)
WITH_INTENT = sql.and_(claims.c.holder == sql.bindparam("of"), claims.c.intent.is_not(None))
END_WITH_INTENT = claims.update().where(WITH_INTENT).values(state="ended")
LEAVE_TO_INTENT = claims.update().where(WITH_INTENT).values(state="ended", holder=claims.c.intent)


def _build_release(which: sql.ColumnElement[bool]) -> tuple[sql.Update, sql.Delete]:
    """Build the statements that release claims. Exclusive ones are marked as written, so that others load their facts again."""
    written = sql.and_(which, claims.c.exclusive, claims.c.state != "waiting")
    mark = claims.update().where(written).values(state="written", intent=None, until=sql.bindparam("now"))
    return mark, claims.delete().where(which, claims.c.state != "written")


MARK_ENDED_AS_WRITTEN, DELETE_ENDED = _build_release(
    sql.and_(claims.c.intent == sql.bindparam("of"), claims.c.state == "ended")
)
MARK_RELEASED_AS_WRITTEN, DELETE_RELEASED = _build_release(
    sql.and_(claims.c.holder == sql.bindparam("of"), claims.c.state != "ended")
)


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """A lock on one resource: `document/1001`, `client/501`, `series/70000`, `item/Consultoria`."""

    resource: str
    exclusive: bool = False
    """Held alone, because the call changes the resource; otherwise shared with other readers."""

    def conflicts_with(self, exclusive: bool) -> bool:
        """Check if another holder's claim on the same resource conflicts with this one."""
        return self.exclusive or exclusive


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """A claim in the store."""

    account: str
    resource: str
    holder: str
    exclusive: bool
    state: str
    intent: str | None
    operation: str
    principal: str
    owner: str
    since: float
    until: float


@dataclass
class Holder:
    """A call, or a workflow with all its steps, that shares its claims."""

    account: str
    operation: str
    principal: str
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    claims: dict[str, Claim] = field(default_factory=dict)
    """The claims that it holds or waits for, by resource."""
    since: float = 0.0
    """When it first asked, by the store's clock; the earliest holder goes first."""
    resumes: str = ""
    """The unfinished intent that it resumes; that intent's claims do not conflict with it."""

    def covers(self, wanted: Iterable[Claim]) -> bool:
        """Check if it already holds all these claims."""
        held = self.claims
        return all(
            one.resource in held and (held[one.resource].exclusive or not one.exclusive) for one in wanted
        )

    def merge(self, wanted: Iterable[Claim]) -> dict[str, Claim]:
        """Return its claims together with the wanted ones; exclusive if either is."""
        merged = dict(self.claims)
        for claim in wanted:
            known = merged.get(claim.resource)
            merged[claim.resource] = Claim(claim.resource, claim.exclusive or bool(known and known.exclusive))
        return merged


@dataclass(frozen=True, slots=True)
class AcquireResult:
    """The result of asking for claims."""

    is_granted: bool
    is_current: bool = True
    """Nobody changed any of the resources since the caller loaded its facts."""
    blockers: tuple[ClaimRecord, ...] = ()
    """The conflicting claims."""


class Claims:
    """The claims in a store."""

    def __init__(
        self, store: Store, lease: float, settled_by_time: Callable[[str], bool] = lambda _: False
    ) -> None:
        """Remember the store; it is opened when first used.

        Args:
            lease: seconds after which a claim without an intent expires.
            settled_by_time: tells if nobody can look up the outcome of an operation (e-mails); such a request
                blocks nobody once it cannot be in flight any more.
        """
        self._store = store
        self.lease = lease
        self._settled_by_time = settled_by_time

    def now(self) -> float:
        """Return the time by the store's clock, as the time of a look-up."""
        with self._store.reading() as connection:
            return self._store.now(connection)

    def acquire(self, holder: Holder, wanted: Iterable[Claim], looked_at: float) -> AcquireResult:
        """Acquire all the claims together with those the holder has, or none.

        On a conflict the holder keeps only its place in the queue, so callers cannot deadlock.
        """
        merged = holder.merge(wanted)
        with self._store.writing(durable=False) as connection:
            _lock_account(connection, holder.account)
            now = self._store.now(connection)
            holder.since = holder.since or now
            _leave_undecided_to_intents(connection, holder)
            blockers, gone, current = self._find_blockers(connection, holder, merged, looked_at, now)
            for row in gone:
                _delete(connection, row)
            connection.execute(DELETE_OF_HOLDER, {"of": holder.id})
            given = {"of": holder.account, "now": now, "forgotten": now - WRITTEN_CLAIM_RETENTION}
            connection.execute(DELETE_EXPIRED, given)
            state, until = ("waiting", now + QUEUE_PLACE_SECONDS) if blockers else ("held", now + self.lease)
            connection.execute(
                NEW_ROW,
                [
                    {
                        "account": holder.account,
                        "resource": claim.resource,
                        "holder": holder.id,
                        "exclusive": claim.exclusive,
                        "state": state,
                        "intent": None,
                        "operation": holder.operation,
                        "principal": holder.principal,
                        "owner": process_id(),
                        "since": holder.since,
                        "until": until,
                    }
                    for claim in merged.values()
                ],
            )
            if not blockers:
                # Before the commit: another thread that reads the claims would take this holder for ended.
                ACTIVE_HOLDERS.add(holder.id)
        if blockers:
            return AcquireResult(False, current, blockers)
        holder.claims = merged
        return AcquireResult(True, current)

    def is_blocked(self, holder: Holder, wanted: Iterable[Claim], looked_at: float) -> bool:
        """Check if `acquire` would fail now; this only reads, so it delays no writer."""
        with self._store.reading() as connection:
            now = self._store.now(connection)
            blockers, _, current = self._find_blockers(
                connection, holder, holder.merge(wanted), looked_at, now
            )
        return bool(blockers) and current

    def _find_blockers(
        self,
        connection: Connection,
        holder: Holder,
        wanted: dict[str, Claim],
        looked_at: float,
        now: float,
    ) -> tuple[tuple[ClaimRecord, ...], list[Row[Any]], bool]:
        """Return the conflicting claims, the leftover claims of ended holders, and if the loaded facts are current."""
        blockers: list[ClaimRecord] = []
        gone: list[Row[Any]] = []
        current = True
        for row in _load_others(connection, holder, wanted):
            claim = wanted.get(row.resource) or Claim(row.resource, _is_kind_exclusive(wanted, row.resource))
            if not claim.conflicts_with(row.exclusive):
                continue
            if row.state == "written":
                current = current and row.until < looked_at
            elif row.state == "waiting":
                if row.until > now and (row.since, row.holder) < (holder.since, holder.id):
                    blockers.append(_build_record(row))
            elif self._is_over(row, now):
                # The ended holder may have written without recording that.
                gone.append(row)
                current = False
            else:
                blockers.append(_build_record(row))
        return tuple(blockers), gone, current

    def withdraw(self, holder: Holder) -> None:
        """Give up the place in the queue. A holder that asks again keeps its original time."""
        with self._store.writing(durable=False) as connection:
            _lock_account(connection, holder.account)
            connection.execute(
                claims.delete().where(claims.c.holder == holder.id, claims.c.state == "waiting")
            )

    def renew(self, holder: Holder) -> bool:
        """Extend the lease; return False if a claim was lost (cleared by a person, or taken over)."""
        with self._store.writing(durable=False) as connection:
            _lock_account(connection, holder.account)
            now = self._store.now(connection)
            renewed = connection.execute(
                claims.update()
                .where(claims.c.holder == holder.id, claims.c.state == "held")
                .values(until=now + self.lease)
            ).rowcount
        return bool(renewed == len(holder.claims))

    def release(self, holder: Holder) -> None:
        """Release all claims, except those of an unknown outcome, which stay until it is known."""
        ACTIVE_HOLDERS.discard(holder.id)
        holder.claims, holder.since = {}, 0.0
        with self._store.writing(durable=False) as connection:
            _lock_account(connection, holder.account)
            connection.execute(END_WITH_INTENT, {"of": holder.id})
            given = {"of": holder.id, "now": self._store.now(connection)}
            connection.execute(MARK_RELEASED_AS_WRITTEN, given)
            connection.execute(DELETE_RELEASED, {"of": holder.id})

    # --- for people ---

    def list_claims(self, account: str | None = None) -> list[ClaimRecord]:
        """List the claims that are held, waiting, or kept by an unknown outcome, oldest first."""
        wanted = [claims.c.state != "written"] + ([claims.c.account == account] if account else [])
        with self._store.reading() as connection:
            now = self._store.now(connection)
            rows = connection.execute(
                WITH_INTENTS.where(*wanted).order_by(claims.c.since, claims.c.state)
            ).all()
            return [_build_record(row) for row in rows if not self._is_over(row, now)]

    def clear(self, account: str, resource: str, by: str) -> int:
        """Remove the claims on a resource, record who did it, and return their number.

        A running call notices the loss before it sends, and sends nothing.
        """
        with self._store.writing() as connection:
            trail.lock_trail(connection)
            _lock_account(connection, account)
            found = sql.and_(
                claims.c.account == account, claims.c.resource == resource, claims.c.state != "written"
            )
            rows = connection.execute(sql.select(claims).where(found)).all()
            connection.execute(claims.delete().where(found))
            for row in rows:
                entry = trail.Entry(
                    event="claim cleared",
                    principal=by,
                    face="terminal",
                    account=account,
                    operation=row.operation,
                    subject=resource,
                    intent=row.intent or "",
                )
                trail.append(connection, entry)
        return len(rows)

    def _is_over(self, row: Row[Any], now: float) -> bool:
        if row.intent is not None and row.intent_state in {"open", "unknown"}:
            quiet = row.ended_at is not None and now - row.ended_at > MAX_SECONDS_IN_FLIGHT
            return row.intent_state == "unknown" and quiet and self._settled_by_time(row.operation)
        if row.state == "ended":
            return True
        if row.state == "waiting":
            return bool(row.until <= now)
        if row.owner == process_id():
            return row.holder not in ACTIVE_HOLDERS
        return not is_owner_running(row.owner) or row.until <= now


def attach_intent(connection: Connection, account: str, holder: str, intent: str) -> None:
    """Bind a holder's claims to an intent, in the transaction that writes the intent."""
    _lock_account(connection, account)
    connection.execute(ATTACH_INTENT, {"of": holder, "intent": intent})


def detach_intent(connection: Connection, account: str, intent: str, now: float) -> None:
    """Unbind the claims of a finished intent: they return to the call that still runs, or are released."""
    _lock_account(connection, account)
    connection.execute(DETACH_INTENT, {"of": intent})
    connection.execute(MARK_ENDED_AS_WRITTEN, {"of": intent, "now": now})
    connection.execute(DELETE_ENDED, {"of": intent})


def _leave_undecided_to_intents(connection: Connection, holder: Holder) -> None:
    """Leave the claims of an earlier step with unknown outcome to its intent, so they block the workflow itself, too."""
    connection.execute(LEAVE_TO_INTENT, {"of": holder.id})


def _lock_account(connection: Connection, account: str) -> None:
    """Lock the claims of an account for the transaction; SQLite has one writing transaction at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sql.text("SELECT pg_advisory_xact_lock(7302027, hashtext(:a))"), {"a": account})


def _load_others(connection: Connection, holder: Holder, wanted: dict[str, Claim]) -> list[Row[Any]]:
    kinds = {one.partition("/")[0] for one in wanted}
    names = [*wanted, *(f"{kind}/{ANY}" for kind in kinds)]
    wide = [one.removesuffix(ANY) for one in wanted if one.endswith(f"/{ANY}")]
    given = {"of": holder.account, "holder": holder.id, "resumed": holder.resumes or "-", "names": names}
    query = (
        OTHERS.where(sql.or_(ON_RESOURCES, *map(claims.c.resource.startswith, wide))) if wide else OTHERS_ON
    )
    return list(connection.execute(query, given).all())


def _is_kind_exclusive(wanted: dict[str, Claim], resource: str) -> bool:
    """Check if a wanted claim on a whole kind, or on a part of it, is exclusive towards this resource."""
    kind = resource.partition("/")[0]
    return any(
        claim.exclusive
        for name, claim in wanted.items()
        if name == f"{kind}/{ANY}" or (resource == f"{kind}/{ANY}" and name.startswith(f"{kind}/"))
    )


def _delete(connection: Connection, row: Row[Any]) -> None:
    connection.execute(
        claims.delete().where(
            claims.c.account == row.account, claims.c.resource == row.resource, claims.c.holder == row.holder
        )
    )


def _build_record(row: Row[Any]) -> ClaimRecord:
    return ClaimRecord(**{name: getattr(row, name) for name in ClaimRecord.__slots__})
