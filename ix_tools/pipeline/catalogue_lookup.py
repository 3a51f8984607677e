"""Catalogue look-up: finds the items that a document's lines would overwrite, in a kept copy of the account's catalogue.

    never read to its end, or more than a day ago ─▶ read it, page by page; what was read is kept, and goes on in the next call
    not checked for ten minutes ─▶ page 1: as many items as expected? ─▶ no: read it again
                                                                      └─▶ yes: read the named items again, by id
    otherwise ─▶ the copy

So an item that somebody changes in InvoiceXpress's own pages is noticed ten minutes later at the latest, a new one as soon as
the number of items differs, and a new name in place of another within a day.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ix_tools.api_client import protocol
from ix_tools.api_client.reader import PAGE_SIZE, AccountReader
from ix_tools.domain.parsing import parse_record, read_id, read_page, read_rows, require_content
from ix_tools.domain.records import CatalogueItem
from ix_tools.errors import NotFound, Unreadable
from ix_tools.pipeline.lookup_memory import MAX_AGE_SECONDS, LookupMemory
from ix_tools.pipeline.parallel import gather
from ix_tools.storage.lookups import CATALOGUE, CatalogueState, Remembered, RememberedItem

PATH, KEY = "/items.json", "items"
FIELDS = ("name", "description", "unit_price", "unit", "tax")
"""What is kept of an item besides its id."""
COPY_SECONDS = 86400.0
"""Age after which the whole catalogue is read again."""
RESUME_SECONDS = 3600.0
"""Age up to which an unfinished reading goes on where it stopped."""
PAGES_AT_ONCE = 4
PAGES_PER_CALL = 200
"""Pages read in one call; a longer catalogue goes on in the next one."""
Progress = Callable[[float, float, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A page of the catalogue."""

    ids: frozenset[str]
    total: int
    pages: int


@dataclass
class CatalogueLookup:
    """One look-up of items by name."""

    reader: AccountReader
    memory: LookupMemory
    progress: Progress | None = None
    _pages: dict[int, ItemPage] = field(default_factory=dict)
    """Pages read in this call, by number."""
    _read: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Items read in this call, by name."""
    _is_kept: bool = True
    """The store kept every page."""

    async def find_items(self, names: Iterable[str]) -> tuple[dict[str, CatalogueItem], int]:
        """Return the items that have these names, and the number of items that could not be looked at."""
        given = list(names)
        wanted = {name.strip() for name in given}
        kept: Mapping[str, RememberedItem] | None = None
        unread = 0
        if self.memory.lookups is not None:
            unread = await self._refresh(wanted)
            kept = await self.memory.recall_items(wanted)
        if kept is None:
            kept, unread = {}, await self._read_some(wanted)
        contents = {name: one.content for name, one in kept.items() if one.content is not None}
        contents |= {name: self._read[name] for name in wanted if name in self._read}
        found = {name: parse_record(CatalogueItem, one) for name, one in contents.items()}
        return {name: found[name.strip()] for name in given if name.strip() in found}, unread

    async def _refresh(self, wanted: set[str]) -> int:
        """Make the copy current for these names; return the number of items left for the next call."""
        remembered = (await self.memory.recall(CATALOGUE))[CATALOGUE]
        state = CatalogueState(**remembered.content) if remembered.content is not None else None
        if state is not None and state.total is not None:
            is_young = remembered.now - state.filled_at < COPY_SECONDS
            if is_young and await self._is_current(wanted, remembered, state):
                return 0
            state = None
        return await self._fill(remembered, state)

    async def _is_current(self, wanted: set[str], remembered: Remembered, state: CatalogueState) -> bool:
        """Tell whether the copy is current for these names, after reading again what is too old."""
        total = state.total or 0
        if self.memory.is_trusted and remembered.age < MAX_AGE_SECONDS:
            self.memory.used.add(CATALOGUE)
        elif not await self._has_expected_number(remembered, state):
            return False
        kept = await self.memory.recall_items(wanted)
        if kept is None:
            return False
        old = {name: one for name, one in kept.items() if name not in self._read and self._is_old(one)}
        if any(one.item_id is None for one in old.values()):
            await self._read_page(-(-total // PAGE_SIZE))  # a new item probably stands on the last page
            old = {name: one for name, one in old.items() if name not in self._read}
        if any(one.item_id is None for one in old.values()) or len(old) * PAGE_SIZE > total:
            return not old
        reads = {name: partial(self._read_item, name, one) for name, one in old.items()}
        return all((await gather(reads)).values())

    def _is_old(self, item: RememberedItem) -> bool:
        return item.is_unsure or not self.memory.is_trusted or item.age >= MAX_AGE_SECONDS

    async def _has_expected_number(self, remembered: Remembered, state: CatalogueState) -> bool:
        """Read the first page; tell whether the account has as many items as expected."""
        began, total = time.monotonic(), state.total or 0
        _, pending = await self.memory.count_items(remembered.now)
        page = await self._read_page(1)
        if page.pages <= 1 or not total <= page.total <= total + pending:
            return False
        await self.memory.keep_state(state, remembered, began)
        return True

    async def _read_item(self, name: str, kept: RememberedItem) -> bool:
        """Read an item again; tell whether it still has that name."""
        began = time.monotonic()
        try:
            body = await self.reader.get(f"/items/{kept.item_id}.json")
        except NotFound:
            return False
        raw = require_content(protocol.unwrap(body, "item"), f"items/{kept.item_id}")
        if _read_name(raw) != name:
            return False
        self._read[name] = _select_fields(raw)
        await self.memory.keep_items({name: self._read[name]}, began)
        return True

    async def _fill(self, remembered: Remembered, state: CatalogueState | None) -> int:
        """Read the catalogue, and return the number of items left for the next call."""
        if state is None or remembered.age >= RESUME_SECONDS:
            state = CatalogueState(filled_at=remembered.now)
        began, first = time.monotonic(), state.next_page
        added = await self._recall_added()
        page, done = await self._read_page(first), first
        while done < min(page.pages, first + PAGES_PER_CALL - 1):
            added = await self._recall_added()
            numbers = range(done + 1, min(done + PAGES_AT_ONCE, page.pages) + 1)
            await gather({str(number): partial(self._read_page, number) for number in numbers})
            done = numbers[-1]
            page = self._pages[done]
            if self._is_kept:
                await self.memory.keep_state(replace(state, next_page=done + 1), remembered, began)
            if self.progress is not None:
                shown = f"reading the catalogue of items: page {done} of {page.pages}"
                await self.progress(min(1.0, done / page.pages), 1, shown)
        if done < page.pages:
            return max(1, page.total - done * PAGE_SIZE)
        seen = len(frozenset().union(*(one.ids for one in self._pages.values())))
        read = seen if first == 1 else (await self.memory.count_items(state.filled_at))[0]
        complete = read >= page.total  # otherwise items moved between the pages meanwhile
        if complete and self._is_kept:
            await self.memory.drop_items_before(state.filled_at)
            state = CatalogueState(page.total, state.filled_at, added=added)
        else:
            state = CatalogueState(filled_at=remembered.now)
        await self.memory.keep_state(state, remembered, began)
        return 0 if complete else page.total - read

    async def _recall_added(self) -> int:
        content = (await self.memory.recall(CATALOGUE))[CATALOGUE].content
        return int(content["added"]) if content is not None else 0

    async def _read_page(self, number: int) -> ItemPage:
        """Read a page of the catalogue, once in this call, and keep its items."""
        if number in self._pages:
            return self._pages[number]
        began = time.monotonic()
        query = (("page", str(number)), ("per_page", str(PAGE_SIZE)))
        body = await self.reader.get(PATH, *query)
        rows = read_rows(body, KEY)
        counted = read_page(require_content(body, KEY), rows, KEY, counted=True)
        items = {name: _select_fields(row) for row in rows if (name := _read_name(row))}
        ids = frozenset(str(row.get("id") or row.get("name")) for row in rows)
        if counted is not None:
            page = ItemPage(ids, counted.total_entries, counted.total_pages)
        else:  # a list without pagination may go on after any full page
            goes_on = len(rows) >= PAGE_SIZE and not any(ids <= one.ids for one in self._pages.values())
            page = ItemPage(ids, (number - 1) * PAGE_SIZE + len(rows), number + goes_on)
        self._pages[number] = page
        self._read |= items
        self._is_kept = await self.memory.keep_items(items, began) and self._is_kept
        return page

    async def _read_some(self, wanted: set[str]) -> int:
        """Read pages until every name is found, up to the reader's limit; return the number of items not read."""
        number = 1
        while True:
            page = await self._read_page(number)
            if number >= page.pages or wanted <= self._read.keys():
                return 0
            if number >= self.reader.max_pages and number + 1 not in self._pages:
                return page.total - number * PAGE_SIZE
            number += 1


def _read_name(raw: Mapping[str, Any]) -> str:
    return str(raw.get("name") or "").strip()


def _select_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of an item; it is read as a record only when it is used, so that no other item can fail a call."""
    kept = {name: raw[name] for name in FIELDS if raw.get(name) is not None}
    try:
        return {**kept, "id": read_id(raw, KEY)}
    except Unreadable:
        return kept
