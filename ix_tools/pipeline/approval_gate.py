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
from ix_tools.approvals.host_answers import Unanswered
from ix_tools.approvals.known_hosts import cuts_messages
from ix_tools.approvals.links import Invitation, invited
from ix_tools.approvals.preview import Sheet
from ix_tools.approvals.repository import Approval, Asked, Channel, Reply
from ix_tools.approvals.requirements import Terms
from ix_tools.approvals.returns import is_decided
from ix_tools.audit import trail
from ix_tools.auth.principals import missing_scope, scope_of
from ix_tools.config.own_command import own_command
from ix_tools.config.settings import SANDBOX_NOTICE, Settings
from ix_tools.domain.records import Company
from ix_tools.errors import ApprovalRefused, SettingsError
from ix_tools.i18n import formats
from ix_tools.operations.spec import Spec
from ix_tools.pipeline import policy_check
from ix_tools.pipeline.approval_request import Question
from ix_tools.pipeline.context import Desk


class ApprovalNeeded(Exception):
    """A person must answer first; the face that can ask puts the question and performs the call again with the reply."""

    def __init__(self, approval: Approval) -> None:
        """What to ask."""
        super().__init__(approval.summary)
        self.approval = approval


async def permitted(desk: Desk, spec: Spec) -> None:
    """Refuse, and write down, what the caller's scopes do not reach."""
    scope = scope_of(spec)
    if scope in desk.scopes:
        return
    entry = trail.Entry(
        event="call refused",
        principal=desk.settings.principal,
        account=desk.account.name,
        operation=spec.name,
        outcome=f"scope {scope} is missing",
    )
    await anyio.to_thread.run_sync(trail.write, desk.store, entry)
    raise missing_scope(scope, spec.name, desk.scopes)


async def may_pass(question: Question, reply: Reply | None) -> bool:
    """Whether anything may let it out now: otherwise a person is asked, and nothing is claimed for it meanwhile."""
    if reply is not None or question.is_covered or question.ruling.unattended is not None:
        return True
    return await anyio.to_thread.run_sync(is_decided, question.desk.approvals.store, question.binding)


async def approved(question: Question, reply: Reply | None) -> dict[str, Any] | str:
    """The id of a valid approval, used up for this call; otherwise what to tell a caller while a person is asked."""
    answered = await _covered(question) or await _answered(question, reply)
    if isinstance(answered, str):
        return answered
    used = await _approved_outside(question) or await _let_out(question)
    return used or await ask(question, nobody=answered)


async def _covered(question: Question) -> str | None:
    """The yes that a person gave to the recipe which this call is a part of."""
    if not question.is_covered:
        return None
    before = question.covered(question.call)
    return await anyio.to_thread.run_sync(question.desk.approvals.use_covered, before)


async def _answered(question: Question, reply: Reply | None) -> str | Unanswered | None:
    """The answer that the host carried back; one that is no yes for exactly this ends the call, unless it is nobody's."""
    if reply is None or not question.in_a_form or not question.somebody_may:
        return None
    shortest = question.settings.approval_min_seconds
    given = (question.binding, reply, question.ruling.terms, question.covers, shortest)
    return await anyio.to_thread.run_sync(question.desk.approvals.use_reply, *given)


async def _approved_outside(question: Question) -> str | None:
    """What a person already approved in a terminal or on a page: they are not asked a second time in a form."""
    if question.where == "form" or not question.somebody_may:
        return None
    given = (question.binding, question.ruling.terms, question.covers)
    return await anyio.to_thread.run_sync(question.desk.approvals.use_approved, *given)


async def _let_out(question: Question) -> str | None:
    """The owner's policy, while the day's allowance lasts."""
    if question.ruling.unattended is None:
        return None
    covering = question.covering
    if covering is not None and (covering.differences or covering.warnings):
        return None  # what the recipe found for a person to see, nobody would see
    spending = replace(question.ruling.unattended, account=question.binding.account)
    title = rendering.summary(question.sheet((), await _company(question)), question.settings.language)
    return await anyio.to_thread.run_sync(
        question.desk.approvals.use_policy, question.binding, title, spending
    )


async def ask(question: Question, nobody: Unanswered | None = None) -> dict[str, Any]:
    """Ask a person: ApprovalNeeded for a face that puts the question itself, otherwise what the call returns meanwhile.

    `nobody`: the host was asked already, and what it answered is no person's answer. It is not asked again now.
    """
    if nobody is not None:
        if question.where == "form":
            raise nobody_there(nobody, question.asker.host)
        question = replace(question, asker=replace(question.asker, form=False, link=False))
    desk, settings, terms = question.desk, question.settings, question.ruling.terms
    warnings = (*question.warnings, *await policy_check.used_up(desk, question.ruling))
    channel, page = await _channel(question)
    shown = question.sheet(warnings, await _company(question))
    asked = Asked(
        text=approval_text.whole(shown, settings.language),
        summary=rendering.summary(shown, settings.language),
        differs=bool(shown.differences),
        terms=terms,
        sheet=shown.model_dump_json(exclude_defaults=True),
        by=question.asker,
        page=page,
    )
    approval = await anyio.to_thread.run_sync(desk.approvals.ask, question.binding, asked, channel)
    if channel == "form" or (page and question.asker.link):
        raise ApprovalNeeded(approval)
    invitation = await invited(desk.pages, desk.links, approval, settings) if desk.pages and page else None
    waiting = approval_required(approval, settings, invitation)
    return waiting if nobody is None else not_answered(waiting, nobody, question.asker.host)


async def _company(question: Question) -> Company | None:
    """Whose account it is, as far as anybody told."""
    return await anyio.to_thread.run_sync(question.desk.companies.of, question.desk.account.name)


async def _channel(question: Question) -> tuple[Channel, str]:
    """Where a person is asked, and the address of the page if it is one; a refusal where they cannot be asked there."""
    asker, in_a_form = question.asker, question.asker.form and question.in_a_form
    # Where it may be answered anywhere, and the host can open the page but is known to show three lines of a form.
    rather_a_page = question.where == "any" and asker.link and cuts_messages(asker.host)
    if in_a_form and not rather_a_page:
        return "form", ""
    if question.where == "form":
        raise SettingsError(
            "This host cannot ask a person, and only its form is allowed (by approval_channel or the policy).",
            code="approval_impossible",
            next="use a host with forms (elicitation), or set approval_channel to auto or terminal",
        )
    pages, paged = question.desk.pages, question.where in {"any", "outside", "page"}
    page = await pages.address() if pages is not None and paged else ""
    if in_a_form and not page:
        return "form", ""
    if question.ruling.terms.where == "page" and not page:
        raise SettingsError(
            "The policy wants this approved on the approval page, and there is none here.",
            code="approval_impossible",
            next="call it through a server that shows pages (ix-tools serve)",
        )
    return ("page", page) if page else ("terminal", "")


def approval_required(
    approval: Approval, settings: Settings, invitation: Invitation | None = None
) -> dict[str, Any]:
    """What a call returns while a person has not decided yet."""
    return {
        "ok": False,
        "status": "approval_required",
        "approval": {
            "id": approval.id,
            "expires_at": formats.timestamp(approval.expires_at),
            "summary": approval.summary,
            **_account(approval),
            "command": own_command("approvals", "approve", approval.id),
            **({"url": invitation.url} if invitation is not None and invitation.url else {}),
        },
        "preview": approval_text.held(approval, settings.language),
        "sent": "nothing",
        "next": [
            {
                "tool": approval.operation,
                "why": f"{_who(approval, invitation)}, until {formats.moment(approval.expires_at)[-5:]} (Lisbon time); "
                "then repeat this same call.",
            }
        ],
        **({"sandbox": SANDBOX_NOTICE} if settings.sandbox else {}),
    }


def _account(approval: Approval) -> dict[str, str]:
    """Whose account it is about, where another one could be meant."""
    sheet = Sheet.model_validate_json(approval.sheet)
    if not sheet.several_accounts:
        return {}
    found = {"account": sheet.account, "company": sheet.company, "nif": sheet.company_nif}
    return {name: value for name, value in found.items() if value}


def not_answered(waiting: dict[str, Any], nobody: Unanswered, host: str) -> dict[str, Any]:
    """What a call returns while a person has not decided yet, after the host was asked and nobody answered."""
    return {**waiting, "nobody_answered": nobody.told(host)}


def nobody_there(nobody: Unanswered, host: str) -> ApprovalRefused:
    """Nobody answered the host's form, and no other way is allowed."""
    return ApprovalRefused(
        f"Nobody answered in the host's form, and no other place is allowed. {nobody.told(host)}",
        code="approval_unanswered",
        next="repeat the same call where a person sees the host's form; or set approval_channel to auto, page or terminal",
    )


def _who(approval: Approval, invitation: Invitation | None) -> str:
    """Who does what to approve it."""
    terms = Terms.of(approval.terms)
    ways = [invitation.how] if invitation is not None else []
    if terms.where != "page":
        ways.append(f"a person runs `{own_command('approvals', 'approve', approval.id)}` in a terminal")
    text = ", or ".join(ways)
    if terms.people > 1:
        others = "" if terms.asker else ", none of them the one who asked"
        text += f"; {terms.people} different people{others}{',' if others else ''} do so"
    return text[:1].upper() + text[1:]
