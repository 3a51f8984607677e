"""Workflow that issues an invoice: draft, one approval, finalize, PDF, e-mail; repeating the call resumes it."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from ix_tools.domain.comparison import Difference
from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.domain.records import CorrectedDocument, Document
from ix_tools.domain.types import Email, InvoiceType, OneLine
from ix_tools.errors import IxError, NotFound, Problem, Refused
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message, verbatim
from ix_tools.i18n.state_names import name_state
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.base import BundledApproval, Operation, OperationContext, StepPending
from ix_tools.operations.document_context import DocumentResult
from ix_tools.operations.document_steps import suggest_steps
from ix_tools.operations.documents import ChangeState
from ix_tools.operations.drafts import LOCAL_ONLY, READS_AS_SENT, InvoiceDraft
from ix_tools.operations.expectations import Correction, Step
from ix_tools.operations.files import PdfResult, SendEmail
from ix_tools.operations.invoices import CreateInvoice
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Spec
from ix_tools.operations.workflows.issue_progress import (
    IssueProgress,
    IssueResult,
)

MAIL_FIELDS = ("email", "subject", "body")
"""Parameters that distinguish an e-mail from another one."""


class IssueInvoice(InvoiceDraft, Operation[IssueResult]):
    """Issue an invoice in one call: draft, finalize, PDF, e-mail; a person approves all of it once. If it stops, the same call goes on from there, never with a second document.

    Source: a workflow of create_invoice, change_state, get_pdf and send_email; DL 28/2019; CIVA art. 36.
    """

    document_type: InvoiceType = "invoices"
    """Kind of document to issue; default invoices."""
    proprietary_uid: str | None = None
    """Unique id of your own; the same id creates no second document."""
    email: Annotated[Email | None, LOCAL_ONLY] = None
    """E-mail address that gets the PDF; without one nothing is sent."""
    subject: Annotated[OneLine | None, LOCAL_ONLY] = None
    """Subject line of the e-mail."""
    body: Annotated[str | None, LOCAL_ONLY] = None
    """Text of the e-mail message."""
    delivery: Annotated[Literal["file", "resource", "link"], LOCAL_ONLY] = "file"
    """Way to get the PDF: file saved on the server's machine, MCP resource, or link to InvoiceXpress; default file."""

    spec = Spec(
        name="issue_invoice",
        title="Issue an invoice",
        effect=Effect.FISCAL,
        heading=Heading.WORKFLOWS,
        scope=Scope.ISSUE,
        step_scopes=frozenset({Scope.READ, Scope.DRAFT, Scope.EMAIL}),
        idempotent=True,
        example={
            **CreateInvoice.spec.example,
            "email": "contas@padaria.example.pt",
            "subject": "A sua fatura",
        },
    )

    @model_validator(mode="after")
    def _words_go_with_a_recipient(self) -> Self:
        if self.email is None and (self.subject or self.body):
            raise InvalidValue(message("subject and body need a recipient"), "email")
        return self

    def list_required_operations(self) -> tuple[str, ...]:
        """Return the steps except the PDF, without which the invoice is issued all the same."""
        mail = ("send_email",) if self.email is not None else ()
        return ("create_invoice", "get_document", "change_state", *mail)

    async def execute(self, context: OperationContext) -> IssueResult:
        """Run every step in turn; an error says where the workflow stopped and which document exists."""
        so_far = IssueProgress(self.email)
        try:
            return await self._run_steps(context, so_far)
        except StepPending as pending:
            return so_far.build_pending(pending.response)
        except IxError as stop:
            so_far.explain_stop(stop)
            raise

    async def _run_steps(self, context: OperationContext, so_far: "IssueProgress") -> IssueResult:
        given = {
            name: value for name, value in context.arguments.items() if name in CreateInvoice.model_fields
        }
        drafted = await context.run_operation("create_invoice", given, takes_seen_drafts=True)
        asked = so_far.document = Document.model_validate(drafted["document"])
        so_far.corrects = (
            CorrectedDocument.model_validate(drafted["corrects"]) if "corrects" in drafted else None
        )
        if drafted.get("replayed"):
            so_far.document = await self._load_current(context, asked)
        so_far.record_draft()
        mail = self._build_mail(asked)
        begun = so_far.document.is_draft
        if begun:
            warned = context.list_step_warnings("create_invoice")
            found = tuple(one for one in warned if one.problem.field != "idempotency_key")
            then = (SendEmail(**mail),) if mail else ()
            covering = BundledApproval(self, then, found, tuple(_find_differences(asked, so_far.document)))
            finalize = {**_build_document_ref(asked), "state": "finalized"}
            finalized = await context.run_operation(
                "change_state", finalize, covering, takes_seen_drafts=True
            )
            so_far.document = Document.model_validate(finalized["document"])
            so_far.add_warnings(drafted, finalized)
        else:
            so_far.warnings += drafted.get("warnings", [])
            so_far.warnings += [
                Problem(
                    one.field,
                    message(
                        "issued as {stored}; this call asked {asked}", stored=one.stored, asked=one.asked
                    ),
                ).as_dict()
                for one in _find_differences(asked, so_far.document)
            ]
        so_far.record_finalizing()
        await context.notify_progress(2, 4, message("finalized; fetching the PDF"))
        await self._fetch_pdf(context, so_far)
        if mail:
            await context.notify_progress(3, 4, message("the PDF was asked for; sending the e-mail"))
            step = BundledApproval(self, step_key=self._build_step_key(asked, mail))
            mailed = await context.run_operation("send_email", mail, step)
            so_far.record_email(mailed)
        return so_far.build_result("issued")

    async def _load_current(self, context: OperationContext, asked: Document) -> Document:
        """Return the document of the first attempt as it is now; a draft that was seen lately is read when it is finalized."""
        seen = context.recall_draft(asked.id)
        if seen is not None:
            return Document.model_validate({**seen, "document_type": asked.document_type})
        try:
            read = await context.run_operation("get_document", _build_document_ref(asked))
            document = Document.model_validate(read["document"])
        except NotFound:
            document = asked.model_copy(update={"status": "deleted"})
        if document.is_draft or document.status in ISSUED_STATES:
            return document
        raise Refused(
            message(
                "This call was carried out before, and its document {number} is {status}.",
                number=document.number or document.id,
                status=name_state(document.status),
            ),
            code="document_gone",
            next=message("for another document repeat the call with a new idempotency_key"),
        )

    async def _fetch_pdf(self, context: OperationContext, so_far: "IssueProgress") -> None:
        try:
            wanted = {"document_id": so_far.document_id, "delivery": self.delivery}
            so_far.record_pdf(PdfResult.model_validate(await context.run_operation("get_pdf", wanted)))
        except IxError as failure:
            # The document is issued all the same; its PDF can be fetched later.
            so_far.record_step(
                "pdf", "not done", message("{code}: get_pdf fetches it later", code=failure.code)
            )

    def _build_mail(self, document: Document) -> dict[str, Any]:
        """Return the arguments of send_email; empty if no e-mail was requested."""
        if self.email is None:
            return {}
        words = {name: getattr(self, name) for name in MAIL_FIELDS if getattr(self, name)}
        return {**_build_document_ref(document), **words}

    def _build_step_key(self, document: Document, mail: Mapping[str, Any]) -> str:
        """Return the idempotency key of the e-mail: the same text to the same recipient is sent once."""
        words = "\0".join(f"{name}={mail[name]}" for name in MAIL_FIELDS if name in mail)
        return f"issue_invoice/{document.id}/{sha256(words.encode()).hexdigest()[:16]}"

    def next_steps(self, result: IssueResult) -> Iterable[Step]:
        """Suggest the approval, or the calls that an issued document allows."""
        if result.approval is not None:
            yield Step("issue_invoice", verbatim(result.approval.why), arguments=None)
            return
        done = {one.step for one in result.steps if one.state == "done"}
        for step in suggest_steps(DocumentResult(document=result.document)):
            fetched = step.tool == "get_pdf" and "pdf" in done
            if not fetched and not (step.tool == "send_email" and "email" in done):
                yield step

    def plan_correction(self, result: IssueResult, facts: Facts) -> Correction | None:
        """Plan for the issued document; once it was e-mailed, the client has it."""
        document = result.document
        if document.is_draft:
            return None
        about = ChangeState.model_validate({**_build_document_ref(document), "state": "finalized"})
        correction = about.plan_correction(DocumentResult(document=document), facts)
        mailed = any((one.step, one.state) == ("email", "done") for one in result.steps)
        if mailed and correction.plan == "invoice_issued":
            return Correction("issued_and_sent", (), correction.since)
        return correction


def _build_document_ref(document: Document) -> dict[str, Any]:
    return {"document_type": document.document_type, "document_id": document.id}


def _find_differences(asked: Document, now: Document) -> Iterable[Difference]:
    """Yield the changes of a draft since this workflow created it; it is finalized only if the person accepts them."""
    before, after = asked.model_dump(mode="json"), now.model_dump(mode="json")
    for name in (*READS_AS_SENT, "client"):
        old, new = before[name], after[name]
        if name == "client":
            old, new = (one and one.get("name") for one in (old, new))
        if old != new:
            yield Difference(name, str(old or "-"), str(new or "-"))
    lines = [[_format_line(one) for one in each["lines"]] for each in (before, after)]
    if lines[0] != lines[1]:
        yield Difference("lines", "; ".join(lines[0]), "; ".join(lines[1]))
    if before["total"] != after["total"]:
        yield Difference("total", str(before["total"]), str(after["total"]))


def _format_line(line: Mapping[str, Any]) -> str:
    return f"{line['name']} {line['quantity']} x {line['unit_price']} {line['tax']}"
