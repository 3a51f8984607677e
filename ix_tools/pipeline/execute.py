"""Pipeline: executes every call of every interface; no request reaches InvoiceXpress any other way.

    parse ─▶ look up ─▶ names ─▶ complete ─▶ look up ─▶ guards ─▶ approval ─▶ send ─▶ read back ─▶ compare ─▶ result
             (facts)    (to ids) (updates)   (the rest)  (may      (bound to     │
                                                         only      call, account │ shielded: a cancelled caller
                                                         refuse)   and document) │ does not leave half a write

A failure is an IxError that says what was sent.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import anyio
from pydantic import ValidationError

from ix_tools.api_client import protocol
from ix_tools.approvals.parked_calls import ParkedCall
from ix_tools.approvals.repository import CallOrigin, Reply
from ix_tools.domain.today import pin_today
from ix_tools.errors import IxError
from ix_tools.guards.facts import Facts
from ix_tools.operations import file_delivery
from ix_tools.operations.access import require_enabled
from ix_tools.operations.base import BundledApproval, Operation, StepPending
from ix_tools.operations.protocols import HasDryRun
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline import idempotent_write, parking, policy_check
from ix_tools.pipeline.approval_gate import require_scope
from ix_tools.pipeline.arguments import parse, read_arguments
from ix_tools.pipeline.call_identity import identify_call
from ix_tools.pipeline.claim_session import ClaimSession
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.document_numbers import resolve_numbers
from ix_tools.pipeline.execution import Execution, Progress
from ix_tools.pipeline.fresh_read import OutdatedFacts
from ix_tools.pipeline.operation_context import PipelineOperationContext
from ix_tools.pipeline.outcome_detection import recover_unfinished, release_intent
from ix_tools.pipeline.outcomes import ApprovalRequired, Completed, add_notices
from ix_tools.pipeline.parking import ParkingTerms
from ix_tools.pipeline.preparation import PreparedWrite, is_long, load_facts, prepare
from ix_tools.pipeline.previous_result import lookup_previous
from ix_tools.pipeline.replay import bring_up_to_date
from ix_tools.pipeline.results import build_result
from ix_tools.pipeline.turns import Turn
from ix_tools.pipeline.verified_write import send_and_verify
from ix_tools.renames import collect_notices
from ix_tools.schemas.search import get_operation
from ix_tools.telemetry import observe

__all__ = [
    "ApprovalRequired",
    "CallContext",
    "CallOrigin",
    "Completed",
    "ParkingTerms",
    "Reply",
    "carry_out",
    "execute",
    "execute_covered",
    "get_operation",
    "parse",
]

FROM_LIBRARY = CallOrigin("library")
"""A call of a Python program: nothing can be shown to a person."""


async def execute(
    context: CallContext,
    name: str,
    arguments: Mapping[str, Any] | None,
    *,
    origin: CallOrigin = FROM_LIBRARY,
    reply: Reply | None = None,
    progress: Progress | None = None,
    when_approved: ParkingTerms | None = None,
) -> Completed | ApprovalRequired:
    """Execute one call.

    Args:
        origin: The interface of the call, the host's name, and the ways in which the interface can ask a person.
        reply: A person's answer to an earlier ApprovalRequired.
        when_approved: The call is carried out when it is approved, without being repeated.

    Raises:
        IxError: The call failed; the error says what was sent.
    """
    with collect_notices() as notices, pin_today(context.now().date()):
        claims = ClaimSession(context, name := catalogue().read_name(name))
        claim = parking.create_claim(context, claims.holder.id)
        execution = Execution(context, arguments or {}, origin, claims, claim, reply=reply, progress=progress)
        try:
            outcome = await _execute(execution, name, when_approved)
        except IxError as failure:
            await parking.record_failure(context, claim, failure)
            raise
        finally:
            await claims.release()
        await parking.record_outcome(context, claim, outcome)
    return add_notices(outcome, notices.values(), context.settings.language)


async def execute_covered(
    context: CallContext,
    name: str,
    arguments: Mapping[str, Any],
    bundle: BundledApproval,
    origin: CallOrigin,
    seen_by_approver: Facts | None = None,
    turn: Turn | None = None,
) -> Completed | ApprovalRequired:
    """Execute a call that an approval of many calls covers.

    Args:
        bundle: what the approval was requested for; the call is bound to it.
        seen_by_approver: the facts that the person saw, if this process still has them: what the last read confirms is not read twice.
        turn: the place of the call among those that are sent one after another.

    Raises:
        IxError: The call failed; the error says what was sent. TurnLost: the one before it was not carried out.
    """
    claims = ClaimSession(context, name)
    claim = parking.create_claim(context, claims.holder.id)
    execution = Execution(context, arguments, origin, claims, claim, bundle=bundle, is_step=True, turn=turn)
    with pin_today(context.now().date()):
        if seen_by_approver is not None:
            identity = identify_call(context, parse(name, arguments), origin.face, arguments, bundle)
            context.keep_shown_facts(identity.content_digests[0], seen_by_approver)
        try:
            return await _execute(execution, name)
        finally:
            await claims.release()


async def carry_out(context: CallContext, parked: ParkedCall) -> float | None:
    """Carry out a parked call as its asker, on the whole pipeline, and record how it ended.

    Args:
        context: The asker's, as they may act now.

    Returns:
        The seconds after which it must be tried again, or None if it is over.
    """
    if parked.state in {"running", "unknown"}:
        recovered = await parking.recover(context, parked)
        if recovered is None:
            return None
        parked = recovered
    claims = ClaimSession(context, parked.operation)
    claim = parking.create_claim(context, claims.holder.id, parked.id)
    origin = CallOrigin(parked.face, parked.host)
    execution = Execution(context, parked.arguments, origin, claims, claim, parking.resume_parking(parked))
    with pin_today(date.fromisoformat(parked.day)):
        try:
            outcome = await _execute(execution, parked.operation)
        except IxError as failure:
            return await parking.record_failure(context, claim, failure)
        finally:
            await claims.release()
        await parking.record_outcome(context, claim, outcome)
    return None


async def _execute(
    execution: Execution, name: str, when_approved: ParkingTerms | None = None
) -> Completed | ApprovalRequired:
    """Check permissions, parse the arguments, and run the call."""
    context = execution.context
    # Checked before the arguments: a caller without permission learns nothing about them.
    operation = get_operation(name)
    await _require_permission(context, operation)
    given = read_arguments(operation, execution.arguments)
    if not context.can_read_files:
        given = file_delivery.restrict_arguments(operation, given, execution.face)
    given = await resolve_numbers(context.create_loader(), operation, given)
    execution = replace(execution, arguments=given)
    if is_long(given.get("items")):
        call = await anyio.to_thread.run_sync(parse, name, given)
    else:
        call = parse(name, given)
    for step in call.list_required_operations():
        await _require_permission(context, get_operation(step))
    with observe(call.spec.name, execution.face) as observation:
        await policy_check.refuse_denied(context, call, execution.face)
        if not (execution.is_step or execution.parking or execution.parked_claim.parked):
            recorded = await parking.find_recorded(context, call, given)
            if recorded is not None:
                return recorded
            origin = execution.origin
            parked = parking.build_parking(context, call, given, when_approved, origin.face, origin.host)
            execution = replace(execution, parking=parked)
        if call.spec.route is None:
            outcome = await _run_without_route(execution, call)
        else:
            await _recover_once(context)
            run = _run_write if call.spec.effect.writes else _run_read
            outcome = await run(execution, call)
        if isinstance(outcome, ApprovalRequired):
            observation.outcome = "approval_required"
        return outcome


async def _require_permission(context: CallContext, operation: type[Operation[Any]]) -> None:
    await require_scope(context, operation.spec)
    require_enabled(operation.spec, context.settings)


async def _run_without_route(execution: Execution, call: Operation[Any]) -> Completed | ApprovalRequired:
    """Run a workflow, or an operation that is answered here."""
    context = execution.context

    async def execute_step(
        name: str, arguments: Mapping[str, Any], bundle: BundledApproval | None, takes_seen_drafts: bool
    ) -> Completed | ApprovalRequired:
        step = replace(execution, arguments=arguments, bundle=bundle, is_step=True)
        return await _execute(
            replace(step, takes_seen_drafts=takes_seen_drafts and not execution.is_repeated), name
        )

    operation_context = PipelineOperationContext(
        context,
        Facts(now=context.now()),
        execution.progress,
        execute_step,
        dict(execution.arguments),
        execution.face,
        origin=execution.origin,
        takes_seen_drafts=not execution.is_repeated,
    )
    try:
        result = await call.execute(operation_context)
    except OutdatedFacts:
        if execution.is_repeated:
            raise
        return await _run_without_route(replace(execution, reply=None, is_repeated=True), call)
    except StepPending:
        if operation_context.pending_step is None:
            raise
        return operation_context.pending_step
    body = build_result(context, call, result, (), operation_context.facts)
    if operation_context.only_replayed:
        body["replayed"] = True
    pending = operation_context.pending_step
    return Completed(body) if pending is None else replace(pending, body=body)


async def _run_read(execution: Execution, call: Operation[Any]) -> Completed:
    context = execution.context
    loader = context.create_loader()
    call, facts, warnings, _ = await load_facts(loader, call, context, None)
    await policy_check.evaluate_policy(context, call, facts, execution.face, warnings)
    record = await _execute_read(
        call, PipelineOperationContext(context, facts, execution.progress, face=execution.face)
    )
    await anyio.to_thread.run_sync(
        context.companies.remember, context.account.name, call.identify_company(record)
    )
    return Completed(build_result(context, call, record, warnings, facts))


async def _run_dry(execution: Execution, call: Operation[Any]) -> Completed:
    """Check a create and compute its result; nothing is sent."""
    context = execution.context
    loader = context.create_loader(progress=execution.progress)
    call, facts, warnings, _ = await load_facts(loader, call, context, None)
    await policy_check.evaluate_policy(context, call, facts, execution.face, warnings)
    assert isinstance(call, HasDryRun)
    body = build_result(context, call, call.predict_result(facts), warnings, facts)
    return Completed({**body, "sent": "nothing"})


async def _run_write(execution: Execution, call: Operation[Any]) -> Completed | ApprovalRequired:
    if isinstance(call, HasDryRun) and call.dry_run:
        return await _run_dry(execution, call)
    context, holder = execution.context, execution.claims.holder.id
    identity = identify_call(context, call, execution.face, execution.arguments, execution.bundle)
    previous = await lookup_previous(context, call, identity, takes_seen_drafts=execution.takes_seen_drafts)
    if isinstance(previous, Completed):
        # A workflow compares its step's result as it was with the document as it is.
        return previous if execution.is_step else await bring_up_to_date(context, call, previous)
    async with idempotent_write.release_on_failure(context, previous):
        prepared = await prepare(execution, call, identity, previous)
    if not isinstance(prepared, PreparedWrite):  # another caller may have completed the same call meanwhile
        if previous is not None:
            await release_intent(context, previous)
        return prepared
    if previous is not None:
        async with idempotent_write.release_on_failure(context, previous):
            await idempotent_write.resume_intent(context, previous, prepared.approval_id, holder)
    intent = previous or await idempotent_write.start_intent(
        context, prepared.call, identity, prepared.facts, prepared.approval_id, holder
    )
    if not intent.is_held_here:
        return await _execute(replace(execution, reply=None), call.spec.name)
    # A cancelled caller must not leave a write half done or its outcome unread.
    try:
        with anyio.CancelScope(shield=True):
            return await send_and_verify(execution, prepared, intent, resumed=previous is not None)
    except OutdatedFacts:
        if execution.is_repeated or execution.bundle is not None:  # a workflow is repeated as a whole
            raise
    return await _execute(replace(execution, reply=None, is_repeated=True), call.spec.name)


async def _execute_read(call: Operation[Any], operation_context: PipelineOperationContext) -> Any:
    """Return the result of a read; a response of another shape is an Unreadable error."""
    try:
        return await call.execute(operation_context)
    except ValidationError:
        raise protocol.build_unexpected_answer_error(call) from None


async def _recover_once(context: CallContext) -> None:
    """Recover intents left open by a crash, and delete old events, once per context."""
    if not context.has_recovered:
        context.has_recovered = True
        try:
            await recover_unfinished(context)
            await anyio.to_thread.run_sync(context.events.delete_old)
        except BaseException:
            context.has_recovered = False
            raise
