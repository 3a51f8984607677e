"""Who visits the inbox: sessions, cookies, the navigation, and which accounts a person sees."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ix_tools.api_client.client import account_name
from ix_tools.approvals.inbox import ApprovalInbox
from ix_tools.approvals.repository import Approval, ApprovalRepository
from ix_tools.approvals.signatures import Signer, build_record, compute_challenge, identify_signer
from ix_tools.auth import webauthn
from ix_tools.auth.identities import KnownIdentities, find_people
from ix_tools.auth.openid import OpenIdProvider
from ix_tools.auth.passkeys import Passkey, Passkeys
from ix_tools.auth.people import People, Person
from ix_tools.auth.sessions import Session, Sessions
from ix_tools.auth.webauthn import RelyingParty
from ix_tools.config.settings import Settings
from ix_tools.errors import ApprovalRefused, SettingsError, StoreUnavailable
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, render
from ix_tools.interfaces.web.decision_pages import build_outcome
from ix_tools.interfaces.web.requests import (
    Site,
    build_csrf_token,
    build_headers,
    choose_language,
    has_csrf_token,
    read_cookie,
    read_form,
)
from ix_tools.pipeline.company_repository import CompanyRepository
from ix_tools.pipeline.context import load_policy
from ix_tools.policy.rules import Rules
from ix_tools.storage.database import Store

INBOX = "/inbox"
"""The path of everything that needs a sign-in; on this machine, the cookie goes to no other path."""
NEXT = re.compile(r"/inbox(?:/[A-Za-z0-9_-]+)*(?:\?[A-Za-z0-9_=&.%:-]*)?")
"""Where a sign-in may lead: to a page of the inbox."""
MAX_NEXT_LENGTH = 500
Place = Literal["waiting", "overview", "history", "passkeys", ""]
PLACES: Mapping[Place, tuple[str, Message]] = {
    "waiting": (INBOX, message("Waiting")),
    "overview": (f"{INBOX}/overview", message("Overview")),
    "history": (f"{INBOX}/history", message("History")),
    "passkeys": (f"{INBOX}/passkeys", message("Passkeys")),
}


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the navigation."""

    path: str
    label: str
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """The inbox's navigation."""

    person: str
    items: tuple[MenuItem, ...]
    sign_out_csrf: str
    query: str = ""
    """The page's own query, to which the links to other languages add theirs; it ends with `&` unless it is empty."""


@dataclass(frozen=True)
class InboxServices:
    """What the pages of people share."""

    settings: Settings
    store: Store
    site: Callable[[], Site]

    @cached_property
    def people(self) -> People:
        return People(self.store)

    @cached_property
    def passkeys(self) -> Passkeys:
        return Passkeys(self.store)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.store)

    @cached_property
    def approvals(self) -> ApprovalRepository:
        return ApprovalRepository(self.store, self.settings.approval_minutes)

    @cached_property
    def companies(self) -> CompanyRepository:
        return CompanyRepository(self.store, self.settings)

    @cached_property
    def inbox(self) -> ApprovalInbox:
        return ApprovalInbox(self.store, self.approvals.clock)

    @property
    def party(self) -> RelyingParty:
        """The server as passkeys know it."""
        return RelyingParty(self.site().people_address)

    def build_signing_options(self, found: Approval, credentials: Sequence[str]) -> str:
        """Build what a browser needs to sign an approval, as JSON; with any of its passkeys if none is named."""
        record = build_record(found, self.party.origin)
        options = webauthn.build_assertion_options(self.party, compute_challenge(record), credentials)
        # Which documents are left out is known in the browser only, so that it computes the challenge itself.
        return json.dumps({**options, "record": record} if found.parts else options)

    def identify_signer(self, found: Approval, answer: str, left_out: frozenset[int] = frozenset()) -> Signer:
        """Return who signed an approval on this server.

        Raises:
            ApprovalRefused: the signature is not valid, or the person may not decide about this account.
        """
        signer = identify_signer(self.store, found, self.party.origin, answer, left_out)
        person = signer.person
        if not person.may_decide or found.account not in self.list_accounts(person):
            raise ApprovalRefused(
                message("{person} may not decide about this account.", person=person.name),
                code="approver_not_named",
                next=message("somebody else approves"),
            )
        return signer

    def list_accounts(self, person: Person) -> tuple[str, ...]:
        """Return the accounts that a person sees, as approvals and journal name them."""
        known = self.settings.by_account()
        return tuple(account_name(one) for label, one in known.items() if person.may_see(label))

    @cached_property
    def provider(self) -> OpenIdProvider:
        return OpenIdProvider(self.settings)

    def load_same_people(self) -> KnownIdentities:
        """Return the identities in the policy's [people], to show them; none while the policy cannot be used, which refuses calls."""
        rules = self._load_rules()
        return rules.identities if rules is not None else ()

    def require_same_people(self) -> KnownIdentities:
        """Return the identities in the policy's [people], to decide by them.

        Raises:
            SettingsError: the policy cannot be used, so that nobody knows who is one person.
        """
        policy = load_policy(self.settings)
        return policy.load_rules().identities if policy is not None else ()

    def find_provider_person(self, identity: str) -> Person | None:
        """Return the person whom [people] of the policy means by an identity of the provider; None if it is nobody.

        Signing in makes nobody a person: somebody at a terminal added them to this server. Nor does it choose between two.
        """
        rules = self._load_rules()
        name = rules.find_person(identity) if rules is not None else None
        if rules is None or name is None or not self.provider.is_of_provider(identity):
            return None
        meant = find_people(name, rules.identities)
        fitting = [
            one
            for one in self.people.list_all()
            if one.ended_at is None and find_people(one.identity, rules.identities) == meant
        ]
        return fitting[0] if len(fitting) == 1 else None

    def find_session(self, secret: str) -> Session | None:
        """Return the session of a cookie; of a sign-in at the provider, only while the policy means the same person by it."""
        session = self.sessions.find(secret) if secret else None
        if session is None or not session.identity:
            return session
        return session if self.find_provider_person(session.identity) == session.person else None

    def _load_rules(self) -> Rules | None:
        policy = load_policy(self.settings)
        try:
            return policy.load_rules() if policy is not None else None
        except SettingsError:
            return None

    def list_unconfirmed_passkeys(self) -> list[Passkey]:
        """Return the usable passkeys that may be more than one person's."""
        same = self.load_same_people()
        return [one for one in self.passkeys.list_news() if len(one.find_holders(same)) > 1]


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in, at one page."""

    session: Session
    language: Language
    request: Request

    @property
    def person(self) -> Person:
        return self.session.person

    def build_csrf_token(self, purpose: str) -> str:
        """Build the token of a form of this session."""
        return build_csrf_token(self.session.secret, purpose)


Handler = Callable[[Visitor], Response]
FormHandler = Callable[[Visitor, Mapping[str, str]], Response]


class VisitorGuard:
    """Lets people with a session through, and sends others to the sign-in."""

    def __init__(self, services: InboxServices) -> None:
        """Keep the parts."""
        self._services = services

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return self._services.site().build_cookie_name("session")

    def choose_language(self, request: Request) -> Language:
        """Return the language of a page."""
        return choose_language(request, self._services.settings.language)

    def refuse_foreign(self, request: Request) -> Response | None:
        """Return the response to a request under another address; people who typed the number are sent to the name."""
        site = self._services.site()
        address = site.find_address(request)
        if address and address == site.people_address:
            return None
        if address and site.people_address and request.method == "GET":
            return RedirectResponse(f"{site.people_address}{request.url.path}", 307, build_headers())
        return build_outcome("no_sign_in" if address else "unknown", self.choose_language(request), 421)

    def wrap_page(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a handler that shows a page: only people with a session reach it."""

        async def endpoint(request: Request) -> Response:
            return await self._respond(request, handler)

        return endpoint

    def wrap_form(
        self, purpose: str | Callable[[Request], str], handler: FormHandler
    ) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a handler of a form: sent from our own page, with its CSRF token, by a person with a session."""

        async def endpoint(request: Request) -> Response:
            language = self.choose_language(request)
            if not self._services.site().is_own_form(request):
                return build_outcome("refused", language, 403)
            fields = await read_form(request)
            if fields is None:
                return build_outcome("refused", language, 400)
            wanted = purpose if isinstance(purpose, str) else purpose(request)
            if not has_csrf_token(fields, read_cookie(request, self.cookie), wanted):
                return build_outcome("refused", language, 403)
            return await self._respond(request, lambda visitor: handler(visitor, fields))

        return endpoint

    async def _respond(self, request: Request, handler: Handler) -> Response:
        foreign = self.refuse_foreign(request)
        if foreign is not None:
            return foreign
        language = self.choose_language(request)
        secret = read_cookie(request, self.cookie)

        def run() -> Response | None:
            session = self._services.find_session(secret)
            return handler(Visitor(session, language, request)) if session is not None else None

        try:
            answer = await run_in_threadpool(run)
        except StoreUnavailable:
            return build_outcome("unavailable", language, 503)
        if answer is not None:
            return answer
        back = request.url.path if request.method == "GET" else INBOX
        if request.method == "GET" and request.url.query:
            back += f"?{request.url.query}"
        return RedirectResponse(f"{INBOX}/sign-in?lang={language}&next={quote(back)}", 303, build_headers())

    def start_session(
        self, request: Request, start: Callable[[], str], path: str, language: Language
    ) -> Response:
        """Start a session with a new secret, and lead to a page; the session that the browser had, if any, ends."""
        sessions = self._services.sessions
        before = sessions.find(read_cookie(request, self.cookie))
        if before is not None:
            sessions.end(before)
        joint = "&" if "?" in path else "?"
        where = path if "lang=" in path else f"{path}{joint}lang={language}"
        answer = RedirectResponse(where, 303, build_headers())
        self.set_cookie(answer, self.cookie, start())
        return answer

    def set_cookie(self, answer: Response, name: str, value: str, *, seconds: int | None = None) -> None:
        """Set a cookie of ours, which no script reads and no other site sends in a form."""
        site = self._services.site()
        answer.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/" if site.is_secure else INBOX,
            secure=site.is_secure,
            httponly=True,
            # Not strict: a link in a message must reach the inbox with its session.
            samesite="lax",
        )

    def build_menu(self, visitor: Visitor, place: Place, query: str = "") -> Menu:
        """Build the navigation."""
        services = self._services
        counts = {
            "waiting": services.inbox.count_waiting(services.list_accounts(visitor.person)),
            "passkeys": len(services.list_unconfirmed_passkeys()),
        }
        items = tuple(
            MenuItem(path, render(label, visitor.language), counts.get(name, 0), name == place)
            for name, (path, label) in PLACES.items()
        )
        return Menu(visitor.person.name, items, visitor.build_csrf_token("sign-out"), query)


def choose_next(given: str) -> str:
    """Return the page of the inbox to which a sign-in leads; never another site."""
    return given if len(given) <= MAX_NEXT_LENGTH and NEXT.fullmatch(given) else INBOX
