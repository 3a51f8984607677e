"""Exactly once: a write is begun in the journal before it leaves, and what came of it is found out, never guessed.

    recorded? ──▶ the result of the first time, read from the journal
    under way? ─▶ wait for it
    unfinished? ─▶ look whether it happened ─▶ yes: its result · no: go on · unknown: refuse, and say what to check
    begin ──▶ send ──▶ answered: finish
                 └──▶ no clear answer: same unique id again (creates), or look (everything else)

A retried call with the same `idempotency_key` (or, for a create without a key, the same content on the same day)
is the same call. E-mails are never looked at or repeated by themselves: nothing tells whether they left.
"""

import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from pydantic import ValidationError

from ix_tools.api_client.protocol import CHECK_FIRST
from ix_tools.errors import Conflict, IxError, NotFound, Problem, ServiceError, Unreachable, Unreadable
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, warn
from ix_tools.idempotency.intents import Intent, IntentDraft
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.digests import TRACE_VERSION
from ix_tools.operations.probes import Outcome
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline import recovery
from ix_tools.pipeline.call_identity import CallIdentity, build_reused_key_refusal, is_same_call
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.pipeline.recovery import RESOURCES_BY_FIELD, finish_intent, release_intent
from ix_tools.pipeline.replay import recheck_difference, select_result_fields

MAX_SENDS = 3
"""How often a create is sent under its unique id before its outcome is called unknown."""
RECENT_SECONDS = 86400.0
"""Seconds for which a person who approves is told that the same call was carried out already."""
GATEWAY_STATUSES = {502, 503, 504}
"""Answers of a machine before InvoiceXpress, behind which the request may still be under way."""

RESULT_FIELDS = ("document", "receipt", *RESOURCES_BY_FIELD)
"""What a result shows of the thing it made or changed."""
REPLAY_NOTICE = Problem(
    "idempotency_key",
    "this exact call was already carried out, so its result is given again; "
    "for a second, identical one repeat the call with a new idempotency_key",
)
UNRECORDED_NOTICE = Problem(
    "journal",
    "this was carried out, but the store failed before it could be written down; "
    "repeat it under no other idempotency_key: the same call looks first",
)
REQUIRED_WITHOUT_ID = {"initial_balance": "value", "treasury_movement": "value"}
"""What comes without an id, and what it then must say."""


# --- before anything is looked up -----------------------------------------------------------------------


async def lookup_previous(
    desk: CallContext, call: Operation[Any], caller: CallIdentity
) -> dict[str, Any] | Intent | None:
    """The result of the first time; or an unfinished create of ours to go on with; or None: this is the first time."""
    give_up = anyio.current_time() + desk.settings.timeout_seconds
    pause, intent = 0.05, await _find_intent(desk, caller)
    while intent is not None and intent.state not in {"refused", "absent"}:
        if intent.content not in caller.content_digests or intent.operation != caller.operation:
            raise build_reused_key_refusal(intent, caller)
        if intent.state == "done":
            return await _replay(desk, call, caller, intent)
        if intent.state == "unknown" or await anyio.to_thread.run_sync(desk.journal.is_abandoned, intent):
            taken = await anyio.to_thread.run_sync(desk.journal.take_over, intent)
            if taken is not None:
                return await _recover(desk, call, taken)
        if anyio.current_time() > give_up:
            raise IxError(
                "The same call is being carried out right now.",
                code="in_progress",
                next="repeat the same call in a few seconds to get its result",
            )
        await anyio.sleep(pause + secrets.randbelow(100) / 1000)
        pause = min(0.5, pause * 1.5)  # many who wait must not slow down the one they wait for
        intent = await anyio.to_thread.run_sync(desk.journal.get, intent.id)
    return None


async def lookup_concurrent(
    desk: CallContext, call: Operation[Any], caller: CallIdentity
) -> dict[str, Any] | None:
    """The result of the same call, where another caller got it done while this one waited for its claims."""
    held = await lookup_previous(desk, call, caller) if caller.keys else None
    if isinstance(held, dict):
        return held
    if held is not None:
        await release_intent(desk, held)
    if caller.has_explicit_key:
        return None
    age = time.monotonic() - caller.started_at
    done = await anyio.to_thread.run_sync(
        desk.journal.find_finished_since, caller.account, caller.content_digests, age
    )
    return await _replay(desk, call, caller, done) if done is not None else None


async def _find_intent(desk: CallContext, caller: CallIdentity) -> Intent | None:
    for age, key in enumerate(caller.keys):
        found = await anyio.to_thread.run_sync(desk.journal.find, caller.account, key)
        if found is not None and is_same_call(found, age, caller):
            return found
    if caller.has_explicit_key:
        return None
    # Without a key of the caller's, the same thing unfinished under any key is the same thing; and so is one
    # that turned out to be done while nobody was there to hear it.
    same = await anyio.to_thread.run_sync(
        desk.journal.find_unfinished_duplicate, caller.account, caller.content_digests
    )
    return same or await anyio.to_thread.run_sync(
        desk.journal.find_unreported, caller.account, caller.content_digests, RECENT_SECONDS
    )


async def _replay(
    desk: CallContext, call: Operation[Any], caller: CallIdentity, intent: Intent
) -> dict[str, Any] | None:
    outcome = await anyio.to_thread.run_sync(desk.journal.mark_reported, intent)
    makes = call.spec.route is not None and call.spec.route.method == "POST"
    made = makes and (intent.made or not outcome.get("document"))
    if not caller.has_explicit_key and made and await _is_gone(desk, call, outcome):
        # Same content by chance: if what it made is gone, this is a new wish and not a repetition.
        await anyio.to_thread.run_sync(desk.journal.release_key, intent)
        return None
    outcome["replayed"] = True
    if outcome.get("code"):
        return await recheck_difference(desk, call, outcome)
    if not caller.has_explicit_key:
        outcome["warnings"] = [
            *outcome.get("warnings", []),
            REPLAY_NOTICE.as_dict(),
        ]
    return outcome


async def _is_gone(desk: CallContext, call: Operation[Any], outcome: Mapping[str, Any]) -> bool:
    """Whether what a call made is there no more."""
    looking = FactLoader(desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal)
    about = outcome.get("document") or {}
    try:
        if about.get("id"):
            stored = await looking.get_document(str(about.get("document_type")), int(about["id"]))
            return stored.status in {"deleted", "canceled"}
        made = select_result_fields(call, outcome)
        subject = call.subject_ref(call.result_type().model_validate(made)) if made else None
        if subject is not None:
            await looking.get_subject(subject)
    except NotFound:
        return True
    return False


async def _recover(desk: CallContext, call: Operation[Any], intent: Intent) -> dict[str, Any] | Intent | None:
    """What became of an unfinished intent that is now ours."""
    if _has_unique_id(call, intent):
        return intent  # the same unique id again: InvoiceXpress itself keeps it from happening twice
    evidence = await recovery.probe_outcome(desk, intent)
    if evidence.outcome is Outcome.NOT_DONE:
        return None
    if evidence.outcome is Outcome.DONE:
        now = await anyio.to_thread.run_sync(desk.journal.get, intent.id)
        return {**await anyio.to_thread.run_sync(desk.journal.mark_reported, now), "replayed": True}
    if call.spec.idempotent:
        left = await anyio.to_thread.run_sync(desk.journal.get, intent.id)
        taken = (
            await anyio.to_thread.run_sync(desk.journal.take_over, left) if recovery.is_over(left) else None
        )
        if taken is not None:
            return taken  # whether it happened or not, sending it again (approved again) leaves the same
    raise _build_unknown_error(call.spec.name, intent, evidence.observation)


def _has_unique_id(call: Operation[Any], intent: Intent) -> bool:
    """Whether InvoiceXpress itself keeps the call from happening twice, by its proprietary_uid."""
    return getattr(call.with_uid(intent.uid), "proprietary_uid", None) is not None


def can_skip_guards(call: Operation[Any], held: Intent | None) -> bool:
    """Whether the rules already let this through: what changed since may be the very document it made."""
    return held is not None and _has_unique_id(call, held)


@asynccontextmanager
async def release_on_failure(desk: CallContext, intent: Intent | None) -> AsyncIterator[None]:
    """Let go of an unfinished intent when the call ends before anything is sent for it."""
    try:
        yield
    except BaseException:
        if intent is not None:
            with anyio.CancelScope(shield=True):
                await release_intent(desk, intent)
        raise


async def find_recent_duplicate(desk: CallContext, caller: CallIdentity) -> Intent | None:
    """The same call carried out lately: a person who approves should know that this would be a second one."""
    if caller.has_explicit_key:
        return None
    return await anyio.to_thread.run_sync(
        desk.journal.find_done_since, caller.account, caller.content_digests, RECENT_SECONDS
    )


def warn_of_duplicate(done: Intent | None) -> tuple[Finding, ...]:
    """What the person is told of it."""
    if done is None:
        return ()
    minutes = int(done.seen_at - done.created_at) // 60
    made = f", which made {done.made}" if done.made else ""
    feito = f" e criou {done.made}" if done.made else ""
    return (
        warn(
            "idempotency_key",
            f"the same call was carried out {minutes} minutes ago{made}; this does it again",
            f"o mesmo pedido já foi executado há {minutes} minutos{feito}; isto volta a fazê-lo",
        ),
    )


# --- sending -------------------------------------------------------------------------------------------


async def start_intent(
    desk: CallContext, call: Operation[Any], caller: CallIdentity, facts: Facts, approval: str, holder: str
) -> Intent:
    """Write the intent; the one that is there, when another caller was faster."""
    trace = call.build_trace(facts)
    draft = IntentDraft(
        account=caller.account,
        key=caller.keys[0]
        if caller.keys
        else f"approval:{approval}"
        if approval
        else f"call:{secrets.token_hex(12)}",
        contents=caller.content_digests,
        operation=caller.operation,
        principal=caller.principal,
        face=caller.face,
        subject=str(trace.get("subject", "")),
        approval=approval,
        trace={**trace, "version": TRACE_VERSION},
        has_chosen_key=caller.has_explicit_key,
        age=time.monotonic() - caller.started_at if call.spec.effect.needs_approval else 0.0,
        holder=holder,
    )
    return await anyio.to_thread.run_sync(desk.journal.begin, draft)


async def resume_intent(desk: CallContext, intent: Intent, approval: str, holder: str) -> None:
    """Write down that an unfinished intent is sent once more, with whose approval, and under whose claims."""
    await anyio.to_thread.run_sync(desk.journal.record_resend, intent, approval, holder)


async def send_with_recovery(
    desk: CallContext, call: Operation[Any], intent: Intent, sending: OperationContext, *, resumed: bool
) -> Any:
    """Carry it out; when no clear answer comes, find out what happened. A failure is written down here.

    `resumed`: an earlier attempt ended without an answer, so that a refusal now says nothing about that one.
    """
    try:
        return await _send_with_retries(desk, call, intent, sending, resumed)
    except IxError:
        raise
    except BaseException as fault:
        await finish_intent(desk, intent, "unknown", None, f"a fault of ours: {type(fault).__name__}")
        raise


async def _send_with_retries(
    desk: CallContext, call: Operation[Any], intent: Intent, sending: OperationContext, resumed: bool
) -> Any:
    stamped, unique, loose = call.with_uid(intent.uid), _has_unique_id(call, intent), resumed
    doubt = resumed
    for attempt in range(1, MAX_SENDS + 1):
        if desk.journal.is_lease_expiring(intent):
            await release_intent(desk, intent)
            raise IxError(
                "This process stood still for so long that another one may have taken over.",
                code="held_too_long",
                next="repeat the same call: it looks first",
            )
        failure = await _attempt(stamped, sending)
        if not isinstance(failure, IxError):
            return failure
        in_flight = unique and isinstance(failure, Conflict)
        if failure.sent != "unknown" and not in_flight:
            break
        doubt = True
        loose = loose or in_flight or not _has_answer(failure)
        if not unique or attempt == MAX_SENDS:
            break
        # Under the same unique id InvoiceXpress answers with the first document, or that it is still at it.
        await anyio.sleep(0.5 * attempt)
    if not doubt:
        # The code alone: what InvoiceXpress says may repeat what it was told, passwords too.
        await finish_intent(desk, intent, "refused", None, failure.code)
        raise failure
    if isinstance(failure, NotFound) and call.spec.route and call.spec.route.method == "DELETE":
        evidence = await recovery.mark_deleted(desk, intent)
    else:
        evidence = await recovery.probe_outcome(desk, intent, answered=not loose)
    if evidence.outcome is Outcome.DONE:
        return call.parse_response(evidence.content, sending.facts)
    if evidence.outcome is Outcome.UNKNOWN:
        raise _build_unknown_error(call.spec.name, intent, evidence.observation or failure.message)
    if failure.sent != "unknown":
        raise failure
    raise Unreachable(
        "InvoiceXpress gave no clear answer, and it was not carried out: that was looked at afterwards.",
        code="not_carried_out",
        sent="refused",
        next="repeat the same call"
        + ("; a person approves it again" if call.spec.effect.needs_approval else ""),
    )


async def _attempt(call: Operation[Any], sending: OperationContext) -> Any:
    """What came back, or the error: one that says unknown, where the answer does not say what it should."""
    try:
        result = await call.execute(sending)
    except IxError as failure:
        return failure
    except ValidationError:
        return _build_unclear_error("InvoiceXpress answered with something that cannot be read as a result.")
    parts = {name: getattr(result, name) for name in RESULT_FIELDS if hasattr(result, name)}
    told = all(
        part is not None and getattr(part, REQUIRED_WITHOUT_ID.get(name, "id")) is not None
        for name, part in parts.items()
    )
    # An empty answer to a change is a success (reading 3), where what it is about is read back anyway.
    known = call.document_ref() is not None or call.subject_ref() is not None
    if told or (known and call.predict_state(sending.facts) is not None):
        return result
    return _build_unclear_error("InvoiceXpress answered without saying what it did.")


def _build_unclear_error(message: str) -> Unreadable:
    return Unreadable(message, sent="unknown", status=200, next=CHECK_FIRST)


def _has_answer(failure: IxError) -> bool:
    return isinstance(failure, ServiceError) and failure.status not in {0, *GATEWAY_STATUSES}


def _build_unknown_error(name: str, intent: Intent, seen: str) -> IxError:
    operation = catalogue()[intent.operation]
    settle = f"settle it with `ix-tools journal resolve {intent.id}`"
    if operation.manual_check and operation.spec.idempotent:
        advice = (
            f"{operation.manual_check}; or repeat the same call in two minutes: once a person approves it again it is "
            "sent again, which does no harm"
        )
    elif operation.manual_check:
        advice = (
            f"{operation.manual_check}, and {settle}; to do it again all the same, use a new idempotency_key"
        )
    else:
        advice = (
            "repeat the same call in a minute or two: it looks first and never does it twice; "
            f"or look yourself and {settle}"
        )
    return Unreachable(
        f"Whether {name} was carried out is not known yet{f' ({seen})' if seen else ''}.",
        code="outcome_unknown",
        sent="unknown",
        next=advice,
        details={"journal": intent.id},
    )


async def complete_intent(
    desk: CallContext, call: Operation[Any], intent: Intent, shown: Mapping[str, Any], said: str
) -> bool:
    """Write down that it was carried out, and the result; False when it cannot be written."""
    made = get_subject_name(shown) if call.spec.route is not None and call.spec.route.method == "POST" else ""
    return await finish_intent(
        desk, intent, "done", select_storable(shown), said, get_subject_name(shown), made
    )


def mark_unrecorded(shown: Mapping[str, Any]) -> dict[str, Any]:
    """A result of which the journal does not know: marked, because repeating the call now has to look first."""
    return {**shown, "warnings": [*shown.get("warnings", []), UNRECORDED_NOTICE.as_dict()]}


def select_storable(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What of a result is kept for the next time: not the words of a message."""
    return {name: value for name, value in shown.items() if name not in {"subject", "body", "warnings"}}


def get_subject_name(shown: Mapping[str, Any]) -> str:
    """What a result is about, for the audit trail."""
    document = shown.get("document") or shown.get("receipt") or {}
    if document.get("id"):
        return f"{document.get('document_type')}/{document.get('id')}"
    made = [
        f"{kind}/{shown[name]['id']}"
        for name, kind in RESOURCES_BY_FIELD.items()
        if shown.get(name, {}).get("id")
    ]
    return made[0] if made else ""
