"""The gate: nothing irreversible goes out without a person's approval for exactly this call, as it is now."""

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import anyio

from ix_tools import audit, policing, render
from ix_tools.approvals import Approval, Asked, Asker, Binding, Channel, Reply, digest
from ix_tools.desk import Desk
from ix_tools.errors import SettingsError
from ix_tools.facts import Facts
from ix_tools.links import Invitation, invited
from ix_tools.operation import Covering, Finding, Operation, Preview, Spec
from ix_tools.principals import missing_scope, scope_of
from ix_tools.settings import SANDBOX_NOTICE, Settings
from ix_tools.sheet import sheet
from ix_tools.terms import ANYBODY, STRICTER, Ruling, Terms, stricter
from ix_tools.vocabulary import secrets_in

ADDED_BY_ISSUING = {
    "status",
    "number",
    "sequence_id",
    "atcud",
    "saft_hash",
    "permalink",
    "mb_reference",
    "archived",
    "at_doc_code_id",
}
"""What a document gains or changes when it is finalized, and nothing else does: the rest is what the person saw."""


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
    entry = audit.Entry(
        event="call refused",
        principal=desk.settings.principal,
        account=desk.account.name,
        operation=spec.name,
        outcome=f"scope {scope} is missing",
    )
    await anyio.to_thread.run_sync(audit.write, desk.store, entry)
    raise missing_scope(scope, spec.name, desk.scopes)


async def approved(
    desk: Desk,
    call: Operation[Any],
    facts: Facts,
    warnings: tuple[Finding, ...],
    asker: Asker,
    reply: Reply | None,
    ruling: Ruling,
    covering: Covering | None = None,
    done_before: str = "",
) -> dict[str, Any] | str:
    """The id of a valid approval, used up for this call; otherwise ask. There is no way around this.

    `done_before`: the journal's entry of the same call carried out lately. Who approved without knowing of it is asked anew.
    """
    settings, terms, a_person_may = desk.settings, ruling.terms, not ruling.refusal
    binding = _binding(desk, call, facts, covering, done_before)
    covers: tuple[Binding, ...] = ()
    if covering is not None:
        before = _covered(desk, covering, call, facts)
        # One yes for several calls is one person's: where the policy wants more, each call is asked for by itself.
        enough = a_person_may and ANYBODY.as_strict_as(terms)
        if enough and (used := await anyio.to_thread.run_sync(desk.approvals.use_covered, before)):
            return used
        covers = tuple(_covered(desk, covering, later, facts) for later in covering.then)
        warnings += (*covering.warnings, *_warnings_of(covering, facts))
    # The settings and the policy each say where; the one that is harder to imitate counts.
    chosen = settings.approval_channel
    where = stricter("any" if chosen == "auto" else chosen, terms.where)
    forms = STRICTER.index(where) <= STRICTER.index("form")
    if reply is not None and forms and a_person_may:
        return await anyio.to_thread.run_sync(desk.approvals.use_reply, binding, reply, terms, covers)
    by_form = asker.form and forms
    # A person who already approved exactly this in a terminal or on a page is not asked a second time in a form.
    outside = where != "form" and a_person_may
    if outside and (
        used := await anyio.to_thread.run_sync(desk.approvals.use_approved, binding, terms, covers)
    ):
        return used
    preview = _shown(call, facts, covering)
    if ruling.unattended is not None:
        spending = replace(ruling.unattended, account=binding.account)
        title = render.summary(
            sheet(preview, facts, (), settings.account, settings.sandbox), settings.language
        )
        # What the recipe found for a person to see, nobody would see.
        alone = covering is None or not (covering.differences or covering.warnings)
        if alone and (
            used := await anyio.to_thread.run_sync(desk.approvals.use_policy, binding, title, spending)
        ):
            return used
        warnings += await policing.used_up(desk, ruling)
    if not by_form and where == "form":
        raise SettingsError(
            "This host cannot ask a person, and only its form is allowed (by approval_channel or the policy).",
            code="approval_impossible",
            next="use a host with forms (elicitation), or set approval_channel to auto or terminal",
        )
    paged = not by_form and where in {"any", "outside", "page"}
    page = await desk.pages.address() if desk.pages is not None and paged else ""
    if terms.where == "page" and not page:
        raise SettingsError(
            "The policy wants this approved on the approval page, and there is none here.",
            code="approval_impossible",
            next="call it through a server that shows pages (ix-tools serve)",
        )
    told = [one.problem for one in warnings]
    shown = sheet(preview, facts, told, settings.account, settings.sandbox)
    asked = Asked(
        text=render.approval(shown, settings.language),
        summary=render.summary(shown, settings.language),
        differs=bool(shown.differences),
        terms=terms,
        sheet=shown.model_dump_json(exclude_defaults=True),
        by=asker,
        page=page,
    )
    channel: Channel = "form" if by_form else "page" if page else "terminal"
    approval = await anyio.to_thread.run_sync(desk.approvals.ask, binding, asked, channel)
    if by_form or (page and asker.link):
        raise ApprovalNeeded(approval)
    if desk.pages is None or not page:
        return approval_required(approval, settings)
    return approval_required(approval, settings, await invited(desk.pages, desk.links, approval, settings))


def approval_required(
    approval: Approval, settings: Settings, invitation: Invitation | None = None
) -> dict[str, Any]:
    """What a call returns while a person has not decided yet."""
    return {
        "ok": False,
        "status": "approval_required",
        "approval": {
            "id": approval.id,
            "expires_at": render.moment(approval.expires_at),
            "summary": approval.summary,
            "command": f"ix-tools approvals approve {approval.id}",
            **({"url": invitation.url} if invitation is not None and invitation.url else {}),
        },
        "preview": approval.text,
        "sent": "nothing",
        "next": [
            {
                "tool": approval.operation,
                "why": f"{_who(approval, invitation)}; then repeat this same call. Nothing was sent.",
            }
        ],
        **({"sandbox": SANDBOX_NOTICE} if settings.sandbox else {}),
    }


def _binding(
    desk: Desk, call: Operation[Any], facts: Facts, covering: Covering | None, done_before: str
) -> Binding:
    """What the approval is for: this call; or a recipe's call, as far as its first gated step and what comes with it."""
    asks = covering.recipe if covering else call
    snapshot = {**_snapshot(call, facts), "done_before": done_before}
    if covering is not None:
        steps = [[one.spec.name, _bound(one, desk.settings)] for one in (call, *covering.then)]
        snapshot |= {"steps": steps, "differing": [dict(one) for one in covering.differences]}
    return Binding(
        principal=desk.settings.principal,
        account=desk.account.name,
        operation=asks.spec.name,
        arguments=digest(_bound(asks, desk.settings)),
        snapshot=digest(snapshot),
    )


def _covered(desk: Desk, covering: Covering, call: Operation[Any], facts: Facts) -> Binding:
    """One call inside exactly this recipe's call, about the document as it was shown but for what issuing adds to it."""
    recipe = covering.recipe
    shown = facts.document.model_dump(mode="json", exclude=ADDED_BY_ISSUING) if facts.document else None
    client = facts.document_client.model_dump(mode="json") if facts.document_client else None
    return Binding(
        principal=desk.settings.principal,
        account=desk.account.name,
        operation=call.spec.name,
        arguments=digest(
            [recipe.spec.name, _bound(recipe, desk.settings), call.spec.name, _bound(call, desk.settings)]
        ),
        snapshot=digest([shown, client]),
    )


def _warnings_of(covering: Covering, facts: Facts) -> tuple[Finding, ...]:
    """What the rules say of the later calls; whether they may be carried out is judged when it is their turn."""
    found = [one for later in covering.then for guard in later.spec.guards for one in guard(later, facts)]
    return tuple(one for one in found if one.kind == "warn")


def _shown(call: Operation[Any], facts: Facts, covering: Covering | None) -> Preview:
    preview = call.preview(facts)
    if covering is None:
        return preview
    differing = (*preview.differences, *covering.differences)
    return replace(preview, differences=differing, then=tuple(one.preview(facts) for one in covering.then))


def _who(approval: Approval, invitation: Invitation | None) -> str:
    """Who does what to approve it."""
    terms = Terms.of(approval.terms)
    ways = [invitation.how] if invitation is not None else []
    if terms.where != "page":
        ways.append(f"a person runs `ix-tools approvals approve {approval.id}` in a terminal")
    text = ", or ".join(ways)
    if terms.people > 1:
        others = "" if terms.asker else ", none of them the one who asked"
        text += f"; {terms.people} different people{others}{',' if others else ''} do so"
    return text[:1].upper() + text[1:]


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
