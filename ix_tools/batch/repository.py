"""Repository of batches: what a file asked for, how far each document is, and which process carries it on."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.batch.models import ENDED_BATCH, Batch, BatchRow
from ix_tools.domain.batch_states import BatchState, RowState
from ix_tools.events import outbox
from ix_tools.events.models import EventDraft
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, batch_rows, batches

KEPT_DAYS = 30
"""Days for which the cells are kept after the end, for the report; and after which a batch that nobody carried on ends."""
DUE: tuple[BatchState, ...] = ("drafting", "asking", "asked", "working")


class BatchRepository:
    """The batches in a store."""

    def __init__(self, store: Store, is_owner_running: Callable[[str], bool]) -> None:
        """Nothing is opened yet. `is_owner_running`: tells whether the process with this id may still be alive."""
        self._store = store
        self._is_owner_running = is_owner_running

    def create(self, batch: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """Store a new batch; do nothing if the account has one of the same file."""
        with self._store.writing() as connection:
            if _find_by_file(connection, batch["account"], batch["digest"]) is not None:
                return
            now = self._store.now(connection)
            connection.execute(batches.insert().values(**batch, created_at=now))
            connection.execute(batch_rows.insert(), list(rows))

    def find(self, identifier: str) -> Batch | None:
        """Return a batch by its id."""
        row = self._store.find_row(batches, identifier)
        return _build_batch(row) if row is not None else None

    def find_by_file(self, account: str, digest: str) -> Batch | None:
        """Return the batch of a file."""
        with self._store.reading() as connection:
            row = _find_by_file(connection, account, digest)
        return _build_batch(row) if row is not None else None

    def list_rows(self, identifier: str) -> list[BatchRow]:
        """Return the documents of a batch in their order."""
        query = sql.select(batch_rows).where(batch_rows.c.batch == identifier).order_by(batch_rows.c.place)
        with self._store.reading() as connection:
            return [_build_row(row) for row in connection.execute(query).all()]

    def find_row(self, identifier: str, place: int) -> BatchRow:
        """Return one document of a batch."""
        mine = (batch_rows.c.batch == identifier) & (batch_rows.c.place == place)
        with self._store.reading() as connection:
            return _build_row(connection.execute(sql.select(batch_rows).where(mine)).one())

    def count_states(self, identifier: str) -> dict[RowState, int]:
        """Return how many documents of a batch are in each state."""
        counted = sql.select(batch_rows.c.state, sql.func.count()).where(batch_rows.c.batch == identifier)
        with self._store.reading() as connection:
            rows = connection.execute(counted.group_by(batch_rows.c.state)).all()
        return {row[0]: row[1] for row in rows}

    def list_batches(self, account: str, principal: str = "", limit: int = 50) -> list[Batch]:
        """Return the newest batches of an account."""
        query = sql.select(batches).where(batches.c.account == account)
        if principal:
            query = query.where(batches.c.principal == principal)
        with self._store.reading() as connection:
            rows = connection.execute(query.order_by(batches.c.created_at.desc()).limit(limit)).all()
        return [_build_batch(row) for row in rows]

    def list_due(self) -> list[Batch]:
        """Return the batches that a process can carry on now: no other one does, and they do not wait for a person."""
        with self._store.reading() as connection:
            now = self._store.now(connection)
            is_decided = (approvals.c.state != "pending") | (approvals.c.expires_at <= now)
            wanted = sql.and_(
                batches.c.state.in_(DUE),
                batches.c.retry_at <= now,
                (batches.c.state != "asked") | is_decided,
            )
            query = (
                sql.select(batches)
                .select_from(batches.outerjoin(approvals, approvals.c.id == batches.c.approval))
                .where(wanted)
            )
            rows = connection.execute(query.order_by(batches.c.created_at)).all()
        return [one for one in map(_build_batch, rows) if not self._is_held(one, now)]

    def find_earlier(self, account: str, key: str) -> tuple[Batch | None, BatchRow | None]:
        """Return the document of an idempotency key and its batch; the newest one if several have it."""
        query = (
            sql.select(batch_rows)
            .join(batches, batches.c.id == batch_rows.c.batch)
            .where(batches.c.account == account, batch_rows.c.key == key)
            .order_by(batches.c.created_at.desc())
        )
        with self._store.reading() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        if row is None:
            return None, None
        return self.find(row.batch), _build_row(row)

    def claim(self, identifier: str, owner: str, lease: float) -> bool:
        """Claim a batch for this process; return False if another one carries it on."""
        with self._store.writing() as connection:
            row = connection.execute(
                sql.select(batches).where(batches.c.id == identifier).with_for_update()
            ).one_or_none()
            now = self._store.now(connection)
            if row is None or (row.owner != owner and self._is_held(_build_batch(row), now)):
                return False
            values = {"owner": owner, "lease_until": now + lease}
            connection.execute(batches.update().where(batches.c.id == identifier).values(values))
        return True

    def release(self, identifier: str, owner: str) -> None:
        """Release the batch for other processes."""
        with self._store.writing() as connection:
            mine = (batches.c.id == identifier) & (batches.c.owner == owner)
            connection.execute(batches.update().where(mine).values(owner="", lease_until=0.0))

    def renew(self, identifier: str, owner: str, lease: float) -> bool:
        """Extend the lease of the batch; return False if another process took it."""
        with self._store.writing(durable=False) as connection:
            mine = (batches.c.id == identifier) & (batches.c.owner == owner)
            until = self._store.now(connection) + lease
            return bool(connection.execute(batches.update().where(mine).values(lease_until=until)).rowcount)

    def update(self, identifier: str, **values: Any) -> None:
        """Change fields of a batch."""
        if not values:
            return
        if "reason" in values and values["reason"] is not None:
            values["reason"] = json.dumps(values["reason"], ensure_ascii=False)
        with self._store.writing() as connection:
            connection.execute(batches.update().where(batches.c.id == identifier).values(values))

    def postpone(self, identifier: str, seconds: float) -> None:
        """Let a batch wait until it is tried again."""
        with self._store.writing() as connection:
            values = {"retry_at": self._store.now(connection) + seconds, "attempts": batches.c.attempts + 1}
            connection.execute(batches.update().where(batches.c.id == identifier).values(values))

    def update_row(self, batch: str, place: int, **values: Any) -> None:
        """Change fields of a document."""
        self.update_rows(batch, {place: values})

    def update_rows(self, batch: str, changes: Mapping[int, Mapping[str, Any]]) -> None:
        """Change fields of several documents in one transaction."""
        with self._store.writing() as connection:
            for place, values in changes.items():
                stored = dict(values)
                if stored.get("problem") is not None:
                    stored["problem"] = json.dumps(stored["problem"], ensure_ascii=False)
                mine = (batch_rows.c.batch == batch) & (batch_rows.c.place == place)
                connection.execute(batch_rows.update().where(mine).values(stored))

    def finish(self, batch: Batch, state: BatchState, counts: Mapping[str, int]) -> None:
        """Record the end, delete the arguments, and record the event."""
        with self._store.writing() as connection:
            live = (batches.c.id == batch.id) & batches.c.state.not_in(ENDED_BATCH)
            values = {"state": state, "finished_at": self._store.now(connection)}
            if not connection.execute(batches.update().where(live).values(values)).rowcount:
                return
            connection.execute(batch_rows.update().where(batch_rows.c.batch == batch.id).values(arguments=""))
            data = {"batch": batch.id, "state": state, "documents": dict(counts)}
            outbox.append(
                connection,
                EventDraft(
                    "batch.done", f"batch/{batch.id}", batch.account, batch.principal, "issue_batch", data
                ),
            )

    def forget(self) -> None:
        """End batches that nobody carried on for long, and delete the cells of those that ended long ago."""
        with self._store.writing() as connection:
            now = self._store.now(connection)
            may_be_used = sql.exists().where(
                approvals.c.id == batches.c.approval,
                approvals.c.state.in_(("pending", "approved")),
                approvals.c.expires_at > now,
            )
            left = sql.and_(
                batches.c.finished_at.is_(None),
                batches.c.created_at < now - KEPT_DAYS * 86_400,
                batches.c.lease_until < now,
                batches.c.valid_until < now,
                ~may_be_used,
            )
            connection.execute(
                batch_rows.update()
                .where(batch_rows.c.batch.in_(sql.select(batches.c.id).where(left)))
                .values(arguments="")
            )
            connection.execute(batches.update().where(left).values(state="partial", finished_at=now))
            old = sql.select(batches.c.id).where(batches.c.finished_at < now - KEPT_DAYS * 86_400)
            connection.execute(
                batch_rows.update()
                .where(batch_rows.c.batch.in_(old), batch_rows.c.cells != "")
                .values(cells="")
            )

    def _is_held(self, batch: Batch, now: float) -> bool:
        return bool(batch.owner) and batch.lease_until > now and self._is_owner_running(batch.owner)


def _find_by_file(connection: Connection, account: str, digest: str) -> Row[Any] | None:
    wanted = (batches.c.account == account) & (batches.c.digest == digest)
    return connection.execute(sql.select(batches).where(wanted)).one_or_none()


def _build_batch(row: Row[Any]) -> Batch:
    values = {name: getattr(row, name) for name in Batch.__slots__}
    values["scopes"] = tuple(row.scopes)
    values["headings"] = json.loads(row.headings)
    values["reason"] = json.loads(row.reason) if row.reason else None
    return Batch(**values)


def _build_row(row: Row[Any]) -> BatchRow:
    values = {name: getattr(row, name) for name in BatchRow.__slots__}
    values["cells"] = tuple(map(tuple, json.loads(row.cells))) if row.cells else ()
    values["arguments"] = json.loads(row.arguments) if row.arguments else {}
    values["problem"] = json.loads(row.problem) if row.problem else None
    values["bindings"] = tuple(map(tuple, row.bindings))
    return BatchRow(**values)
