"""The deliverer: queues each event for the endpoints that want it, and sends what is due, each endpoint apart from the others."""

import logging
from datetime import UTC, datetime
from functools import partial

import anyio
from sqlalchemy.engine import Connection

from ix_tools.auth.tokens import has_lost_scope
from ix_tools.config.extras import load_extra
from ix_tools.config.settings import Settings
from ix_tools.errors import InvalidArguments, NotPermitted, StoreUnavailable
from ix_tools.events.models import Event
from ix_tools.events.repository import Events
from ix_tools.operations.scopes import Scope
from ix_tools.storage.database import Store
from ix_tools.version import __version__
from ix_tools.webhooks.addresses import parse_target, read_networks
from ix_tools.webhooks.deliveries import Deliveries, Delivery, Lane, insert_delivery
from ix_tools.webhooks.endpoints import Endpoint, Endpoints, disable, follow_up, select_active
from ix_tools.webhooks.transport import WebhookNotDelivered, post

log = logging.getLogger(__name__)

READER = "webhooks"
LOOK_SECONDS = 1.0
CLEANING_LOOKS = 3600
LOST_SCOPE = "its caller's token ended, or has the scope admin no more"
MAX_LANES = 40
"""Lanes in which one process sends at once."""


class Deliverer:
    """Sends webhooks, beside any number of other processes that share the store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._events = Events(store, settings.events_days)
        self._deliveries = Deliveries(store)
        self._endpoints = Endpoints(store)
        self._allowed = read_networks(settings.webhook_networks)
        self._running: set[tuple[str, Lane]] = set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        looks = 0
        async with anyio.create_task_group() as tasks:
            while True:
                try:
                    await self.enqueue()
                    for lane in await anyio.to_thread.run_sync(self._deliveries.list_due_lanes):
                        if lane not in self._running and len(self._running) < MAX_LANES:
                            self._running.add(lane)
                            tasks.start_soon(self._work_lane_safely, lane)
                    if looks % CLEANING_LOOKS == 0:
                        await anyio.to_thread.run_sync(self._deliveries.delete_old)
                        await anyio.to_thread.run_sync(self._endpoints.delete_old)
                    looks += 1
                except StoreUnavailable as trouble:
                    log.warning("the store could not be looked at for webhooks: %s", trouble.message)
                except Exception:
                    log.exception("webhooks were not looked at")
                await anyio.sleep(LOOK_SECONDS)

    async def enqueue(self) -> None:
        """Queue what happened for the endpoints that want it."""
        while await anyio.to_thread.run_sync(partial(self._events.consume, READER, self._insert)):
            pass

    def _insert(self, connection: Connection, event: Event) -> None:
        now = self._store.now(connection)
        for one in select_active(connection):
            if not _is_about(one, event):
                continue
            if one.all_callers and has_lost_scope(connection, one.principal, Scope.ADMIN, now):
                disable(connection, one.id, LOST_SCOPE, now)
                continue
            if not one.events or event.type in one.events:
                insert_delivery(connection, one, event, now)
            if one.approval and (again := event.data.get("asked_again")):
                follow_up(connection, one.id, str(again))

    async def _work_lane_safely(self, lane: tuple[str, Lane]) -> None:
        try:
            await self.work_lane(*lane)
        except Exception:
            # The delivery is claimed until its lease ends, and sent again then.
            log.exception("the webhook %s was not worked on", lane[0])
        finally:
            self._running.discard(lane)

    async def work_lane(self, endpoint: str, lane: Lane) -> None:
        """Send what is due in a lane, one after another."""
        while True:
            delivery = await anyio.to_thread.run_sync(self._deliveries.take, endpoint, lane)
            if delivery is None:
                return
            found = await anyio.to_thread.run_sync(self._endpoints.find, endpoint)
            status, problem = await self._attempt(found, delivery)
            await anyio.to_thread.run_sync(self._deliveries.finish, delivery, status, problem)
            if found.disabled_at is not None:
                return

    async def _attempt(self, endpoint: Endpoint, delivery: Delivery) -> tuple[int, str]:
        """Send one delivery; return the status of the answer and what went wrong."""
        body = delivery.body.encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"ix-tools/{__version__}",
            **sign(endpoint, delivery.event, body, datetime.now(UTC)),
        }
        try:
            status = await post(parse_target(endpoint.url), headers, body, self._allowed)
        except (WebhookNotDelivered, InvalidArguments, NotPermitted) as trouble:
            return 0, str(trouble) if isinstance(trouble, WebhookNotDelivered) else "address not allowed"
        return status, "" if 200 <= status < 300 else f"answered {status}"


def _is_about(one: Endpoint, event: Event) -> bool:
    is_own = event.principal == one.principal or one.all_callers
    is_chosen = not one.approval or event.data.get("approval") == one.approval
    return event.account == one.account and is_own and is_chosen


def sign(endpoint: Endpoint, identifier: str, body: bytes, when: datetime) -> dict[str, str]:
    """Return the headers of Standard Webhooks; during a rotation there are two signatures. `when`: in UTC, as the library requires."""
    with load_extra("server"):
        from standardwebhooks import Webhook
    known = [endpoint.secret, *([endpoint.old_secret] if endpoint.old_until > when.timestamp() else [])]
    signatures = [Webhook(one).sign(identifier, when, body.decode()) for one in known]
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
