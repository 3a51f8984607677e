"""Render the approval pages from templates, with every text from outside escaped and sanitized."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from ix_tools.approvals import rendering
from ix_tools.approvals.call_outcomes import Step
from ix_tools.approvals.joint_preview import JointPreview
from ix_tools.approvals.preview import ApprovalPreview, DetailView, DocumentView
from ix_tools.approvals.repository import Approval
from ix_tools.approvals.stored_preview import load_preview
from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.i18n import formats
from ix_tools.i18n.approval_texts import ACTIONS, LARGEST_LINES
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render
from ix_tools.interfaces.web import joint_page
from ix_tools.interfaces.web.page_templates import (
    format_day,
    format_moment,
    format_near_moment,
    render_template,
)
from ix_tools.interfaces.web.requests import load_asset
from ix_tools.interfaces.web.texts import (
    ALL_LINES,
    ALREADY,
    ERRORS,
    FACES,
    OUTCOMES,
    PIN_LOCKED,
    REFUSALS,
    SENT_TO,
    STEPS,
    WORDS,
)
from ix_tools.operations.label_lookup import translate_label

__all__ = ["render_approval", "render_outcome"]

OPEN_LINES, LARGEST = 20, 5
"""A document with more lines shows its largest ones; a list that can be opened has all of them."""
PLACED_FIELDS = {"date", "due_date", "draft_id", "status", "exemption"}
"""Document fields that have a place of their own on the page."""
UNDECIDED = frozenset({"expired", "elsewhere", "outdated"})
"""Outcomes without a decision; the page reveals nothing of the request."""
TOTAL_IS_THE_AMOUNT = frozenset({"finalized", "finalized_estimate"})
"""Actions whose amount is the document's total; the others have an amount of their own, or none."""
ERROR_FIELDS = {"differences_not_accepted": "accept", "pin_wrong": "pin", "pin_locked": "pin"}


@dataclass(frozen=True, slots=True)
class PageState:
    """State of an approval's page, besides the approval itself."""

    now: float
    csrf: str = ""
    pin: str = ""
    """Whose PIN is required; empty if none is."""
    next_try: float = 0.0
    """When the PIN may be tried again; 0 for now."""
    passkey: str = ""
    """What the browser needs to sign the approval, as JSON; empty where it is not signed."""
    must_sign: bool = False
    """Only a signature approves it."""
    may_decide: bool = True
    menu: Any = None
    """The inbox's navigation; None on a page that is reached by a link."""
    approved_by: Sequence[str] = ()
    """People who have approved already, if several must."""
    error: str = ""
    """Code of the rejected answer."""
    message: str = ""
    """The refusal's own message."""
    left_out: frozenset[int] = frozenset()
    """The documents that are ticked, on the page of a joint approval."""


def render_approval(found: Approval, language: Language, page: PageState) -> str:
    """Render the page of a pending approval."""
    error = "pin_locked" if page.next_try else page.error
    sheet = load_preview(found.sheet)
    return render_template(
        "joint.html" if isinstance(sheet, JointPreview) else "approval.html",
        language,
        sheet=sheet,
        title=rendering.format_title(sheet, language),
        issuer=rendering.format_issuer(sheet, language),
        deciding=tuple(rendering.list_key_facts(sheet, language)),
        amount=rendering.format_key_amount(sheet, language),
        consequences=rendering.describe_consequences(sheet, language),
        action=lambda name: render(ACTIONS[name].title, language),
        says=lambda name: translate_label(name, language),
        differing=lambda one: rendering.format_difference(one, language),
        warned=lambda one: rendering.format_warning(one, language),
        client=tuple(rendering.list_client_values(sheet.client, language)) if sheet.client else (),
        worded=partial(_format_entry, language=language, paper=sheet.paper),
        **(
            joint_page.build_values(sheet, page.left_out, language)
            if isinstance(sheet, JointPreview)
            else _build_document_values(sheet.paper, language)
        ),
        id=found.id,
        principal=found.principal,
        account=found.account,
        through=render(FACES.get(found.face, FACES["library"]), language),
        host=found.host,
        asked_at=format_moment(found.created_at, language),
        until=format_moment(found.expires_at, language),
        answer_by=format_near_moment(found.expires_at, page.now, language),
        approve=_label_approve_button(sheet, language),
        approved_by=page.approved_by,
        csrf=page.csrf,
        pin=page.pin,
        passkey=page.passkey,
        must_sign=page.must_sign,
        may_decide=page.may_decide,
        menu=page.menu,
        script=load_asset("passkey.js") if page.passkey else "",
        error=_describe_error(error, language, found, page.next_try, page.now) or page.message,
        error_at=ERROR_FIELDS.get(error, ""),
        locked=error == "pin_locked",
    )


@dataclass(frozen=True, slots=True)
class OutcomeState:
    """State of the page of an approval that waits no more, besides the approval itself."""

    now: float = 0.0
    was_decided_before: bool = False
    """The person tried to decide it a second time."""
    steps: tuple[Step, ...] = ()
    refreshes: bool = False
    """The page reloads by itself."""
    menu: Any = None
    """The inbox's navigation; None on a page that is reached by a link."""


def render_outcome(
    state: str, language: Language, found: Approval | None = None, page: OutcomeState = OutcomeState()
) -> str:
    """Render the decision and its result, or why a link or answer was not accepted; nothing else of the document."""
    heading, text = (render(said, language) for said in OUTCOMES[state])
    decided = found.decided_at if found is not None and state not in UNDECIDED else None
    return render_template(
        "outcome.html",
        language,
        outcome=state,
        heading=heading,
        text=text,
        note=render(ALREADY, language) if page.was_decided_before else "",
        summary=found.summary if found is not None and state not in UNDECIDED else "",
        steps=[_describe_step(step, language) for step in page.steps],
        refreshes=page.refreshes,
        menu=page.menu,
        until=format_near_moment(found.expires_at, page.now, language)
        if found is not None and state == "approved"
        else "",
        id=found.id if found else "",
        when=format_moment(decided, language) if decided else "",
        reason=found.reason if found is not None and state == "rejected" else "",
    )


def _describe_step(step: Step, language: Language) -> str:
    """Describe the result of one call in a line: `Fatura 1/2026 · ATCUD TQ93Z3GH-1`."""
    if step.state != "done":
        return render(STEPS[step.state], language)
    if step.recipient:
        return render(SENT_TO.fill(recipient=step.recipient), language)
    if not step.number:
        return render(STEPS["done"], language)
    kind = get_document_kind(step.kind)
    name = f"{kind.pt if language == 'pt' else kind.en} {step.number}"
    return f"{name} · ATCUD {step.atcud}" if step.atcud else name


def _label_approve_button(sheet: ApprovalPreview, language: Language) -> str:
    """Return the approve button's label: the amount that the call issues or pays, otherwise the action."""
    word = render(WORDS["approve"], language)
    if isinstance(sheet, JointPreview):
        return word  # the person types the amount
    moves = sheet.amount is not None or sheet.action in TOTAL_IS_THE_AMOUNT
    amount = rendering.format_key_amount(sheet, language) if moves else ""
    return f"{word} {amount}" if amount else f"{word}: {render(ACTIONS[sheet.action].title, language)}"


def _describe_error(error: str, language: Language, found: Approval, next_try: float, now: float) -> str:
    if error == "pin_locked":
        return render(
            PIN_LOCKED.fill(next_try=format_near_moment(next_try, now, language), id=found.id), language
        )
    if language == "pt" and error in REFUSALS:
        return render(REFUSALS[error].fill(id=found.id), language)
    return render(ERRORS.get(error, ""), language)


def _build_document_values(paper: DocumentView | None, language: Language) -> dict[str, Any]:
    """Build the values that a template needs to show a document."""
    if paper is None:
        return {"paper": None}
    values = {
        label: format_day(text, language) if isinstance(text, date) else text
        for label, text in rendering.list_document_values(paper, language)
    }
    return {
        "paper": paper,
        "name": rendering.format_document_heading(paper, language),
        "values": values,
        "beside": {label: text for label, text in values.items() if label not in PLACED_FIELDS},
        "country": lambda name: rendering.format_country(name, language),
        "largest": sorted(paper.lines, key=lambda line: line.net or 0, reverse=True)[:LARGEST],
        "open_lines": OPEN_LINES,
        "largest_of": render(LARGEST_LINES.fill(shown=LARGEST, all=len(paper.lines)), language),
        "all_lines": render(ALL_LINES.fill(all=len(paper.lines)), language),
        "times": lambda line: rendering.format_calculation(line, language, paper.currency),
        "tax": lambda line: rendering.format_tax(line.tax, line.rate, language),
        "share_named": lambda share: rendering.format_vat_label(share, language),
        "amount_named": lambda one: rendering.format_amount_label(one, language),
        "money": lambda amount: formats.format_money(amount, language, paper.currency),
    }


def _format_entry(entry: DetailView, language: Language, paper: DocumentView | None) -> Iterable[str]:
    if entry.kind == "day":
        return (format_day(date.fromisoformat(entry.lines[0]), language),)
    if entry.kind == "text" and len(entry.lines) > 1:
        return entry.lines
    return (rendering.format_detail(entry, language, paper.currency if paper else ""),)
