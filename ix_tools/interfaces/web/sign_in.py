"""Sign people in and out with passkeys, and let an invited person add the first one; `provider_pages` has the other way in.

GET   /inbox/sign-in              begins: a challenge for this browser alone, in a cookie of its own, for ten minutes
POST  /inbox/sign-in              the passkey's answer; a new session
GET   /inbox/invitation/SECRET    shows who is invited, and uses nothing up
POST  /inbox/invitation/SECRET    the new passkey; the link is used up
POST  /inbox/sign-out             ends this session, or all of this person's
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.auth import webauthn
from ix_tools.auth.passkeys import Passkey, build_invitation_refusal
from ix_tools.auth.people import Invitation
from ix_tools.auth.sessions import SIGN_IN_SECONDS
from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, message_template, render
from ix_tools.interfaces.web.decision_pages import build_outcome
from ix_tools.interfaces.web.page_templates import render_template
from ix_tools.interfaces.web.requests import (
    build_csrf_token,
    build_headers,
    has_csrf_token,
    load_asset,
    read_cookie,
    read_form,
)
from ix_tools.interfaces.web.visitors import INBOX, InboxServices, Visitor, VisitorGuard, choose_next

SIGN_IN = message("Sign in")
SIGN_IN_TEXT = message("With the passkey that you added to this server. There is no password.")
SIGN_IN_BUTTON = message("Sign in with a passkey")
PROVIDER_BUTTON = message_template("Sign in with {provider}")
LEAVE = message_template("You are signed out here. Sign out at {provider}, too")
NO_PASSKEY = message(
    "No passkey yet? Ask whoever runs this server for an invitation (ix-tools people invite NAME)."
)
WELCOME = message_template("Passkey for {person}")
WELCOME_TEXT = message_template(
    "{inviter} invites you to sign in here. Your device keeps the passkey and asks for your fingerprint, your face or its code."
)
WELCOME_BUTTON = message("Add a passkey")
WELCOME_HINT = message(
    "The link works once. Until somebody else confirms it, the passkey also counts as that of whoever invited you."
)


@dataclass(frozen=True, slots=True)
class ProviderLink:
    """The links of the sign-in page to the OpenID provider."""

    url: str
    text: str
    leave_url: str
    """Where somebody who just signed out here signs out there; empty for anybody else."""
    leave_text: str


class SignInPages:
    """The pages by which people come in and leave."""

    def __init__(self, services: InboxServices, guard: VisitorGuard) -> None:
        """Keep the parts."""
        self._services, self._guard = services, guard

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        invitation = f"{INBOX}/invitation/{{secret}}"
        return [
            Route(f"{INBOX}/sign-in", self.show, methods=["GET"]),
            Route(f"{INBOX}/sign-in", self.sign_in, methods=["POST"]),
            Route(invitation, self.show_invitation, methods=["GET"]),
            Route(invitation, self.accept_invitation, methods=["POST"]),
            Route(f"{INBOX}/sign-out", self._guard.wrap_form("sign-out", self._sign_out), methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the sign-in, with a new challenge."""
        foreign = self._guard.refuse_foreign(request)
        if foreign is not None:
            return foreign
        return await self._run(request, lambda: self._show_sign_in(request))

    async def sign_in(self, request: Request) -> Response:
        """Start a session for a passkey's answer."""
        fields = await self._read_own_form(request, "sign-in")
        if isinstance(fields, Response):
            return fields
        return await self._run(request, lambda: self._sign_in(request, fields))

    async def show_invitation(self, request: Request) -> Response:
        """Show an invitation; only the form uses it up."""
        foreign = self._guard.refuse_foreign(request)
        if foreign is not None:
            return foreign
        return await self._run(request, lambda: self._show_invitation(request))

    async def accept_invitation(self, request: Request) -> Response:
        """Add the passkey of an invited person, and sign them in."""
        fields = await self._read_own_form(request, request.path_params["secret"])
        if isinstance(fields, Response):
            return fields
        return await self._run(request, lambda: self._accept_invitation(request, fields))

    # --- internals ---

    @property
    def _begun_cookie(self) -> str:
        return self._services.site().build_cookie_name("begun")

    async def _run(self, request: Request, respond: Any) -> Response:
        try:
            answer: Response = await run_in_threadpool(respond)
        except StoreUnavailable:
            return build_outcome("unavailable", self._guard.choose_language(request), 503)
        return answer

    async def _read_own_form(self, request: Request, purpose: str) -> Mapping[str, str] | Response:
        """Return the fields of a form that this browser was shown; otherwise the refusal."""
        language = self._guard.choose_language(request)
        if not self._services.site().is_own_form(request):
            return build_outcome("refused", language, 403)
        fields = await read_form(request)
        if fields is None:
            return build_outcome("refused", language, 400)
        if not has_csrf_token(fields, read_cookie(request, self._begun_cookie), purpose):
            return build_outcome("refused", language, 403)
        return fields

    def _show_sign_in(self, request: Request, error: Message | str = "", status: int = 200) -> Response:
        language = self._guard.choose_language(request)
        secret, challenge = self._services.sessions.begin_sign_in("sign_in")
        wanted = choose_next(request.query_params.get("next", ""))
        page = self._render(
            language,
            heading=SIGN_IN,
            text=SIGN_IN_TEXT,
            button=SIGN_IN_BUTTON,
            hint=NO_PASSKEY,
            error=error,
            options=webauthn.build_assertion_options(self._services.party, challenge),
            csrf=build_csrf_token(secret, "sign-in"),
            action=f"{INBOX}/sign-in?lang={language}",
            next=wanted,
            provider=self._build_provider_link(request, language, wanted),
        )
        return self._answer(page, status, secret)

    def _build_provider_link(self, request: Request, language: Language, wanted: str) -> ProviderLink | None:
        """Build the way to the provider, and the one to sign out there for somebody who just signed out here."""
        provider = self._services.provider
        if not provider.is_set:
            return None
        has_left = request.query_params.get("left") == "provider"
        return ProviderLink(
            f"{INBOX}/sign-in/provider?{urlencode({'lang': language, 'next': wanted})}",
            render(PROVIDER_BUTTON.fill(provider=provider.name), language),
            f"{INBOX}/sign-in/leave?lang={language}" if has_left else "",
            render(LEAVE.fill(provider=provider.name), language),
        )

    def _sign_in(self, request: Request, fields: Mapping[str, str]) -> Response:
        services, language = self._services, self._guard.choose_language(request)
        challenge = services.sessions.take_sign_in(read_cookie(request, self._begun_cookie), "sign_in")
        if challenge is None:
            return self._show_sign_in(
                request, message("This sign-in was begun too long ago, or used already."), 403
            )
        try:
            given = webauthn.Assertion.parse(fields.get("answer", ""))
            found = services.passkeys.find_usable(given.credential_hash)
            if found is None:
                return self._show_sign_in(
                    request, message("This server does not know the passkey, or it was revoked."), 403
                )
            webauthn.verify_assertion(services.party, challenge, found[0].credential, given)
        except IxError as refusal:
            return self._show_sign_in(request, refusal.text, 403)
        return self._start_session(request, found[0], choose_next(fields.get("next", "")), language)

    def _show_invitation(self, request: Request, error: Message | str = "", status: int = 200) -> Response:
        services, language = self._services, self._guard.choose_language(request)
        invitation = services.people.find_invitation(request.path_params["secret"])
        if invitation is None or not services.people.is_usable(invitation):
            return build_outcome("invitation_ended", language, 404)
        secret, challenge = services.sessions.begin_sign_in("enrol", invitation.person)
        person = services.people.find(invitation.person)
        existing = [one.credential for one in services.passkeys.list_usable(person.name)]
        page = self._render(
            language,
            heading=WELCOME.fill(person=person.name),
            text=WELCOME_TEXT.fill(inviter=_name_inviter(invitation)),
            button=WELCOME_BUTTON,
            hint=WELCOME_HINT,
            error=error,
            options=webauthn.build_registration_options(
                services.party, challenge, person.name, person.handle, existing
            ),
            csrf=build_csrf_token(secret, request.path_params["secret"]),
            action=f"{request.url.path}?lang={language}",
            next=INBOX,
        )
        return self._answer(page, status, secret)

    def _accept_invitation(self, request: Request, fields: Mapping[str, str]) -> Response:
        services, language = self._services, self._guard.choose_language(request)
        link = request.path_params["secret"]
        invitation = services.people.find_invitation(link)
        begun = read_cookie(request, self._begun_cookie)
        try:
            if invitation is None or not services.people.is_usable(invitation):
                raise build_invitation_refusal()
            challenge = services.sessions.take_sign_in(begun, "enrol", invitation.person)
            if challenge is None:
                return self._show_invitation(
                    request, message("This page was opened too long ago, or used already."), 403
                )
            new = webauthn.verify_registration(services.party, challenge, fields.get("answer", ""))
            added = services.passkeys.add_invited(link, new)
        except IxError as refusal:
            return self._show_invitation(request, refusal.text, 403)
        return self._start_session(request, added, INBOX, language)

    def _start_session(self, request: Request, passkey: Passkey, path: str, language: Language) -> Response:
        sessions = self._services.sessions
        answer = self._guard.start_session(request, lambda: sessions.start(passkey), path, language)
        self._guard.set_cookie(answer, self._begun_cookie, "", seconds=0)
        return answer

    def _sign_out(self, visitor: Visitor, fields: Mapping[str, str]) -> Response:
        person = visitor.person
        if fields.get("everywhere") == "yes":
            self._services.sessions.end_all(person.name, person.identity)
        else:
            self._services.sessions.end(visitor.session)
        left = "&left=provider" if visitor.session.identity else ""
        answer = RedirectResponse(f"{INBOX}/sign-in?lang={visitor.language}{left}", 303, build_headers())
        self._guard.set_cookie(answer, self._guard.cookie, "", seconds=0)
        return answer

    def _render(
        self, language: Language, *, options: Any, provider: ProviderLink | None = None, **given: Any
    ) -> str:
        texts = {
            name: render(value, language) if isinstance(value, Message) else value
            for name, value in given.items()
        }
        return render_template(
            "sign_in.html",
            language,
            options=json.dumps(options),
            provider=provider,
            script=load_asset("passkey.js"),
            **texts,
        )

    def _answer(self, page: str, status: int, secret: str) -> Response:
        answer = HTMLResponse(page, status, build_headers(with_script=True))
        self._guard.set_cookie(answer, self._begun_cookie, secret, seconds=int(SIGN_IN_SECONDS))
        return answer


def _name_inviter(invitation: Invitation) -> str:
    return invitation.invited_by.partition(":")[2] or invitation.invited_by
