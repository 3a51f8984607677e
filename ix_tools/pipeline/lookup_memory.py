"""Memory of look-ups: recalls and keeps what an account's documents have in common, without ever failing a call.

    recalled, and at most ten minutes old ─▶ used      a rule refuses, InvoiceXpress refuses, or it stores something else
    otherwise ─▶ looked up, and kept                     └─▶ forgotten, and looked up again

Only what reading the document back confirms is remembered: what decides money is compared after every write in any case.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio

from ix_tools.errors import StoreUnavailable
from ix_tools.storage.item_counts import ItemCounts
from ix_tools.storage.lookup_rows import CLIENTS, CatalogueState
from ix_tools.storage.lookups import Lookups, Remembered, RememberedItem

log = logging.getLogger(__name__)

MAX_AGE_SECONDS = 600.0
"""Age up to which a look-up is used without a new one."""
Kept = TypeVar("Kept")


@dataclass
class LookupMemory:
    """The remembered look-ups of an account, for one call."""

    lookups: Lookups | None
    """None if look-ups are not remembered (setting remember_lookups)."""
    is_trusted: bool = True
    """False to look everything up again, after a refusal."""
    used: set[str] = field(default_factory=set)
    """Names of what was recalled instead of looked up."""

    def distrust(self) -> "LookupMemory":
        """Return the memory that only keeps what is looked up now."""
        return LookupMemory(self.lookups, is_trusted=False)

    async def recall(self, *names: str) -> dict[str, Remembered]:
        """Return what is remembered under each name, without content where it must be looked up."""
        nothing: dict[str, Remembered] = {}
        found = await self._try(lambda one: one.recall(*names), nothing)
        return {name: found.get(name, Remembered(age=MAX_AGE_SECONDS)) for name in names}

    async def get_clients_generation(self) -> int:
        """Return the number that rises with each change of a client, by any process."""
        return (await self.recall(CLIENTS))[CLIENTS].generation

    def select(self, name: str, remembered: Remembered) -> Any:
        """Return the content of a remembered look-up, or None if it must be looked up."""
        if not self.is_trusted or remembered.content is None or remembered.age >= MAX_AGE_SECONDS:
            return None
        self.used.add(name)
        return remembered.content

    async def look_up(
        self,
        name: str,
        remembered: Remembered,
        read: Callable[[], Awaitable[list[Mapping[str, Any]]]],
        resource: str,
    ) -> list[Mapping[str, Any]]:
        """Return the remembered rows of a list, or read and keep them."""
        rows: list[Mapping[str, Any]] | None = self.select(name, remembered)
        if rows is not None:
            return rows
        began = time.monotonic()
        rows = await read()
        await self.keep(name, remembered, rows, began, resource)
        return rows

    async def keep(
        self, name: str, remembered: Remembered, content: Any, began: float, resource: str = ""
    ) -> None:
        """Keep a look-up that began then."""
        await self._try(
            lambda one: one.keep(name, remembered.generation, content, began, resource), default=False
        )

    async def recall_items(self, names: Iterable[str]) -> dict[str, RememberedItem] | None:
        """Return the remembered catalogue items with these names, or None if the store fails, which is no absence."""
        nothing: dict[str, RememberedItem] | None = None
        return await self._try(lambda one: one.recall_items(names), nothing)

    async def keep_items(self, items: Mapping[str, Mapping[str, Any]], began: float) -> bool:
        """Keep catalogue items that were read, by name; return False if the store fails."""

        def keep(lookups: Lookups) -> bool:
            lookups.keep_items(items, began)
            return True

        return await self._try(keep, default=False)

    async def keep_state(self, state: CatalogueState, remembered: Remembered, began: float) -> None:
        """Keep how far the catalogue was read."""
        await self._try(lambda one: one.keep_state(state, remembered.generation, began), None)

    async def count_items(self, since: float) -> ItemCounts:
        """Count the remembered items; those read since then by the store's clock."""
        return await self._try(lambda one: one.count_items(since), ItemCounts())

    async def drop_items_before(self, read_at: float) -> None:
        """Drop catalogue items that a complete reading, which began then, has not found."""
        await self._try(lambda one: one.drop_items_before(read_at), None)

    async def _try(self, act: Callable[[Lookups], Kept], default: Kept) -> Kept:
        """Return what the store answers; a failing store means that nothing is remembered."""
        lookups = self.lookups
        if lookups is None:
            return default
        try:
            return await anyio.to_thread.run_sync(act, lookups)
        except StoreUnavailable as trouble:
            log.warning("look-ups are not remembered: %s", trouble.message)
            return default
