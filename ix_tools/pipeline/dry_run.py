"""Dry runs: of a write, by every rule that `execute` applies, and of the policy alone; nothing is written, asked or stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ix_tools.domain.today import pin_today
from ix_tools.errors import SettingsError
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.i18n.messages import message
from ix_tools.operations.access import require_enabled
from ix_tools.operations.base import Operation
from ix_tools.pipeline import policy_check
from ix_tools.pipeline.approval_gate import require_scope
from ix_tools.pipeline.arguments import parse, read_arguments
from ix_tools.pipeline.call_identity import identify_call
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.document_numbers import resolve_numbers
from ix_tools.pipeline.earlier_attempts import (
    find_recent_duplicate,
    find_unresolved_attempts,
    warn_of_attempts,
    warn_of_duplicate,
)
from ix_tools.pipeline.preparation import load_facts
from ix_tools.schemas.search import get_operation

if TYPE_CHECKING:
    from ix_tools.policy.context import PolicyCase
    from ix_tools.policy.evaluation import PolicyEvaluation


@dataclass(frozen=True, slots=True)
class DryRun:
    """A call that passed every rule."""

    call: Operation[Any]
    """The completed call: names are ids."""
    facts: Facts
    warnings: tuple[Finding, ...]


async def dry_run(
    context: CallContext, name: str, arguments: Mapping[str, Any], face: str = "library"
) -> DryRun:
    """Judge a call by every rule that comes before an approval. The account is read; nothing is written.

    Raises:
        IxError: the call would be refused.
    """
    operation = get_operation(name)
    await require_scope(context, operation.spec)
    require_enabled(operation.spec, context.settings)
    with pin_today(context.now().date()):
        given = await resolve_numbers(
            context.create_loader(), operation, read_arguments(operation, arguments)
        )
        call = parse(name, given)
        for step in call.list_required_operations():
            spec = get_operation(step).spec
            await require_scope(context, spec)
            require_enabled(spec, context.settings)
        await policy_check.refuse_denied(context, call, face)
        call, facts, warnings, _ = await load_facts(context.create_loader(), call, context, None)
        await policy_check.evaluate_policy(context, call, facts, face, warnings)
    return DryRun(call, facts, warnings)


async def dry_run_policy(
    context: CallContext, name: str, arguments: Mapping[str, Any], face: str = "library"
) -> "tuple[PolicyCase, PolicyEvaluation]":
    """Evaluate the policy for a call without executing it. The account is read; nothing is written, asked or stored."""
    require_enabled(get_operation(name).spec, context.settings)
    call = parse(name, arguments)
    if context.policy is None:
        raise SettingsError(
            message("No policy file is set, so there is nothing to check."),
            code="no_policy",
            next=message("set INVOICEXPRESS_POLICY"),
        )
    loader = context.create_loader()
    call, facts, warnings, _ = await load_facts(loader, call, context, None)
    if call.spec.effect.needs_approval:
        identity = identify_call(context, call, face, arguments)
        attempts = await find_unresolved_attempts(context, call, identity, facts, None)
        warnings += (
            *warn_of_duplicate(await find_recent_duplicate(context, identity)),
            *warn_of_attempts(attempts, identity),
        )
    return await policy_check.explain_policy(context, context.policy, call, facts, face, warnings)
