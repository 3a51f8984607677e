"""Iteration over every page of a list operation."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from ix_tools.i18n.messages import message
from ix_tools.operations.base import OperationContext

MAX_PER_PAGE = 100


async def iterate_rows(
    context: OperationContext, tool: str, arguments: Mapping[str, Any], key: str
) -> AsyncIterator[dict[str, Any]]:
    """Yield each row of a list once, page by page, also if a row moves to another page meanwhile."""
    page, pages, seen = 1, 1, set()
    while page <= pages:
        shown = await context.run_operation(tool, {**arguments, "page": page, "per_page": MAX_PER_PAGE})
        pages = int(shown.get("pages") or 1)
        for row in shown[key]:
            if row.get("id") not in seen:
                seen.add(row.get("id"))
                yield row
        await context.notify_progress(
            page,
            max(page, pages),
            message("{tool}: page {page} of {pages}", tool=tool, page=page, pages=pages),
        )
        page += 1
