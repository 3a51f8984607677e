"""Show an approval and record a decision, for whoever a page has identified: by a link, a PIN or a sign-in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import HTMLResponse, RedirectResponse, Response

from ix_tools.approvals.call_outcomes import Step, find_call_outcome
from ix_tools.approvals.joint_decisions import Choice, load_left_out
from ix_tools.approvals.models import Evidence
from ix_tools.approvals.repository import Approval, ApprovalRepository
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.approvals.signatures import Signer
from ix_tools.approvals.stored_preview import is_readable
from ix_tools.errors import IxError
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render
from ix_tools.interfaces.web import joint_page, rendering
from ix_tools.interfaces.web.requests import build_headers
from ix_tools.storage.database import Store
from ix_tools.text.sanitize import sanitize_text

MAX_REASON_LENGTH = 500
REFRESH_SECONDS = 5
"""Seconds after which the page reloads to show an approval's result."""
REFRESH_WINDOW_SECONDS = 900.0
"""Seconds after the decision in which it does."""


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """The form that a person submitted."""

    decision: str
    accept_differences: bool
    pin: str
    reason: str
    answer: str
    """The answer of the person's authenticator; empty without one."""
    choice: Choice
    """The documents left out and the typed total, on the page of a joint approval."""

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> "DecisionForm | None":
        """Return the form in these fields; None if it decides nothing."""
        choice = joint_page.read_choice(fields)
        if fields.get("decision") not in {"approve", "reject", "recount"} or choice is None:
            return None
        return cls(
            decision=fields["decision"],
            accept_differences=fields.get("accept_differences") == "yes",
            pin=fields.get("pin", ""),
            reason=sanitize_text(fields.get("reason", "")).strip()[:MAX_REASON_LENGTH],
            answer=fields.get("answer", ""),
            choice=choice,
        )


@dataclass(frozen=True, slots=True)
class Identified:
    """Who decides, as far as the page knows."""

    by: str = ""
    """The identity, such as page:ana; empty if it is unknown."""
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class Visit:
    """A person at the page of an approval."""

    language: Language
    path: str
    """The page's own path, to which it returns after a decision."""
    csrf: str
    identify: Callable[[DecisionForm], Identified]
    """Tell who submitted the form. It raises ApprovalRefused if the page cannot accept that."""
    pin: str = ""
    """Whose PIN the page asks for; empty for none."""
    find_next_try: Callable[[], float] = lambda: 0.0
    """Return when the PIN may be tried again; 0 for now."""
    passkey: str = ""
    """What the browser needs to sign the approval, as JSON; empty where it is not signed."""
    must_sign: bool = False
    """Only a signature approves it."""
    may_decide: bool = True
    menu: Any = None
    """The inbox's navigation; None on a page that is reached by a link."""
    is_post: bool = False


class DecisionPages:
    """The pages of the approvals in one store."""

    def __init__(self, store: Store, approvals: ApprovalRepository) -> None:
        """Keep the parts."""
        self._store, self._approvals = store, approvals

    def show(
        self,
        visit: Visit,
        found: Approval,
        error: str = "",
        status: int = 200,
        said: str = "",
        left_out: frozenset[int] = frozenset(),
    ) -> Response:
        """Show a pending approval, or its outcome. `left_out`: the documents that are ticked, of a joint approval."""
        if self._display_state(found) != "pending":
            return self._show_outcome(visit, found)
        page = rendering.render_approval(
            found,
            visit.language,
            rendering.PageState(
                now=self._approvals.clock(),
                csrf=visit.csrf,
                pin=visit.pin,
                next_try=visit.find_next_try(),
                passkey=visit.passkey,
                must_sign=visit.must_sign,
                may_decide=visit.may_decide,
                menu=visit.menu,
                approved_by=self._approvals.load_approvers(found.id),
                error=error,
                message=said,
                left_out=left_out or load_left_out(found.choice),
            ),
        )
        return HTMLResponse(page, status, build_headers(with_script=bool(visit.passkey)))

    def decide(self, visit: Visit, found: Approval, answer: DecisionForm) -> Response:
        """Record a person's decision."""
        approve = answer.decision == "approve"
        if self._display_state(found) != "pending":
            return self._show_outcome(visit, found, 409, was_decided_before=True)
        left_out = answer.choice.left_out
        if answer.decision == "recount":
            return self.show(visit, found, left_out=left_out)
        try:
            if approve and found.differs and not answer.accept_differences:
                return self.show(visit, found, "differences_not_accepted", 422)
            who = visit.identify(answer)
            decided = self._record(found, answer, who)
        except IxError as refusal:
            now = self._approvals.find(found.id)
            if self._display_state(now) == "pending":
                said = render(refusal.text, visit.language)
                return self.show(visit, now, refusal.code, 403, said, left_out)
            return self._show_outcome(visit, now, 409, was_decided_before=True)
        if self._display_state(decided) == "pending":  # another person must approve too
            page = rendering.render_outcome(
                "partly", visit.language, decided, rendering.OutcomeState(menu=visit.menu)
            )
            return HTMLResponse(page, headers=build_headers())
        return RedirectResponse(f"{visit.path}?lang={visit.language}", 303, build_headers())

    # --- internals ---

    def _record(self, found: Approval, answer: DecisionForm, who: Identified) -> Approval:
        approve = answer.decision == "approve"
        if approve and found.parts:
            return self._approvals.approve_many(
                found.id, answer.choice, by=who.by, place="page", evidence=who.evidence
            )
        return self._approvals.decide(
            found.id,
            approve=approve,
            accept_differences=answer.accept_differences,
            reason="" if approve else answer.reason,
            by=who.by,
            place="page",
            evidence=who.evidence,
        )

    def _display_state(self, approval: Approval) -> str:
        if approval.channel == "form":
            return "elsewhere"
        if approval.expires_at <= self._approvals.clock():
            late = {"pending": "expired", "approved": "lapsed"}
            return late.get(approval.state, approval.state)
        if approval.state == "pending" and not is_readable(approval.sheet):
            return "outdated"
        return approval.state

    def _show_outcome(
        self, visit: Visit, found: Approval, status: int = 200, *, was_decided_before: bool = False
    ) -> Response:
        """Show the decision and its result as far as known; the page reloads by itself for a while."""
        state, now = self._display_state(found), self._approvals.clock()
        steps: tuple[Step, ...] = ()
        if state == "used":
            outcome = find_call_outcome(self._store, found, now)
            state, steps = outcome.state, outcome.steps
        elif state == "approved" and self._approvals.is_parked(found.id):
            state = "parked"
        waits = (
            state in {"approved", "parked", "carrying_out"}
            and now - (found.decided_at or 0.0) < REFRESH_WINDOW_SECONDS
        )
        refreshes = waits and not visit.is_post
        page = rendering.render_outcome(
            state,
            visit.language,
            found,
            rendering.OutcomeState(now, was_decided_before, steps, refreshes, visit.menu),
        )
        more = {"Refresh": str(REFRESH_SECONDS)} if refreshes else {}
        return HTMLResponse(page, status, {**build_headers(), **more})


def must_be_signed(found: Approval) -> bool:
    """Check if only a passkey's signature approves this request."""
    return ApprovalRequirement.from_json(found.terms).where == "signed"


def build_signed_identity(signer: Signer) -> Identified:
    """Return who signed, with the signature."""
    passkey = signer.passkey
    return Identified(passkey.identity, Evidence(passkey.shared_with, passkey.id, signer.signature))


def build_outcome(outcome: str, language: Language, status: int, menu: Any = None) -> Response:
    """Build a page that says only why a request was not accepted."""
    page = rendering.render_outcome(outcome, language, page=rendering.OutcomeState(menu=menu))
    return HTMLResponse(page, status, build_headers())
