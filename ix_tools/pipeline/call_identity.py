"""Identity of a call: its idempotency keys and content digests, by which a repetition is recognized.

The journal has four kinds of keys, and callers can write only the first:
`caller:` given by the caller · `step:` of a workflow's step · `content:` of a create without a key, for one day ·
`approval:` and `call:` of every other call, unique each time.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from ix_tools.domain.today import get_today
from ix_tools.errors import Refused
from ix_tools.i18n.messages import message
from ix_tools.idempotency.intents import Intent
from ix_tools.operations.base import BundledApproval, Operation
from ix_tools.operations.digests import can_compare, digest_call
from ix_tools.operations.protocols import HasIdempotencyKey
from ix_tools.pipeline.context import CallContext

MIDNIGHT_GRACE_SECONDS = 3600.0
"""Seconds after which a call without a key from before midnight no longer counts as the same call."""


@dataclass(frozen=True, slots=True)
class CallIdentity:
    """Caller, account and the keys and digests that identify a call."""

    account: str
    principal: str
    face: str
    operation: str
    content_digests: tuple[str, ...]
    """Digests of the call: the current one first, then those that older versions wrote for the same call."""
    keys: tuple[str, ...]
    """The given key; for creates without one, a key per digest for today, then for yesterday; otherwise none."""
    has_explicit_key: bool
    """True if the caller, or the workflow that this call is a step of, gave the key."""
    started_at: float
    """Arrival time on this process's monotonic clock."""


def identify_call(
    context: CallContext,
    call: Operation[Any],
    face: str,
    arguments: Mapping[str, Any],
    bundle: BundledApproval | None = None,
) -> CallIdentity:
    """Return the identity of a call."""
    step = bundle.step_key if bundle is not None else ""
    given = call.idempotency_key if isinstance(call, HasIdempotencyKey) else None
    contents = digest_call(call, arguments)
    keys: tuple[str, ...] = ()
    if step:
        # Older versions wrote a step's key as if a caller had given it.
        keys = (f"step:{step}", f"caller:{step}")
    elif given is not None:
        short = len(given) <= 128 and given.isprintable()
        keys = (f"caller:{given if short else sha256(given.encode('utf-8', 'replace')).hexdigest()}",)
    elif not call.spec.effect.needs_approval and not call.spec.idempotent:
        today = get_today()
        days = (today, today - timedelta(days=1))
        keys = tuple(f"content:{day}:{content}" for day in days for content in contents)
    return CallIdentity(
        account=context.account.name,
        principal=context.settings.principal,
        face=face,
        operation=call.spec.name,
        content_digests=contents,
        keys=keys,
        has_explicit_key=bool(step) or given is not None,
        started_at=time.monotonic(),
    )


def is_same_call(found: Intent, age: int, identity: CallIdentity) -> bool:
    """Tell whether an intent found under one of the call's keys is the same call.

    Args:
        age: The index of the key in `keys`; older keys come later.
    """
    if identity.has_explicit_key:
        return age == 0 or found.content in identity.content_digests
    of_today = age < len(identity.content_digests)
    return of_today or found.seen_at - found.created_at < MIDNIGHT_GRACE_SECONDS


def build_reused_key_refusal(intent: Intent, identity: CallIdentity) -> Refused:
    """Build the refusal of a key that belongs to another call, or to one that cannot be compared."""
    if intent.operation == identity.operation and not can_compare(intent.content):
        return Refused(
            message(
                "Another version of ix-tools used the idempotency_key for a call of {operation}; this "
                "version cannot tell whether it was the same call.",
                operation=intent.operation,
            ),
            code="idempotency_key_of_another_version",
            next=message(
                "see its outcome with `ix-tools journal show {id}`; for another call, or to do it a "
                "second time, use a new key",
                id=intent.id,
            ),
            details={"journal": intent.id},
        )
    return Refused(
        message(
            "The idempotency_key was already used for another call ({operation}).", operation=intent.operation
        ),
        code="idempotency_key_reused",
        next=message("use a new key for a new call; repeat a key only with exactly the same arguments"),
    )
