"""Typed reads from an account: a single resource, or a list over all its pages. A failed look-up never means "not found"."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from ix_tools.api_client import protocol
from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.domain.parsing import read_id, read_page, read_rows, require_content
from ix_tools.domain.records import Page
from ix_tools.errors import Unavailable
from ix_tools.i18n.messages import message

PAGE_SIZE = 100
PAGINATED_LISTS = frozenset({"invoices", "estimates", "guides", "clients", "items"})
"""Lists that return their pagination; taxes, series and a client's regularizations may not."""


@dataclass(frozen=True, slots=True)
class AccountReader:
    """Reads resources and lists of an account, up to a number of pages."""

    account: InvoiceXpressClient
    max_pages: int

    async def get(self, path: str, *query: tuple[str, str]) -> Any:
        """Read a resource and return its JSON."""
        request = protocol.build_get(path, query)
        response = await self.account.send(request)
        if response.status >= 300:
            raise protocol.build_error(request, response, f"GET {path}")
        return protocol.read_json(request, response)

    async def read_pages(
        self, path: str, key: str, *query: tuple[str, str]
    ) -> AsyncIterator[tuple[list[dict[str, Any]], Page]]:
        """Read a list page by page."""
        number = 1
        while True:
            body = await self.get(path, *query, ("page", str(number)), ("per_page", str(PAGE_SIZE)))
            rows = read_rows(body, key)
            page = read_page(require_content(body, key), rows, key, counted=key in PAGINATED_LISTS)
            yield rows, page or Page()
            # A list without pagination ends with the first page that is not full.
            last = number >= page.total_pages if page is not None else len(rows) < PAGE_SIZE
            if last or not rows:
                return
            number += 1

    async def read_list(self, path: str, key: str) -> tuple[list[dict[str, Any]], int]:
        """Return the rows of the first `max_pages` pages of a list, and how many rows were not read."""
        found: list[dict[str, Any]] = []
        read = 0
        async for rows, page in self.read_pages(path, key):
            found += rows
            read += 1
            if read >= self.max_pages:
                # A list without pagination may go on after any full page.
                more = read < page.total_pages or (not page.total_entries and len(rows) >= PAGE_SIZE)
                return found, max(1, page.total_entries - len(found)) if more else 0
        return found, 0

    async def read_all(self, path: str, key: str, *query: tuple[str, str]) -> list[Mapping[str, Any]]:
        """Return every row of a list, as InvoiceXpress sent it.

        Raises: Unavailable when rows moved between the pages while it was read.
        """
        found: dict[int, Mapping[str, Any]] = {}
        counted = 0
        async for rows, page in self.read_pages(path, key, *query):
            known = len(found)
            found |= {read_id(row, key): row for row in rows}
            counted = page.total_entries
            if len(found) == known:  # a list without pages returns the same rows for each page
                break
        if len(found) < counted:
            raise Unavailable(
                message(
                    "{path} changed while it was read: it counts {counted} rows, and {found} came.",
                    path=path,
                    counted=counted,
                    found=len(found),
                ),
                sent="nothing",
                next=message("repeat the same call"),
                retryable=True,
            )
        return list(found.values())
