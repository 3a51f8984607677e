"""Idempotent write: records an intent before sending, and detects the outcome when no clear response came.

    earlier result? ─▶ previous_result: replay it, wait for it, or find out what became of it
    start intent ──▶ send ──▶ answered: complete the intent
                        └──▶ no clear answer: send again with the same unique id (creates), or probe (all others)

E-mails are never probed or repeated automatically: nothing shows whether they were sent.
"""

import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from pydantic import ValidationError

from ix_tools.errors import Conflict, IxError, NotFound, Problem, ServiceError, Unreachable
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message
from ix_tools.idempotency.intents import Intent, IntentDraft, IntentResult
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.digests import TRACE_VERSION
from ix_tools.operations.probes import Outcome
from ix_tools.pipeline import lookup_changes, outcome_detection
from ix_tools.pipeline.call_identity import CallIdentity
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.outcome_detection import RESOURCES_BY_FIELD, finish_intent, release_intent
from ix_tools.pipeline.previous_result import has_unique_id
from ix_tools.pipeline.unclear_outcomes import build_unclear_error, build_unknown_error
from ix_tools.storage.figures import FigureChanges
from ix_tools.storage.lookup_transactions import LookupChanges

MAX_SENDS = 3
"""Number of times a create is sent at most, with its unique id."""
GATEWAY_STATUSES = {502, 503, 504}
"""Statuses of a gateway before InvoiceXpress; the request may still be in progress behind it."""

RESULT_FIELDS = ("document", "receipt", *RESOURCES_BY_FIELD)
"""Result fields that show the record that a call created or changed."""
UNRECORDED_NOTICE = Problem(
    "journal",
    message(
        "this was carried out, but the store failed before it could be recorded; do not repeat "
        "it with another idempotency_key: the same call first checks what was carried out"
    ),
)
REQUIRED_WITHOUT_ID = {"initial_balance": "value", "treasury_movement": "value"}
"""Records that come without an id, and the field they must have instead."""


@asynccontextmanager
async def release_on_failure(context: CallContext, intent: Intent | None) -> AsyncIterator[None]:
    """Release an unfinished intent if the call ends before anything is sent for it."""
    try:
        yield
    except BaseException:
        if intent is not None:
            with anyio.CancelScope(shield=True):
                await release_intent(context, intent)
        raise


async def start_intent(
    context: CallContext,
    call: Operation[Any],
    identity: CallIdentity,
    facts: Facts,
    approval: str,
    holder: str,
) -> Intent:
    """Insert the intent, or return the existing one if another caller was faster."""
    trace = call.build_trace(facts)
    draft = IntentDraft(
        account=identity.account,
        key=identity.keys[0]
        if identity.keys
        else f"approval:{approval}"
        if approval
        else f"call:{secrets.token_hex(12)}",
        contents=identity.content_digests,
        operation=identity.operation,
        principal=identity.principal,
        face=identity.face,
        subject=str(trace.get("subject", "")),
        approval=approval,
        trace={**trace, "version": TRACE_VERSION},
        has_chosen_key=identity.has_explicit_key,
        age=time.monotonic() - identity.started_at if call.spec.effect.needs_approval else 0.0,
        holder=holder,
        changes=lookup_changes.plan_changes(call, facts),
    )
    return await anyio.to_thread.run_sync(context.journal.begin, draft)


async def resume_intent(context: CallContext, intent: Intent, approval: str, holder: str) -> None:
    """Record that an unfinished intent is sent again, with its approval and claims."""
    await anyio.to_thread.run_sync(context.journal.record_resend, intent, approval, holder)


async def send_with_recovery(
    context: CallContext,
    call: Operation[Any],
    intent: Intent,
    operation_context: OperationContext,
    *,
    resumed: bool,
) -> Any:
    """Send the call, and detect the outcome if no clear response comes. A failure is recorded here.

    Args:
        resumed: An earlier attempt ended without an answer, so a refusal now says nothing about that one.
    """
    try:
        return await _send_with_retries(context, call, intent, operation_context, resumed)
    except IxError:
        raise
    except BaseException as fault:
        await finish_intent(
            context, intent, IntentResult("unknown", f"a fault of ours: {type(fault).__name__}")
        )
        raise


async def _send_with_retries(
    context: CallContext,
    call: Operation[Any],
    intent: Intent,
    operation_context: OperationContext,
    resumed: bool,
) -> Any:
    call_with_uid, is_unique, may_be_in_flight = (
        call.with_uid(intent.uid),
        has_unique_id(call, intent),
        resumed,
    )
    is_uncertain = resumed
    attempt = 0
    while True:
        attempt += 1
        if context.journal.is_lease_expiring(intent):
            await release_intent(context, intent)
            raise IxError(
                message("This process was suspended for so long that another one may have taken over."),
                code="held_too_long",
                next=message("repeat the same call: it first checks what was carried out"),
            )
        failure = await _attempt(call_with_uid, operation_context)
        if not isinstance(failure, IxError):
            return failure
        in_flight = is_unique and isinstance(failure, Conflict)
        if failure.sent != "unknown" and not in_flight:
            break
        is_uncertain = True
        may_be_in_flight = may_be_in_flight or in_flight or not _has_answer(failure)
        if not is_unique or attempt == MAX_SENDS:
            break
        # With the same unique id InvoiceXpress returns the first document, or says that it is still processing it.
        await anyio.sleep(0.5 * attempt)
    if not is_uncertain:
        # The code alone: the message of InvoiceXpress may repeat what was sent, passwords included.
        result = IntentResult("refused", failure.code, changes=LookupChanges(is_surprising=True))
        await finish_intent(context, intent, result)
        raise failure
    if isinstance(failure, NotFound) and call.spec.route and call.spec.route.method == "DELETE":
        evidence = await outcome_detection.mark_deleted(context, intent)
    else:
        evidence = await outcome_detection.probe_outcome(context, intent, answered=not may_be_in_flight)
    if evidence.outcome is Outcome.DONE:
        return call.parse_response(evidence.content, operation_context.facts)
    if evidence.outcome is Outcome.UNKNOWN:
        raise build_unknown_error(call.spec.name, intent, evidence.observation or failure.message)
    if failure.sent != "unknown":
        raise failure
    raise Unreachable(
        message(
            "InvoiceXpress gave no clear answer. A check of the account showed that the call was not "
            "carried out."
        ),
        code="not_carried_out",
        sent="refused",
        next=message("repeat the same call; a person approves it again")
        if call.spec.effect.needs_approval
        else message("repeat the same call"),
    )


async def _attempt(call: Operation[Any], operation_context: OperationContext) -> Any:
    """Return the result or the error; an incomplete answer becomes an error with the outcome unknown."""
    try:
        result = await call.execute(operation_context)
    except IxError as failure:
        return failure
    except ValidationError:
        return build_unclear_error(
            message("InvoiceXpress answered with something that cannot be read as a result.")
        )
    parts = {name: getattr(result, name) for name in RESULT_FIELDS if hasattr(result, name)}
    is_complete = all(
        part is not None and getattr(part, REQUIRED_WITHOUT_ID.get(name, "id")) is not None
        for name, part in parts.items()
    )
    # An empty answer to a change is a success (reading 3) if its subject is read back anyway.
    is_read_back = call.document_ref() is not None or call.subject_ref() is not None
    if is_complete or (is_read_back and call.predict_state(operation_context.facts) is not None):
        return result
    return build_unclear_error(message("The answer of InvoiceXpress does not show the record it should."))


def _has_answer(failure: IxError) -> bool:
    return isinstance(failure, ServiceError) and failure.status not in {0, *GATEWAY_STATUSES}


async def complete_intent(
    context: CallContext,
    call: Operation[Any],
    intent: Intent,
    shown: Mapping[str, Any],
    summary: str,
    changes: tuple[LookupChanges, FigureChanges],
) -> bool:
    """Record the result of a completed call; return False if the store fails."""
    created = (
        get_subject_name(shown) if call.spec.route is not None and call.spec.route.method == "POST" else ""
    )
    result = IntentResult(
        "done",
        summary,
        select_storable(shown),
        get_subject_name(shown),
        created,
        changes=changes[0],
        figures=changes[1],
    )
    return await finish_intent(context, intent, result)


def mark_unrecorded(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Add a warning that the result could not be recorded."""
    return {**shown, "warnings": [*shown.get("warnings", []), UNRECORDED_NOTICE.as_dict()]}


def select_storable(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a result that are stored for a replay, without the text of e-mails."""
    return {name: value for name, value in shown.items() if name not in {"subject", "body", "warnings"}}


def get_subject_name(shown: Mapping[str, Any]) -> str:
    """Return the record that a result is about, as the audit trail names it: `invoices/501`."""
    document = shown.get("document") or shown.get("receipt") or {}
    if document.get("id"):
        return f"{document.get('document_type')}/{document.get('id')}"
    created = [
        f"{kind}/{shown[name]['id']}"
        for name, kind in RESOURCES_BY_FIELD.items()
        if shown.get(name, {}).get("id")
    ]
    return created[0] if created else ""
