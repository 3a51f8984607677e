"""Whole lists: every page of them, since the first page is never all there is."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from ix_tools.operations.base import OperationContext

MAX_PER_PAGE = 100


async def iterate_rows(
    sending: OperationContext, tool: str, arguments: Mapping[str, Any], key: str
) -> AsyncIterator[dict[str, Any]]:
    """Each row of a list once, page by page; a document that moves down a page meanwhile is not told twice."""
    page, pages, seen = 1, 1, set()
    while page <= pages:
        shown = await sending.run_operation(tool, {**arguments, "page": page, "per_page": MAX_PER_PAGE})
        pages = int(shown.get("pages") or 1)
        for row in shown[key]:
            if row.get("id") not in seen:
                seen.add(row.get("id"))
                yield row
        await sending.notify_progress(page, max(page, pages), f"{tool}: page {page} of {pages}")
        page += 1
