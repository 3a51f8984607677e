"""Handle requests to the approval pages: GET shows and changes nothing, POST from the page itself decides."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ix_tools.approvals.links import PAGE_PATH, ApprovalLinks
from ix_tools.approvals.models import Evidence
from ix_tools.approvals.repository import Approval, ApprovalRepository
from ix_tools.errors import ApprovalRefused, StoreUnavailable
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message
from ix_tools.interfaces.web.decision_pages import (
    DecisionForm,
    DecisionPages,
    Identified,
    Visit,
    build_outcome,
    build_signed_identity,
    must_be_signed,
)
from ix_tools.interfaces.web.requests import (
    Site,
    build_csrf_token,
    choose_language,
    has_csrf_token,
    read_cookie,
    read_form,
)
from ix_tools.interfaces.web.visitors import InboxServices
from ix_tools.storage.database import Store

COOKIE = "ix_page"

SignIn = Callable[[Request, Approval], Awaitable[Response | str]]
"""Returns the signed-in person's name, or a response (a form, a redirect) to show instead of the page."""


class ApprovalPages:
    """The pages of the approvals in one store, for people with a link."""

    def __init__(
        self,
        store: Store,
        approvals: ApprovalRepository,
        language: Language,
        site: Callable[[], Site],
        sign_in: SignIn | None = None,
        services: InboxServices | None = None,
    ) -> None:
        """Keep the parts.

        Args:
            site: returns the addresses under which people reach the pages.
            services: what verifies passkeys; None where nobody can sign.
        """
        self._services = services
        self._approvals = approvals
        self._pages = DecisionPages(store, approvals)
        self._links = ApprovalLinks(store, approvals.clock)
        self._pins = self._links.pins
        self._language: Language = language
        self._site, self._sign_in = site, sign_in

    def routes(self) -> list[BaseRoute]:
        """Return the routes that show and decide."""
        return [
            Route(PAGE_PATH + "{secret}", self.show, methods=["GET"]),
            Route(PAGE_PATH + "{secret}", self.decide, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show a pending approval, or its outcome."""
        if not self._site().find_address(request):
            return build_outcome("unknown", choose_language(request, self._language), 421)
        return await self._respond_to_link(request, self._show)

    async def decide(self, request: Request) -> Response:
        """Record a person's decision."""
        language = choose_language(request, self._language)
        if not self._site().is_own_form(request):
            return build_outcome("refused", language, 403)
        fields = await read_form(request)
        answer = DecisionForm.parse(fields) if fields is not None else None
        if fields is None or answer is None:
            return build_outcome("refused", language, 400)
        # Only the browser that was shown the page knows the token, so it is checked before any look-up.
        if not has_csrf_token(fields, read_cookie(request, COOKIE), request.path_params["secret"]):
            return build_outcome("refused", language, 403)
        return await self._respond_to_link(
            request, lambda visit, found: self._pages.decide(replace(visit, is_post=True), found, answer)
        )

    # --- internals ---

    async def _respond_to_link(
        self, request: Request, respond: Callable[[Visit, Approval], Response]
    ) -> Response:
        """Respond to a request with a valid link, after signing in if required."""
        language = choose_language(request, self._language)
        try:
            found = await run_in_threadpool(self._load_approval, request)
            if found is None:
                return build_outcome("unknown", language, 404)
            who = await self._sign_in(request, found) if self._sign_in is not None else ""
            if isinstance(who, Response):
                return who
            nonce = read_cookie(request, COOKIE) or secrets.token_urlsafe(24)
            visit = await run_in_threadpool(self._build_visit, request, found, who, nonce)
            answer = await run_in_threadpool(respond, visit, found)
        except StoreUnavailable:
            return build_outcome("unavailable", language, 503)
        if answer.status_code < 300 or answer.status_code in {403, 422}:
            answer.set_cookie(
                COOKIE,
                nonce,
                path=PAGE_PATH + request.path_params["secret"],
                secure=self._site().is_secure,
                httponly=True,
                samesite="strict",
            )
        return answer

    def _show(self, visit: Visit, found: Approval) -> Response:
        return self._pages.show(visit, found)

    def _load_approval(self, request: Request) -> Approval | None:
        found = self._links.resolve(request.path_params["secret"])
        try:
            return self._approvals.find(found[0]) if found else None
        except ApprovalRefused:
            return None

    def _build_visit(self, request: Request, found: Approval, who: str, nonce: str) -> Visit:
        """Build the visit of somebody with a link. A link that was made for a person asks for that person's PIN."""
        behind = self._links.resolve(request.path_params["secret"])
        person = behind[1] if behind else ""
        owner = person or found.principal
        if must_be_signed(found):
            return self._build_signing_visit(request, found, nonce)
        return Visit(
            language=choose_language(request, self._language),
            path=request.url.path,
            csrf=build_csrf_token(nonce, request.path_params["secret"]),
            identify=lambda answer: self._identify(found, answer, who, owner, is_required=bool(person)),
            pin=owner if person or self._pins.has_pin(owner) else "",
            find_next_try=lambda: self._pins.find_next_attempt_time(owner),
        )

    def _build_signing_visit(self, request: Request, found: Approval, nonce: str) -> Visit:
        """Build the visit to a request that must be signed: the passkey says who it is, and no PIN is asked for."""
        services = self._services
        can_sign = services is not None and found.state == "pending"
        return Visit(
            language=choose_language(request, self._language),
            path=request.url.path,
            csrf=build_csrf_token(nonce, request.path_params["secret"]),
            identify=lambda answer: self._identify_signer(found, answer),
            passkey=services.build_signing_options(found, ()) if services is not None and can_sign else "",
            must_sign=True,
        )

    def _identify_signer(self, found: Approval, answer: DecisionForm) -> Identified:
        if answer.decision != "approve" or not answer.answer or self._services is None:
            return Identified()
        signer = self._services.identify_signer(found, answer.answer, answer.choice.left_out)
        return build_signed_identity(signer)

    def _identify(
        self, found: Approval, answer: DecisionForm, who: str, owner: str, *, is_required: bool
    ) -> Identified:
        """Identify the person by the sign-in or by the PIN. Whoever rejects needs neither."""
        if answer.decision != "approve":
            return Identified(f"page:{who}" if who else "")
        pin_set_by = self._pins.check(owner, answer.pin, approval=found.id)
        if is_required and pin_set_by is None:
            raise ApprovalRefused(
                message("That is not the PIN."), code="pin_wrong", next=message("ask for another link")
            )
        if who:
            return Identified(f"page:{who}")
        if pin_set_by is None:
            return Identified()
        return Identified(f"page:{owner}", Evidence(shared_with=pin_set_by))
