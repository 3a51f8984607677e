"""The gate: nothing irreversible goes out without a person's approval for exactly this call, as it is now."""

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import anyio

from ix_tools import policing, render
from ix_tools.approvals import Approval, Asked, Binding, Reply, digest
from ix_tools.desk import Desk
from ix_tools.errors import SettingsError
from ix_tools.facts import Facts
from ix_tools.operation import Effect, Finding, Operation
from ix_tools.settings import SANDBOX_NOTICE, Settings
from ix_tools.terms import STRICTER, Ruling, Terms, stricter
from ix_tools.vocabulary import secrets_in


class ApprovalNeeded(Exception):
    """A person must answer first; the face that can ask puts the question and performs the call again with the reply."""

    def __init__(self, approval: Approval) -> None:
        """What to ask."""
        super().__init__(approval.summary)
        self.approval = approval


def allowed(call: Operation[Any], settings: Settings) -> None:
    """Refuse what the settings leave off: accounts and their tie to the tax authority."""
    if call.spec.effect is Effect.ADMIN and not settings.allow_account_setup:
        raise SettingsError(
            f"{call.spec.name} is off: creating and setting up accounts needs the setting allow_account_setup.",
            code="account_setup_off",
            next="whoever runs this server sets INVOICEXPRESS_ALLOW_ACCOUNT_SETUP=true if it is meant",
        )


async def approved(
    desk: Desk,
    call: Operation[Any],
    facts: Facts,
    warnings: tuple[Finding, ...],
    can_ask: bool,
    reply: Reply | None,
    ruling: Ruling,
) -> dict[str, Any] | str:
    """The id of a valid approval, used up for this call; otherwise ask. There is no way around this."""
    settings, terms, a_person_may = desk.settings, ruling.terms, not ruling.refusal
    binding = Binding(
        principal=settings.principal,
        account=desk.account.name,
        operation=call.spec.name,
        arguments=digest(_bound(call, settings)),
        snapshot=digest(_snapshot(call, facts)),
    )
    # The settings and the policy each say where; the one that is harder to imitate counts.
    chosen = settings.approval_channel
    where = stricter("any" if chosen == "auto" else chosen, terms.where)
    forms = STRICTER.index(where) <= STRICTER.index("form")
    if reply is not None and forms and a_person_may:
        return await anyio.to_thread.run_sync(desk.approvals.use_reply, binding, reply, terms)
    by_form = can_ask and forms
    # A person who already approved exactly this in a terminal is not asked a second time in a form.
    outside = where != "form" and a_person_may
    if outside and (used := await anyio.to_thread.run_sync(desk.approvals.use_approved, binding, terms)):
        return used
    preview = call.preview(facts)
    summary = render.summary(preview, facts, settings)
    if ruling.unattended is not None:
        spending = replace(ruling.unattended, account=binding.account)
        if used := await anyio.to_thread.run_sync(desk.approvals.use_policy, binding, summary, spending):
            return used
        warnings += await policing.used_up(desk, ruling)
    if not by_form and where == "form":
        raise SettingsError(
            "This host cannot ask a person, and only its form is allowed (by approval_channel or the policy).",
            code="approval_impossible",
            next="use a host with forms (elicitation), or set approval_channel to auto or terminal",
        )
    text = render.approval(preview, facts, [one.problem for one in warnings], settings)
    asked = Asked(text, summary, bool(preview.differences), terms)
    approval = await anyio.to_thread.run_sync(
        desk.approvals.ask, binding, asked, "form" if by_form else "terminal"
    )
    if by_form:
        raise ApprovalNeeded(approval)
    return approval_required(approval, settings)


def approval_required(approval: Approval, settings: Settings) -> dict[str, Any]:
    """What a call returns while a person has not decided yet."""
    return {
        "ok": False,
        "status": "approval_required",
        "approval": {
            "id": approval.id,
            "expires_at": render.moment(approval.expires_at),
            "summary": approval.summary,
            "command": f"ix-tools approvals approve {approval.id}",
        },
        "preview": approval.text,
        "sent": "nothing",
        "next": [
            {
                "tool": approval.operation,
                "why": f"{_who(approval)}; then repeat this same call. Nothing was sent.",
            }
        ],
        **({"sandbox": SANDBOX_NOTICE} if settings.sandbox else {}),
    }


def _who(approval: Approval) -> str:
    """Who does what to approve it."""
    terms = Terms.of(approval.terms)
    if terms.where == "page":
        return (
            "A person approves it on the approval page"
            if terms.people == 1
            else "Two people approve it there"
        )
    command = f"`ix-tools approvals approve {approval.id}` in a terminal"
    others = "" if terms.asker else ", none of them the one who asked"
    return (
        f"A person runs {command}"
        if terms.people == 1
        else f"{terms.people} different people{others}, run {command}"
    )


def _bound(call: Operation[Any], settings: Settings) -> dict[str, Any]:
    """The arguments an approval is bound to; of a secret only a digest, keyed so that nobody can guess it from the store."""
    key = settings.api_key.get_secret_value().encode()
    secrets = {
        name: hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()
        for name, secret in secrets_in(call).items()
    }
    return {**call.model_dump(mode="json"), **secrets}


def _snapshot(call: Operation[Any], facts: Facts) -> dict[str, Any]:
    """What the person saw, so that a change in it is noticed."""
    number = getattr(call, "sequence_id", None)
    return {
        "document": facts.document_raw,
        "client": facts.document_client.model_dump(mode="json") if facts.document_client else None,
        "related": [one.model_dump(mode="json") for one in facts.related],
        "series": [one.model_dump(mode="json") for one in facts.sequences if one.id == number]
        if number
        else [],
        "differences": [dict(one) for one in facts.differences],
        "subject": facts.subject_raw,
        "balance": facts.balance.model_dump(mode="json") if facts.balance else None,
        "regularizations": [one.model_dump(mode="json") for one in facts.regularizations],
    }
