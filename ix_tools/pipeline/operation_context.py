"""Operation context of the pipeline: lets an operation send, download, save a file, report progress and wait."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from ix_tools.api_client import protocol
from ix_tools.approvals.models import CallOrigin
from ix_tools.config.folders import documents_folder
from ix_tools.config.private_files import save_file
from ix_tools.domain.document_kinds import NOTES
from ix_tools.domain.parsing import parse_record
from ix_tools.domain.records import Document
from ix_tools.errors import IxError, NotFound, Unreadable
from ix_tools.guards.facts import Facts, Want
from ix_tools.guards.findings import Finding
from ix_tools.i18n.messages import Message, message, render
from ix_tools.idempotency.unreturned_fields import find_unreturned_fields
from ix_tools.operations import file_delivery
from ix_tools.operations.base import BatchRequest, BundledApproval, Operation, StepPending
from ix_tools.operations.document_context import is_settlement_unclear
from ix_tools.pipeline.context import Batches, CallContext
from ix_tools.pipeline.execution import Progress
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.pipeline.fresh_read import FreshRead
from ix_tools.pipeline.outcomes import ApprovalRequired, Completed
from ix_tools.pipeline.parallel import gather
from ix_tools.schemas import search

LOOK_UPS_AT_ONCE = 8
"""Number of documents whose related ones are read side by side."""
ExecuteStep = Callable[
    [str, Mapping[str, Any], BundledApproval | None, bool], Awaitable[Completed | ApprovalRequired]
]


@dataclass
class PipelineOperationContext:
    """The pipeline's implementation of `operations.base.OperationContext`."""

    context: CallContext
    facts: Facts
    progress_callback: Progress | None = None
    execute_step: ExecuteStep | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    face: str = "library"
    fresh_read: FreshRead | None = None
    """Sends an irreversible request after a last read of its document."""
    origin: CallOrigin = field(default_factory=CallOrigin)
    pending_step: ApprovalRequired | None = None
    """The step of a workflow that a person must approve first."""
    takes_seen_drafts: bool = True
    """False once a seen draft turned out to be outdated."""
    step_warnings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    """The warnings of the steps that a workflow ran, by operation."""
    replays: list[bool] = field(default_factory=list)
    """Whether each write among the steps was a replay."""

    @property
    def only_replayed(self) -> bool:
        """Tell whether the workflow wrote nothing, because all of it was done before."""
        return bool(self.replays) and all(self.replays)

    async def send(self, call: Operation[Any]) -> Any:
        request = protocol.build_request(call)
        if self.fresh_read is not None and request.writes:
            response = await self.fresh_read.send(request)
        else:
            response = await self.context.account.send(request)
        return protocol.parse_response(call, request, response)

    async def run_operation(
        self,
        name: str,
        arguments: Mapping[str, Any],
        bundle: BundledApproval | None = None,
        *,
        takes_seen_drafts: bool = False,
    ) -> dict[str, Any]:
        if self.execute_step is None:
            raise TypeError("only an operation without a route can run other operations")
        outcome = await self.execute_step(name, arguments, bundle, takes_seen_drafts)
        if isinstance(outcome, ApprovalRequired):
            self.pending_step = outcome
            raise StepPending(outcome.body)
        self.step_warnings[name] = outcome.warnings
        if search.get_operation(name).spec.effect.writes:
            self.replays.append(bool(outcome.body.get("replayed")))
        return outcome.body

    async def carry_batch(self, request: BatchRequest) -> dict[str, Any]:
        outcome = await self._batches.carry(self.context, request, self.origin, self.notify_progress)
        if isinstance(outcome, ApprovalRequired):
            self.pending_step = outcome
            raise StepPending(outcome.body)
        return outcome.body

    async def describe_batch(self, batch: str) -> dict[str, Any]:
        return await self._batches.describe(self.context, batch)

    @property
    def _batches(self) -> Batches:
        if self.context.batches is None:
            raise IxError(
                message("Batches are not carried on through this interface."),
                code="unavailable",
                next=message("start it with `ix-tools batch run FILE`, or over MCP, REST or from Python"),
            )
        return self.context.batches

    def list_step_warnings(self, name: str) -> tuple[Finding, ...]:
        return self.step_warnings.get(name, ())

    def recall_draft(self, document_id: int | None) -> Mapping[str, Any] | None:
        return self.context.seen.recall("document", document_id) if self.takes_seen_drafts else None

    async def load_document_facts(self, call: Operation[Any], document: Document) -> Facts:
        """Load further facts of a document; facts that cannot be looked up stay empty.

        An invoice is no fact if its receipts could not be read, so that nothing is said about what is open of it.
        """
        context = self.context
        loader = context.create_loader()
        place = (context.account.name, f"{document.document_type}/{document.id}")
        written = await anyio.to_thread.run_sync(context.journal.find_last_write, *place)
        facts = replace(self.facts, document=document, unreturned=find_unreturned_fields(written, document))
        if document.id is None or not (document.document_type in NOTES or is_settlement_unclear(document)):
            return facts
        try:
            related = tuple(parse_record(Document, one) for one in await loader.list_raw_related(document.id))
            wanted = frozenset({Want.OWNER, Want.OWNER_RELATED})
            return await loader.load_dependent(call, wanted, replace(facts, related=related))
        except IxError:
            return facts if document.document_type in NOTES else replace(facts, document=None)

    async def list_related(self, document_ids: Sequence[int]) -> Mapping[int, tuple[Document, ...] | None]:
        loader, found = self.context.create_loader(), dict[int, tuple[Document, ...] | None]()
        for start in range(0, len(document_ids), LOOK_UPS_AT_ONCE):
            some = document_ids[start : start + LOOK_UPS_AT_ONCE]
            jobs = {str(number): partial(_list_related, loader, number) for number in some}
            found |= {int(number): related for number, related in (await gather(jobs)).items()}
            await self.notify_progress(start + len(some), len(document_ids), message("receipts and notes"))
        return found

    async def list_open_intents(self) -> list[dict[str, str]]:
        found = await anyio.to_thread.run_sync(
            self.context.journal.list_unfinished, self.context.account.name
        )
        return [
            {"id": one.id, "operation": one.operation, "subject": str(one.trace.get("subject", ""))}
            for one in found
        ]

    def search_operations(self, text: str) -> dict[str, Any]:
        found = search.find_operations(text, self.context.settings)
        shown: dict[str, Any] = {
            "operations": found.operations,
            "not_possible": found.impossible,
            "hint": found.hint,
        }
        if found.is_clear:
            shown["best"] = self.describe_operation(found.operations[0]["operation"])
        return {name: value for name, value in shown.items() if value or name == "operations"}

    def describe_operation(self, name: str, parameter: str = "") -> dict[str, Any]:
        adapt = (
            None
            if self.context.can_read_files
            else partial(file_delivery.restrict_schema, interface=self.face)
        )
        return search.describe_operation(name, self.context.settings, parameter, adapt)

    async def download(self, url: str) -> bytes | None:
        return await self.context.account.download(url)

    async def save_file(self, content: bytes, name: str) -> str:
        folder = self.context.settings.documents or documents_folder()
        return await anyio.to_thread.run_sync(_save_pdf, folder, name, content)

    async def notify_progress(self, done: float, total: float, text: Message) -> None:
        if self.progress_callback is not None:
            await self.progress_callback(done, total, render(text, self.context.settings.language))

    async def list_all(self, path: str, key: str) -> tuple[list[dict[str, Any]], int]:
        context = self.context
        return await context.create_loader().read_list(path, key)

    async def wait_before_retry(self, attempt: int) -> bool:
        if attempt >= self.context.settings.pdf_poll_attempts:
            return False
        # Integrators poll every 2 seconds (trap 24); the first attempts come sooner, since most PDFs are ready quickly.
        await anyio.sleep(min(2.0, 0.25 * 2 ** (attempt - 1)))
        return True


async def _list_related(loader: FactLoader, number: int) -> tuple[Document, ...] | None:
    try:
        return tuple(parse_record(Document, one) for one in await loader.list_raw_related(number))
    except NotFound:  # it may answer so for a document that exists
        return None


def _save_pdf(folder: Path, name: str, content: bytes) -> str:
    try:
        path = save_file(folder, name, content)
    except OSError as trouble:
        failure = IxError(
            message(
                "The PDF could not be saved in {folder} ({reason}).",
                folder=str(folder),
                reason=trouble.strerror,
            ),
            code="file_not_saved",
            sent="refused",
            next=message("free space or set INVOICEXPRESS_DOCUMENTS"),
        )
    else:
        return str(path)
    raise failure


async def download_pdf(context: CallContext, url: str | None) -> bytes:
    """Download the PDF from the address that InvoiceXpress gave."""
    content = await context.account.download(url) if url else None
    if content is None:
        raise IxError(
            (
                message("InvoiceXpress is still making the PDF.")
                if url is None
                else message(
                    "The PDF is on a host outside InvoiceXpress, from which ix-tools downloads nothing."
                )
            ),
            code="pdf_not_ready" if url is None else "pdf_elsewhere",
            sent="refused",
            next=(
                message("repeat the same call in a few seconds")
                if url is None
                else message("call get_pdf with delivery: link to get its address")
            ),
        )
    if not content.startswith(b"%PDF"):
        raise Unreadable(
            message("The file at InvoiceXpress's link is not a PDF."),
            next=message("repeat the same call in a few seconds"),
        )
    return content
