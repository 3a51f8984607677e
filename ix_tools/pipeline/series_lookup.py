"""Series look-up: the documents after which a draft cannot be dated, and the last number of its series."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from ix_tools.api_client.list_queries import query_issued
from ix_tools.api_client.reader import AccountReader
from ix_tools.domain.parsing import parse_record
from ix_tools.domain.records import Document
from ix_tools.pipeline.lookup_memory import LookupMemory
from ix_tools.pipeline.parallel import gather

SHOWN = frozenset({"id", "document_type", "status", "number", "sequence_id", "date"})
"""The fields of the last document of a series that are remembered."""


@dataclass(frozen=True, slots=True)
class SeriesState:
    """The issued documents of a draft's type and series."""

    later: tuple[Document, ...] = ()
    """Those dated after the draft."""
    last: Document | None = None
    """The newest one, if it is among the newest of its type."""


@dataclass(frozen=True, slots=True)
class SeriesLookup:
    """Looks at the issued documents of a draft's type and series.

    It remembers the date of the newest document, and looks again for a draft that is dated earlier. If somebody else issued a later
    document meanwhile, InvoiceXpress refuses the draft, because it is dated before the last one of its series (trap 10).
    """

    reader: AccountReader
    memory: LookupMemory

    async def load(self, draft: Document) -> SeriesState:
        """Return the series: as it is remembered if no document in it is later than the draft, otherwise as InvoiceXpress has it now."""
        if draft.date is None:
            return SeriesState(last=await self._find_last(draft))
        name = name_series_state(draft)
        remembered = (await self.memory.recall(name))[name]
        newest = (remembered.content or {}).get("newest")
        if newest is not None and date.fromisoformat(newest) <= draft.date:
            content = self.memory.select(name, remembered)
            if content is not None:
                return SeriesState(last=Document.model_validate(content["last"]) if content["last"] else None)
        began = time.monotonic()
        later, last = partial(self._list_later, draft, draft.date), partial(self._find_last, draft)
        found = await gather({"later": later, "last": last})
        state = SeriesState(found["later"], found["last"])
        dates = [one.date for one in (*state.later, *filter(None, [state.last])) if one.date]
        await self.memory.keep(name, remembered, summarize_series(state.last, [draft.date, *dates]), began)
        return state

    async def _find_last(self, draft: Document) -> Document | None:
        # Lists are newest first, so the first page holds it; shown to a person only, no guard relies on it.
        path, key, query = query_issued(draft)
        async for rows, _ in self.reader.read_pages(path, key, *query):
            documents = (parse_record(Document, row) for row in rows)
            return next((one for one in documents if _is_same_series(one, draft)), None)
        return None

    async def _list_later(self, draft: Document, day: date) -> tuple[Document, ...]:
        path, key, query = query_issued(draft)
        if key != "guides":  # the list of guides knows no such filter
            query.append(("date[from]", f"{day + timedelta(days=1):%d/%m/%Y}"))
        found: list[Document] = []
        async for rows, _ in self.reader.read_pages(path, key, *query):
            found += [one for row in rows if _is_same_series(one := parse_record(Document, row), draft)]
        return tuple(one for one in found if one.date and one.date > day)


def name_series_state(document: Document) -> str:
    """Return the name under which the state of a document's type and series is remembered."""
    return f"issued/{document.document_type}/{document.sequence_id or 0}"


def summarize_series(last: Document | None, days: list[date]) -> Mapping[str, Any]:
    """Return what is remembered: the last document, and the day after which none is dated."""
    return {
        "newest": max(days).isoformat(),
        "last": last.model_dump(mode="json", include=set(SHOWN)) if last is not None else None,
    }


def _is_same_series(one: Document, other: Document) -> bool:
    return one.sequence_id == other.sequence_id if one.sequence_id and other.sequence_id else True
