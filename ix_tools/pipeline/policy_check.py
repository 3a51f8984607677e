"""The owner's policy, applied to a call on its way: refused at once, or ruled on when everything about it is known."""

from typing import TYPE_CHECKING, Any

import anyio

from ix_tools.approvals.requirements import Ruling
from ix_tools.errors import Problem, Refused
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, warn
from ix_tools.operations.base import Operation
from ix_tools.pipeline.context import CallContext

if TYPE_CHECKING:
    from ix_tools.policy.context import PolicyCase
    from ix_tools.policy.evaluation import PolicyEvaluation
    from ix_tools.policy.file import PolicyFile


async def refuse_denied(desk: CallContext, call: Operation[Any], face: str) -> None:
    """Refuse what the policy denies whatever else is found out, before anything is looked up."""
    if desk.policy is None:
        return
    from ix_tools.policy.context import build_case_from_call
    from ix_tools.policy.evaluation import find_certain_denials

    rules = await anyio.to_thread.run_sync(desk.policy.load_rules)
    denying = find_certain_denials(
        rules, build_case_from_call(call, desk.settings.principal, face, desk.now())
    )
    if denying:
        raise _build_denial(call, f"the policy denies it ({', '.join(denying)})")


async def evaluate_policy(
    desk: CallContext, call: Operation[Any], facts: Facts, face: str, warnings: tuple[Finding, ...]
) -> Ruling:
    """What the policy makes of a call, now that the account is known; a refusal where it denies it."""
    if desk.policy is None:
        return Ruling()
    ruling = (await explain_policy(desk, desk.policy, call, facts, face, warnings))[1].ruling
    if ruling.refusal and ruling.auto_approval is None:
        raise _build_denial(call, ruling.refusal)
    return ruling


async def explain_policy(
    desk: CallContext,
    policy: "PolicyFile",
    call: Operation[Any],
    facts: Facts,
    face: str,
    warnings: tuple[Finding, ...],
) -> "tuple[PolicyCase, PolicyEvaluation]":
    """The call as the policy sees it, and everything that led to the decision."""
    from ix_tools.policy.context import build_case_with_facts
    from ix_tools.policy.evaluation import evaluate_rules

    rules = await anyio.to_thread.run_sync(policy.load_rules)
    told = [f"{one.problem.field}: {one.problem.problem}" for one in warnings]
    case = build_case_with_facts(call, facts, desk.settings.principal, face, told)
    return case, evaluate_rules(rules, case)


async def warn_of_exhausted_budget(desk: CallContext, ruling: Ruling) -> tuple[Finding, ...]:
    """What a person should know who is asked because an allowance is used up; a refusal where nobody can be asked."""
    if ruling.auto_approval is None:
        return ()
    left = await anyio.to_thread.run_sync(desk.approvals.load_remaining_allowances, ruling.auto_approval)
    short = next((one for one in left if not one.has_room_for(ruling.auto_approval.amount)), left[0])
    calls = "" if short.calls is None else f" and {short.calls} calls"
    why = f"the rule {short.rule} lets out {short.euros:.2f} EUR{calls} more today without a person"
    if ruling.refusal:
        raise Refused(
            f"Refused: {why}, and nobody else may approve it.",
            code="allowance_used_up",
            problems=[Problem("policy", why)],
            next="wait until tomorrow (Lisbon time), or ask whoever keeps the policy",
        )
    mais = "" if short.calls is None else f" e mais {short.calls} pedidos"
    euros = f"{short.euros:.2f}".replace(".", ",")
    pt = f"a regra {short.rule} ainda deixa passar hoje {euros} €{mais} sem aprovação"
    return (warn("policy", why, pt),)


def _build_denial(call: Operation[Any], why: str) -> Refused:
    return Refused(
        f"Refused: {why}.",
        code="denied_by_policy",
        problems=[Problem("policy", f"{call.spec.name} is denied")],
        next="do not repeat it; whoever keeps the policy sees why with `ix-tools policy check`",
    )
