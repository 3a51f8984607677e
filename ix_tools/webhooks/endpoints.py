"""Endpoints: the addresses that callers registered, the events that each one wants, and the secrets that sign for it."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.errors import InvalidArguments, IxError, Problem
from ix_tools.events import outbox
from ix_tools.events.models import EVENT_TYPES, EventDraft, EventType
from ix_tools.i18n import formats
from ix_tools.i18n.messages import message, verbatim
from ix_tools.storage.database import Store
from ix_tools.storage.schema import webhook_deliveries, webhook_endpoints

MAX_ENDPOINTS = 50
"""Endpoints that one caller may have."""
MAX_BOUND_ENDPOINTS = 400
"""Endpoints for one approval each that one caller may have."""
ENDING_TYPES: tuple[EventType, ...] = ("parked_call.done", "parked_call.failed")
"""Events after which there is no more to tell of an approval's call."""
KEPT_SECONDS = 30 * 86_400.0
"""Seconds for which an endpoint for one approval stays at most; an approval ends long before."""
ROTATION_SECONDS = 86_400.0
"""Seconds for which the old secret signs, too, after a rotation."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registered address."""

    id: str
    principal: str
    account: str
    url: str
    events: tuple[str, ...]
    """Types; empty for all."""
    all_callers: bool
    """Also the events of other callers in the account."""
    secret: str
    old_secret: str
    old_until: float
    created_at: float
    disabled_at: float | None
    disabled_why: str
    approval: str
    """The only approval that it is about; empty for all."""

    def as_dict(self) -> dict[str, Any]:
        """Return what its caller reads; the secret is shown once, when it is made."""
        return {
            "id": self.id,
            "url": self.url,
            "events": list(self.events),
            "callers": "all" if self.all_callers else "own",
            "created_at": formats.format_rfc3339(self.created_at),
            **({"approval": self.approval} if self.approval else {}),
            "state": "active" if self.disabled_at is None else "disabled",
            **({"disabled_why": self.disabled_why} if self.disabled_why else {}),
        }


class Endpoints:
    """The endpoints in a store."""

    def __init__(self, store: Store) -> None:
        """Nothing is opened yet."""
        self._store = store

    def add(
        self,
        principal: str,
        account: str,
        url: str,
        events: Sequence[str],
        *,
        all_callers: bool = False,
        approval: str = "",
    ) -> Endpoint:
        """Register an address that was checked before; the result has its secret.

        Args:
            approval: the only approval it is about. The endpoint is removed when it was told how that one's call ended.
        """
        _check_types(events)
        most = MAX_BOUND_ENDPOINTS if approval else MAX_ENDPOINTS
        with self._store.writing() as connection:
            is_bound = webhook_endpoints.c.approval != ""
            mine = (webhook_endpoints.c.principal == principal) & (is_bound if approval else ~is_bound)
            if connection.execute(sql.select(sql.func.count()).where(mine)).scalar_one() >= most:
                raise InvalidArguments(
                    message("This caller has {count} webhooks, which is the most allowed.", count=most),
                    code="too_many_webhooks",
                    next=message("remove one that is not used any more"),
                )
            row = {
                "id": f"whk_{secrets.token_hex(10)}",
                "principal": principal,
                "account": account,
                "url": url,
                "events": sorted(set(events)),
                "all_callers": all_callers,
                "secret": _make_secret(),
                "old_secret": "",
                "old_until": 0.0,
                "created_at": self._store.now(connection),
                "disabled_why": "",
                "approval": approval,
            }
            connection.execute(webhook_endpoints.insert().values(row))
            return _build(_select(connection, str(row["id"])))

    def list_of(self, principal: str | None = None, account: str | None = None) -> list[Endpoint]:
        """List the endpoints of a caller, or of everybody, oldest first."""
        query = sql.select(webhook_endpoints).order_by(webhook_endpoints.c.created_at)
        for column, value in (("principal", principal), ("account", account)):
            if value is not None:
                query = query.where(webhook_endpoints.c[column] == value)
        with self._store.reading() as connection:
            return [_build(row) for row in connection.execute(query)]

    def find(self, identifier: str, principal: str | None = None, account: str | None = None) -> Endpoint:
        """Return an endpoint of a caller, or anybody's.

        Raises:
            IxError: there is none; the same for another caller's.
        """
        found = [one for one in self.list_of(principal, account) if one.id == identifier]
        if not found:
            raise IxError(
                message("There is no webhook {id}.", id=identifier),
                code="webhook_unknown",
                next=message("list your webhooks"),
            )
        return found[0]

    def remove(self, endpoint: Endpoint) -> None:
        """Delete an endpoint with its deliveries."""
        with self._store.writing() as connection:
            delete(connection, endpoint.id)

    def follow_up(self, endpoint: Endpoint, approval: str) -> None:
        """Let an endpoint for one approval be about the one that a person was asked for instead."""
        with self._store.writing() as connection:
            follow_up(connection, endpoint.id, approval)

    def delete_old(self) -> None:
        """Delete endpoints for one approval whose approval ended long ago."""
        with self._store.writing() as connection:
            is_old = webhook_endpoints.c.created_at < self._store.now(connection) - KEPT_SECONDS
            query = sql.select(webhook_endpoints.c.id).where(webhook_endpoints.c.approval != "", is_old)
            for identifier in connection.execute(query).scalars().all():
                delete(connection, identifier)

    def rotate(self, endpoint: Endpoint) -> Endpoint:
        """Give an endpoint a new secret; the old one signs beside it for a day."""
        with self._store.writing() as connection:
            until = self._store.now(connection) + ROTATION_SECONDS
            values = {"secret": _make_secret(), "old_secret": endpoint.secret, "old_until": until}
            mine = webhook_endpoints.c.id == endpoint.id
            connection.execute(webhook_endpoints.update().where(mine).values(values))
            return _build(_select(connection, endpoint.id))

    def enable(self, endpoint: Endpoint) -> None:
        """Enable a disabled endpoint."""
        with self._store.writing() as connection:
            mine = webhook_endpoints.c.id == endpoint.id
            values = {"disabled_at": None, "disabled_why": ""}
            connection.execute(webhook_endpoints.update().where(mine).values(values))


def select_active(connection: Connection) -> list[Endpoint]:
    """Return the endpoints that receive events."""
    query = sql.select(webhook_endpoints).where(webhook_endpoints.c.disabled_at.is_(None))
    return [_build(row) for row in connection.execute(query)]


def delete(connection: Connection, identifier: str) -> None:
    """Delete an endpoint with its deliveries."""
    connection.execute(webhook_deliveries.delete().where(webhook_deliveries.c.endpoint == identifier))
    connection.execute(webhook_endpoints.delete().where(webhook_endpoints.c.id == identifier))


def is_bound(connection: Connection, identifier: str) -> bool:
    """Tell whether an endpoint is about one approval alone."""
    query = sql.select(webhook_endpoints.c.approval).where(webhook_endpoints.c.id == identifier)
    return bool(connection.execute(query).scalar())


def follow_up(connection: Connection, identifier: str, approval: str) -> None:
    """Let an endpoint for one approval be about the one that a person was asked for instead."""
    mine = webhook_endpoints.c.id == identifier
    connection.execute(webhook_endpoints.update().where(mine).values(approval=approval))


def disable(connection: Connection, identifier: str, why: str, now: float) -> None:
    """Disable an endpoint, and record that as an event once: nothing is sent to it until it is enabled again."""
    mine = (webhook_endpoints.c.id == identifier) & webhook_endpoints.c.disabled_at.is_(None)
    disabling = webhook_endpoints.update().where(mine).values(disabled_at=now, disabled_why=why)
    if connection.execute(disabling).rowcount:
        row = _select(connection, identifier)
        data = {"webhook": identifier, "why": why}
        outbox.append(
            connection,
            EventDraft("webhook.disabled", f"webhook/{identifier}", row.account, row.principal, "", data),
        )


def _check_types(types: Sequence[str]) -> None:
    unknown = sorted(set(types) - set(EVENT_TYPES))
    if unknown:
        raise InvalidArguments(
            message("There is no event '{name}'.", name=unknown[0]),
            problems=[
                Problem("events", message("is none of the types of events"), verbatim(", ".join(EVENT_TYPES)))
            ],
            next=message("name existing types, or none for all"),
        )


def _make_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _select(connection: Connection, identifier: str) -> Row[Any]:
    return connection.execute(sql.select(webhook_endpoints).where(webhook_endpoints.c.id == identifier)).one()


def _build(row: Row[Any]) -> Endpoint:
    values = {name: getattr(row, name) for name in Endpoint.__slots__}
    return Endpoint(**{**values, "events": tuple(row.events), "all_callers": bool(row.all_callers)})
