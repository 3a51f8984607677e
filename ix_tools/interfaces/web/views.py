"""Handle requests to the approval pages: GET shows and changes nothing, POST from the page itself decides."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.approvals.call_outcomes import Step, find_call_outcome
from ix_tools.approvals.links import PAGE_PATH, ApprovalLinks
from ix_tools.approvals.repository import Approval, ApprovalRepository
from ix_tools.approvals.stored_preview import is_readable
from ix_tools.errors import ApprovalRefused, StoreUnavailable
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render
from ix_tools.interfaces.web import rendering
from ix_tools.storage.database import Store

COOKIE = "ix_page"
MAX_FORM_BYTES = 16_384
"""Bytes of a submitted form."""
MAX_REASON_LENGTH = 500
REFRESH_SECONDS = 5
"""Seconds after which the page reloads to show an approval's result."""
REFRESH_WINDOW_SECONDS = 900.0
"""Seconds after the decision in which it does."""
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{rendering.compute_style_hash()}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    # Not `no-referrer`, which hides even our own form's origin; other sites learn nothing either way.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

SignIn = Callable[[Request, Approval], Awaitable[Response | str]]
"""Returns the signed-in person's name, or a response (a form, a redirect) to show instead of the page."""


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """The form that a person submitted."""

    decision: str
    csrf: str
    accept_differences: bool
    pin: str
    reason: str


class ApprovalPages:
    """The pages of the approvals in one store, under one address."""

    def __init__(
        self,
        store: Store,
        approvals: ApprovalRepository,
        language: Language,
        address: Callable[[], str],
        sign_in: SignIn | None = None,
    ) -> None:
        """Keep the parts. `address` returns scheme, host and port under which people reach the pages."""
        self._store, self._approvals = store, approvals
        self._links = ApprovalLinks(store, approvals.clock)
        self._pins = self._links.pins
        self._language: Language = language
        self._address, self._sign_in = address, sign_in

    def routes(self) -> list[BaseRoute]:
        """Return the routes that show and decide."""
        return [
            Route(PAGE_PATH + "{secret}", self.show, methods=["GET"]),
            Route(PAGE_PATH + "{secret}", self.decide, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show a pending approval, or its outcome."""
        if not self._host_matches(request):
            return _build_outcome("unknown", self._choose_language(request), 421)
        return await self._respond_to_link(request, lambda found, who: self._show_approval(request, found))

    async def decide(self, request: Request) -> Response:
        """Record a person's decision."""
        language = self._choose_language(request)
        if not self._host_matches(request) or request.headers.getlist("origin") != [self._address()]:
            return _build_outcome("refused", language, 403)
        answer = await _parse_form(request)
        if answer is None:
            return _build_outcome("refused", language, 400)
        # Only the browser that was shown the page knows the token, so it is checked before any look-up.
        if not hmac.compare_digest(
            answer.csrf, build_csrf_token(_read_nonce(request), request.path_params["secret"])
        ):
            return _build_outcome("refused", language, 403)
        return await self._respond_to_link(
            request, lambda found, who: self._decide(request, found, answer, who)
        )

    # --- internals ---

    async def _respond_to_link(
        self, request: Request, respond: Callable[[Approval, str], Response]
    ) -> Response:
        """Respond to a request with a valid link, after signing in if required; `respond` gets the approval and the name."""
        language = self._choose_language(request)
        try:
            found = await run_in_threadpool(self._load_approval, request)
            if found is None:
                return _build_outcome("unknown", language, 404)
            who = await self._sign_in(request, found) if self._sign_in is not None else ""
            if isinstance(who, Response):
                return who
            return await run_in_threadpool(respond, found, who)
        except StoreUnavailable:
            return _build_outcome("unavailable", language, 503)

    def _choose_language(self, request: Request) -> Language:
        asked = request.query_params.get("lang")
        return "pt" if asked == "pt" else "en" if asked == "en" else self._language

    def _host_matches(self, request: Request) -> bool:
        # DNS rebinding would make another site same-origin with us; its Host differs.
        return request.headers.getlist("host") == [urlsplit(self._address()).netloc]

    def _load_approval(self, request: Request) -> Approval | None:
        found = self._links.resolve(request.path_params["secret"])
        try:
            return self._approvals.find(found[0]) if found else None
        except ApprovalRefused:
            return None

    def _find_pin_owner(self, request: Request, found: Approval) -> tuple[str, bool]:
        """Return whose PIN the page asks for, and whether it is mandatory: a link made for a person requires theirs."""
        behind = self._links.resolve(request.path_params["secret"])
        person = behind[1] if behind else ""
        return person or found.principal, bool(person)

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
        self, request: Request, found: Approval, status: int = 200, *, again: bool = False
    ) -> Response:
        """Show the decision and its result as far as known; the page reloads by itself for a while."""
        state, now = self._display_state(found), self._approvals.clock()
        steps: tuple[Step, ...] = ()
        if state == "used":
            came = find_call_outcome(self._store, found, now)
            state, steps = came.state, came.steps
        elif state == "approved" and self._approvals.is_parked(found.id):
            state = "parked"
        waits = (
            state in {"approved", "parked", "carrying_out"}
            and now - (found.decided_at or 0.0) < REFRESH_WINDOW_SECONDS
        )
        refreshes = waits and request.method == "GET"
        page = rendering.render_outcome(
            state,
            self._choose_language(request),
            found,
            now=now,
            again=again,
            steps=steps,
            refreshes=refreshes,
        )
        more = {"Refresh": str(REFRESH_SECONDS)} if refreshes else {}
        return HTMLResponse(page, status, {**HEADERS, **more})

    def _show_approval(
        self, request: Request, found: Approval, error: str = "", status: int = 200, said: str = ""
    ) -> Response:
        language = self._choose_language(request)
        state = self._display_state(found)
        if state != "pending":
            return self._show_outcome(request, found)
        nonce = _read_nonce(request) or secrets.token_urlsafe(24)
        secret = request.path_params["secret"]
        whose, must = self._find_pin_owner(request, found)
        page = rendering.render_approval(
            found,
            language,
            rendering.PageState(
                now=self._approvals.clock(),
                csrf=build_csrf_token(nonce, secret),
                pin=whose if must or self._pins.has_pin(whose) else "",
                next_try=self._pins.find_next_attempt_time(whose),
                approved_by=self._approvals.load_approvers(found.id),
                error=error,
                message=said,
            ),
        )
        answer = HTMLResponse(page, status, HEADERS)
        answer.set_cookie(
            COOKIE,
            nonce,
            path=PAGE_PATH + secret,
            secure=self._address().startswith("https:"),
            httponly=True,
            samesite="strict",
        )
        return answer

    def _decide(self, request: Request, found: Approval, answer: DecisionForm, who: str) -> Response:
        language = self._choose_language(request)
        approve = answer.decision == "approve"
        state = self._display_state(found)
        if state != "pending":
            return self._show_outcome(request, found, 409, again=True)
        try:
            if approve and found.differs and not answer.accept_differences:
                return self._show_approval(request, found, "differences_not_accepted", 422)
            whose, must = self._find_pin_owner(request, found)
            pin_set_by = self._pins.check(whose, answer.pin, approval=found.id) if approve else None
            if approve and must and pin_set_by is None:
                return self._show_approval(request, found, "pin_wrong", 403)
            if who or pin_set_by is None:
                pin_set_by = None  # the name comes from the sign-in, or is unknown
            else:
                who = whose
            decided = self._approvals.decide(
                found.id,
                approve=approve,
                accept_differences=answer.accept_differences,
                reason="" if approve else answer.reason,
                by=f"page:{who}" if who else "",
                place="page",
                pin_set_by=pin_set_by,
            )
        except ApprovalRefused as refusal:
            now = self._approvals.find(found.id)
            if self._display_state(now) == "pending":
                return self._show_approval(request, now, refusal.code, 403, render(refusal.text, language))
            return self._show_outcome(request, now, 409, again=True)
        if self._display_state(decided) == "pending":  # another person must approve too
            return HTMLResponse(rendering.render_outcome("partly", language, decided), headers=HEADERS)
        return RedirectResponse(f"{request.url.path}?lang={language}", 303, HEADERS)


def build_csrf_token(nonce: str, secret: str) -> str:
    """Build the form's CSRF token, bound to the browser that was shown the page and to this one link."""
    return (
        hmac.new(nonce.encode(), secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        if nonce
        else " "
    )


def _read_nonce(request: Request) -> str:
    kept = request.cookies.get(COOKIE, "")
    return kept if re.fullmatch(r"[A-Za-z0-9_-]{32}", kept) else ""


async def _parse_form(request: Request) -> DecisionForm | None:
    """Parse a submitted form. Return None if it is not ours."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return None
    try:
        given = parse_qs(body.decode("ascii"), max_num_fields=10, errors="strict", keep_blank_values=True)
    except ValueError:
        return None
    if any(len(values) > 1 for values in given.values()):
        return None
    fields = {name: values[0] for name, values in given.items()}
    if fields.get("decision") not in {"approve", "reject"}:
        return None
    return DecisionForm(
        decision=fields["decision"],
        csrf=fields.get("csrf", ""),
        accept_differences=fields.get("accept_differences") == "yes",
        pin=fields.get("pin", ""),
        reason=fields.get("reason", "").strip()[:MAX_REASON_LENGTH],
    )


def _build_outcome(outcome: str, language: Language, status: int) -> Response:
    return HTMLResponse(rendering.render_outcome(outcome, language), status, HEADERS)
