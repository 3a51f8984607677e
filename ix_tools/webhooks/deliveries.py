"""Deliveries: one for each event and endpoint, with its attempts, until it is delivered or given up."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.errors import IxError
from ix_tools.events.models import Event
from ix_tools.i18n import formats
from ix_tools.i18n.messages import message
from ix_tools.storage.data_inventory import delete_aged
from ix_tools.storage.database import Store
from ix_tools.storage.inserts import insert_if_absent
from ix_tools.storage.schema import webhook_deliveries, webhook_endpoints
from ix_tools.webhooks.endpoints import ENDING_TYPES, Endpoint, delete, disable, is_bound

Lane = Literal["first", "again"]
"""First attempts run in order, one at a time for each endpoint; later ones beside them, one at a time, too."""
RETRY_SECONDS = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Pauses before further attempts, some three days in all; then the endpoint is disabled."""
LEASE_SECONDS = 90.0
"""Seconds after which an attempt counts as left behind by its process; longer than any attempt takes."""
GONE = 410


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to an endpoint."""

    id: str
    endpoint: str
    event: str
    type: str
    position: int
    body: str
    state: Literal["waiting", "sending", "delivered", "failed"]
    attempts: int
    due_at: float
    lease_until: float
    status: int
    """HTTP status of the last answer; 0 without one."""
    problem: str
    created_at: float
    finished_at: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return what its caller reads."""
        return {
            "id": self.id,
            "event": self.event,
            "type": self.type,
            "state": "waiting" if self.state == "sending" else self.state,
            "attempts": self.attempts,
            **({"status": self.status} if self.status else {}),
            **({"problem": self.problem} if self.problem else {}),
            "created_at": formats.format_rfc3339(self.created_at),
        }


def build_body(event: Event) -> str:
    """Return the body: type, time, and thin data, with the subject's sequence number."""
    shown = event.as_dict()
    data = {name: shown[name] for name in ("subject", "sequence", "account", "caller", "operation")}
    body = {"type": event.type, "timestamp": shown["time"], "data": {**data, **event.data}}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def insert_delivery(connection: Connection, endpoint: Endpoint, event: Event, now: float) -> None:
    """Queue an event for an endpoint inside the caller's transaction."""
    row = {
        "id": f"dlv_{sha256(f'{endpoint.id} {event.id}'.encode()).hexdigest()[:20]}",
        "endpoint": endpoint.id,
        "event": event.id,
        "type": event.type,
        "position": event.position,
        "body": build_body(event),
        "state": "waiting",
        "attempts": 0,
        "due_at": now,
        "lease_until": 0.0,
        "status": 0,
        "problem": "",
        "created_at": now,
    }
    insert_if_absent(connection, webhook_deliveries, row)


class Deliveries:
    """The deliveries in a store."""

    def __init__(self, store: Store) -> None:
        """Nothing is opened yet."""
        self._store = store

    def list_due_lanes(self) -> list[tuple[str, Lane]]:
        """List the lanes with a delivery that is due."""
        with self._store.reading() as connection:
            now = self._store.now(connection)
            is_first = webhook_deliveries.c.attempts == 0
            query = (
                sql.select(webhook_deliveries.c.endpoint, is_first.label("is_first"))
                .join(webhook_endpoints, webhook_endpoints.c.id == webhook_deliveries.c.endpoint)
                .where(_is_due(now), webhook_endpoints.c.disabled_at.is_(None))
                .distinct()
            )
            return [(row.endpoint, "first" if row.is_first else "again") for row in connection.execute(query)]

    def take(self, endpoint: str, lane: Lane) -> Delivery | None:
        """Claim the next delivery of a lane; None if nothing is due, or another process sends in this lane."""
        with self._store.writing() as connection:
            mine = webhook_endpoints.c.id == endpoint
            # Locks the endpoint, so that two processes do not send in one lane.
            connection.execute(webhook_endpoints.update().where(mine).values(id=endpoint))
            now = self._store.now(connection)
            first = webhook_deliveries.c.attempts <= 1
            in_lane = (webhook_deliveries.c.endpoint == endpoint) & (first if lane == "first" else ~first)
            sending = (webhook_deliveries.c.state == "sending") & (webhook_deliveries.c.lease_until > now)
            if connection.execute(
                sql.select(webhook_deliveries.c.id).where(in_lane, sending).limit(1)
            ).first():
                return None
            new = webhook_deliveries.c.attempts == 0
            due = sql.select(webhook_deliveries).where(
                webhook_deliveries.c.endpoint == endpoint, _is_due(now), new if lane == "first" else ~new
            )
            row = connection.execute(due.order_by(webhook_deliveries.c.position).limit(1)).one_or_none()
            if row is None:
                return None
            values = {"state": "sending", "attempts": row.attempts + 1, "lease_until": now + LEASE_SECONDS}
            connection.execute(
                webhook_deliveries.update().where(webhook_deliveries.c.id == row.id).values(values)
            )
            return _build(row, attempts=row.attempts + 1)

    def finish(self, delivery: Delivery, status: int, problem: str) -> None:
        """Record an attempt: delivered, tried again later, or given up, which disables the endpoint."""
        with self._store.writing() as connection:
            now = self._store.now(connection)
            values: dict[str, Any] = {"status": status, "problem": problem[:100]}
            if 200 <= status < 300:
                values |= {"state": "delivered", "finished_at": now, "problem": ""}
                if delivery.type in ENDING_TYPES and is_bound(connection, delivery.endpoint):
                    delete(connection, delivery.endpoint)
                    return
            elif status == GONE or delivery.attempts > len(RETRY_SECONDS):
                why = "gone (410)" if status == GONE else f"{problem or status} for three days"
                values |= {"state": "failed", "finished_at": now}
                disable(connection, delivery.endpoint, why, now)
            else:
                values |= {"state": "waiting", "due_at": now + RETRY_SECONDS[delivery.attempts - 1]}
            mine = (webhook_deliveries.c.id == delivery.id) & (
                webhook_deliveries.c.attempts == delivery.attempts
            )
            connection.execute(webhook_deliveries.update().where(mine).values(values))

    def list_of(self, endpoint: Endpoint, limit: int = 100) -> Sequence[Delivery]:
        """List the newest deliveries of an endpoint, newest first."""
        mine = webhook_deliveries.c.endpoint == endpoint.id
        query = sql.select(webhook_deliveries).where(mine).order_by(webhook_deliveries.c.position.desc())
        with self._store.reading() as connection:
            return [_build(row) for row in connection.execute(query.limit(limit))]

    def replay(self, endpoint: Endpoint, identifier: str) -> Delivery:
        """Send a delivery of an endpoint again, with the same webhook-id.

        Raises:
            IxError: there is none.
        """
        with self._store.writing() as connection:
            mine = (webhook_deliveries.c.endpoint == endpoint.id) & (webhook_deliveries.c.id == identifier)
            row = connection.execute(sql.select(webhook_deliveries).where(mine)).one_or_none()
            if row is None:
                raise IxError(
                    message("There is no delivery {id} of this webhook.", id=identifier),
                    code="delivery_unknown",
                    next=message("list the deliveries of the webhook"),
                )
            values = {
                "state": "waiting",
                "attempts": 1,
                "due_at": self._store.now(connection),
                "finished_at": None,
            }
            connection.execute(webhook_deliveries.update().where(mine).values(values))
            return _build(row, state="waiting")

    def delete_old(self) -> None:
        """Delete deliveries that ended long ago."""
        with self._store.writing() as connection:
            delete_aged(connection, webhook_deliveries.name, self._store.now(connection))


def _is_due(now: float) -> sql.ColumnElement[bool]:
    waits = (webhook_deliveries.c.state == "waiting") & (webhook_deliveries.c.due_at <= now)
    is_left = (webhook_deliveries.c.state == "sending") & (webhook_deliveries.c.lease_until <= now)
    return waits | is_left


def _build(row: Row[Any], **changes: Any) -> Delivery:
    return Delivery(**{name: getattr(row, name) for name in Delivery.__slots__} | changes)
