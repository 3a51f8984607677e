"""Joint approval: one person's yes for many calls, each examined as it would be on its own and bound to what is shown of it.

call ─▶ look-ups, rules, policy ─▶ its preview and its binding ┐
call ─▶ …                                                      ├─▶ one approval, bound to the list ─▶ each call uses its part once
call ─▶ …                                                      ┘
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import anyio

from ix_tools.approvals import rendering, text
from ix_tools.approvals.joint_decisions import Part, digest_covered_call, dump_parts
from ix_tools.approvals.joint_preview import DocumentEntry, JointPreview
from ix_tools.approvals.links import LinkDelivery, deliver_link
from ix_tools.approvals.models import Approval, ApprovalRequestContent, Binding, CallOrigin, Channel
from ix_tools.approvals.preview import ApprovalPreview
from ix_tools.approvals.requirements import ApprovalRequirement, Ruling, pick_stricter
from ix_tools.approvals.stored_preview import dump_preview
from ix_tools.domain.issued_content import digest_issued_content
from ix_tools.domain.records import Company
from ix_tools.domain.today import pin_today
from ix_tools.errors import Problem, Refused, SettingsError
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.i18n.messages import message
from ix_tools.operations.access import require_enabled
from ix_tools.operations.base import BundledApproval, Operation
from ix_tools.operations.digests import digest_approval
from ix_tools.pipeline import policy_check
from ix_tools.pipeline.approval_gate import locate_signing, require_scope
from ix_tools.pipeline.approval_request import ApprovalRequest
from ix_tools.pipeline.arguments import parse
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.preparation import load_facts


@dataclass(frozen=True, slots=True)
class Examined:
    """A call of a joint approval, as the person will see it."""

    call: Operation[Any]
    facts: Facts
    warnings: tuple[Finding, ...]
    ruling: Ruling
    preview: ApprovalPreview
    bindings: tuple[Binding, ...]
    """Of the call, and of those that follow it."""


async def examine(
    context: CallContext,
    workflow: Operation[Any],
    name: str,
    arguments: Mapping[str, Any],
    followers: Sequence[Operation[Any]],
    origin: CallOrigin,
) -> Examined:
    """Judge a call by every rule, and return what a person must see of it.

    Args:
        workflow: what the approval is requested for.
        followers: calls about the same document that are carried out after it.

    Raises:
        IxError: the call would be refused.
    """
    with pin_today(context.now().date()):
        call = parse(name, arguments)
        for one in (call, *followers):
            await require_scope(context, one.spec)
            require_enabled(one.spec, context.settings)
            await policy_check.refuse_denied(context, one, origin.face)
        loader = context.create_loader(takes_seen_drafts=True, takes_seen_owner=True)
        call, facts, warnings, _ = await load_facts(loader, call, context, None)
        ruling = await policy_check.evaluate_policy(context, call, facts, origin.face, warnings)
        for one in followers:
            ruling = merge_rulings(
                ruling, await policy_check.evaluate_policy(context, one, facts, origin.face, ())
            )
    bundle = BundledApproval(workflow, tuple(followers))
    request = ApprovalRequest(context, call, facts, warnings, origin, ruling, bundle)
    company = await load_company(context)
    preview = request.build_preview(request.warnings, company)
    bindings = tuple(request.bind_bundled_call(one) for one in (call, *followers))
    return Examined(call, facts, request.warnings, ruling, preview, bindings)


async def evaluate_sum(
    context: CallContext, examined: Sequence[Examined], total: Decimal, origin: CallOrigin
) -> ApprovalRequirement:
    """Return what the policy requires for all calls together: of each, and of their sum.

    Raises:
        Refused: it denies one of them or the sum, or nobody could approve all.
    """
    ruling = Ruling()
    for one in examined:
        ruling = merge_rulings(ruling, one.ruling)
    if context.policy is not None and examined:
        found = await policy_check.evaluate_amount(
            context, examined[0].call, examined[0].facts, origin.face, total
        )
        ruling = merge_rulings(ruling, found)
    return ruling.requirement


def merge_rulings(one: Ruling, other: Ruling) -> Ruling:
    """Return a ruling that satisfies both; a person decides, so nothing is approved automatically."""
    both = one.requirement.merge(other.requirement)
    if both is None:
        raise Refused(
            message("Under the policy, nobody may approve all of it together."),
            code="denied_by_policy",
            problems=[Problem("policy", message("its rules name different people"))],
            next=message("make batches of documents that the same people may approve"),
        )
    return Ruling(both)


async def request_joint_approval(
    context: CallContext,
    workflow: Operation[Any],
    preview: JointPreview,
    examined: Mapping[int, Examined],
    requirement: ApprovalRequirement,
    origin: CallOrigin,
) -> tuple[Approval, LinkDelivery | None]:
    """Ask a person for all of it, on a page or in a terminal; a host's form cannot show it.

    Args:
        examined: the calls by the place of their document in the preview.

    Raises:
        SettingsError: there is no place where it may be asked.
    """
    settings = context.settings
    channel, page = await _choose_channel(context, requirement)
    content = ApprovalRequestContent(
        text=text.format_full_text(preview, settings.language),
        summary=rendering.format_summary(preview, settings.language),
        requirement=requirement,
        sheet=dump_preview(preview),
        origin=origin,
        page=page,
        minutes=requirement.minutes or settings.parked_minutes,
        parts=dump_parts([_build_part(one, examined[one.place]) for one in preview.documents]),
    )
    binding = bind_workflow(context, workflow, {place: one.bindings for place, one in examined.items()})
    approval = await anyio.to_thread.run_sync(context.approvals.ask, binding, content, channel)
    delivery = None
    if page and context.page_host is not None and not origin.can_open_link:
        delivery = await deliver_link(context.page_host, context.links, approval, settings)
    return approval, delivery


def _build_part(entry: DocumentEntry, examined: Examined) -> Part:
    document = examined.facts.document
    return Part(
        entry.place,
        entry.total,
        f"{document.document_type}/{document.id}" if document is not None else "",
        digest_issued_content(document),
        tuple(digest_covered_call(one) for one in examined.bindings),
    )


def bind_workflow(
    context: CallContext, workflow: Operation[Any], calls: Mapping[int, Sequence[Binding]]
) -> Binding:
    """Bind an approval to the ordered list of its documents, each with its calls and what is shown of it."""
    return Binding(
        principal=context.settings.principal,
        account=context.account.name,
        operation=workflow.spec.name,
        arguments=digest_approval(workflow.model_dump(mode="json")),
        snapshot=digest_approval(
            [
                [place, *([one.operation, one.arguments, one.snapshot] for one in calls[place])]
                for place in sorted(calls)
            ]
        ),
    )


async def load_company(context: CallContext) -> Company | None:
    """Load the company of the account, if it is known."""
    return await anyio.to_thread.run_sync(context.companies.find, context.account.name)


async def _choose_channel(context: CallContext, requirement: ApprovalRequirement) -> tuple[Channel, str]:
    chosen = context.settings.approval_channel
    place = pick_stricter("any" if chosen == "auto" else chosen, requirement.where)
    if place == "form":
        raise SettingsError(
            message("A host's form cannot show many documents, and no other place is allowed."),
            code="approval_impossible",
            next=message("set approval_channel to auto, page or terminal"),
        )
    if place == "signed":
        return "page", locate_signing(context)
    pages = context.page_host
    page = await pages.start_and_locate() if pages is not None and place != "terminal" else ""
    if place == "page" and not page:
        raise SettingsError(
            message("The approval must be given on a page, and this process shows none."),
            code="approval_impossible",
            next=message("start it through a server that shows pages (ix-tools serve)"),
        )
    return ("page", page) if page else ("terminal", "")
