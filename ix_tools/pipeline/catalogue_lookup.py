"""Catalogue look-up: reads the items that a document's lines would overwrite, as they are now.

    never read to the end, or too long ago ─▶ read all, page by page; a reading that stops goes on in the next call
    one page of items                      ─▶ that page
    otherwise, a name that is known        ─▶ that item, by its id
               any other name              ─▶ the last page, where new items stand; an unexpected number of items: read all

Overwriting an item leaves no trace of what it was, so no line relies on remembered values. Only the ids behind the names are
remembered, and that no other item has a name: for ten minutes in an account of up to `catalogue_pages` pages; in a longer one
for a day, which the caller is told.
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
from ix_tools.storage.lookup_rows import CATALOGUE, CatalogueState
from ix_tools.storage.lookups import UNCLEAR_SECONDS, Remembered, RememberedItem

PATH, KEY = "/items.json", "items"
FIELDS = ("name", "description", "unit_price", "unit", "tax")
"""What is kept of an item besides its id."""
COPY_SECONDS = 86400.0
"""Age after which the whole catalogue is read again in any case."""
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
    unknown: int = 0
    """Items on it that the copy did not have."""


@dataclass(frozen=True, slots=True)
class FoundItems:
    """The catalogue items that have the names of a document's lines."""

    items: Mapping[str, CatalogueItem] = field(default_factory=dict)
    unread: int = 0
    """Items that could not be looked at."""
    names_age: float = 0.0
    """Seconds since all names were read, if a name is taken for new because of that; an item may have got it since."""


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
    _names_age: float = 0.0

    async def find_items(self, names: Iterable[str]) -> FoundItems:
        """Return the items that have these names."""
        given = list(names)
        wanted = {name.strip() for name in given}
        kept: Mapping[str, RememberedItem] | None = None
        unread = 0
        if self.memory.lookups is not None:
            unread = await self._refresh(wanted)
            kept = await self.memory.recall_items(wanted)
        if kept is None:
            kept, unread = {}, await self._read_some(wanted)
        contents: dict[str, Mapping[str, Any]] = {
            name: self._read[name] for name in wanted if name in self._read
        }
        for name, one in kept.items():
            if name not in contents and (content := _read_recent(one)):
                contents[name] = content
        found = {name: parse_record(CatalogueItem, one) for name, one in contents.items()}
        items = {name: found[name.strip()] for name in given if name.strip() in found}
        return FoundItems(items, unread, self._names_age if wanted - found.keys() else 0.0)

    async def _refresh(self, wanted: set[str]) -> int:
        """Read the items with these names; return the number of items left for the next call."""
        remembered = (await self.memory.recall(CATALOGUE))[CATALOGUE]
        state = CatalogueState(**remembered.content) if remembered.content is not None else None
        if state is not None and state.total is not None:
            is_young = remembered.now - state.filled_at < COPY_SECONDS
            if is_young and await self._is_current(wanted, remembered, state):
                return 0
            state = None
        unread = await self._fill(remembered, state)
        # An earlier call read the first pages of a reading that goes on.
        earlier = await self.memory.recall_items(wanted - self._read.keys()) or {}
        await self._read_items({name: one for name, one in earlier.items() if one.item_id is not None})
        return unread

    async def _is_current(self, wanted: set[str], remembered: Remembered, state: CatalogueState) -> bool:
        """Read the items with these names; return False if the whole catalogue must be read for them."""
        kept = await self.memory.recall_items(wanted)
        if kept is None:
            return False
        pages = max(1, -(-(state.total or 0) // PAGE_SIZE))
        by_id = {name: one for name, one in kept.items() if one.item_id is not None}
        others = wanted - by_id.keys()
        if pages == 1 and (others or len(by_id) > 1):
            return (await self._read_page(1)).pages == 1
        if len(by_id) >= pages + 1:
            return False
        if others and not await self._read_last_page(pages, remembered, state):
            return False
        if not await self._read_items({name: one for name, one in by_id.items() if name not in self._read}):
            return False
        missing = others - self._read.keys()
        if any(name in kept and _read_recent(kept[name]) is None for name in missing):
            return False
        return missing <= kept.keys() or self._may_be_new(remembered.now - state.filled_at, pages)

    def _may_be_new(self, age: float, pages: int) -> bool:
        """Tell whether a name may be taken for new because it was not among all names that long ago."""
        if self.memory.is_trusted and age < MAX_AGE_SECONDS:
            self.memory.used.add(CATALOGUE)
            return True
        if pages <= self.reader.max_pages:
            return False
        self._names_age = age
        return True

    async def _read_last_page(self, number: int, remembered: Remembered, state: CatalogueState) -> bool:
        """Read the page on which new items stand; tell whether the copy then has every item that InvoiceXpress counts."""
        total = state.total or 0
        counts = await self.memory.count_items(remembered.now)
        page = await self._read_page(number, counts_unknown=True)
        unknown = page.unknown
        while number < page.pages:  # a new page began since
            number += 1
            page = await self._read_page(number, counts_unknown=True)
            unknown += page.unknown
        most = total + max(unknown, counts.pending)
        if page.pages <= 1 or not total - counts.unlisted <= page.total <= most:
            return False
        if page.total > total and not counts.pending:
            await self.memory.keep_state(replace(state, total=page.total), remembered, time.monotonic())
        return True

    async def _read_items(self, kept: Mapping[str, RememberedItem]) -> bool:
        """Read items by their ids; tell whether all of them still have their names."""
        reads = {name: partial(self._read_item, name, one) for name, one in kept.items()}
        return all((await gather(reads)).values())

    async def _read_item(self, name: str, kept: RememberedItem) -> bool:
        """Read an item; tell whether it still has that name."""
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
        read = seen if first == 1 else (await self.memory.count_items(state.filled_at)).read
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

    async def _read_page(self, number: int, *, counts_unknown: bool = False) -> ItemPage:
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
        known = await self.memory.recall_items(items) if counts_unknown else None
        if counted is not None:
            unknown = len(items.keys() - known.keys()) if known is not None else 0
            page = ItemPage(ids, counted.total_entries, counted.total_pages, unknown)
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


def _read_recent(item: RememberedItem) -> Mapping[str, Any] | None:
    """Return an item that we made so lately that the list may not show it yet (trap 23), or None."""
    return item.content if item.item_id is None and item.age < UNCLEAR_SECONDS else None


def _read_name(raw: Mapping[str, Any]) -> str:
    return str(raw.get("name") or "").strip()


def _select_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of an item; it is read as a record only when it is used, so that no other item can fail a call."""
    kept = {name: raw[name] for name in FIELDS if raw.get(name) is not None}
    try:
        return {**kept, "id": read_id(raw, KEY)}
    except Unreadable:
        return kept
