"""Workflow that issues an invoice: draft, one approval, finalize, PDF, e-mail; repeating the call resumes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ix_tools.domain.comparison import Difference
from ix_tools.domain.document_kinds import ISSUED_STATES, name_within_sentence
from ix_tools.domain.records import CorrectedDocument, Document
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Email, InvoiceType, OneLine, Record
from ix_tools.errors import IxError, NotFound, Problem, Refused, StoredDifferently
from ix_tools.guards.facts import Facts
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import NO_MESSAGE, Message, join_messages, message, verbatim
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.i18n.value_labels import name_state
from ix_tools.operations.base import BundledApproval, Operation, OperationContext, StepPending
from ix_tools.operations.document_context import DocumentResult
from ix_tools.operations.document_steps import suggest_steps
from ix_tools.operations.documents import ChangeState
from ix_tools.operations.drafts import LOCAL_ONLY, READS_AS_SENT, InvoiceDraft
from ix_tools.operations.expectations import Correction, Step
from ix_tools.operations.files import EmailResult, PdfResult, SendEmail
from ix_tools.operations.invoices import CreateInvoice
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Spec

MAIL_FIELDS = ("email", "subject", "body")
"""Parameters that distinguish an e-mail from another one."""
REPEAT = message("repeat the same call to resume from there")


class StepTaken(Record):
    """Step of the workflow and its state."""

    step: Literal["draft", "finalize", "pdf", "email"]
    state: Literal["done", "not done", "waiting", "unknown"]
    about: TranslatedText | None = None


class PendingApproval(Record):
    """Approval that a person has not decided yet."""

    id: str
    expires_at: str
    summary: str
    account: str | None = None
    company: str | None = None
    nif: str | None = None
    """NIF of the account's company, if several accounts are in use."""
    command: str
    url: str | None = None
    """Address of the approval's page, if the page requires more than the link."""
    why: str = Field("", exclude=True)
    """Instruction for the person, shown in `next`."""


class IssueResult(Record):
    """Issued document and the state of each step: done, not done, waiting or unknown."""

    ok: bool = True
    status: Literal["issued", "approval_required"]
    steps: list[StepTaken]
    document: Document
    corrects: CorrectedDocument | None = None
    """Document that a credit or debit note corrects."""
    pdf: PdfResult | None = None
    email: EmailResult | None = None
    approval: PendingApproval | None = None
    nobody_answered: str | None = None
    """Reason why the host's answer does not count as a person's."""
    when_approved: str | None = None
    """Present if the call is carried out by itself when a person approves."""
    preview: str | None = None
    sent: str | None = None
    """State of the call at InvoiceXpress, while a person has not decided."""
    warnings: list[dict[str, str]] | None = None


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
        so_far = _Progress(self.email)
        try:
            return await self._run_steps(context, so_far)
        except StepPending as pending:
            return so_far.build_pending(pending.response)
        except IxError as stop:
            so_far.explain_stop(stop)
            raise

    async def _run_steps(self, context: OperationContext, so_far: "_Progress") -> IssueResult:
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

    async def _fetch_pdf(self, context: OperationContext, so_far: "_Progress") -> None:
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


@dataclass
class _Progress:
    """Progress of the workflow, and its results so far."""

    email: str | None
    document: Document | None = None
    corrects: CorrectedDocument | None = None
    pdf: PdfResult | None = None
    sent: EmailResult | None = None
    steps: dict[str, StepTaken] = field(default_factory=dict)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for step in ("draft", "finalize", "pdf", *(["email"] if self.email else [])):
            self.record_step(step, "not done")

    @property
    def document_id(self) -> int:
        """Return the id of the document."""
        assert self.document is not None
        assert self.document.id is not None
        return self.document.id

    def record_step(self, step: Any, state: Any, about: Message | None = None) -> None:
        """Record the state of a step."""
        self.steps[step] = StepTaken(step=step, state=state, about=about)

    def record_draft(self) -> None:
        """Record that the draft exists."""
        self.record_step("draft", "done", verbatim(f"id {self.document_id}"))

    def add_warnings(self, drafted: Mapping[str, Any], finalized: Mapping[str, Any]) -> None:
        """Add the warnings of the first two steps, except that the draft existed, which is how a workflow resumes."""
        self.warnings += [one for one in drafted.get("warnings", []) if one["field"] != "idempotency_key"]
        self.warnings += finalized.get("warnings", [])

    def record_finalizing(self) -> None:
        """Record that the document is issued."""
        assert self.document is not None
        self.record_step("finalize", "done", verbatim(self.document.number or ""))

    def record_pdf(self, pdf: PdfResult) -> None:
        """Record the PDF, or that it is still being made."""
        self.pdf = pdf
        ready = pdf.status == "ready"
        found = pdf.file or pdf.resource or pdf.link
        self.record_step("pdf", "done" if ready else "waiting", verbatim(found) if found else pdf.note)

    def record_email(self, shown: Mapping[str, Any]) -> None:
        """Record that InvoiceXpress accepted the e-mail."""
        about = message("to {address}", address=self.email)
        if shown.get("to"):
            self.sent = EmailResult.model_validate(shown)
            if shown.get("replayed"):
                about = message("to {address}, in an earlier call", address=self.email)
        self.record_step("email", "done", about)
        # Finalizing may have warned of the same.
        self.warnings += [one for one in shown.get("warnings", []) if one not in self.warnings]

    @property
    def current_step(self) -> str:
        """Return the first step that is not done; the PDF does not count."""
        return next((name for name, one in self.steps.items() if name != "pdf" and one.state != "done"), "")

    def build_pending(self, asked: Mapping[str, Any]) -> IssueResult:
        """Return the pending result: a person must decide first."""
        self.record_step(self.current_step, "waiting", message("for a person's approval"))
        shown = {
            name: asked[name] for name in ("preview", "nobody_answered", "when_approved") if name in asked
        }
        approval = {**asked["approval"], "why": asked["next"][0]["why"]}
        waits = {"ok": False, "sent": "stored", "approval": approval, **shown}
        return IssueResult.model_validate({**self._build_fields("approval_required"), **waits})

    def build_result(self, status: str) -> IssueResult:
        """Return the result so far."""
        return IssueResult.model_validate(self._build_fields(status))

    def _build_fields(self, status: str) -> dict[str, Any]:
        return {
            "status": status,
            "steps": list(self.steps.values()),
            "document": self.document,
            "corrects": self.corrects,
            "pdf": self.pdf,
            "email": self.sent,
            "warnings": self.warnings or None,
        }

    def explain_stop(self, stop: IxError) -> None:
        """Extend an error with the step where the workflow stopped, the existing document, and how to resume."""
        at = self.current_step
        if isinstance(stop, StoredDifferently):
            stored = stop.details.get("document")
            self.document = Document.model_validate(stored) if stored else self.document
            self.record_step(at, "done", message("stored differently from what was asked"))
        else:
            self.record_step(at, "unknown" if stop.sent == "unknown" else "not done", verbatim(stop.code))
        shown = [one.model_dump(mode="json", exclude_none=True) for one in self.steps.values()]
        stop.details = {**stop.details, "stopped_at": at, "steps": shown}
        document, unsure = self.document, stop.sent == "unknown"
        if document is None or stop.code == "document_gone":
            return
        stop.details["document"] = document.model_dump(mode="json", exclude_none=True)
        what = name_within_sentence(document.document_type)
        stays = (
            message("the draft {kind} {id} stays", kind=what, id=document.id)
            if document.is_draft
            else message(
                "{kind} {number} (id {id}) is issued", kind=what, number=document.number, id=document.id
            )
        )
        differs = isinstance(stop, StoredDifferently) and at == "finalize"
        sentence = message("It stopped at {step}: {stays}.", step=STEP_NAMES.get(at, at), stays=stays)
        after = DIFFERS_TEXT if differs else STATE_AFTER_STOP[at, unsure]
        stop.message = join_messages(filter(None, [stop.message, sentence, after]), " ")
        stop.sent = "unknown" if unsure else "stored"
        if not isinstance(stop, StoredDifferently):
            # After a declined approval a corrected call would create a second draft: the existing one is corrected.
            is_declined = stop.code == "approval_declined" and at in NEXT_AFTER_DECLINE
            steps = [NEXT_AFTER_DECLINE[at]] if is_declined else [stop.next, NEXT_AFTER_STOP[at, unsure]]
            stop.next = join_messages(filter(None, steps))


STEP_NAMES: Mapping[str, Bilingual] = {
    "draft": Bilingual("rascunho", "draft"),
    "finalize": Bilingual("finalização", "finalize"),
    "email": Bilingual("e-mail", "email"),
}
CORRECTION_HINT = message("correct_document says how the document is corrected")
DIFFERS_TEXT = message("It was finalized and differs from what was approved; no e-mail was sent.")
STATE_AFTER_STOP: Mapping[tuple[str, bool], Message] = {
    ("draft", False): message("It was not finalized."),
    ("draft", True): NO_MESSAGE,
    ("finalize", False): message("It was not finalized."),
    ("finalize", True): message("It is not known yet whether it was finalized."),
    ("email", False): message("The e-mail was not sent."),
    ("email", True): message(
        "It is not known whether the e-mail was sent; it is not sent again automatically."
    ),
}
"""State after stopping at a step, by the step and whether its outcome is unknown."""
NEXT_AFTER_DECLINE: Mapping[str, Message] = {
    "finalize": message(
        "ask the person what to change: change this draft (update_invoice) and finalize it (change_state), "
        "or delete it (change_state with state deleted)"
    ),
    "email": message(
        "ask the person what to change: send_email sends it with another text or to another address. {hint}",
        hint=CORRECTION_HINT,
    ),
}
"""The one way on after a person declined a step."""
NEXT_AFTER_STOP: Mapping[tuple[str, bool], Message] = {
    ("draft", False): NO_MESSAGE,
    ("draft", True): REPEAT,
    ("finalize", False): message(
        "{repeat}; or change the draft (update_invoice) and finalize it with change_state, "
        "or delete it (change_state with state deleted)",
        repeat=REPEAT,
    ),
    ("finalize", True): REPEAT,
    ("email", False): message(
        "{repeat}; a person approves the e-mail. {hint}", repeat=REPEAT, hint=CORRECTION_HINT
    ),
    ("email", True): message("send_email sends another one. {hint}", hint=CORRECTION_HINT),
}
