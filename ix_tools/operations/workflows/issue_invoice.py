"""An invoice in one call: draft, one yes, finalize, PDF, e-mail; whatever stops it, the same call goes on from there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ix_tools.domain.comparison import Difference
from ix_tools.domain.document_kinds import document_type
from ix_tools.domain.records import CorrectedDocument, Document
from ix_tools.domain.types import Email, InvoiceType, Record
from ix_tools.errors import NOTHING_SENT, IxError, NotFound, Problem, Refused, StoredDifferently
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, warn
from ix_tools.operations.base import Covering, Operation, Sending
from ix_tools.operations.documents import ChangeState, steps_after
from ix_tools.operations.drafts import OURS, READS_AS_SENT, DocumentResult, InvoiceDraft
from ix_tools.operations.expectations import Correction, Step
from ix_tools.operations.files import EmailResult, PdfResult, SendEmail
from ix_tools.operations.invoices import CreateInvoice
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Spec

ISSUED = {"final", "settled"}
WORDS = ("email", "subject", "body")
"""What of an e-mail tells it apart from another one."""
REPEAT = "repeat the same call to go on from there"


class StepTaken(Record):
    """A step and how far it is."""

    step: Literal["draft", "finalize", "pdf", "email"]
    state: Literal["done", "not done", "waiting", "unknown"]
    about: str | None = None


class Waiting(Record):
    """What a person approves, and how."""

    id: str
    expires_at: str
    summary: str
    account: str | None = None
    company: str | None = None
    nif: str | None = None
    """Whose account it is about, where another one could be meant."""
    command: str
    url: str | None = None
    """Its page, where the page asks for more than the link."""
    why: str = Field("", exclude=True)
    """What a person does, in words: stands in `next`."""


class Issued(Record):
    """The document, and each step: done, not done, waiting or unknown."""

    ok: bool = True
    status: Literal["issued", "approval_required"]
    steps: list[StepTaken]
    document: Document
    corrects: CorrectedDocument | None = None
    """The document that a credit or debit note corrects."""
    pdf: PdfResult | None = None
    email: EmailResult | None = None
    approval: Waiting | None = None
    nobody_answered: str | None = None
    """Why what the host answered is no person's answer."""
    preview: str | None = None
    sent: str | None = None
    """What reached InvoiceXpress so far, while a person has not decided."""
    warnings: list[dict[str, str]] | None = None


class IssueInvoice(InvoiceDraft, Operation[Issued]):
    """Issue an invoice in one call: draft, finalize, PDF, e-mail; a person approves all of it once. If it stops, the same call goes on from there, never with a second document.

    Source: a recipe of create_invoice, change_state, get_pdf and send_email; DL 28/2019; CIVA art. 36.
    """

    document_type: InvoiceType = "invoices"
    """Kind of document to issue; default invoices."""
    proprietary_uid: str | None = None
    """Unique id of your own; a second call with the same id creates no second document."""
    email: Annotated[Email | None, OURS] = None
    """E-mail address that gets the PDF; without one nothing is sent."""
    subject: Annotated[str | None, OURS] = None
    """Subject line of the e-mail."""
    body: Annotated[str | None, OURS] = None
    """Text of the e-mail message."""
    delivery: Annotated[Literal["file", "resource", "link"], OURS] = "file"
    """Way to get the PDF: file saved on the server's machine, MCP resource, or link to InvoiceXpress; default file."""

    spec = Spec(
        name="issue_invoice",
        title="Issue an invoice",
        effect=Effect.FISCAL,
        heading=Heading.WORKFLOWS,
        scope=Scope.ISSUE,
        steps_need=frozenset({Scope.READ, Scope.DRAFT, Scope.EMAIL}),
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
            raise ValueError("email: subject and body are those of an e-mail; say to whom")
        return self

    def goes_through(self) -> tuple[str, ...]:
        """All but the PDF, without which the invoice is issued all the same."""
        mail = ("send_email",) if self.email is not None else ()
        return ("create_invoice", "get_document", "change_state", *mail)

    async def carried_out(self, sending: Sending) -> Issued:
        """Every step in turn; a failure says where it stopped and what is there now."""
        so_far = _SoFar(self.email)
        try:
            return await self._issued(sending, so_far)
        except IxError as stop:
            so_far.told_by(stop)
            raise

    async def _issued(self, sending: Sending, so_far: "_SoFar") -> Issued:
        given = {name: value for name, value in sending.given.items() if name in CreateInvoice.model_fields}
        drafted = await sending.perform("create_invoice", given)
        asked = so_far.document = Document.model_validate(drafted["document"])
        so_far.corrects = (
            CorrectedDocument.model_validate(drafted["corrects"]) if "corrects" in drafted else None
        )
        if drafted.get("replayed"):
            so_far.document = await self._now(sending, asked)
        so_far.drafted()
        mail = self._mail(asked)
        begun = so_far.document.is_draft
        if begun:
            words = tuple(_finding(one) for one in drafted.get("warnings", []))
            found = tuple(one for one in words if one.problem.field != "idempotency_key")
            then = (SendEmail(**mail),) if mail else ()
            covering = Covering(self, then, found, tuple(_differing(asked, so_far.document)))
            finalize = {**_about(asked), "state": "finalized"}
            finalized = await sending.perform("change_state", finalize, covering)
            if finalized.get("status") == "approval_required":
                return so_far.waiting(finalized)
            so_far.document = Document.model_validate(finalized["document"])
            so_far.warned(drafted, finalized)
        else:
            so_far.warnings += drafted.get("warnings", [])
            so_far.warnings += [
                Problem(one.field, f"issued as {one.stored}; this call asked {one.asked}").as_dict()
                for one in _differing(asked, so_far.document)
            ]
        so_far.finalized()
        await sending.progress(2, 4, "finalized; fetching the PDF")
        await self._pdf(sending, so_far)
        if mail:
            await sending.progress(3, 4, "the PDF was asked for; sending the e-mail")
            step = Covering(self, step_key=self._step_key(asked, mail))
            mailed = await sending.perform("send_email", mail, step)
            if mailed.get("status") == "approval_required":
                return so_far.waiting(mailed)
            so_far.mailed(mailed)
        return so_far.result("issued")

    async def _now(self, sending: Sending, asked: Document) -> Document:
        """The document of the first time, as it is today."""
        try:
            read = await sending.perform("get_document", _about(asked))
            document = Document.model_validate(read["document"])
        except NotFound:
            document = asked.model_copy(update={"status": "deleted"})
        if document.is_draft or document.status in ISSUED:
            return document
        raise Refused(
            f"This call was carried out before, and its document {document.number or document.id} is {document.status}.",
            code="document_gone",
            next="for another document repeat the call with a new idempotency_key",
        )

    async def _pdf(self, sending: Sending, so_far: "_SoFar") -> None:
        try:
            wanted = {"document_id": so_far.number, "delivery": self.delivery}
            so_far.fetched(PdfResult.model_validate(await sending.perform("get_pdf", wanted)))
        except IxError as failure:
            # The document is issued all the same, and its PDF can be fetched at any time.
            so_far.note("pdf", "not done", f"{failure.code}: get_pdf fetches it later")

    def _mail(self, document: Document) -> dict[str, Any]:
        """The e-mail, if one was asked for."""
        if self.email is None:
            return {}
        words = {name: getattr(self, name) for name in WORDS if getattr(self, name)}
        return {**_about(document), **words}

    def _step_key(self, document: Document, mail: Mapping[str, Any]) -> str:
        """The e-mail's key: to the same recipient in the same words it leaves once."""
        words = "\0".join(f"{name}={mail[name]}" for name in WORDS if name in mail)
        return f"issue_invoice/{document.id}/{sha256(words.encode()).hexdigest()[:16]}"

    def next_steps(self, result: Issued) -> Iterable[Step]:
        """How to approve; or what an issued document allows."""
        if result.approval is not None:
            yield Step("issue_invoice", result.approval.why, arguments=None)
            return
        done = {one.step for one in result.steps if one.state == "done"}
        for step in steps_after(DocumentResult(document=result.document)):
            fetched = step.tool == "get_pdf" and "pdf" in done
            if not fetched and not (step.tool == "send_email" and "email" in done):
                yield step

    def undo(self, result: Issued, facts: Facts) -> Correction | None:
        """What corrects the issued document; once it was e-mailed, the client has it."""
        document = result.document
        if document.is_draft:
            return None
        about = ChangeState.model_validate({**_about(document), "state": "finalized"})
        correction = about.undo(DocumentResult(document=document), facts)
        mailed = any((one.step, one.state) == ("email", "done") for one in result.steps)
        if mailed and correction.plan == "invoice_issued":
            return Correction("issued_and_sent", correction.steps[1:], correction.since)
        return correction


def _about(document: Document) -> dict[str, Any]:
    return {"document_type": document.document_type, "document_id": document.id}


def _finding(shown: Mapping[str, str]) -> Finding:
    return warn(shown["field"], shown["problem"])


def _differing(asked: Document, now: Document) -> Iterable[Difference]:
    """What changed in a draft since this call made it; it is finalized only if the person accepts that."""
    before, after = asked.model_dump(mode="json"), now.model_dump(mode="json")
    for name in (*READS_AS_SENT, "client"):
        old, new = before[name], after[name]
        if name == "client":
            old, new = (one and one.get("name") for one in (old, new))
        if old != new:
            yield Difference(name, str(old or "-"), str(new or "-"))
    lines = [[_line(one) for one in each["lines"]] for each in (before, after)]
    if lines[0] != lines[1]:
        yield Difference("lines", "; ".join(lines[0]), "; ".join(lines[1]))
    if before["total"] != after["total"]:
        yield Difference("total", str(before["total"]), str(after["total"]))


def _line(line: Mapping[str, Any]) -> str:
    return f"{line['name']} {line['quantity']} x {line['unit_price']} {line['tax']}"


@dataclass
class _SoFar:
    """How far the errand is."""

    email: str | None
    document: Document | None = None
    corrects: CorrectedDocument | None = None
    pdf: PdfResult | None = None
    sent: EmailResult | None = None
    steps: dict[str, StepTaken] = field(default_factory=dict)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for step in ("draft", "finalize", "pdf", *(["email"] if self.email else [])):
            self.note(step, "not done")

    @property
    def number(self) -> int:
        """The document's id."""
        assert self.document is not None
        assert self.document.id is not None
        return self.document.id

    def note(self, step: Any, state: Any, about: str | None = None) -> None:
        """How a step went."""
        self.steps[step] = StepTaken(step=step, state=state, about=about)

    def drafted(self) -> None:
        """There is a document."""
        self.note("draft", "done", f"id {self.number}")

    def warned(self, drafted: Mapping[str, Any], finalized: Mapping[str, Any]) -> None:
        """What the first two steps warned of; that the draft was there already is how an errand goes on."""
        self.warnings += [one for one in drafted.get("warnings", []) if one["field"] != "idempotency_key"]
        self.warnings += finalized.get("warnings", [])

    def finalized(self) -> None:
        """It is issued."""
        assert self.document is not None
        self.note("finalize", "done", self.document.number)

    def fetched(self, pdf: PdfResult) -> None:
        """The PDF is here, or still being made."""
        self.pdf = pdf
        ready = pdf.status == "ready"
        self.note("pdf", "done" if ready else "waiting", pdf.file or pdf.resource or pdf.link or pdf.note)

    def mailed(self, shown: Mapping[str, Any]) -> None:
        """InvoiceXpress took the e-mail."""
        about = f"to {self.email}"
        if shown.get("to"):
            self.sent = EmailResult.model_validate(shown)
            about += ", in an earlier call" if shown.get("replayed") else ""
        self.note("email", "done", about)
        self.warnings += shown.get("warnings", [])

    @property
    def at(self) -> str:
        """The step that comes next; the PDF holds nothing up."""
        return next((name for name, one in self.steps.items() if name != "pdf" and one.state != "done"), "")

    def waiting(self, asked: Mapping[str, Any]) -> Issued:
        """A person must decide first."""
        self.note(self.at, "waiting", "for a person's approval")
        shown = {name: asked[name] for name in ("preview", "nobody_answered") if name in asked}
        approval = {**asked["approval"], "why": asked["next"][0]["why"]}
        waits = {"ok": False, "sent": "stored", "approval": approval, **shown}
        return Issued.model_validate({**self._shown("approval_required"), **waits})

    def result(self, status: str) -> Issued:
        """Everything so far."""
        return Issued.model_validate(self._shown(status))

    def _shown(self, status: str) -> dict[str, Any]:
        return {
            "status": status,
            "steps": list(self.steps.values()),
            "document": self.document,
            "corrects": self.corrects,
            "pdf": self.pdf,
            "email": self.sent,
            "warnings": self.warnings or None,
        }

    def told_by(self, stop: IxError) -> None:
        """Say in an error where it stopped, what is there now, and how to go on."""
        at = self.at
        if isinstance(stop, StoredDifferently):
            stored = stop.details.get("document")
            self.document = Document.model_validate(stored) if stored else self.document
            self.note(at, "done", "stored differently from what was asked")
        else:
            self.note(at, "unknown" if stop.sent == "unknown" else "not done", stop.code)
        shown = [one.model_dump(mode="json", exclude_none=True) for one in self.steps.values()]
        stop.details = {**stop.details, "stopped_at": at, "steps": shown}
        document, unsure = self.document, stop.sent == "unknown"
        if document is None or stop.code == "document_gone":
            return
        stop.details["document"] = document.model_dump(mode="json", exclude_none=True)
        what = document_type(document.document_type).en.lower()
        stays = (
            f"the draft {what} {document.id} stays"
            if document.is_draft
            else f"{what} {document.number} (id {document.id}) is issued"
        )
        message = stop.message.replace(NOTHING_SENT, "").rstrip()
        differs = isinstance(stop, StoredDifferently) and at == "finalize"
        stop.message = f"{message} It stopped at {at}: {stays}. {DIFFERS if differs else LEFT[at, unsure]}"
        stop.sent = "unknown" if unsure else "stored"
        if not isinstance(stop, StoredDifferently):
            # After a no a corrected call would make a second draft: the one that is there is corrected, or gone on with.
            first = "ask the person what to change" if stop.code == "approval_declined" else stop.next
            stop.next = "; ".join(filter(None, [first, NEXT[at, unsure]]))


CORRECTED = "correct_document says what would correct the document"
DIFFERS = "It was finalized and is not what was approved; no e-mail was sent."
LEFT = {
    ("draft", False): "It was not finalized.",
    ("draft", True): "",
    ("finalize", False): "It was not finalized.",
    ("finalize", True): "Whether it was finalized is not known yet.",
    ("email", False): "The e-mail was not sent.",
    ("email", True): "Whether the e-mail left is not known; it is not sent again by itself.",
}
"""What is so after stopping at a step, and whether its outcome is unknown."""
NEXT = {
    ("draft", False): "",
    ("draft", True): REPEAT,
    ("finalize", False): f"{REPEAT}; or change the draft (update_invoice) and finalize it with change_state, "
    "or delete it (change_state with state deleted)",
    ("finalize", True): REPEAT,
    ("email", False): f"{REPEAT}; a person approves the e-mail. {CORRECTED}",
    ("email", True): f"send_email sends another one. {CORRECTED}",
}
