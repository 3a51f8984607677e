"""Dry run of a write: permission, policy, names, facts and rules, as `execute` applies them; nothing is written, asked or stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ix_tools.domain.today import pin_today
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.operations.access import require_enabled
from ix_tools.operations.base import Operation
from ix_tools.pipeline import policy_check
from ix_tools.pipeline.approval_gate import require_scope
from ix_tools.pipeline.arguments import parse, read_arguments
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.document_numbers import resolve_numbers
from ix_tools.pipeline.preparation import load_facts
from ix_tools.schemas.search import get_operation


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
