"""Approval gate: consume a valid approval for an irreversible call, or request one.

    bundled with a workflow? ─▶ answered in the host's form? ─▶ approved elsewhere? ─▶ allowed by the policy? ─▶ request

The first approval that is valid for exactly this call is consumed; nothing bypasses the gate. If no person can have given the
host's answer (`host_answers`), a person is asked outside the host.
"""

from dataclasses import dataclass, replace
from typing import Any

import anyio

from ix_tools.approvals import rendering
from ix_tools.approvals import text as approval_text
from ix_tools.approvals.host_answers import UnansweredQuestion
from ix_tools.approvals.known_hosts import truncates_messages
from ix_tools.approvals.links import LinkDelivery, deliver_link
from ix_tools.approvals.parked_calls import ParkedDraft
from ix_tools.approvals.queries import is_decided
from ix_tools.approvals.release import mark_outdated
from ix_tools.approvals.repository import Approval, ApprovalRequestContent, Channel, Reply
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.approvals.stored_preview import dump_preview, load_preview
from ix_tools.audit import trail
from ix_tools.auth.principals import build_scope_refusal, get_required_scope
from ix_tools.config.launch_command import format_launch_command
from ix_tools.config.settings import SANDBOX_NOTICE, Settings
from ix_tools.domain.issued_content import digest_issued_content
from ix_tools.domain.records import Company
from ix_tools.errors import ApprovalRefused, SettingsError
from ix_tools.i18n import formats
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, render
from ix_tools.operations.spec import Spec
from ix_tools.pipeline import policy_check
from ix_tools.pipeline.approval_request import ApprovalRequest
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.outcomes import ApprovalRequired


@dataclass(frozen=True, slots=True)
class Consumed:
    """A valid approval, which is used up now."""

    id: str


async def require_scope(context: CallContext, spec: Spec) -> None:
    """Refuse a call outside the caller's scopes and record the refusal in the audit trail."""
    scope = get_required_scope(spec)
    if scope in context.scopes:
        return
    entry = trail.Entry(
        event="call refused",
        principal=context.settings.principal,
        account=context.account.name,
        operation=spec.name,
        outcome=f"scope {scope} is missing",
    )
    await anyio.to_thread.run_sync(trail.append_alone, context.store, entry)
    raise build_scope_refusal(scope, spec.name, context.scopes)


async def can_proceed(request: ApprovalRequest, reply: Reply | None) -> bool:
    """Tell whether an approval may exist for the call; if not, a person is asked before anything is claimed."""
    if reply is not None or request.is_bundled or request.ruling.auto_approval is not None:
        return True
    return await anyio.to_thread.run_sync(is_decided, request.context.approvals.store, request.binding)


async def consume_or_request_approval(
    request: ApprovalRequest, reply: Reply | None
) -> Consumed | ApprovalRequired:
    """Consume a valid approval, or request one."""
    answered = await _consume_bundled_approval(request) or await _consume_form_reply(request, reply)
    if isinstance(answered, str):
        return Consumed(answered)
    used = await _consume_recorded_approval(request) or await _auto_approve(request)
    return Consumed(used) if used else await request_approval(request, unanswered=answered)


async def _consume_bundled_approval(request: ApprovalRequest) -> str | None:
    """Consume the approval of the workflow that this call belongs to."""
    if not request.is_bundled:
        return None
    binding = request.bind_bundled_call(request.call)
    required = request.ruling.requirement
    return await anyio.to_thread.run_sync(request.context.approvals.consume_covered, binding, required)


async def _consume_form_reply(
    request: ApprovalRequest, reply: Reply | None
) -> str | UnansweredQuestion | None:
    """Consume the reply to the host's form. A reply that does not approve exactly this call is an error."""
    if reply is None or not request.accepts_form_reply or not request.has_eligible_approver:
        return None
    shortest = request.settings.approval_min_seconds
    given = (request.binding, reply, request.ruling.requirement, request.bundled_bindings, shortest)
    return await anyio.to_thread.run_sync(request.context.approvals.consume_reply, *given)


async def _consume_recorded_approval(request: ApprovalRequest) -> str | None:
    """Consume an approval already given in a terminal or on a page, so that no form asks again."""
    if request.required_channel == "form" or not request.has_eligible_approver:
        return None
    approvals, parking = request.context.approvals, request.parking
    if parking is not None and parking.resumed is not None and parking.has_new_warnings(request.warnings):
        await anyio.to_thread.run_sync(mark_outdated, approvals.store, parking.resumed.id)
        return None
    given = (request.binding, request.ruling.requirement, request.bundled_bindings, request.parked_claim)
    return await anyio.to_thread.run_sync(approvals.consume_approved, *given)


async def _auto_approve(request: ApprovalRequest) -> str | None:
    """Approve by the owner's policy while the day's budget lasts."""
    if request.ruling.auto_approval is None:
        return None
    bundle = request.bundle
    if bundle is not None and (bundle.differences or bundle.warnings):
        return None  # a person must see what the workflow found
    budget = replace(request.ruling.auto_approval, account=request.binding.account)
    title = rendering.format_summary(
        request.build_preview((), await _load_company(request)), request.settings.language
    )
    return await anyio.to_thread.run_sync(
        request.context.approvals.auto_approve, request.binding, title, budget
    )


async def request_approval(
    request: ApprovalRequest, unanswered: UnansweredQuestion | None = None
) -> ApprovalRequired:
    """Request an approval; the interface asks the person, or the response says where it is approved.

    Args:
        unanswered: The host's earlier answer that no person can have given; the host is not asked again now.
    """
    if unanswered is not None:
        if request.required_channel == "form":
            raise build_unanswered_refusal(unanswered, request.origin.host)
        request = replace(request, origin=replace(request.origin, can_show_form=False, can_open_link=False))
    context, settings, requirement = request.context, request.settings, request.ruling.requirement
    warnings = (*request.warnings, *await policy_check.warn_of_exhausted_budget(context, request.ruling))
    channel, page = await _choose_channel(request)
    shown = request.build_preview(warnings, await _load_company(request))
    parked = _build_parked(request) if channel != "form" else None
    asked = ApprovalRequestContent(
        text=approval_text.format_full_text(shown, settings.language),
        summary=rendering.format_summary(shown, settings.language),
        differs=bool(shown.differences),
        requirement=requirement,
        sheet=dump_preview(shown),
        origin=request.origin,
        page=page,
        parked=parked,
        minutes=requirement.minutes or (settings.parked_minutes if parked is not None else 0),
        subject=_name_subject(request),
        amount=rendering.find_key_amount(shown),
        document=digest_issued_content(request.facts.document),
    )
    approval = await anyio.to_thread.run_sync(context.approvals.ask, request.binding, asked, channel)
    if channel == "form" or (page and request.origin.can_open_link):
        response = build_pending_response(approval, settings, is_parked=parked is not None)
        return ApprovalRequired(approval, response, is_asked_by_interface=True)
    delivery = (
        await deliver_link(context.page_host, context.links, approval, settings)
        if context.page_host and page
        else None
    )
    response = build_pending_response(approval, settings, delivery, is_parked=parked is not None)
    required = ApprovalRequired(approval, response, is_page_open=delivery is not None and delivery.is_open)
    return (
        required
        if unanswered is None
        else add_unanswered_notice(required, unanswered, request.origin.host, settings.language)
    )


def _name_subject(request: ApprovalRequest) -> str:
    """Return the document that the call is about, as the journal names it."""
    document = request.facts.document
    return f"{document.document_type}/{document.id}" if document is not None and document.id else ""


def _build_parked(request: ApprovalRequest) -> ParkedDraft | None:
    """Return the outer call as it is parked under the approval; None if it must be repeated instead."""
    if request.parking is None:
        return None
    return request.parking.build_draft(request.warnings, request.facts, request.call.spec.effect)


async def _load_company(request: ApprovalRequest) -> Company | None:
    """Load the company of the account, if it is known."""
    return await anyio.to_thread.run_sync(request.context.companies.find, request.context.account.name)


async def _choose_channel(request: ApprovalRequest) -> tuple[Channel, str]:
    """Choose where a person is asked; return the channel and, for a page, its address. Refuse if there is no such place."""
    if request.required_channel == "signed":
        return "page", locate_signing(request.context)
    origin, in_a_form = request.origin, request.origin.can_show_form and request.accepts_form_reply
    # Some hosts show only three lines of a form; prefer the page if the host can open it and any place is allowed.
    prefers_page = (
        request.required_channel == "any" and origin.can_open_link and truncates_messages(origin.host)
    )
    if in_a_form and not prefers_page:
        return "form", ""
    if request.required_channel == "form":
        raise SettingsError(
            message(
                "approval_channel or the policy allows only the host's form, and this host cannot show a "
                "form."
            ),
            code="approval_impossible",
            next=message("use a host with forms (elicitation), or set approval_channel to auto or terminal"),
        )
    pages, paged = request.context.page_host, request.required_channel in {"any", "outside", "page"}
    page = await pages.start_and_locate() if pages is not None and paged else ""
    if in_a_form and not page:
        return "form", ""
    if request.ruling.requirement.where == "page" and not page:
        raise SettingsError(
            message("The policy requires the approval page, and this process shows none."),
            code="approval_impossible",
            next=message("call it through a server that shows pages (ix-tools serve)"),
        )
    return ("page", page) if page else ("terminal", "")


def locate_signing(context: CallContext) -> str:
    """Return the address at which people sign; refuse where whoever asks could forge what a signature proves."""
    pages = context.page_host
    address = pages.signing_address if pages is not None else ""
    if not address:
        raise SettingsError(
            message(
                "The policy requires an approval signed with a passkey, and here a signature would prove nothing or cannot be "
                "given: the program that asks may run as the user who can write to the store, or nobody can sign in."
            ),
            code="approval_impossible",
            next=message(
                "call it through `ix-tools serve --http` with an https public_url; or, if the assistant cannot run commands as "
                "the server's user, set sign_on_this_machine"
            ),
        )
    return address


def build_pending_response(
    approval: Approval,
    settings: Settings,
    delivery: LinkDelivery | None = None,
    *,
    is_parked: bool = False,
) -> dict[str, Any]:
    """Build the result of a call that waits for a person's decision. `is_parked`: it is then carried out without being repeated."""
    then = (
        message("then it is carried out by itself, and this same call returns the result")
        if is_parked
        else message("then repeat this same call")
    )
    why = message(
        "{steps}, until {until} (Lisbon time); {then}.",
        steps=_describe_approval_steps(approval, delivery),
        until=_format_end(approval),
        then=then,
    )
    return {
        "ok": False,
        "status": "approval_required",
        "approval": {
            "id": approval.id,
            "expires_at": formats.format_rfc3339(approval.expires_at),
            "summary": approval.summary,
            **_describe_account(approval),
            "command": format_launch_command("approvals", "approve", approval.id),
            **({"url": delivery.url} if delivery is not None and delivery.url else {}),
        },
        **({"when_approved": "run"} if is_parked else {}),
        "preview": approval_text.format_for_host(approval, settings.language),
        "sent": "nothing",
        "next": [
            {
                "tool": approval.operation,
                "why": _capitalize(render(why, settings.language)),
            }
        ],
        **({"sandbox": SANDBOX_NOTICE} if settings.sandbox else {}),
    }


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _format_end(approval: Approval) -> str:
    """Return the hour at which an approval ends, with its day if that is not the day of the question."""
    asked, end = (formats.format_timestamp(at) for at in (approval.created_at, approval.expires_at))
    return end[-5:] if asked[:10] == end[:10] else end


def _describe_account(approval: Approval) -> dict[str, str]:
    """Return account, company and tax number if several accounts are set up."""
    sheet = load_preview(approval.sheet)
    if not sheet.several_accounts:
        return {}
    account = {"account": sheet.account, "company": sheet.company, "nif": sheet.company_nif}
    return {name: value for name, value in account.items() if value}


def add_unanswered_notice(
    required: ApprovalRequired, unanswered: UnansweredQuestion, host: str, language: Language
) -> ApprovalRequired:
    """Add to the response that the host was asked and nobody answered."""
    notice = render(unanswered.explain(host), language)
    return replace(required, body={**required.body, "nobody_answered": notice})


def build_unanswered_refusal(unanswered: UnansweredQuestion, host: str) -> ApprovalRefused:
    """Build the refusal for a form without an answer where no other channel is allowed."""
    return ApprovalRefused(
        message(
            "Nobody answered in the host's form, and no other channel is allowed. {why}",
            why=unanswered.explain(host),
        ),
        code="approval_unanswered",
        next=message(
            "repeat the same call where a person sees the host's form; or set approval_channel to "
            "auto, page or terminal"
        ),
    )


def _describe_approval_steps(approval: Approval, delivery: LinkDelivery | None) -> Message:
    """Describe in words how the call is approved."""
    requirement = ApprovalRequirement.from_json(approval.terms)
    steps = [delivery.how] if delivery is not None else []
    if requirement.where != "page":
        command = format_launch_command("approvals", "approve", approval.id)
        steps.append(message("a person runs `{command}` in a terminal", command=command))
    ways = steps[0] if len(steps) == 1 else message("{one}, or {other}", one=steps[0], other=steps[1])
    if requirement.people == 1:
        return ways
    if requirement.asker:
        return message("{ways}; {people} different people do so", ways=ways, people=requirement.people)
    return message(
        "{ways}; {people} different people, none of them the one who asked, do so",
        ways=ways,
        people=requirement.people,
    )
