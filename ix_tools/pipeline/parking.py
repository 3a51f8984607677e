"""Parking: a gated call waits in the store for its approval, and is carried out then, by this process or another one.

a caller's first call   ─▶ the person is asked, the call is parked in the same transaction ─▶ approval_required
the same call again     ─▶ decided? it carries itself out · carried out? its recorded result · under way? it waits for it
a driver                ─▶ `carry_out`: the stored call, on the whole pipeline, as the asker
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any

import anyio

from ix_tools.approvals.parked_calls import (
    REPEAT_SECONDS,
    ParkedCall,
    ParkedClaim,
    ParkedDraft,
    ParkedState,
    build_in_progress_error,
)
from ix_tools.approvals.parked_queue import FIRST_RETRY_SECONDS, ParkedQueue
from ix_tools.domain.today import get_today
from ix_tools.domain.types import collect_secrets
from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.idempotency.process_identity import is_owner_running, process_id
from ix_tools.operations.base import Operation
from ix_tools.operations.digests import digest_call
from ix_tools.operations.protocols import HasIdempotencyKey
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.idempotent_write import select_storable
from ix_tools.pipeline.outcomes import Completed, Outcome
from ix_tools.pipeline.previous_result import REPLAY_NOTICE
from ix_tools.pipeline.replay import recheck_difference

TRANSIENT_CODES = frozenset({"busy", "in_progress", "held_too_long", "not_carried_out"})
"""Codes of errors that pass by themselves, besides those marked as retryable."""
LOCAL = "local"
"""The credential of calls of this machine's user, besides those listed at `ParkedDraft.credential`."""
ASK_AGAIN_CODES = frozenset({"document_changed", "policy_changed", "approval_outdated"})
"""Refusals of an approval after which a person is asked again."""


@dataclass(frozen=True, slots=True)
class ParkingTerms:
    """The wish that a call is carried out when it is approved, and what that needs to know of its asker."""

    credential: str
    """Credential of the asker; see `ParkedDraft`."""
    account_label: str
    """The account's name in the settings."""
    answer_to: str = ""


@dataclass(frozen=True, slots=True)
class Parking:
    """The outer call of an execution, ready to be parked; a workflow's steps park the workflow."""

    draft: ParkedDraft
    resumed: ParkedCall | None = None
    """The parked call that is carried out now."""

    def build_draft(self, warnings: Iterable[Finding], facts: Facts, effect: Effect) -> ParkedDraft:
        """Return the call as it is stored with what the person sees.

        Fiscal documents of a series are carried out one after another, because a number's date is never before the last one's.
        """
        document = facts.document
        series = document.sequence_id if document is not None else None
        lane = f"series/{series or '-'}" if effect is Effect.FISCAL else ""
        return replace(self.draft, shown=tuple(sorted(map(_identify_warning, warnings))), lane=lane)

    def has_new_warnings(self, warnings: Iterable[Finding]) -> bool:
        """Tell whether there is a warning that the person did not see when the parked call was approved.

        A warning is the same while its field, its sentence and its values are; only a whole number in it, such as one of days,
        may be another one by now.
        """
        if self.resumed is None:
            return False
        rest = list(self.resumed.shown)
        for one in map(_identify_warning, warnings):
            if one not in rest:
                return True
            rest.remove(one)
        return False


def _identify_warning(finding: Finding) -> str:
    said = finding.problem.problem
    values = (f"{name}={value}" for name, value in sorted(said.values.items()) if not isinstance(value, int))
    return "|".join((finding.problem.field, said.id, *values))


def create_queue(context: CallContext) -> ParkedQueue:
    """Return the parked calls of the context's store."""
    return ParkedQueue(context.store, is_owner_running)


def create_claim(context: CallContext, holder: str, parked: str = "") -> ParkedClaim:
    """Return the claim of an execution of this process. `parked`: the call that it carries out, if it is known."""
    return ParkedClaim(holder, process_id(), context.journal.lease, parked)


def can_be_parked(call: Operation[Any]) -> bool:
    """Tell whether a call may wait in the store: it can need an approval, and holds no password or key."""
    return call.spec.effect.may_need_approval and not collect_secrets(call)


def build_parking(
    context: CallContext,
    call: Operation[Any],
    arguments: Mapping[str, Any],
    terms: ParkingTerms | None,
    face: str,
    host: str,
) -> Parking | None:
    """Return a call ready to be parked; None if it is not, or cannot be written as JSON."""
    if terms is None or not can_be_parked(call):
        return None
    try:
        json.dumps(dict(arguments))
    except (TypeError, ValueError):
        return None
    draft = ParkedDraft(
        operation=call.spec.name,
        content=digest_call(call, arguments)[0],
        key=_digest_key(call),
        arguments=dict(arguments),
        day=get_today().isoformat(),
        account_label=terms.account_label,
        face=face,
        host=host,
        credential=terms.credential,
        scopes=tuple(sorted(map(str, context.scopes))),
        shown=(),
        answer_to=terms.answer_to,
    )
    return Parking(draft)


def resume_parking(call: ParkedCall) -> Parking:
    """Return the parking of a call that is carried out now, so that it is parked again if a person must be asked again."""
    return Parking(ParkedDraft(**{name: getattr(call, name) for name in ParkedDraft.__slots__}), call)


def _digest_key(call: Operation[Any]) -> str:
    key = call.idempotency_key if isinstance(call, HasIdempotencyKey) else None
    return sha256(key.encode("utf-8", "replace")).hexdigest() if key is not None else ""


async def recover(context: CallContext, call: ParkedCall) -> ParkedCall | None:
    """Take over a call that its process left; see `ParkedQueue.recover`."""
    operation = catalogue()[call.operation]
    is_single = operation.spec.route is not None or operation.spec.effect is Effect.ANY
    recover_call = partial(create_queue(context).recover, call, is_single=is_single)
    return await anyio.to_thread.run_sync(recover_call)


async def find_recorded(
    context: CallContext, call: Operation[Any], arguments: Mapping[str, Any]
) -> Completed | None:
    """Return the result of the same call if it was carried out when it was approved; wait for it if it is under way."""
    if not can_be_parked(call):
        return None
    queue, give_up = create_queue(context), anyio.current_time() + context.settings.timeout_seconds
    wanted = (
        context.account.name,
        context.settings.principal,
        digest_call(call, arguments),
        _digest_key(call),
    )
    pause = 0.05
    while True:
        found = await anyio.to_thread.run_sync(queue.find_same, *wanted)
        if found is None or found.state != "running" or queue.is_abandoned(found):
            break
        if anyio.current_time() > give_up:
            raise build_in_progress_error()
        await anyio.sleep(pause + secrets.randbelow(100) / 1000)
        pause = min(0.5, pause * 1.5)
    if found is None or found.state != "done" or found.result is None or found.finished_at is None:
        return None
    if found.seen_at - found.finished_at > REPEAT_SECONDS:
        return None
    recorded = {**found.result, "replayed": True}
    if recorded.get("code"):
        return Completed(await recheck_difference(context, call, recorded))
    if not found.key:
        recorded["warnings"] = [*recorded.get("warnings", []), REPLAY_NOTICE.as_dict()]
    return Completed(recorded)


# --- the end -------------------------------------------------------------------------------------------


async def record_outcome(context: CallContext, claim: ParkedClaim, outcome: Outcome) -> None:
    """Record the outcome of an execution that carried out a parked call."""
    if not claim.parked:
        return
    if isinstance(outcome, Completed):
        await _finish(context, claim, "done", select_storable(outcome.body))
    elif outcome.approval.id != claim.parked:  # otherwise it still waits for the same approval
        body = {"ok": False, "code": "asked_again", "approval": outcome.approval.id}
        await _finish(context, claim, "returned", body, outcome.approval.id)


async def record_failure(context: CallContext, claim: ParkedClaim, failure: IxError) -> float | None:
    """Record why a parked call was not carried out; return the seconds until it is tried again, or None if it is over."""
    if not claim.parked:
        return None
    body = failure.as_dict()
    if failure.code == "stored_differently":
        await _finish(context, claim, "done", select_storable(body))
        return None
    if failure.code in ASK_AGAIN_CODES:
        return 0.0  # its approval has ended, so the next attempt asks
    if failure.sent == "unknown" or failure.retryable or failure.code in TRANSIENT_CODES:
        postpone = create_queue(context).postpone
        with suppress(StoreUnavailable), anyio.CancelScope(shield=True):
            return await anyio.to_thread.run_sync(postpone, claim, body, failure.sent == "unknown")
        return FIRST_RETRY_SECONDS
    await _finish(context, claim, "failed", body)
    return None


async def refuse(queue: ParkedQueue, call: ParkedCall, refusal: IxError) -> None:
    """Record that a parked call is not carried out, because its asker may not act any more."""
    claim = ParkedClaim(call.holder, call.owner, 0.0, call.id)
    await anyio.to_thread.run_sync(queue.finish, claim, "failed", refusal.as_dict())


async def _finish(
    context: CallContext,
    claim: ParkedClaim,
    state: ParkedState,
    result: Mapping[str, Any],
    follow_up: str = "",
) -> None:
    """Record the end. If the store fails, the call counts as left behind, and the journal tells the next one what was done."""
    queue = create_queue(context)
    with suppress(StoreUnavailable), anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(queue.finish, claim, state, result, follow_up)
