"""Earlier tries of the same thing whose outcome is unknown: whoever approves or repeats it is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import anyio

from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, warn
from ix_tools.i18n.formats import LISBON
from ix_tools.idempotency.intents import Intent
from ix_tools.operations.base import Operation
from ix_tools.pipeline.call_identity import CallIdentity
from ix_tools.pipeline.context import CallContext

RECENT_SECONDS = 86400.0
"""Seconds for which a try that was found not to have happened is still told."""


async def find_unresolved_attempts(
    desk: CallContext, call: Operation[Any], caller: CallIdentity, facts: Facts, held: Intent | None
) -> tuple[Intent, ...]:
    """Find earlier tries of the same call, or of the same operation on the same thing, that ended without a clear answer.

    held: the unfinished try that this call goes on with, if it does; under the same unique id that is no second one.
    """
    subject = str(call.build_trace(facts).get("subject", ""))
    about = subject if "/" in subject else ""  # without an id it is no thing, but a kind of thing
    found = await anyio.to_thread.run_sync(desk.journal.list_unsettled, caller.account, caller.operation)
    others = [
        one
        for one in found
        if (one.content in caller.content_digests or (about and one.trace.get("subject") == about))
        and (held is None or one.id != held.id)
        and (one.state != "absent" or one.seen_at - one.created_at <= RECENT_SECONDS)
    ]
    if not call.spec.effect.needs_approval:
        others = [one for one in others if one.state != "absent"]
    unique = held is not None and getattr(call.with_uid(held.uid), "proprietary_uid", None) is not None
    return (*([held] if held is not None and not unique else []), *others)


def warn_of_attempts(tries: Sequence[Intent], caller: CallIdentity) -> tuple[Finding, ...]:
    """Say of each try when it was and what is known of it."""
    return tuple(warn("journal", _describe_attempt(one, caller)) for one in tries)


def _describe_attempt(one: Intent, caller: CallIdentity) -> str:
    begun = datetime.fromtimestamp(one.created_at, LISBON)
    today = datetime.fromtimestamp(one.seen_at, LISBON).date() == begun.date()
    when = f"{begun:%H:%M}" if today else f"{begun:%d/%m/%Y %H:%M}"
    what = (
        "the same call" if one.content in caller.content_digests else f"another {one.operation} of the same"
    )
    if one.state == "absent":
        return f"{what} at {when} got no answer, and a look afterwards says that it was not carried out ({one.id})"
    return f"the outcome of {what} at {when} is unknown: look first whether it was carried out ({one.id})"
