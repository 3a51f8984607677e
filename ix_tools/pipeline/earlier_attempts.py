"""Earlier calls of the same content, for the warnings to approver and caller: carried out lately, or without a known outcome."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import anyio

from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, warn
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import Message, Value, message, message_plural
from ix_tools.idempotency.intents import Intent
from ix_tools.operations.base import Operation
from ix_tools.pipeline.call_identity import CallIdentity
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.previous_result import RECENT_SECONDS, has_unique_id


async def find_unresolved_attempts(
    context: CallContext,
    call: Operation[Any],
    identity: CallIdentity,
    facts: Facts,
    open_intent: Intent | None,
) -> tuple[Intent, ...]:
    """Return earlier attempts of the call, or of its operation on the same subject, that ended without a clear answer.

    Args:
        open_intent: The unfinished attempt that this call resumes; with the same unique id it is not a second one.
    """
    subject = str(call.build_trace(facts).get("subject", ""))
    reference = subject if "/" in subject else ""  # without an id it names a kind of record, not a record
    found = await anyio.to_thread.run_sync(
        context.journal.list_unsettled, identity.account, identity.operation
    )
    others = [
        one
        for one in found
        if (one.content in identity.content_digests or (reference and one.trace.get("subject") == reference))
        and (open_intent is None or one.id != open_intent.id)
        and (one.state != "absent" or one.seen_at - one.created_at <= RECENT_SECONDS)
    ]
    if not call.spec.effect.needs_approval:
        others = [one for one in others if one.state != "absent"]
    unique = open_intent is not None and has_unique_id(call, open_intent)
    return (*([open_intent] if open_intent is not None and not unique else []), *others)


def warn_of_attempts(attempts: Sequence[Intent], identity: CallIdentity) -> tuple[Finding, ...]:
    """Return a warning for each attempt: its time and what is known of its outcome."""
    return tuple(warn("journal", _describe_attempt(one, identity)) for one in attempts)


def _describe_attempt(one: Intent, identity: CallIdentity) -> Message:
    begun = datetime.fromtimestamp(one.created_at, LISBON)
    today = datetime.fromtimestamp(one.seen_at, LISBON).date() == begun.date()
    values: dict[str, Value] = {
        "what": message("the same call")
        if one.content in identity.content_digests
        else message("another {operation} of the same", operation=one.operation),
        "when": f"{begun:%H:%M}" if today else begun.replace(tzinfo=None),
        "id": one.id,
    }
    if one.state == "absent":
        return message(
            "{what} at {when} got no answer; a later check shows that it was not carried out ({id})", **values
        )
    return message(
        "the outcome of {what} at {when} is unknown: check first whether it was carried out ({id})", **values
    )


async def find_recent_duplicate(context: CallContext, identity: CallIdentity) -> Intent | None:
    """Return a recent intent of the same call, so that the approver knows that this would be a second one."""
    if identity.has_explicit_key:
        return None
    return await anyio.to_thread.run_sync(
        context.journal.find_done_since, identity.account, identity.content_digests, RECENT_SECONDS
    )


def warn_of_duplicate(completed: Intent | None) -> tuple[Finding, ...]:
    """Return the warning that the same call was carried out recently."""
    if completed is None:
        return ()
    minutes = int(completed.seen_at - completed.created_at) // 60
    if completed.made:
        note = message_plural(
            "the same call was carried out {count} minute ago, which made {made}; this does it again",
            "the same call was carried out {count} minutes ago, which made {made}; this does it again",
            count=minutes,
            made=completed.made,
        )
    else:
        note = message_plural(
            "the same call was carried out {count} minute ago; this does it again",
            "the same call was carried out {count} minutes ago; this does it again",
            count=minutes,
        )
    return (warn("idempotency_key", note),)
