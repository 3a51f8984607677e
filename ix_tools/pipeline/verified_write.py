"""Send a write, read back what was stored, compare it with what was asked, and record how it ended."""

from functools import partial
from typing import Any

from ix_tools.api_client.rate_limit import prioritize_follow_up
from ix_tools.errors import IxError, StoredDifferently
from ix_tools.idempotency.intents import Intent
from ix_tools.pipeline import idempotent_write
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execution import Execution
from ix_tools.pipeline.figure_changes import collect_figures
from ix_tools.pipeline.fresh_read import FreshRead
from ix_tools.pipeline.lookup_changes import collect_changes
from ix_tools.pipeline.operation_context import PipelineOperationContext
from ix_tools.pipeline.outcomes import Completed
from ix_tools.pipeline.preparation import PreparedWrite, confirm_approval, return_approval
from ix_tools.pipeline.readback import (
    build_difference_error,
    is_shown_by_answer,
    read_back_document,
    read_back_record,
    record_differences,
    summarize_outcome,
)
from ix_tools.pipeline.results import build_result


async def send_and_verify(
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
        body = error.dump() if error else build_result(context, call, result, prepared.warnings, facts)
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
