"""The page of passkeys: a person's own, those that wait to be confirmed, and how to add or revoke one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.auth import webauthn
from ix_tools.auth.identities import find_people
from ix_tools.auth.passkeys import Passkey
from ix_tools.auth.people import hash_secret
from ix_tools.auth.sessions import SIGN_IN_SECONDS
from ix_tools.errors import IxError
from ix_tools.i18n.messages import Message, message, message_template, render
from ix_tools.interfaces.web.page_templates import format_moment, render_template
from ix_tools.interfaces.web.requests import build_headers, load_asset, read_cookie
from ix_tools.interfaces.web.visitors import INBOX, InboxServices, Visitor, VisitorGuard

PATH = f"{INBOX}/passkeys"
CONFIRMED = message("Confirmed")
UNCONFIRMED = message_template("Not confirmed: counts as {inviter} too")
OWN_INVITATION = message("Yours alone")
ADDED = message_template("Added {when} on the invitation of {inviter}")
ADDED_AND_USED = message_template("Added {when} on the invitation of {inviter}; last used {used}")
SECOND = message("Second passkey")
SECOND_TEXT = message(
    "Use the device that the new passkey is for, or choose another device in the browser's dialog."
)


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """A passkey as the page lists it."""

    id: str
    person: str
    state: str
    tone: str
    about: str
    can_confirm: bool
    can_revoke: bool
    options: str


class PasskeyPages:
    """The page of passkeys and its forms."""

    def __init__(self, services: InboxServices, guard: VisitorGuard) -> None:
        """Keep the parts."""
        self._services, self._guard = services, guard

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        guard = self._guard
        forms = {"add": self._begin_adding, "confirm": self._confirm, "revoke": self._revoke}
        return [
            Route(PATH, guard.wrap_page(self._show), methods=["GET"]),
            Route(f"{PATH}/new", guard.wrap_form("new-passkey", self._add), methods=["POST"]),
            *(
                Route(f"{PATH}/{name}", guard.wrap_form("passkeys", form), methods=["POST"])
                for name, form in forms.items()
            ),
        ]

    def _show(self, visitor: Visitor, error: Message | str = "", status: int = 200) -> Response:
        services, own = self._services, visitor.person.name
        mine = services.passkeys.list_usable(own)
        others = [one for one in services.passkeys.list_news() if one.person != own]
        page = render_template(
            "passkeys.html",
            visitor.language,
            menu=self._guard.build_menu(visitor, "passkeys"),
            script=load_asset("passkey.js"),
            csrf=visitor.build_csrf_token("passkeys"),
            error=render(error, visitor.language),
            mine=[self._build_row(visitor, one) for one in mine],
            others=[self._build_row(visitor, one) for one in others],
            add_options=self._build_options(visitor, self._challenge_adding(visitor)),
            provider_identity=visitor.session.identity,
        )
        return HTMLResponse(page, status, build_headers(with_script=True))

    def _begin_adding(self, visitor: Visitor, fields: Mapping[str, str]) -> Response:
        """Show the form for a further passkey to somebody who just used the one of the session."""
        services, person = self._services, visitor.person
        try:
            self._verify(visitor, self._challenge_adding(visitor), fields)
        except IxError as refusal:
            return self._show(visitor, refusal.text, 403)
        secret, challenge = services.sessions.begin_sign_in("enrol", person.name)
        existing = [one.credential for one in services.passkeys.list_usable(person.name)]
        options = webauthn.build_registration_options(
            services.party, challenge, person.name, person.handle, existing
        )
        page = render_template(
            "sign_in.html",
            visitor.language,
            menu=self._guard.build_menu(visitor, "passkeys"),
            script=load_asset("passkey.js"),
            heading=render(SECOND, visitor.language),
            text=render(SECOND_TEXT, visitor.language),
            button=render(message("Add a passkey"), visitor.language),
            hint="",
            error="",
            options=json.dumps(options),
            provider=None,
            csrf=visitor.build_csrf_token("new-passkey"),
            action=f"{PATH}/new?lang={visitor.language}",
            next="",
        )
        answer = HTMLResponse(page, 200, build_headers(with_script=True))
        self._guard.set_cookie(answer, self._begun_cookie, secret, seconds=int(SIGN_IN_SECONDS))
        return answer

    def _add(self, visitor: Visitor, fields: Mapping[str, str]) -> Response:
        begun = read_cookie(visitor.request, self._begun_cookie)
        try:
            challenge = self._services.sessions.take_sign_in(begun, "enrol", visitor.person.name)
            if challenge is None:
                return self._show(
                    visitor, message("This page was opened too long ago, or used already."), 403
                )
            new = webauthn.verify_registration(self._services.party, challenge, fields.get("answer", ""))
            self._services.passkeys.add_own(_require_passkey(visitor), new)
        except IxError as refusal:
            return self._show(visitor, refusal.text, 403)
        return self._return(visitor)

    def _confirm(self, visitor: Visitor, fields: Mapping[str, str]) -> Response:
        try:
            found = self._services.passkeys.find(fields.get("passkey", ""))
            self._verify(visitor, self._challenge_confirming(found), fields)
            same = self._services.require_same_people()
            self._services.passkeys.confirm(found.id, _require_passkey(visitor), same)
        except IxError as refusal:
            return self._show(visitor, refusal.text, 403)
        return self._return(visitor)

    def _revoke(self, visitor: Visitor, fields: Mapping[str, str]) -> Response:
        try:
            found = self._services.passkeys.find(fields.get("passkey", ""))
            if not _may_revoke(visitor, found):
                return self._show(
                    visitor, message("Only its person or an administrator revokes a passkey."), 403
                )
            self._services.passkeys.revoke(found.id, visitor.person.identity)
        except IxError as refusal:
            return self._show(visitor, refusal.text, 403)
        return self._return(visitor)

    # --- internals ---

    @property
    def _begun_cookie(self) -> str:
        return self._services.site().build_cookie_name("begun")

    def _return(self, visitor: Visitor) -> Response:
        return RedirectResponse(f"{PATH}?lang={visitor.language}", 303, build_headers())

    def _verify(self, visitor: Visitor, challenge: bytes, fields: Mapping[str, str]) -> None:
        """Verify that the passkey of the session answered a challenge."""
        given = webauthn.Assertion.parse(fields.get("answer", ""))
        webauthn.verify_assertion(
            self._services.party, challenge, _require_passkey(visitor).credential, given
        )

    def _build_options(self, visitor: Visitor, challenge: bytes) -> str:
        """Build what the browser needs to use the passkey of the session; empty if it began at the provider."""
        if visitor.session.passkey is None:
            return ""
        credentials = [visitor.session.passkey.credential]
        return json.dumps(webauthn.build_assertion_options(self._services.party, challenge, credentials))

    def _challenge_adding(self, visitor: Visitor) -> bytes:
        """Return the challenge that lets a session add a passkey: of this session alone, whose cookie is not enough."""
        return _digest("add a passkey", self._services.party.origin, hash_secret(visitor.session.secret))

    def _challenge_confirming(self, found: Passkey) -> bytes:
        return _digest("confirm a passkey", self._services.party.origin, found.id, found.credential)

    def _build_row(self, visitor: Visitor, one: Passkey) -> PasskeyRow:
        language, same = visitor.language, self._services.load_same_people()
        is_own = one.find_holders(same) == find_people(one.identity, same)
        inviter = one.invited_by.partition(":")[2]
        state = (
            CONFIRMED if one.confirmed_at else OWN_INVITATION if is_own else UNCONFIRMED.fill(inviter=inviter)
        )
        added = format_moment(one.created_at, language)
        about = ADDED.fill(when=added, inviter=inviter)
        if one.used_at is not None:
            about = ADDED_AND_USED.fill(
                when=added, inviter=inviter, used=format_moment(one.used_at, language)
            )
        used = visitor.session.passkey
        can_confirm = not is_own and used is not None and self._services.passkeys.may_confirm(one, used, same)
        return PasskeyRow(
            id=one.id,
            person=one.person,
            state=render(state, language),
            tone="good" if is_own else "warn",
            about=render(about, language),
            can_confirm=can_confirm,
            can_revoke=_may_revoke(visitor, one),
            options=self._build_options(visitor, self._challenge_confirming(one)) if can_confirm else "",
        )


def _require_passkey(visitor: Visitor) -> Passkey:
    """Return the passkey of the session.

    Raises:
        IxError: the session began at the provider, whose word is not enough to make or to confirm a passkey.
    """
    if visitor.session.passkey is None:
        raise IxError(
            message("Passkeys are added and confirmed by whoever signed in with one."),
            code="passkey_refused",
            next=message("sign in with a passkey, or ask for an invitation: `ix-tools people invite NAME`"),
        )
    return visitor.session.passkey


def _may_revoke(visitor: Visitor, one: Passkey) -> bool:
    return one.person == visitor.person.name or visitor.person.role == "admin"


def _digest(*parts: str) -> bytes:
    return hashlib.sha256(json.dumps(["ix-tools", 1, *parts]).encode()).digest()
