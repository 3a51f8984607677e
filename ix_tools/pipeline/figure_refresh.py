"""Catch-up of the overview: reads one part after another at InvoiceXpress, page by page, within the account's limit of requests.

    the running month · what is open · drafts · last month · its check ─▶ older months, one at a time ─▶ whatever is due again

A part that was not read to its end is read again from its beginning; what was read before stays until then.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import anyio

from ix_tools.approvals.models import CallOrigin
from ix_tools.domain.document_figures import DocumentFigures, build_document_figures
from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.domain.parsing import read_page, read_rows
from ix_tools.domain.records import Document, Tax
from ix_tools.domain.today import pin_today
from ix_tools.errors import IxError, NotFound, StoreUnavailable
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import dump_message
from ix_tools.operations.access import require_enabled
from ix_tools.operations.base import BundledApproval
from ix_tools.operations.document_lists import ListInvoices
from ix_tools.operations.invoice_lists import OPEN_STATES, PAGE_SIZE, PAYABLE_TYPES
from ix_tools.operations.workflows.month_end import MonthEndCheck
from ix_tools.operations.workflows.sales_summary import SOLD_TYPES
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import execute
from ix_tools.pipeline.operation_context import PipelineOperationContext
from ix_tools.pipeline.outcomes import ApprovalRequired, Completed
from ix_tools.pipeline.policy_check import refuse_denied
from ix_tools.storage import figures
from ix_tools.storage.figure_readings import FigureReadings
from ix_tools.storage.figures import DRAFTS, MONTH_END, OPEN

log = logging.getLogger(__name__)

PRINCIPAL = "overview"
"""Whose calls these are for the policy."""
ORIGIN = CallOrigin("overview")


@dataclass
class RefreshReport:
    """What a refresh read."""

    parts: list[str] = field(default_factory=list)
    documents: int = 0
    problem: IxError | None = None
    """Why it stopped before its end."""


async def refresh_part(context: CallContext, seconds: float, pause: float = 0.0) -> bool:
    """Read the part that is due; return False if none is.

    Args:
        seconds: the age at which what changes daily is read again.
        pause: seconds between two pages, so that people's calls find room.
    """
    return await _Refresh(context, seconds, pause).read_next(None) is not None


async def refresh_all(
    context: CallContext, seconds: float, notify: Callable[[str], None] | None = None
) -> RefreshReport:
    """Read every part once, whether it is due or not, except those that another process reads at this moment."""
    refresh, report = _Refresh(context, seconds, 0.0), RefreshReport()
    while (part := await refresh.read_next(report.parts)) is not None:
        report.parts.append(part)
        report.documents, report.problem = refresh.documents, refresh.problem
        if refresh.problem is not None:
            break
        if notify is not None:
            notify(part)
    return report


class _Refresh:
    """Reads the parts of one account."""

    def __init__(self, context: CallContext, seconds: float, pause: float) -> None:
        self._context = replace(
            context, settings=context.settings.model_copy(update={"principal": PRINCIPAL})
        )
        self._account, self._pause = context.account.name, pause
        self._readings = FigureReadings(context.store, self._account, seconds)
        self._taxes: dict[str, Tax] | None = None
        self.documents = 0
        self.problem: IxError | None = None

    async def read_next(self, done: Sequence[str] | None) -> str | None:
        """Read a part and return its name; None if none is due. A failure is recorded and kept as `problem`."""
        with pin_today(self._context.now().date()):
            today = self._context.now().date()
            taken = await anyio.to_thread.run_sync(lambda: self._readings.take_next(today, done=done))
            if taken is None:
                return None
            part, began = taken
            read: Mapping[str, Callable[[], Awaitable[Mapping[str, Any] | None]]] = {
                OPEN: lambda: self._read_open(began),
                DRAFTS: lambda: self._read_drafts(began),
                MONTH_END: self._check_month_end,
            }
            try:
                content = await read.get(part, lambda: self._read_month(part, began))()
            except StoreUnavailable:
                raise
            except IxError as failure:
                self.problem = failure
                log.warning("the overview of %s: %s was not read: %s", self._account, part, failure.message)
                await anyio.to_thread.run_sync(self._readings.fail, part, failure.code)
            else:
                await anyio.to_thread.run_sync(self._readings.finish, part, began, today, content)
            return part

    # --- parts ---

    async def _read_month(self, month: str, began: float) -> None:
        first = date.fromisoformat(f"{month}-01")
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        call = self._build_list(
            [*sorted(ISSUED_STATES), "canceled"], SOLD_TYPES, date_from=first, date_to=last
        )
        async for documents in self._iterate_pages(call, month):
            await self._write(documents, began)
        await self._remove_unlisted(month, began)

    async def _read_drafts(self, began: float) -> None:
        async for documents in self._iterate_pages(self._build_list(["draft"], SOLD_TYPES), DRAFTS):
            await self._write(documents, began)
        await self._remove_unlisted(DRAFTS, began)

    async def _read_open(self, began: float) -> None:
        """Read what is open, by the rules of the list of unpaid documents; what is not among it any more is read by its id."""
        call = self._build_list(OPEN_STATES, PAYABLE_TYPES)
        documents = [one async for page in self._iterate_pages(call, OPEN) for one in page]
        operation = self._create_operation_context()
        found = await call.find_open_amounts(operation, documents)
        taxes = await self._load_taxes()
        for start in range(0, len(found), PAGE_SIZE):
            some = found[start : start + PAGE_SIZE]
            whole = [await self._complete(one.document) for one in some]
            await self._write_figures(
                [
                    build_document_figures(document, taxes, one.open)
                    for document, one in zip(whole, some, strict=True)
                ],
                began,
            )
        for kind, identifier in await anyio.to_thread.run_sync(self._list_unlisted_open, began):
            try:
                document = await self._context.create_loader().get_document(kind, identifier)
            except NotFound:
                continue
            await self._write([document], began)
            await anyio.sleep(self._pause)

    async def _check_month_end(self) -> Mapping[str, Any]:
        """Check last month; what the findings are about is not stored, only which there are and how many."""
        month = self._context.now().date().replace(day=1) - timedelta(days=1)
        call = MonthEndCheck(month=month.month, year=month.year)
        result = await call.execute(self._create_operation_context())
        found = [{"what": dump_message(one.what), "count": one.count} for one in result.findings]
        return {
            "period": result.period,
            "ready": result.ready,
            "saft_due": result.saft_due,
            "findings": found,
        }

    # --- internals ---

    def _build_list(self, states: Sequence[str], types: Sequence[str], **more: Any) -> ListInvoices:
        wanted = {"types": list(types), "states": list(states), "archived": True, "per_page": PAGE_SIZE}
        return ListInvoices.model_validate({**wanted, **more})

    async def _iterate_pages(self, call: ListInvoices, part: str) -> AsyncIterator[list[Document]]:
        operation, number, pages = self._create_operation_context(), 1, 1
        require_enabled(call.spec, self._context.settings)
        await refuse_denied(self._context, call, ORIGIN.face)
        while number <= pages:
            content = await operation.send(call.model_copy(update={"page": number}))
            rows = read_rows(content, "invoices")
            page = read_page(content, rows, "invoices", counted=True)
            pages = page.total_pages if page else 1
            yield [one for one in map(Document.model_validate, rows) if one.id is not None]
            number += 1
            if number <= pages:
                await anyio.to_thread.run_sync(self._readings.extend, part)
                await anyio.sleep(self._pause)

    async def _write(self, documents: Sequence[Document], began: float) -> None:
        taxes = await self._load_taxes()
        whole = [await self._complete(one) for one in documents]
        await self._write_figures([build_document_figures(one, taxes) for one in whole], began)

    async def _write_figures(self, found: Sequence[DocumentFigures], began: float) -> None:
        def write() -> None:
            with self._context.store.writing(durable=False) as connection:
                figures.write_page(connection, self._account, found, began)

        self.documents += len(found)
        if found:
            await anyio.to_thread.run_sync(write)

    async def _complete(self, document: Document) -> Document:
        """Return a document with its lines, which a list may leave out, and with the names of their taxes."""
        taxes = tuple((await self._load_taxes()).values())
        if document.lines or document.is_draft or not document.total or document.id is None:
            return document.with_named_taxes(taxes)
        loader = self._context.create_loader()
        return await loader.get_document(document.document_type, document.id, taxes)

    async def _load_taxes(self) -> dict[str, Tax]:
        if self._taxes is None:
            taxes = await self._context.create_loader().list_taxes()
            self._taxes = {one.name: one for one in taxes if one.name}
        return self._taxes

    async def _remove_unlisted(self, part: str, began: float) -> None:
        def remove() -> None:
            with self._context.store.writing(durable=False) as connection:
                figures.remove_unlisted(connection, self._account, part, began)

        await anyio.to_thread.run_sync(remove)

    def _list_unlisted_open(self, began: float) -> list[tuple[str, int]]:
        with self._context.store.reading() as connection:
            return figures.list_unlisted_open(connection, self._account, began)

    def _create_operation_context(self) -> PipelineOperationContext:
        return PipelineOperationContext(
            self._context, Facts(now=self._context.now()), execute_step=self._execute_step, face=ORIGIN.face
        )

    async def _execute_step(
        self, name: str, arguments: Mapping[str, Any], bundle: BundledApproval | None, _: bool
    ) -> Completed | ApprovalRequired:
        return await execute(self._context, name, arguments, origin=ORIGIN)
