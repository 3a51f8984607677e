"""Run of a batch: from the state in which it is, as far as it can go without a decision by a person.

    drafting   every document as a draft, several at a time      ─▶ asking
    asking     each draft examined, one sheet, one question      ─▶ asked
    asked      decided? the approval covers what was not left out ─▶ working
    working    finalize in order, one at a time per series, then e-mail ─▶ done · partial

Each step is recorded before the next begins, and every request has a key or an approval that is good once; so a run that is
killed anywhere is repeated by this or another process without a second document.
"""

from collections import Counter
from typing import Any

import anyio

from ix_tools.approvals.joint_decisions import load_left_out
from ix_tools.approvals.models import Approval, Binding, CallOrigin
from ix_tools.approvals.refusals import OUTDATED_CODES
from ix_tools.approvals.release import release_unsent_calls
from ix_tools.batch import drafting, issuing, sheet
from ix_tools.batch.carrier import BatchProgress, BatchRun, build_busy_error, ignore_progress
from ix_tools.batch.models import ENDED_BATCH, ENDED_ROW, GOOD_ROW
from ix_tools.batch.start import create_repository, reopen
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import message
from ix_tools.idempotency.process_identity import process_id
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.joint_approval import bind_workflow
from ix_tools.pipeline.outcome_detection import recover_unfinished

CARRIED: set[tuple[str, str]] = set()
"""Account and id of the batches that this process carries on now; a second run would be the same owner in the store."""
COVERED_MINUTES = 24 * 60
"""Minutes for which a yes covers the documents of a batch; what is left then is asked about again."""
ASK_AGAIN = OUTDATED_CODES | {"approval_expired"}


async def run_batch(
    context: CallContext,
    identifier: str,
    origin: CallOrigin,
    progress: BatchProgress = ignore_progress,
    *,
    asks_again: bool = False,
) -> BatchRun:
    """Carry a batch on until it ends, a person must decide, or it stops.

    Args:
        asks_again: continue a batch that was rejected, expired or stopped.

    Raises:
        IxError: A passing trouble; the same call goes on from there.
    """
    repository = create_repository(context)
    owner, lease = process_id(), context.journal.lease
    batch = await anyio.to_thread.run_sync(repository.find, identifier)
    assert batch is not None
    if batch.state in ENDED_BATCH:
        return BatchRun(context, batch, origin, progress)
    place = (batch.account, batch.id)
    if place in CARRIED or not await anyio.to_thread.run_sync(repository.claim, identifier, owner, lease):
        raise build_busy_error(batch)
    if place in CARRIED:  # another run of this process claimed it meanwhile, as the same owner
        raise build_busy_error(batch)
    CARRIED.add(place)
    try:
        batch = await anyio.to_thread.run_sync(repository.find, identifier)
        assert batch is not None
        run = BatchRun(context, batch, origin, progress)
        if asks_again:
            await reopen(context, batch, origin.credential)
            await run.update()
        while await _advance(run):
            pass
        return run
    finally:
        try:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(repository.release, identifier, owner)
        finally:  # the database may be away; then the lease ends by itself
            CARRIED.discard(place)


async def _advance(run: BatchRun) -> bool:
    """Take the next step; return False where there is none now."""
    state = run.batch.state
    if state == "drafting":
        if run.batch.purpose == "issue":
            await drafting.create_drafts(run)
        await run.update(state="asking")
        return True
    if state == "asking":
        return await _ask(run)
    if state == "asked":
        return await _use_decision(run)
    if state == "working":
        if run.batch.valid_until <= await _read_time(run.context):
            await run.update(state="asking")
            return True
        await recover_unfinished(run.context)
        await run.in_store(release_unsent_calls, run.context.store, run.batch.approval)
        stop = await issuing.carry_out(run)
        if stop is not None:
            await run.update(state="stopped", reason=stop.dump())
            return False
        return await _finish(run)
    return False


async def _finish(run: BatchRun) -> bool:
    rows = await run.load_rows()
    if any(one.state not in ENDED_ROW for one in rows):
        await run.update(state="asking")
        return True
    counts = Counter(one.state for one in rows)
    is_done = all(one.state in GOOD_ROW for one in rows)
    await run.in_store(run.repository.finish, run.batch, "done" if is_done else "partial", counts)
    found = await run.in_store(run.repository.find, run.batch.id)
    run.batch = found
    return False


async def _ask(run: BatchRun) -> bool:
    """Ask a person about all drafts; a batch without one has ended."""
    await run.update(round=run.batch.round + 1)
    found = await sheet.prepare(run)
    if not found:
        return await _finish(run)
    run.asked = await sheet.request(run, found)
    await run.update(state="asked", approval=run.asked[0].id)
    return True


async def _use_decision(run: BatchRun) -> bool:
    """Use the decision of the person, if there is one."""
    context, approvals = run.context, run.context.approvals
    found = await run.in_store(approvals.find, run.batch.approval)
    now = approvals.clock()
    if found.state == "used":  # this process or an earlier one used it, and died before it recorded that
        return await _begin_work(run, found)
    if found.state == "rejected":
        await run.update(state="rejected", reason=_describe_rejection(found))
        return False
    if found.state in {"stale", "expired"} or found.expires_at <= now:
        await run.update(state="expired")
        return False
    if found.state != "approved":
        return False
    rows = [one for one in await run.load_rows() if one.bindings]
    calls = {row.place: [_bind(context, one) for one in row.bindings] for row in rows}
    binding = bind_workflow(context, sheet.build_workflow(run.batch), calls)
    try:
        used = await run.in_store(approvals.consume_joint, binding, calls, COVERED_MINUTES)
    except ApprovalRefused as refusal:
        if refusal.code not in ASK_AGAIN:
            raise
        await run.update(state="asking")
        return True
    if used is None:
        return False
    return await _begin_work(run, await run.in_store(approvals.find, used))


async def _begin_work(run: BatchRun, found: Approval) -> bool:
    left_out = load_left_out(found.choice)
    rows = [one for one in await run.load_rows() if one.bindings and one.state == "drafted"]
    state = "left_out"
    changes = {one.place: {"state": state, "bindings": []} for one in rows if one.place in left_out}
    await run.in_store(run.repository.update_rows, run.batch.id, changes)
    decided = found.decided_at or run.context.approvals.clock()
    await run.update(state="working", valid_until=decided + (COVERED_MINUTES - 1) * 60)
    return True


def _bind(context: CallContext, stored: tuple[str, str, str]) -> Binding:
    return Binding(context.settings.principal, context.account.name, *stored)


def _describe_rejection(found: Approval) -> dict[str, Any]:
    refusal = ApprovalRefused(
        message("The person rejected the batch. {reason}", reason=found.reason or ""),
        code="approval_declined",
        next=message(
            "run the file again to ask once more, or delete its drafts with `ix-tools batch discard`"
        ),
    )
    return refusal.dump()


async def _read_time(context: CallContext) -> float:
    return context.approvals.clock()
