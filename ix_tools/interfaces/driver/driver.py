"""The sweep: looks for due calls every second, hands them to the engine, and carries them out as their askers."""

import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import anyio
from anyio.from_thread import BlockingPortal

from ix_tools.approvals.expiry import expire_overdue
from ix_tools.approvals.parked_queue import ParkedQueue
from ix_tools.config.settings import Settings
from ix_tools.errors import NotPermitted, StoreUnavailable
from ix_tools.idempotency.process_identity import is_owner_running
from ix_tools.interfaces.driver.askers import Asker, Askers
from ix_tools.interfaces.driver.batches import PREFIX as BATCH_PREFIX
from ix_tools.interfaces.driver.batches import BatchDriver
from ix_tools.interfaces.driver.engine import Engine
from ix_tools.pipeline.context import create_journal
from ix_tools.pipeline.execute import carry_out
from ix_tools.pipeline.parking import refuse
from ix_tools.pipeline.retention import sweep
from ix_tools.storage.database import Store

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
"""Seconds between two looks for due calls."""
CLEANING_SWEEPS = 3600
"""Sweeps after which what is older than its age is erased."""
RESTART_SECONDS = 60.0
"""Seconds after which an engine that could not start is tried again."""
MAX_RUNNING = 4
"""Calls that one process carries out at once; the account's rate limit is shared by all of them anyway."""


@asynccontextmanager
async def run_driver(
    settings: Settings, store: Store, *askers: Askers, sends_webhooks: bool = False
) -> AsyncIterator[None]:
    """Carry out approved calls for as long as the block lasts; a process has one driver at most.

    Args:
        askers: whose calls this process carries out; of several, the first one that drives a call opens its context.
        sends_webhooks: this process also sends events to the registered addresses.
    """
    async with Driver(store, askers, settings, sends_webhooks=sends_webhooks).running():
        yield


class Driver:
    """Carries out the parked calls of a store."""

    def __init__(
        self, store: Store, askers: Sequence[Askers], settings: Settings, *, sends_webhooks: bool = False
    ) -> None:
        """Nothing is started yet."""
        self._store = store
        self._askers = askers
        self._settings = settings
        self._sends_webhooks = sends_webhooks
        self._lease = create_journal(settings, store).lease
        self._queue = ParkedQueue(store, is_owner_running)
        self._batches = BatchDriver(store, self._find_askers)
        self._running: set[str] = set()
        self._next_start = 0.0
        self._wake = anyio.Event()

    async def carry_out(self, identifier: str) -> None:
        """Carry out a parked call if it is due, and ask the person again if that is what is needed."""
        if identifier.startswith(BATCH_PREFIX):
            await self._batches.carry_on(identifier)
            return
        for _ in range(2):  # an approval that does not count any more: the second time asks again
            call = await anyio.to_thread.run_sync(self._queue.find, identifier)
            if call is None or not call.arguments:
                return
            askers = self._find_askers(call)
            if askers is None:
                return
            try:
                context = await askers.open_context(call)
            except NotPermitted as refusal:
                await refuse(self._queue, call, refusal)
                return
            if await carry_out(context, call) != 0.0:
                return

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Drive for as long as the block lasts."""
        async with BlockingPortal() as portal, anyio.create_task_group() as tasks:
            engine = Engine(self._store, self._lease, partial(portal.call, self._carry_out_safely))
            tasks.start_soon(self._sweep_for_ever, engine)
            if self._sends_webhooks:
                from ix_tools.webhooks.deliverer import Deliverer

                tasks.start_soon(Deliverer(self._store, self._settings).run)
            if self._settings.mail_host:
                from ix_tools.notifications.mailer import Mailer

                tasks.start_soon(Mailer(self._store, self._settings).run)
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(engine.stop)

    async def _sweep_for_ever(self, engine: Engine) -> None:
        sweeps = 0
        while True:
            try:
                await anyio.to_thread.run_sync(self._sweep, engine)
                if sweeps % CLEANING_SWEEPS == 0:
                    await anyio.to_thread.run_sync(sweep, self._store, self._settings, time.time)
                    await anyio.to_thread.run_sync(self._queue.forget)
                    await anyio.to_thread.run_sync(self._batches.forget)
                sweeps += 1
            except StoreUnavailable as trouble:
                log.warning("the store could not be looked at for parked calls: %s", trouble.message)
            self._wake = anyio.Event()
            with anyio.move_on_after(SWEEP_SECONDS):
                await self._wake.wait()

    def _sweep(self, engine: Engine) -> None:
        expire_overdue(self._store, self._store_time())
        calls = (one.id for one in self._queue.list_due(self._drives))
        for identifier in (*calls, *self._batches.list_due()):
            if len(self._running) >= MAX_RUNNING:
                return
            if identifier in self._running:
                continue
            if not self._start(engine):
                return
            self._running.add(identifier)
            if not engine.submit(identifier):
                self._running.discard(identifier)

    def _drives(self, call: Asker) -> bool:
        return self._find_askers(call) is not None

    def _find_askers(self, call: Asker) -> Askers | None:
        return next((one for one in self._askers if one.drives(call)), None)

    def _start(self, engine: Engine) -> bool:
        """Start the engine for the first call that is due, so that a process without one does not load it.

        If it cannot start, that is logged and tried again later; callers can still repeat their calls.
        """
        if engine.is_started or time.monotonic() < self._next_start:
            return engine.is_started
        try:
            engine.start()
        except Exception as trouble:  # noqa: BLE001 - of any kind, from a database that is not ours
            log.error("approved calls are not carried out by this process now: %s", trouble)
            self._next_start = time.monotonic() + RESTART_SECONDS
        return engine.is_started

    def _store_time(self) -> float:
        with self._store.reading() as connection:
            return self._store.now(connection)

    async def _carry_out_safely(self, identifier: str) -> None:
        try:
            await self.carry_out(identifier)
        except Exception:
            # It stays in the store, and the journal knows what was sent; the next attempt comes with the next sweep.
            log.exception("the parked call %s was not carried out", identifier)
        finally:
            self._running.discard(identifier)
            self._wake.set()
