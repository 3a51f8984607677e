"""Progress of issue_invoice: the state of its steps, the result, and what an error says of the step where it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from ix_tools.domain.document_kinds import name_within_sentence
from ix_tools.domain.records import CorrectedDocument, Document
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Record
from ix_tools.errors import IxError, StoredDifferently
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import NO_MESSAGE, Message, join_messages, message, verbatim
from ix_tools.operations.files import EmailResult, PdfResult

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


@dataclass
class IssueProgress:
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
