"""Policy enforcement: refuses a denied call before its look-ups, and evaluates the owner's policy once the facts are known."""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import anyio

from ix_tools.approvals.requirements import Ruling
from ix_tools.errors import Problem, Refused
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, warn
from ix_tools.i18n.messages import Message, Money, message, message_plural
from ix_tools.operations.base import Operation
from ix_tools.pipeline.context import CallContext

if TYPE_CHECKING:
    from ix_tools.policy.context import PolicyCase
    from ix_tools.policy.evaluation import PolicyEvaluation
    from ix_tools.policy.file import PolicyFile


async def refuse_denied(context: CallContext, call: Operation[Any], face: str) -> None:
    """Refuse a call that the policy denies whatever the facts are, before anything is looked up."""
    if context.policy is None:
        return
    from ix_tools.policy.context import build_case_from_call
    from ix_tools.policy.evaluation import find_certain_denials

    rules = await anyio.to_thread.run_sync(context.policy.load_rules)
    denying = find_certain_denials(
        rules, build_case_from_call(call, context.settings.principal, face, context.now())
    )
    if denying:
        raise _build_denial(call, message("the policy denies it ({rules})", rules=", ".join(denying)))


async def evaluate_policy(
    context: CallContext, call: Operation[Any], facts: Facts, face: str, warnings: tuple[Finding, ...]
) -> Ruling:
    """Return the policy's ruling on a call with its facts; refuse a denied call."""
    if context.policy is None:
        return Ruling()
    ruling = (await explain_policy(context, context.policy, call, facts, face, warnings))[1].ruling
    if ruling.refusal and ruling.auto_approval is None:
        raise _build_denial(call, ruling.refusal)
    return ruling


async def explain_policy(
    context: CallContext,
    policy: "PolicyFile",
    call: Operation[Any],
    facts: Facts,
    face: str,
    warnings: tuple[Finding, ...],
) -> "tuple[PolicyCase, PolicyEvaluation]":
    """Return the call as the policy sees it and the explained decision."""
    from ix_tools.policy.context import build_case_with_facts
    from ix_tools.policy.evaluation import evaluate_rules

    rules = await anyio.to_thread.run_sync(policy.load_rules)
    warned = [f"{one.problem.field}: {one.problem.problem}" for one in warnings]
    case = build_case_with_facts(call, facts, context.settings.principal, face, warned)
    return case, evaluate_rules(rules, case)


async def evaluate_amount(
    context: CallContext, call: Operation[Any], facts: Facts, face: str, amount: Decimal
) -> Ruling:
    """Return the policy's ruling on a call as if it moved this amount; refuse what it denies."""
    if context.policy is None:
        return Ruling()
    from ix_tools.policy.context import build_case_with_facts
    from ix_tools.policy.evaluation import evaluate_rules

    rules = await anyio.to_thread.run_sync(context.policy.load_rules)
    case = build_case_with_facts(call, facts, context.settings.principal, face)
    ruling = evaluate_rules(rules, replace(case, amount=amount)).ruling
    if ruling.refusal:
        raise _build_denial(call, ruling.refusal)
    return ruling


async def warn_of_exhausted_budget(context: CallContext, ruling: Ruling) -> tuple[Finding, ...]:
    """Warn the approver that the policy's daily budget is used up; refuse if nobody may approve more."""
    if ruling.auto_approval is None:
        return ()
    left = await anyio.to_thread.run_sync(context.approvals.load_remaining_allowances, ruling.auto_approval)
    short = next((one for one in left if not one.has_room_for(ruling.auto_approval.amount)), left[0])
    left_today = (
        Money(short.euros)
        if short.calls is None
        else message_plural(
            "{euros} and {count} call",
            "{euros} and {count} calls",
            count=short.calls,
            euros=Money(short.euros),
        )
    )
    why = message(
        "the rule {rule} allows {left} more today without an approval", rule=short.rule, left=left_today
    )
    if ruling.refusal:
        raise Refused(
            message("Refused: {why}, and nobody else may approve it.", why=why),
            code="allowance_used_up",
            problems=[Problem("policy", why)],
            next=message("wait until tomorrow (Lisbon time), or ask the owner of the policy"),
        )
    return (warn("policy", why),)


def _build_denial(call: Operation[Any], why: Message) -> Refused:
    return Refused(
        message("Refused: {why}.", why=why),
        code="denied_by_policy",
        problems=[Problem("policy", message("{name} is denied", name=call.spec.name))],
        next=message(
            "do not repeat it; the owner of the policy can see the reason with `ix-tools policy check`"
        ),
    )
