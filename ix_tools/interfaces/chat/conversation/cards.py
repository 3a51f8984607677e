"""Cards: an approval as a message with buttons, and what it shows once it is decided."""

from collections.abc import Iterator
from dataclasses import dataclass

from ix_tools.approvals.call_outcomes import CallOutcome, CallOutcomeState
from ix_tools.approvals.models import Approval
from ix_tools.approvals.parked_calls import ParkedCall
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.approvals.text import format_for_host
from ix_tools.config.settings import Settings
from ix_tools.i18n.formats import format_timestamp
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, render
from ix_tools.interfaces.chat.conversation.answers import describe_document, describe_stored_failure
from ix_tools.interfaces.chat.conversation.shapes import Button, Card, Confirmation
from ix_tools.text.sanitize import sanitize_line, sanitize_text

CONFIRM = "confirm"
"""Before a button's value: the person pressed it on a platform that shows no confirmation, and is asked for one."""
APPROVE, APPROVE_DIFFERENCES, REJECT, LINK = "yes", "yes-as-stored", "no", "link"
"""The first part of the value of a button about an approval, whose id follows."""
ANSWER, CORRECT = "answer", "correct"
"""The first part of the value of a button with a sentence, to carry out or to correct; the question and its number follow."""
MAX_SUMMARY = 250
"""Characters of the summary in a confirmation."""


OUTCOME_STATES: dict[CallOutcomeState, str] = {
    "carrying_out": "used",
    "done": "call_done",
    "stored_differently": "call_done",
    "partly_done": "call_partly_done",
    "not_done": "call_failed",
    "unclear": "call_unknown",
    "not_recorded": "call_not_recorded",
}
"""What a card shows of a call that its asker repeated after the approval."""


@dataclass(frozen=True, slots=True)
class CardState:
    """The state of an approval for its card."""

    approval: Approval
    approvers: tuple[str, ...] = ()
    parked: ParkedCall | None = None
    outcome: CallOutcome | None = None
    """The result of the call, if the requester carried it out."""
    now: float = 0.0

    @property
    def name(self) -> str:
        """The state that the card shows: that of the call once it has ended, else of the approval."""
        if self.parked is not None and self.parked.state in {"done", "failed", "returned", "unknown"}:
            return f"call_{self.parked.state}"
        if self.outcome is not None:
            return OUTCOME_STATES[self.outcome.state]
        if self.approval.state in {"pending", "approved"} and self.approval.expires_at <= self.now:
            return "expired"
        return f"pending_{len(self.approvers)}" if self.approval.state == "pending" else self.approval.state


def can_be_pressed(approval: Approval, settings: Settings) -> bool:
    """Tell whether an approval may be decided in a chat.

    Settings and policy may require a harder place, and many documents are approved on the page, where their total is typed.
    """
    requirement = ApprovalRequirement.from_json(approval.terms)
    return (
        not approval.parts and settings.approval_channel == "auto" and requirement.where in {"any", "outside"}
    )


def build_card(state: CardState, settings: Settings) -> Card:
    """Build the card of an approval as it is now."""
    language = settings.language
    approval = state.approval
    if state.name.startswith("pending"):
        lines = [sanitize_text(format_for_host(approval, language)), "", *_write_question(state, settings)]
        return Card(
            render(message("Approval {id}", id=approval.id), language),
            "\n".join(lines),
            build_buttons(approval, settings),
        )
    lines = [
        sanitize_line(approval.summary),
        render(_describe_state(state), language),
        *_write_outcome(state, language),
    ]
    title = render(message("Approval {id}", id=approval.id), language)
    return Card(title, "\n".join(filter(None, lines)))


def _write_question(state: CardState, settings: Settings) -> Iterator[str]:
    language, approval = settings.language, state.approval
    requirement = ApprovalRequirement.from_json(approval.terms)
    until = format_timestamp(approval.expires_at)
    yield render(
        message(
            "Asked by {person} · until {until} (Lisbon time)",
            person=sanitize_line(approval.principal),
            until=until,
        ),
        language,
    )
    if requirement.people > 1:
        said = message("{people} different people approve it.", people=requirement.people)
        if state.approvers:
            said = message(
                "{people} different people approve it; approved already by {known}.",
                people=requirement.people,
                known=", ".join(map(sanitize_line, state.approvers)),
            )
        yield render(said, language)
    if approval.parts:
        yield render(
            message("Many documents are approved on the approval page, where their total is typed."), language
        )
    elif not can_be_pressed(approval, settings):
        yield render(
            message("The rules want this approved on the approval page or in a terminal, not in a chat."),
            language,
        )


def build_buttons(approval: Approval, settings: Settings) -> tuple[Button, ...]:
    """Build the buttons of a waiting approval."""
    language = settings.language

    def text(said: Message) -> str:
        return render(said, language)

    if not can_be_pressed(approval, settings):
        return (Button(text(message("Link to the page")), f"{LINK}:{approval.id}"),)
    summary = sanitize_line(approval.summary)
    shown = summary if len(summary) <= MAX_SUMMARY else f"{summary[: MAX_SUMMARY - 1]}…"
    yes = message("Approve as stored") if approval.differs else message("Approve")
    confirmation = Confirmation(
        text(message("Approve?")), shown, text(message("Yes, approve")), text(message("Back"))
    )
    value = APPROVE_DIFFERENCES if approval.differs else APPROVE
    return (
        Button(text(yes), f"{value}:{approval.id}", "primary", confirmation),
        Button(text(message("Reject")), f"{REJECT}:{approval.id}", "danger"),
    )


APPROVED_ENDS = {"call_done", "call_failed", "call_unknown", "call_partly_done", "call_not_recorded"}
STORED_DIFFERENTLY = message("InvoiceXpress stored something different. Check the document.")
STATE_TEXTS: dict[str, Message] = {
    "approved": message("Approved. It is carried out by itself now."),
    "used": message("Approved, and being carried out."),
    "rejected": message("Rejected. Nothing was sent."),
    "expired": message("Expired: nobody decided in time. Nothing was sent; ask again if it is still wanted."),
    "stale": message("The document changed after this was shown, so this approval is void."),
    "unanswered": message("Void."),
    "call_done": message("Approved, and done."),
    "call_failed": message("Approved, but not carried out."),
    "call_partly_done": message("Approved, and carried out in part."),
    "call_not_recorded": message("Approved, but nothing was carried out that is recorded."),
    "call_returned": message("The document changed after this was shown. It is asked again on a new card."),
    "call_unknown": message(
        "Approved. InvoiceXpress gave no clear answer; what became of it is being looked up."
    ),
}


def _describe_state(state: CardState) -> Message:
    said = STATE_TEXTS[state.name]
    if state.approvers and state.name in {"approved", "used", *APPROVED_ENDS}:
        return message(
            "{state} By {people}.", state=said, people=", ".join(map(sanitize_line, state.approvers))
        )
    return said


def _write_outcome(state: CardState, language: Language) -> Iterator[str]:
    if state.name == "rejected" and state.approval.reason:
        yield render(message("Reason: {reason}", reason=sanitize_line(state.approval.reason)), language)
    for step in state.outcome.steps if state.outcome is not None else ():
        if step.number:
            yield describe_document({"document_type": step.kind, "number": step.number}, language)
    if state.outcome is not None and state.outcome.state == "stored_differently":
        yield render(STORED_DIFFERENTLY, language)
    result = state.parked.result if state.parked is not None else None
    if not result:
        return
    document = result.get("document") or result.get("receipt")
    if state.name == "call_done" and document:
        yield describe_document(document, language)
    if state.name == "call_done" and result.get("code") == "stored_differently":
        yield render(STORED_DIFFERENTLY, language)
    if state.name == "call_failed":
        yield describe_stored_failure(result, language)
