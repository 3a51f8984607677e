"""Previous result: what became of the same call, if it was made before.

    recorded? ──▶ replay the result from the journal
    in progress? ─▶ wait for it
    unfinished? ─▶ probe the account ─▶ done: its result · not done: continue · unknown: refuse, and say what to check

A retried call with the same `idempotency_key` (or, for a create without a key, the same content on the same day)
is the same call.
"""

import secrets
import time
from typing import Any

import anyio

from ix_tools.errors import IxError, Problem
from ix_tools.i18n.messages import message
from ix_tools.idempotency.intents import Intent
from ix_tools.operations.base import Operation
from ix_tools.operations.probes import Outcome
from ix_tools.operations.protocols import HasUniqueId
from ix_tools.pipeline import outcome_detection
from ix_tools.pipeline.call_identity import CallIdentity, build_reused_key_refusal, is_same_call
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.outcome_detection import release_intent
from ix_tools.pipeline.outcomes import Completed
from ix_tools.pipeline.replay import is_gone, recheck_difference
from ix_tools.pipeline.unclear_outcomes import build_unknown_error

RECENT_SECONDS = 86400.0
"""Seconds during which the same content without a key may be the same call, and an approver is warned of it."""
REPLAY_NOTICE = Problem(
    "idempotency_key",
    message(
        "this exact call was already carried out, so its earlier result is returned; to do it a "
        "second time, repeat the call with a new idempotency_key"
    ),
)


async def lookup_previous(
    context: CallContext, call: Operation[Any], identity: CallIdentity, *, takes_seen_drafts: bool = False
) -> Completed | Intent | None:
    """Return the earlier result, an unfinished intent of ours to resume, or None for a new call.

    Args:
        takes_seen_drafts: A draft that was read back lately is taken to exist still.
    """
    give_up = anyio.current_time() + context.settings.timeout_seconds
    pause, intent = 0.05, await _find_intent(context, identity)
    while intent is not None and intent.state not in {"refused", "absent"}:
        if intent.content not in identity.content_digests or intent.operation != identity.operation:
            raise build_reused_key_refusal(intent, identity)
        if intent.state == "done":
            return await _replay(context, call, identity, intent, takes_seen_drafts)
        if intent.state == "unknown" or await anyio.to_thread.run_sync(context.journal.is_abandoned, intent):
            taken_over = await anyio.to_thread.run_sync(context.journal.take_over, intent)
            if taken_over is not None:
                return await _recover(context, call, taken_over)
        if anyio.current_time() > give_up:
            raise IxError(
                message("The same call is in progress."),
                code="in_progress",
                next=message("repeat the same call in a few seconds to get its result"),
            )
        await anyio.sleep(pause + secrets.randbelow(100) / 1000)
        pause = min(0.5, pause * 1.5)  # waiting calls must not slow down the one they wait for
        intent = await anyio.to_thread.run_sync(context.journal.get, intent.id)
    return None


async def lookup_concurrent(
    context: CallContext, call: Operation[Any], identity: CallIdentity
) -> Completed | None:
    """Return the result if another caller completed the same call while this one waited for its claims."""
    previous = await lookup_previous(context, call, identity) if identity.keys else None
    if isinstance(previous, Completed):
        return previous
    if previous is not None:
        await release_intent(context, previous)
    if identity.has_explicit_key:
        return None
    age = time.monotonic() - identity.started_at
    completed = await anyio.to_thread.run_sync(
        context.journal.find_finished_since, identity.account, identity.content_digests, age
    )
    return await _replay(context, call, identity, completed) if completed is not None else None


async def _find_intent(context: CallContext, identity: CallIdentity) -> Intent | None:
    # Without a given key, an unfinished intent with the same content is the same call, and so is one that was
    # found to be done but never reported.
    contents = () if identity.has_explicit_key else identity.content_digests
    earlier = await anyio.to_thread.run_sync(
        context.journal.find_earlier, identity.account, identity.keys, contents, RECENT_SECONDS
    )
    for age, found in enumerate(earlier.with_keys):
        if found is not None and is_same_call(found, age, identity):
            return found
    return earlier.unfinished or earlier.unreported


async def _replay(
    context: CallContext,
    call: Operation[Any],
    identity: CallIdentity,
    intent: Intent,
    takes_seen_drafts: bool = False,
) -> Completed | None:
    outcome = await anyio.to_thread.run_sync(context.journal.mark_reported, intent)
    makes = call.spec.route is not None and call.spec.route.method == "POST"
    created = makes and (intent.made or not outcome.get("document"))
    number = (outcome.get("document") or {}).get("id")
    is_seen = takes_seen_drafts and context.seen.recall("document", number) is not None
    if not identity.has_explicit_key and created and not is_seen and await is_gone(context, call, outcome):
        # The created record is gone, so the same content is a new call and not a repetition.
        await anyio.to_thread.run_sync(context.journal.release_key, intent)
        return None
    outcome["replayed"] = True
    if outcome.get("code"):
        return Completed(await recheck_difference(context, call, outcome))
    if not identity.has_explicit_key:
        outcome["warnings"] = [
            *outcome.get("warnings", []),
            REPLAY_NOTICE.as_dict(),
        ]
    return Completed(outcome)


async def _recover(context: CallContext, call: Operation[Any], intent: Intent) -> Completed | Intent | None:
    """Recover an intent taken over from another process."""
    if has_unique_id(call, intent):
        return intent  # InvoiceXpress itself accepts each unique id only once
    evidence = await outcome_detection.probe_outcome(context, intent)
    if evidence.outcome is Outcome.NOT_DONE:
        return None
    if evidence.outcome is Outcome.DONE:
        current_intent = await anyio.to_thread.run_sync(context.journal.get, intent.id)
        recorded = await anyio.to_thread.run_sync(context.journal.mark_reported, current_intent)
        return Completed({**recorded, "replayed": True})
    if call.spec.idempotent:
        current = await anyio.to_thread.run_sync(context.journal.get, intent.id)
        taken_over = (
            await anyio.to_thread.run_sync(context.journal.take_over, current)
            if outcome_detection.is_over(current)
            else None
        )
        if taken_over is not None:
            return taken_over  # sending it again, with a new approval, has the same effect
    raise build_unknown_error(call.spec.name, intent, evidence.observation)


def has_unique_id(call: Operation[Any], intent: Intent) -> bool:
    """Tell whether a proprietary_uid makes the call unique at InvoiceXpress."""
    marked = call.with_uid(intent.uid)
    return isinstance(marked, HasUniqueId) and marked.proprietary_uid is not None


def can_skip_guards(call: Operation[Any], previous: Intent | None) -> bool:
    """Tell whether the guards already passed for this intent: a change since then may be the document it created."""
    return previous is not None and has_unique_id(call, previous)
