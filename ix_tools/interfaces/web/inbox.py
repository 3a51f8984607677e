"""The inbox: what waits for a person, in every account that they may see, and the decision about each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.approvals import rendering
from ix_tools.approvals.inbox import WaitingOrder
from ix_tools.approvals.models import Evidence
from ix_tools.approvals.repository import Approval
from ix_tools.approvals.stored_preview import is_readable, load_preview
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.approval_texts import ACTIONS
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message, message_template, render
from ix_tools.interfaces.web.decision_pages import (
    DecisionForm,
    DecisionPages,
    Identified,
    Visit,
    build_outcome,
    build_signed_identity,
    must_be_signed,
)
from ix_tools.interfaces.web.page_templates import format_near_moment, render_template
from ix_tools.interfaces.web.requests import build_headers
from ix_tools.interfaces.web.visitors import INBOX, InboxServices, Visitor, VisitorGuard
from ix_tools.text.sanitize import sanitize_line

ITEM = f"{INBOX}/approvals/"
ORDERS: Mapping[str, WaitingOrder] = {"age": "age", "amount": "amount"}
UNCONFIRMED = message_template(
    "Your passkey is not confirmed yet: where the policy asks who approves, it counts as {inviter} too."
)
NEW_PASSKEYS = message_template("New passkeys wait to be confirmed: {names}.")


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An approval as the list shows it."""

    path: str
    title: str
    client: str
    amount: str
    owner: str
    asked: str
    until: str
    warnings: int
    differs: bool
    is_irreversible: bool


class InboxPages:
    """The list of what waits, and the page of each approval."""

    def __init__(self, services: InboxServices, guard: VisitorGuard) -> None:
        """Keep the parts."""
        self._services, self._guard = services, guard
        self._pages = DecisionPages(services.store, services.approvals)

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        item = ITEM + "{identifier}"
        return [
            Route(INBOX, self._guard.wrap_page(self._list), methods=["GET"]),
            Route(item, self._guard.wrap_page(self._show), methods=["GET"]),
            Route(item, self._guard.wrap_form(_name_purpose, self._decide), methods=["POST"]),
        ]

    def _list(self, visitor: Visitor) -> Response:
        services, language = self._services, visitor.language
        accounts = services.list_accounts(visitor.person)
        query = visitor.request.query_params
        order = ORDERS.get(query.get("order", ""), "age")
        page = self._services.inbox.list_waiting(accounts, order, query.get("after", ""))
        count = self._services.inbox.count_waiting(accounts)
        now = services.approvals.clock()
        owners = {one: self._describe_owner(one) for one in {row.account for row in page.rows}}
        shown = render_template(
            "inbox.html",
            language,
            menu=self._guard.build_menu(visitor, "waiting", f"order={order}&"),
            rows=[_build_row(one, owners[one.account], language, now) for one in page.rows],
            count=count,
            order=order,
            next_key=page.next_key,
            is_first=not query.get("after"),
            sandbox=services.settings.sandbox,
            notices=self._list_notices(visitor),
            may_decide=visitor.person.may_decide,
        )
        return HTMLResponse(shown, 200, build_headers())

    def _show(self, visitor: Visitor) -> Response:
        found = self._find(visitor)
        if found is None:
            return build_outcome("unknown_item", visitor.language, 404, self._build_menu(visitor))
        return self._pages.show(self._build_visit(visitor, found), found)

    def _decide(self, visitor: Visitor, fields: Mapping[str, str]) -> Response:
        found, answer = self._find(visitor), DecisionForm.parse(fields)
        if found is None:
            return build_outcome("unknown_item", visitor.language, 404, self._build_menu(visitor))
        if answer is None:
            return build_outcome("refused", visitor.language, 400)
        if not visitor.person.may_decide:
            return build_outcome("reader", visitor.language, 403, self._build_menu(visitor))
        visit = replace(self._build_visit(visitor, found), is_post=True)
        return self._pages.decide(visit, found, answer)

    # --- internals ---

    def _build_menu(self, visitor: Visitor) -> object:
        return self._guard.build_menu(visitor, "")

    def _find(self, visitor: Visitor) -> Approval | None:
        """Return the approval of this page; None if there is none in this person's accounts, which looks the same."""
        identifier = str(visitor.request.path_params["identifier"])
        if not identifier.isascii() or not identifier.isalnum():
            return None
        try:
            found = self._services.approvals.find(identifier)
        except ApprovalRefused:
            return None
        return found if found.account in self._services.list_accounts(visitor.person) else None

    def _build_visit(self, visitor: Visitor, found: Approval) -> Visit:
        own = self._services.passkeys.list_usable(visitor.person.name)
        credentials = [one.credential for one in own]
        # Whoever signed in at the provider may have no passkey; then there is nothing to sign with.
        can_sign = found.state == "pending" and visitor.person.may_decide and bool(credentials)
        return Visit(
            language=visitor.language,
            path=f"{ITEM}{found.id}",
            csrf=visitor.build_csrf_token(f"decide {found.id}"),
            identify=lambda answer: self._identify(visitor, found, answer),
            passkey=self._services.build_signing_options(found, credentials) if can_sign else "",
            must_sign=must_be_signed(found),
            may_decide=visitor.person.may_decide,
            menu=self._build_menu(visitor),
        )

    def _identify(self, visitor: Visitor, found: Approval, answer: DecisionForm) -> Identified:
        """Identify the person by the signature of this request, or by the session where none is demanded."""
        if answer.decision == "approve" and answer.answer:
            signer = self._services.identify_signer(found, answer.answer, answer.choice.left_out)
            if signer.person.name != visitor.person.name:
                raise ApprovalRefused(
                    message("This passkey is somebody else's."),
                    code="signature_invalid",
                    next=message("sign out, and sign in with that passkey"),
                )
            return build_signed_identity(signer)
        passkey = visitor.session.passkey
        evidence = (
            Evidence(passkey.shared_with, passkey.id)
            if passkey is not None
            else Evidence(provider=visitor.session.identity)
        )
        return Identified(visitor.person.identity, evidence)

    def _describe_owner(self, account: str) -> str:
        company = self._services.companies.find(account)
        name = account.partition("@")[0]
        if company is None:
            return name
        nif = f" · {render(LABELS['nif'], 'pt')} {company.nif}" if company.nif else ""
        return f"{company.name}{nif} ({name})"

    def _list_notices(self, visitor: Visitor) -> list[str]:
        """Return what a person must know about passkeys: their own that is not confirmed, and those of others."""
        language, same = visitor.language, self._services.load_same_people()
        notices = []
        own = visitor.session.passkey
        if own is not None and len(own.find_holders(same)) > 1:
            inviter = own.invited_by.partition(":")[2]
            notices.append(render(UNCONFIRMED.fill(inviter=inviter), language))
        waiting = [
            one for one in self._services.list_unconfirmed_passkeys() if own is None or one.id != own.id
        ]
        if waiting:
            names = ", ".join(sorted({one.person for one in waiting}))
            notices.append(render(NEW_PASSKEYS.fill(names=names), language))
        return notices


def _name_purpose(request: Request) -> str:
    return f"decide {str(request.path_params['identifier']).upper()}"


def _build_row(found: Approval, owner: str, language: Language, now: float) -> WaitingRow:
    sheet = load_preview(found.sheet) if found.sheet and is_readable(found.sheet) else None
    client = ""
    if sheet is not None and (sheet.paper is not None or sheet.client is not None):
        named = sheet.paper.client if sheet.paper is not None else sheet.client
        client = named.name if named else render(LABELS["final_consumer"], language)
        if named and named.nif:
            client += f" · {render(LABELS['nif'], language)} {named.nif}"
    return WaitingRow(
        path=f"{ITEM}{found.id}",
        title=rendering.format_title(sheet, language) if sheet else sanitize_line(found.summary),
        client=client,
        amount=rendering.format_key_amount(sheet, language) if sheet else "",
        owner=owner,
        asked=render(
            message(
                "Asked for by {who}, {when}",
                who=found.principal,
                when=format_near_moment(found.created_at, now, language),
            ),
            language,
        ),
        until=format_near_moment(found.expires_at, now, language),
        warnings=len(sheet.warnings) if sheet else 0,
        differs=found.differs,
        is_irreversible=sheet is not None
        and any(ACTIONS[one.action].irreversible for one in (sheet, *sheet.then)),
    )
