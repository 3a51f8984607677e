"""The gate: nothing irreversible goes out without a person's approval for exactly this call, as it is now.

    covered by the yes to a recipe? ─▶ answered in the host's form? ─▶ approved outside? ─▶ let out by the policy? ─▶ ask

The first that holds uses its approval up. There is no way around them. Where a host's answer is nobody's (`host_answers`),
a person is asked outside the host.
"""

from dataclasses import replace
from typing import Any

import anyio

from ix_tools.approvals import rendering
from ix_tools.approvals import text as approval_text
from ix_tools.approvals.host_answers import UnansweredQuestion
from ix_tools.approvals.known_hosts import truncates_messages
from ix_tools.approvals.links import LinkDelivery, deliver_link
from ix_tools.approvals.preview import ApprovalPreview
from ix_tools.approvals.release import is_decided
from ix_tools.approvals.repository import Approval, ApprovalRequestContent, Channel, Reply
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.audit import trail
from ix_tools.auth.principals import build_scope_refusal, get_required_scope
from ix_tools.config.launch_command import format_launch_command
from ix_tools.config.settings import SANDBOX_NOTICE, Settings
from ix_tools.domain.records import Company
from ix_tools.errors import ApprovalRefused, SettingsError
from ix_tools.i18n import formats
from ix_tools.operations.spec import Spec
from ix_tools.pipeline import policy_check
from ix_tools.pipeline.approval_request import ApprovalRequest
from ix_tools.pipeline.context import CallContext


class ApprovalNeeded(Exception):
    """A person must answer first; the face that can ask puts the question and performs the call again with the reply."""

    def __init__(self, approval: Approval) -> None:
        """What to ask."""
        super().__init__(approval.summary)
        self.approval = approval


async def require_scope(desk: CallContext, spec: Spec) -> None:
    """Refuse, and write down, what the caller's scopes do not reach."""
    scope = get_required_scope(spec)
    if scope in desk.scopes:
        return
    entry = trail.Entry(
        event="call refused",
        principal=desk.settings.principal,
        account=desk.account.name,
        operation=spec.name,
        outcome=f"scope {scope} is missing",
    )
    await anyio.to_thread.run_sync(trail.append_alone, desk.store, entry)
    raise build_scope_refusal(scope, spec.name, desk.scopes)


async def can_proceed(question: ApprovalRequest, reply: Reply | None) -> bool:
    """Whether anything may let it out now: otherwise a person is asked, and nothing is claimed for it meanwhile."""
    if reply is not None or question.is_bundled or question.ruling.auto_approval is not None:
        return True
    return await anyio.to_thread.run_sync(is_decided, question.context.approvals.store, question.binding)


async def consume_or_request_approval(question: ApprovalRequest, reply: Reply | None) -> dict[str, Any] | str:
    """The id of a valid approval, used up for this call; otherwise what to tell a caller while a person is asked."""
    answered = await _consume_bundled_approval(question) or await _consume_form_reply(question, reply)
    if isinstance(answered, str):
        return answered
    used = await _consume_recorded_approval(question) or await _auto_approve(question)
    return used or await request_approval(question, nobody=answered)


async def _consume_bundled_approval(question: ApprovalRequest) -> str | None:
    """The yes that a person gave to the recipe which this call is a part of."""
    if not question.is_bundled:
        return None
    before = question.bind_bundled_call(question.call)
    return await anyio.to_thread.run_sync(question.context.approvals.use_covered, before)


async def _consume_form_reply(
    question: ApprovalRequest, reply: Reply | None
) -> str | UnansweredQuestion | None:
    """The answer that the host carried back; one that is no yes for exactly this ends the call, unless it is nobody's."""
    if reply is None or not question.accepts_form_reply or not question.has_eligible_approver:
        return None
    shortest = question.settings.approval_min_seconds
    given = (question.binding, reply, question.ruling.requirement, question.bundled_bindings, shortest)
    return await anyio.to_thread.run_sync(question.context.approvals.use_reply, *given)


async def _consume_recorded_approval(question: ApprovalRequest) -> str | None:
    """What a person already approved in a terminal or on a page: they are not asked a second time in a form."""
    if question.required_channel == "form" or not question.has_eligible_approver:
        return None
    given = (question.binding, question.ruling.requirement, question.bundled_bindings)
    return await anyio.to_thread.run_sync(question.context.approvals.use_approved, *given)


async def _auto_approve(question: ApprovalRequest) -> str | None:
    """The owner's policy, while the day's allowance lasts."""
    if question.ruling.auto_approval is None:
        return None
    covering = question.bundle
    if covering is not None and (covering.differences or covering.warnings):
        return None  # what the recipe found for a person to see, nobody would see
    spending = replace(question.ruling.auto_approval, account=question.binding.account)
    title = rendering.format_summary(
        question.build_preview((), await _load_company(question)), question.settings.language
    )
    return await anyio.to_thread.run_sync(
        question.context.approvals.auto_approve, question.binding, title, spending
    )


async def request_approval(
    question: ApprovalRequest, nobody: UnansweredQuestion | None = None
) -> dict[str, Any]:
    """Ask a person: ApprovalNeeded for a face that puts the question itself, otherwise what the call returns meanwhile.

    `nobody`: the host was asked already, and what it answered is no person's answer. It is not asked again now.
    """
    if nobody is not None:
        if question.required_channel == "form":
            raise build_unanswered_refusal(nobody, question.origin.host)
        question = replace(
            question, origin=replace(question.origin, can_show_form=False, can_open_link=False)
        )
    desk, settings, terms = question.context, question.settings, question.ruling.requirement
    warnings = (*question.warnings, *await policy_check.warn_of_exhausted_budget(desk, question.ruling))
    channel, page = await _choose_channel(question)
    shown = question.build_preview(warnings, await _load_company(question))
    asked = ApprovalRequestContent(
        text=approval_text.format_full_text(shown, settings.language),
        summary=rendering.format_summary(shown, settings.language),
        differs=bool(shown.differences),
        requirement=terms,
        sheet=shown.model_dump_json(exclude_defaults=True),
        origin=question.origin,
        page=page,
    )
    approval = await anyio.to_thread.run_sync(desk.approvals.ask, question.binding, asked, channel)
    if channel == "form" or (page and question.origin.can_open_link):
        raise ApprovalNeeded(approval)
    invitation = (
        await deliver_link(desk.page_host, desk.links, approval, settings)
        if desk.page_host and page
        else None
    )
    waiting = build_pending_response(approval, settings, invitation)
    return waiting if nobody is None else add_unanswered_notice(waiting, nobody, question.origin.host)


async def _load_company(question: ApprovalRequest) -> Company | None:
    """Whose account it is, as far as anybody told."""
    return await anyio.to_thread.run_sync(question.context.companies.find, question.context.account.name)


async def _choose_channel(question: ApprovalRequest) -> tuple[Channel, str]:
    """Where a person is asked, and the address of the page if it is one; a refusal where they cannot be asked there."""
    asker, in_a_form = question.origin, question.origin.can_show_form and question.accepts_form_reply
    # Where it may be answered anywhere, and the host can open the page but is known to show three lines of a form.
    rather_a_page = (
        question.required_channel == "any" and asker.can_open_link and truncates_messages(asker.host)
    )
    if in_a_form and not rather_a_page:
        return "form", ""
    if question.required_channel == "form":
        raise SettingsError(
            "This host cannot ask a person, and only its form is allowed (by approval_channel or the policy).",
            code="approval_impossible",
            next="use a host with forms (elicitation), or set approval_channel to auto or terminal",
        )
    pages, paged = question.context.page_host, question.required_channel in {"any", "outside", "page"}
    page = await pages.start_and_locate() if pages is not None and paged else ""
    if in_a_form and not page:
        return "form", ""
    if question.ruling.requirement.where == "page" and not page:
        raise SettingsError(
            "The policy wants this approved on the approval page, and there is none here.",
            code="approval_impossible",
            next="call it through a server that shows pages (ix-tools serve)",
        )
    return ("page", page) if page else ("terminal", "")


def build_pending_response(
    approval: Approval, settings: Settings, invitation: LinkDelivery | None = None
) -> dict[str, Any]:
    """What a call returns while a person has not decided yet."""
    return {
        "ok": False,
        "status": "approval_required",
        "approval": {
            "id": approval.id,
            "expires_at": formats.format_rfc3339(approval.expires_at),
            "summary": approval.summary,
            **_describe_account(approval),
            "command": format_launch_command("approvals", "approve", approval.id),
            **({"url": invitation.url} if invitation is not None and invitation.url else {}),
        },
        "preview": approval_text.format_for_host(approval, settings.language),
        "sent": "nothing",
        "next": [
            {
                "tool": approval.operation,
                "why": f"{_describe_approval_steps(approval, invitation)}, "
                f"until {formats.format_timestamp(approval.expires_at)[-5:]} (Lisbon time); "
                "then repeat this same call.",
            }
        ],
        **({"sandbox": SANDBOX_NOTICE} if settings.sandbox else {}),
    }


def _describe_account(approval: Approval) -> dict[str, str]:
    """Whose account it is about, where another one could be meant."""
    sheet = ApprovalPreview.model_validate_json(approval.sheet)
    if not sheet.several_accounts:
        return {}
    found = {"account": sheet.account, "company": sheet.company, "nif": sheet.company_nif}
    return {name: value for name, value in found.items() if value}


def add_unanswered_notice(waiting: dict[str, Any], nobody: UnansweredQuestion, host: str) -> dict[str, Any]:
    """What a call returns while a person has not decided yet, after the host was asked and nobody answered."""
    return {**waiting, "nobody_answered": nobody.explain(host)}


def build_unanswered_refusal(nobody: UnansweredQuestion, host: str) -> ApprovalRefused:
    """Nobody answered the host's form, and no other way is allowed."""
    return ApprovalRefused(
        f"Nobody answered in the host's form, and no other place is allowed. {nobody.explain(host)}",
        code="approval_unanswered",
        next="repeat the same call where a person sees the host's form; or set approval_channel to auto, page or terminal",
    )


def _describe_approval_steps(approval: Approval, invitation: LinkDelivery | None) -> str:
    """Who does what to approve it."""
    terms = ApprovalRequirement.from_json(approval.terms)
    ways = [invitation.how] if invitation is not None else []
    if terms.where != "page":
        ways.append(
            f"a person runs `{format_launch_command('approvals', 'approve', approval.id)}` in a terminal"
        )
    text = ", or ".join(ways)
    if terms.people > 1:
        others = "" if terms.asker else ", none of them the one who asked"
        text += f"; {terms.people} different people{others}{',' if others else ''} do so"
    return text[:1].upper() + text[1:]
