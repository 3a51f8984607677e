"""Recognise a call that comes again: by its key, or by its content.

Keys are of four kinds in the journal, and whoever calls writes into the first alone:
`caller:` what a caller gave · `step:` a recipe's, for one of its steps · `content:` of a create without a key, for a day ·
`approval:` and `call:` of everything else, which is each time its own.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from ix_tools.errors import Refused
from ix_tools.idempotency.intents import Intent
from ix_tools.operations.base import BundledApproval, Operation
from ix_tools.operations.digests import can_compare, digest_call
from ix_tools.pipeline.context import CallContext

MIDNIGHT_GRACE_SECONDS = 3600.0
"""Seconds for which what was asked for yesterday without a key is still the same call: midnight makes no second one."""


@dataclass(frozen=True, slots=True)
class CallIdentity:
    """Who calls, and how what they call is recognised when they call again."""

    account: str
    principal: str
    face: str
    operation: str
    content_digests: tuple[str, ...]
    """Digests of the call: the one to write, then those that older versions wrote for the same call."""
    keys: tuple[str, ...]
    """The caller's own key; or for creates a key of each content for today, then for yesterday; or none: each call is its own."""
    has_explicit_key: bool
    """Whether the key was given: by the caller, or by the recipe that this call is a step of."""
    started_at: float
    """When the call came in, by this process's own count of seconds."""


def identify_call(
    desk: CallContext,
    call: Operation[Any],
    face: str,
    arguments: Mapping[str, Any],
    covering: BundledApproval | None = None,
) -> CallIdentity:
    """Recognise a call."""
    step = covering.step_key if covering is not None else ""
    given = getattr(call, "idempotency_key", None)
    contents = digest_call(call, arguments)
    keys: tuple[str, ...] = ()
    if step:
        # Older versions wrote a step's key as if a caller had given it.
        keys = (f"step:{step}", f"caller:{step}")
    elif given is not None:
        short = len(given) <= 128 and given.isprintable()
        keys = (f"caller:{given if short else sha256(given.encode('utf-8', 'replace')).hexdigest()}",)
    elif not call.spec.effect.needs_approval and not call.spec.idempotent:
        today = desk.now().date()
        days = (today, today - timedelta(days=1))
        keys = tuple(f"content:{day}:{content}" for day in days for content in contents)
    return CallIdentity(
        account=desk.account.name,
        principal=desk.settings.principal,
        face=face,
        operation=call.spec.name,
        content_digests=contents,
        keys=keys,
        has_explicit_key=bool(step) or given is not None,
        started_at=time.monotonic(),
    )


def is_same_call(found: Intent, age: int, caller: CallIdentity) -> bool:
    """Tell whether what is under one of the caller's keys counts; `age`: that key's place."""
    if caller.has_explicit_key:
        return age == 0 or found.content in caller.content_digests
    of_today = age < len(caller.content_digests)
    return of_today or found.seen_at - found.created_at < MIDNIGHT_GRACE_SECONDS


def build_reused_key_refusal(intent: Intent, caller: CallIdentity) -> Refused:
    """Build the refusal of a key that belongs to another call, or of which nobody can tell any more."""
    if intent.operation == caller.operation and not can_compare(intent.content):
        return Refused(
            f"The idempotency_key was used for a call of {intent.operation} by another version of ix-tools, and whether "
            "that was this call cannot be told.",
            code="idempotency_key_of_another_version",
            next=f"see what came of it (`ix-tools journal show {intent.id}`); if it was another call, or is wanted a "
            "second time, use a new key",
            details={"journal": intent.id},
        )
    return Refused(
        f"The idempotency_key was already used for another call ({intent.operation}).",
        code="idempotency_key_reused",
        next="use a new key for a new call; the same key only with exactly the same arguments",
    )
