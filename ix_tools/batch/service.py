"""Batches for callers who make one call after another: a call starts a batch or carries it on, and tells how far it is.

    rows or a file ─▶ every row judged ─▶ drafts ─▶ approval_required, with the handle ─▶ the same call again ─▶ issued
                            │ refused: all faults        │ time is up: its state, and the next call goes on

On a machine of its own the call carries the batch itself; on a server, whose driver carries batches, it only follows.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import PurePath
from typing import Any

import anyio

from ix_tools.approvals.links import deliver_link
from ix_tools.approvals.models import Approval, CallOrigin
from ix_tools.batch.carrier import BatchRun
from ix_tools.batch.models import Batch
from ix_tools.batch.progress import STEPS, measure_step
from ix_tools.batch.report import describe_batch
from ix_tools.batch.run import run_batch
from ix_tools.batch.start import (
    Starter,
    create_repository,
    find_own_batch,
    reopen,
    start_batch,
    turn_to_deletion,
)
from ix_tools.errors import IxError
from ix_tools.i18n.messages import message
from ix_tools.operations.base import BatchRequest
from ix_tools.operations.workflows.batches import RunBatch
from ix_tools.pipeline.approval_gate import build_pending_response
from ix_tools.pipeline.context import CallContext, NotifyProgress
from ix_tools.pipeline.outcomes import ApprovalRequired, Completed, Outcome

CALL_SECONDS = 45.0
"""Seconds for which a call carries a batch on or follows it. Many hosts give up on a call after a minute."""
POLL_SECONDS = 0.25
MOVING = frozenset({"drafting", "asking", "asked", "working"})
DEFAULT_NAME = "batch"


async def carry_here(
    context: CallContext, request: BatchRequest, origin: CallOrigin, progress: NotifyProgress
) -> Outcome:
    """Carry the batch on until a person must decide, it is over, or the time of the call is up."""
    batch = await _find_or_start(context, request, origin, progress)
    run: BatchRun | None = None
    report = partial(_report, progress)
    with anyio.move_on_after(CALL_SECONDS):
        try:
            run = await run_batch(context, batch.id, origin, report, asks_again=request.asks_again)
        except IxError as failure:
            if failure.code != "in_progress":
                failure.details = {**failure.details, "batch": batch.id}
                raise
            await _follow(context, batch.id, progress)
    return await _build_outcome(context, batch.id, origin, run)


async def follow_driver(
    context: CallContext, request: BatchRequest, origin: CallOrigin, progress: NotifyProgress
) -> Outcome:
    """Follow the batch that a driver carries until a person must decide, it is over, or the time of the call is up."""
    batch = await _find_or_start(context, request, origin, progress)
    if request.asks_again:
        await reopen(context, batch, origin.credential)
    with anyio.move_on_after(CALL_SECONDS):
        await _follow(context, batch.id, progress)
    return await _build_outcome(context, batch.id, origin, None)


async def describe_own_batch(context: CallContext, identifier: str) -> dict[str, Any]:
    """Return the state of a batch of this caller."""
    batch = await find_own_batch(context, identifier)
    rows = await anyio.to_thread.run_sync(create_repository(context).list_rows, batch.id)
    shown = describe_batch(batch, rows, context.settings.language)
    approval = {"approval_id": shown.pop("approval")} if "approval" in shown else {}
    return {"batch": shown.pop("id"), "name": shown.pop("file"), **shown, **approval}


async def _find_or_start(
    context: CallContext, request: BatchRequest, origin: CallOrigin, progress: NotifyProgress
) -> Batch:
    if request.batch:
        batch = await find_own_batch(context, request.batch)
        if request.discards:
            await turn_to_deletion(context, batch.id)
        return batch
    starter = Starter(origin.face, origin.credential)
    judged = partial(_report, progress, "judge")
    name = _fit_name(request.name or DEFAULT_NAME)
    return await start_batch(context, request.content, name, starter=starter, progress=judged)


def _fit_name(name: str) -> str:
    """Return the name without an ending: the content of a call is text, whatever the file was that it came from."""
    return PurePath(name).stem or DEFAULT_NAME


async def _report(progress: NotifyProgress, step: str, done: int, of: int) -> None:
    await progress(done, of, message("{step}: {done} of {total}", step=STEPS[step], done=done, total=of))


async def _follow(context: CallContext, identifier: str, progress: NotifyProgress) -> None:
    """Report how far a batch is that somebody else carries on, until it waits for a person or is over."""
    repository, told = create_repository(context), ("", 0, 0)
    while True:
        batch = await anyio.to_thread.run_sync(repository.find, identifier)
        if batch is None or batch.state not in MOVING:
            return
        if batch.state == "asked" and await _is_pending(context, batch.approval):
            return
        counts = await anyio.to_thread.run_sync(repository.count_states, identifier)
        measured = measure_step(batch, counts)
        if measured != told:
            told = measured
            await _report(progress, *measured)
        await pause()


async def pause() -> None:
    """Wait until it is looked again how far a batch is."""
    await anyio.sleep(POLL_SECONDS)


async def _is_pending(context: CallContext, identifier: str) -> bool:
    found = await anyio.to_thread.run_sync(context.approvals.find, identifier)
    return found.state == "pending" and found.expires_at > context.approvals.clock()


async def _build_outcome(
    context: CallContext, identifier: str, origin: CallOrigin, run: BatchRun | None
) -> Outcome:
    body = await describe_own_batch(context, identifier)
    if body["state"] != "asked" or not await _is_pending(context, body["approval_id"]):
        return Completed(body)
    approval: Approval = await anyio.to_thread.run_sync(context.approvals.find, body["approval_id"])
    if approval.channel == "page" and origin.can_open_link:
        response = _build_response(context, approval, body, None)
        return ApprovalRequired(approval, response, is_asked_by_interface=True)
    delivery = run.asked[1] if run is not None and run.asked is not None else None
    if delivery is None and approval.channel == "page" and context.page_host is not None:
        delivery = await deliver_link(context.page_host, context.links, approval, context.settings)
    response = _build_response(context, approval, body, delivery)
    return ApprovalRequired(approval, response, is_page_open=delivery is not None and delivery.is_open)


def _build_response(
    context: CallContext, approval: Approval, body: Mapping[str, Any], delivery: Any
) -> dict[str, Any]:
    """Return what the caller is told while a person must approve: as of any call, with the batch and how it goes on."""
    response = build_pending_response(approval, context.settings, delivery)
    steps = [
        {**one, "tool": RunBatch.spec.name, "arguments": {"batch": body["batch"]}} for one in response["next"]
    ]
    about = {name: body[name] for name in ("batch", "name", "purpose", "state", "documents", "rows")}
    # Its drafts were stored; nothing that cannot be undone was sent.
    return {**response, **about, "sent": "stored" if body["purpose"] == "issue" else "nothing", "next": steps}
