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
from functools import partial
from typing import Any

import anyio
from pydantic import BaseModel, ValidationError

from ix_tools.api_client import protocol
from ix_tools.api_client.rate_limit import prioritize_follow_up
from ix_tools.approvals.parked_calls import ParkedCall
from ix_tools.approvals.repository import CallOrigin, Reply
from ix_tools.config.settings import SANDBOX_NOTICE
from ix_tools.domain.today import pin_today
from ix_tools.errors import IxError, StoredDifferently
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.idempotency.intents import Intent
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
from ix_tools.pipeline.corrections import describe_correction
from ix_tools.pipeline.document_numbers import resolve_numbers
from ix_tools.pipeline.execution import Execution, Progress
from ix_tools.pipeline.figure_changes import collect_figures
from ix_tools.pipeline.fresh_read import FreshRead, OutdatedFacts
from ix_tools.pipeline.lookup_changes import collect_changes
from ix_tools.pipeline.next_steps import show_step
from ix_tools.pipeline.operation_context import PipelineOperationContext
from ix_tools.pipeline.outcome_detection import recover_unfinished, release_intent
from ix_tools.pipeline.outcomes import ApprovalRequired, Completed, add_notices
from ix_tools.pipeline.parking import ParkingTerms
from ix_tools.pipeline.preparation import (
    PreparedWrite,
    confirm_approval,
    is_long,
    load_facts,
    prepare,
    return_approval,
)
from ix_tools.pipeline.readback import (
    build_difference_error,
    is_shown_by_answer,
    read_back_document,
    read_back_record,
    record_differences,
    summarize_outcome,
)
from ix_tools.pipeline.replay import bring_up_to_date
from ix_tools.pipeline.turns import Turn
from ix_tools.renames import collect_notices
from ix_tools.schemas.search import get_operation
from ix_tools.telemetry import observe
from ix_tools.text.sanitize import sanitize_all

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
    shown: Facts | None = None,
    turn: Turn | None = None,
) -> Completed | ApprovalRequired:
    """Execute a call that an approval of many calls covers.

    Args:
        bundle: what the approval was requested for; the call is bound to it.
        shown: the facts that the person saw, if this process still has them: what the last read confirms is not read twice.
        turn: the place of the call among those that are sent one after another.

    Raises:
        IxError: The call failed; the error says what was sent. TurnLost: the one before it was not carried out.
    """
    claims = ClaimSession(context, name)
    claim = parking.create_claim(context, claims.holder.id)
    execution = Execution(context, arguments, origin, claims, claim, bundle=bundle, is_step=True, turn=turn)
    with pin_today(context.now().date()):
        if shown is not None:
            identity = identify_call(context, parse(name, arguments), origin.face, arguments, bundle)
            context.keep_shown_facts(identity.content_digests[0], shown)
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
    body = _build_result(context, call, result, (), operation_context.facts)
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
    return Completed(_build_result(context, call, record, warnings, facts))


async def _run_dry(execution: Execution, call: Operation[Any]) -> Completed:
    """Check a create and compute its result; nothing is sent."""
    context = execution.context
    loader = context.create_loader(progress=execution.progress)
    call, facts, warnings, _ = await load_facts(loader, call, context, None)
    await policy_check.evaluate_policy(context, call, facts, execution.face, warnings)
    assert isinstance(call, HasDryRun)
    body = _build_result(context, call, call.predict_result(facts), warnings, facts)
    return Completed({**body, "sent": "nothing"})


async def _run_write(execution: Execution, call: Operation[Any]) -> Completed | ApprovalRequired:
    if isinstance(call, HasDryRun) and call.dry_run:
        return await _run_dry(execution, call)
    context, holder = execution.context, execution.claims.holder.id
    identity = identify_call(context, call, execution.face, execution.arguments, execution.bundle)
    previous = await idempotent_write.lookup_previous(
        context, call, identity, takes_seen_drafts=execution.takes_seen_drafts
    )
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
    if not intent.mine:
        return await _execute(replace(execution, reply=None), call.spec.name)
    # A cancelled caller must not leave a write half done or its outcome unread.
    try:
        with anyio.CancelScope(shield=True):
            return await _send_and_verify(execution, prepared, intent, resumed=previous is not None)
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


async def _send_and_verify(
    execution: Execution, prepared: PreparedWrite, intent: Intent, *, resumed: bool
) -> Completed:
    """Send the write, read it back, compare, and record the outcome in every case."""
    context, call, facts, loader = execution.context, prepared.call, prepared.facts, prepared.loader
    needs_fresh_read, turn = call.spec.effect.needs_approval, execution.turn
    confirm = partial(confirm_approval, context, prepared)
    fresh = FreshRead(loader, call, facts, execution.claims, confirm, turn) if needs_fresh_read else None
    operation_context = PipelineOperationContext(
        context, facts, execution.progress, face=execution.face, fresh_read=fresh
    )
    try:
        result = await idempotent_write.send_with_recovery(
            context, call, intent, operation_context, resumed=resumed
        )
    except IxError as failure:
        if prepared.warnings and failure.sent == "refused":
            # A warning may be the reason, such as a code that InvoiceXpress does not offer yet.
            language = context.settings.language
            problems = [one.problem.as_dict(language) for one in prepared.warnings]
            failure.details = {**failure.details, "warnings": problems}
        if call_client := facts.client_seen.get("id"):
            context.seen.forget("client", call_client)
        if fresh is not None:
            await return_approval(context, prepared, failure, is_unsent=fresh.is_unsent and not resumed)
        raise
    if turn is not None and is_shown_by_answer(call, facts, result):
        turn.confirm()
    async with idempotent_write.release_on_failure(context, intent):
        result, error = await _verify(context, prepared, result)
        if turn is not None:
            turn.confirm()
        body = error.dump() if error else _build_result(context, call, result, prepared.warnings, facts)
    changes = collect_changes(call, facts, result, differs=error is not None)
    figures = collect_figures(call, facts, result)
    for resource in call.list_changes(facts):
        context.seen.forget_resource(resource)
    if not await idempotent_write.complete_intent(
        context, call, intent, body, summarize_outcome(error), (changes, figures)
    ):
        body = idempotent_write.mark_unrecorded(body)
        if error is not None:
            error.details = {**error.details, "warnings": body["warnings"]}
    if error is not None:
        raise error
    return Completed(body, prepared.warnings)


async def _verify(
    context: CallContext, prepared: PreparedWrite, result: Any
) -> tuple[Any, StoredDifferently | None]:
    """Read the written record back; return the result as stored, and an error if it differs from what was asked."""
    call, facts, loader = prepared.call, prepared.facts, prepared.loader
    with prioritize_follow_up():
        result, differences = await read_back_document(loader, call, facts, result, prepared.given_fields)
        # Before the intent is completed: approvals must know even if the process ends here.
        if differences is not None:
            await record_differences(context, call, result, differences)
        result, record_changes = await read_back_record(loader, call, facts, result)
    found = differences or record_changes
    return result, build_difference_error(call, result, found) if found else None


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


# --- results -------------------------------------------------------------------------------------------


def _build_result(
    context: CallContext, call: Operation[Any], result: BaseModel, warnings: tuple[Finding, ...], facts: Facts
) -> dict[str, Any]:
    """Build the result: ok, the record, warnings, next steps, correction, and a notice if it is the sandbox."""
    result = call.complete_result(result, facts)
    language = context.settings.language
    shown = result.model_dump(mode="json", exclude_none=True, context={"language": language})
    body = {"ok": True, **shown}
    if warnings:
        body["warnings"] = [one.problem.as_dict(language) for one in warnings]
    steps = [show_step(step, language) for step in call.next_steps(result)]
    if steps:
        body["next"] = steps
    correction = call.plan_correction(result, facts)
    if correction is not None:
        body["undo"] = describe_correction(correction, language, facts.today)
    if context.settings.sandbox:
        body["sandbox"] = SANDBOX_NOTICE
    sanitized: dict[str, Any] = sanitize_all(body)
    return sanitized
