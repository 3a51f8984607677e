"""Sign people in at the OpenID provider of the settings.

GET   /inbox/sign-in/provider   sends the browser to the provider, with a cookie for ten minutes
GET   /inbox/sign-in/answer     the provider sends it back with a code; a new session, for a person whom the policy names
GET   /inbox/sign-in/leave      sends the browser to the provider to sign out there, too
POST  /inbox/sign-in/ended      the provider tells that a person signed out there
"""

import logging
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.auth.oauth import LEEWAY
from ix_tools.auth.openid import SignedInThere
from ix_tools.auth.sessions import SIGN_IN_SECONDS
from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.i18n.messages import Message, message, message_template, render
from ix_tools.interfaces.web.decision_pages import build_outcome
from ix_tools.interfaces.web.page_templates import render_template
from ix_tools.interfaces.web.requests import build_headers, read_cookie, read_form
from ix_tools.interfaces.web.visitors import INBOX, InboxServices, VisitorGuard, choose_next

log = logging.getLogger(__name__)

PATH = f"{INBOX}/sign-in"
NOT_SIGNED_IN = message("Not signed in")
UNKNOWN_PERSON = message_template(
    "You signed in at {provider}, but this server does not know you yet. Send this to whoever runs it: {identity} They add it to "
    "your name in the policy's [people], and your name with `ix-tools people add`."
)
BEGUN_ELSEWHERE = message(
    "This sign-in was begun too long ago, in another browser, or used already. Begin it again."
)
NO_SIGN_OUT = message_template("{provider} has no page to sign out. Sign out there yourself.")
STATUS = {"provider_unavailable": 503}

Handler = Callable[[Request], Awaitable[Response]]


class ProviderPages:
    """The way to the provider and back."""

    def __init__(self, services: InboxServices, guard: VisitorGuard) -> None:
        """Keep the parts."""
        self._services, self._guard = services, guard

    def routes(self) -> list[BaseRoute]:
        """Return the routes; none without a provider."""
        if not self._services.provider.is_set:
            return []
        return [
            Route(f"{PATH}/provider", self._guarded(self._begin), methods=["GET"]),
            Route(f"{PATH}/answer", self._guarded(self._complete), methods=["GET"]),
            Route(f"{PATH}/leave", self._guarded(self._leave), methods=["GET"]),
            Route(f"{PATH}/ended", self.end, methods=["POST"]),
        ]

    async def end(self, request: Request) -> Response:
        """End the sessions of a person who signed out at the provider, as it says in a signed token."""
        fields = await read_form(request) if self._services.site().find_address(request) else None
        if fields is None:
            return Response(status_code=400, headers=build_headers())
        try:
            left = await self._services.provider.read_logout(fields.get("logout_token", ""))
            ended = await run_in_threadpool(
                self._services.sessions.end_at_provider, left.identity, left.session, left.moment + LEEWAY
            )
        except (IxError, StoreUnavailable) as trouble:
            log.info("a notice of the OpenID provider was refused: %s", trouble.code)
            return Response(status_code=400, headers=build_headers())
        log.info("the OpenID provider ended %d sessions", ended)
        return Response(status_code=200, headers=build_headers())

    # --- internals ---

    @property
    def _cookie(self) -> str:
        return self._services.site().build_cookie_name("provider")

    @property
    def _redirect_uri(self) -> str:
        return f"{self._services.site().people_address}{PATH}/answer"

    def _guarded(self, handler: Handler) -> Handler:
        """Make a page of a handler: at our own address; what the provider does wrong is said on a page."""

        async def endpoint(request: Request) -> Response:
            foreign = self._guard.refuse_foreign(request)
            if foreign is not None:
                return foreign
            try:
                return await handler(request)
            except StoreUnavailable:
                return build_outcome("unavailable", self._guard.choose_language(request), 503)
            except IxError as refusal:
                return self._refuse(request, refusal.text, STATUS.get(refusal.code, 403))

        return endpoint

    async def _begin(self, request: Request) -> Response:
        provider, language = self._services.provider, self._guard.choose_language(request)
        wanted = choose_next(request.query_params.get("next", ""))
        if "lang=" not in wanted:
            wanted += f"{'&' if '?' in wanted else '?'}lang={language}"
        secret, challenge = await run_in_threadpool(self._services.sessions.begin_sign_in, "provider")
        url = await provider.build_authorization_url(provider.resume(challenge), wanted, self._redirect_uri)
        answer = RedirectResponse(url, 303, build_headers())
        self._guard.set_cookie(answer, self._cookie, secret, seconds=int(SIGN_IN_SECONDS))
        return answer

    async def _complete(self, request: Request) -> Response:
        services, given = self._services, request.query_params.multi_items()
        begun = read_cookie(request, self._cookie)
        challenge = await run_in_threadpool(services.sessions.take_sign_in, begun, "provider")
        sign_in = services.provider.resume(challenge) if challenge is not None else None
        wanted = sign_in.read_state(dict(given).get("state", "")) if sign_in is not None else None
        if sign_in is None or wanted is None:
            return self._refuse(request, BEGUN_ELSEWHERE, 403)
        who = await services.provider.complete(sign_in, given, self._redirect_uri)
        return await run_in_threadpool(self._start_session, request, who, choose_next(wanted))

    def _start_session(self, request: Request, who: SignedInThere, wanted: str) -> Response:
        services, language = self._services, self._guard.choose_language(request)
        person = services.find_provider_person(who.identity)
        if person is None:
            told = UNKNOWN_PERSON.fill(provider=services.provider.name, identity=who.identity)
            return self._refuse(request, told, 403)

        def start() -> str:
            return services.sessions.start_at_provider(person, who.identity, who.session)

        answer = self._guard.start_session(request, start, wanted, language)
        self._guard.set_cookie(answer, self._cookie, "", seconds=0)
        return answer

    async def _leave(self, request: Request) -> Response:
        provider = self._services.provider
        url = await provider.build_end_url(f"{self._services.site().people_address}{PATH}")
        if not url:
            return self._refuse(request, NO_SIGN_OUT.fill(provider=provider.name), 404)
        return RedirectResponse(url, 303, build_headers())

    def _refuse(self, request: Request, why: Message | str, status: int) -> Response:
        language = self._guard.choose_language(request)
        page = render_template(
            "not_signed_in.html",
            language,
            heading=render(NOT_SIGNED_IN, language),
            why=render(why, language),
            back=f"{PATH}?lang={language}",
            back_text=render(message("Back to the sign-in"), language),
        )
        return HTMLResponse(page, status, build_headers())
