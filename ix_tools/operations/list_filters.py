"""Parameters that lists of documents share: what to look for, and which page of what is found."""

from typing import Annotated, Any

from pydantic import Field

from ix_tools.domain.amount_types import Money
from ix_tools.domain.date_types import WireDate
from ix_tools.domain.types import Call
from ix_tools.operations.spec import WirePath


class PageCall(Call):
    """Parameters of every list that comes in pages."""

    page: int = Field(default=1, ge=1)
    """Number of the page, from 1; default 1."""
    per_page: int = Field(default=30, ge=1, le=100)
    """Rows on a page, 1 to 100; default 30."""


class ArchiveFilter(PageCall):
    """Parameters of lists of documents that come last: archived ones, and the page."""

    non_archived: bool = True
    """List documents that are not archived; default true."""
    archived: bool = False
    """List archived documents too; default false."""


class DocumentFilter(Call):
    """Parameters of lists of documents that come first; each list has the literals of its own types and states."""

    types: Any
    states: Any
    text: str | None = None
    """Words to search for, e.g. a client's name, matched loosely."""


class DateAndAmountFilter(DocumentFilter):
    """Parameters of lists of documents with a due date and a total."""

    date_from: Annotated[WireDate | None, WirePath("date[from]")] = None
    """First document date to list, e.g. 2026-11-01."""
    date_to: Annotated[WireDate | None, WirePath("date[to]")] = None
    """Last document date to list, e.g. 2026-11-30."""
    due_date_from: Annotated[WireDate | None, WirePath("due_date[from]")] = None
    """First due date to list, e.g. 2026-11-01."""
    due_date_to: Annotated[WireDate | None, WirePath("due_date[to]")] = None
    """Last due date to list, e.g. 2026-11-30."""
    total_before_taxes_from: Annotated[Money | None, WirePath("total_before_taxes[from]")] = None
    """Smallest total without VAT to list."""
    total_before_taxes_to: Annotated[Money | None, WirePath("total_before_taxes[to]")] = None
    """Largest total without VAT to list."""
