"""Follow the events: hand each one to a program in order, and store its position afterwards."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NoReturn

import anyio

from ix_tools.errors import StoreUnavailable
from ix_tools.events.models import Event
from ix_tools.events.repository import EventFilter, Events

log = logging.getLogger(__name__)

ALL_EVENTS = EventFilter()
LOOK_SECONDS = 1.0
"""Seconds between two looks for new events."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
"""Shortest and longest pause before an event is handed over again whose handling failed; it doubles each time."""


async def follow_events(
    events: Events,
    reader: str,
    handle: Callable[[Event], Awaitable[None]],
    wanted: EventFilter = ALL_EVENTS,
) -> NoReturn:
    """Hand every event to `handle`, oldest first, until cancelled. A new reader begins with the events after now.

    At least once: an event comes again, with the same id, if the process ends before its position is stored, or if `handle` raises.
    The events behind it wait meanwhile, so `handle` raises only what passes by itself. Two processes that follow under one name
    both get every event.

    Args:
        reader: the name under which the store keeps the position, such as `chat:slack`.
    """
    pause, stored = FIRST_PAUSE_SECONDS, -1
    while True:
        try:
            if stored < 0:
                await anyio.to_thread.run_sync(events.register, reader)
            batch = await anyio.to_thread.run_sync(partial(events.read_for, reader, wanted=wanted))
            if batch.has_missed:
                log.warning("%s was away for longer than events are stored, and missed some", reader)
            for event in batch.events:
                await handle(event)
                await anyio.to_thread.run_sync(events.confirm, reader, event.position)
            if batch.next != stored:  # a look without news writes nothing
                await anyio.to_thread.run_sync(events.confirm, reader, batch.next)
                stored = batch.next
        except Exception as trouble:
            level = logging.WARNING if isinstance(trouble, StoreUnavailable) else logging.ERROR
            log.log(level, "%s does not get on with the events", reader, exc_info=level == logging.ERROR)
            await anyio.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
            continue
        pause = FIRST_PAUSE_SECONDS
        if not batch.has_more:
            await anyio.sleep(LOOK_SECONDS)
