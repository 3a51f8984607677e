"""Issuing of a batch: in the order of the file, one document at a time in each series, then its e-mail; or the deletion of its drafts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from ix_tools.batch.carrier import BatchRun
from ix_tools.batch.drafting import is_passing
from ix_tools.batch.models import BatchRow
from ix_tools.batch.sheet import build_call, build_mail, build_workflow, record_state
from ix_tools.errors import ApprovalRefused, IxError, NotFound, StoredDifferently
from ix_tools.i18n.messages import message
from ix_tools.operations.base import BundledApproval
from ix_tools.pipeline.execute import execute, execute_covered
from ix_tools.pipeline.outcomes import ApprovalRequired, Completed
from ix_tools.pipeline.turns import Turn, TurnLost

AHEAD = 3
"""Documents of a series that are under way: one is sent e-mail, one is issued, one is looked up."""


async def carry_out(run: BatchRun) -> IxError | None:
    """Carry out what the approval covers; return why a series stopped, or None.

    Raises:
        IxError: A passing trouble.
    """
    rows = await run.load_rows()
    covered = [
        one for one in rows if one.bindings and one.state in {"drafted", "trying", "issued", "removing"}
    ]
    lanes: dict[str, list[BatchRow]] = {}
    for one in covered:
        lanes.setdefault(one.lane, []).append(one)
    done = len([one for one in rows if one.bindings]) - len(covered)
    issuing = _Issuing(run, done, len(covered) + done)
    async with anyio.create_task_group() as group:
        for lane in lanes.values():
            group.start_soon(issuing.carry_out, lane)
    if issuing.failures:
        raise issuing.failures[0]
    return issuing.stops[0] if issuing.stops else None


@dataclass
class _Issuing:
    """One pass over the documents that an approval covers."""

    run: BatchRun
    done: int
    total: int
    stops: list[IxError] = field(default_factory=list)
    """Why series stopped."""
    failures: list[IxError] = field(default_factory=list)
    """Trouble that passes."""

    async def carry_out(self, lane: Sequence[BatchRow]) -> None:
        """Carry out the documents of a series in their order; the next ones are prepared meanwhile."""
        turn: Turn | None = None
        places = anyio.CapacityLimiter(AHEAD)
        async with anyio.create_task_group() as group:
            for row in lane:
                await places.acquire_on_behalf_of(row.place)
                if self.failures or (turn is not None and turn.is_lost):
                    return
                turn = Turn(turn)
                group.start_soon(self._carry_out, row, turn, places)

    async def _carry_out(self, row: BatchRow, turn: Turn, places: anyio.CapacityLimiter) -> None:
        try:
            stop = await _carry_out(self.run, row, turn)
        except TurnLost:
            return
        except IxError as failure:
            self.failures.append(failure)
            return
        finally:
            turn.give_up()
            places.release_on_behalf_of(row.place)
        if stop is not None:
            self.stops.append(stop)
            return
        self.done += 1
        await self.run.progress(self.run.batch.purpose, self.done, self.total)


async def _carry_out(run: BatchRun, row: BatchRow, turn: Turn) -> IxError | None:
    """Carry out one document; return why its series must stop, or None.

    Raises:
        TurnLost: The one before it was not carried out.
    """
    if row.state in {"drafted", "trying", "removing"}:
        stop = await _change_state(run, row, turn)
        if stop is not None:
            return stop
        row = await run.load_row(row)
    turn.confirm()
    if row.state == "issued":
        await _send_email(run, row)
    return None


async def _change_state(run: BatchRun, row: BatchRow, turn: Turn) -> IxError | None:
    deletes = run.batch.purpose == "delete"
    if row.state != "drafted":
        # An earlier run may have sent it and died.
        await _recover(run, row)
        row = await run.load_row(row)
        if row.state not in {"trying", "removing"}:
            return None
    await run.update_row(row.place, state="removing" if deletes else "trying")
    bundle = BundledApproval(build_workflow(run.batch))
    try:
        outcome = await execute_covered(
            run.context,
            "change_state",
            build_call(run.batch, row),
            bundle,
            run.origin,
            run.take_shown(row.place),
            turn,
        )
    except StoredDifferently as difference:
        document = difference.details.get("document") or {}
        number = str(document.get("number") or "")
        await run.update_row(row.place, state="held", number=number, problem=difference.dump())
        return None
    except ApprovalRefused as refusal:
        await run.update_row(row.place, state="held", problem=refusal.dump())
        return None
    except TurnLost:
        await run.update_row(row.place, state="drafted")
        raise
    except IxError as failure:
        return await _judge_failure(run, row, failure)
    if isinstance(outcome, ApprovalRequired):
        # Its part of the approval was used by a request whose outcome was lost, or the policy requires more now.
        await run.update_row(row.place, state="held", problem=_build_lost_refusal(outcome).dump())
        return None
    if deletes:
        await run.update_row(row.place, state="deleted")
    else:
        await record_state(run, row, outcome.body["document"])
    return None


async def _judge_failure(run: BatchRun, row: BatchRow, failure: IxError) -> IxError | None:
    """Record a refused document, and return why its series must stop.

    Raises:
        IxError: It is trouble that passes.
    """
    if is_passing(failure):
        raise failure
    await _recover(run, row)
    row = await run.load_row(row)
    if row.state not in {"trying", "removing"}:
        return None
    deletes = run.batch.purpose == "delete"
    await run.update_row(row.place, state="held" if deletes else "drafted", problem=failure.dump())
    return None if deletes else _build_stop(row, failure)


async def _recover(run: BatchRun, row: BatchRow) -> None:
    """Record what an earlier attempt did, if it did something."""
    about = {"document_type": row.document_type, "document_id": row.document}
    try:
        outcome = await execute(run.context, "get_document", about, origin=run.origin)
    except NotFound:
        await run.update_row(row.place, state="deleted")
        return
    assert isinstance(outcome, Completed)
    await record_state(run, row, outcome.body["document"])


async def _send_email(run: BatchRun, row: BatchRow) -> None:
    """Send a document by e-mail, once. If that fails, the document stays issued, and the report names the failure."""
    mail: dict[str, Any] = build_mail(row)
    if not mail:
        await run.update_row(row.place, state="done")
        return
    bundle = BundledApproval(build_workflow(run.batch), step_key=f"{row.key}/email")
    try:
        outcome = await execute_covered(run.context, "send_email", mail, bundle, run.origin)
    except IxError as failure:
        if is_passing(failure) and failure.sent != "unknown":
            raise
        # An e-mail whose outcome is unknown is never sent again unasked.
        await run.update_row(row.place, state="held", problem=failure.dump())
        return
    if isinstance(outcome, ApprovalRequired):
        await run.update_row(row.place, state="held", problem=_build_lost_refusal(outcome).dump())
        return
    await run.update_row(row.place, state="done")


def _build_stop(row: BatchRow, failure: IxError) -> IxError:
    return IxError(
        message(
            "Row {row} was refused, and its series stopped there: {why}", row=row.row, why=failure.message
        ),
        code="batch_stopped",
        problems=failure.problems,
        next=message("settle that document; then run the same file again, and the others go on"),
    )


def _build_lost_refusal(outcome: ApprovalRequired) -> ApprovalRefused:
    return ApprovalRefused(
        message("The approval of the batch no longer counts for this document; it is asked about by itself."),
        code="approval_used",
        next=message("decide the approval {id}, then repeat the call", id=outcome.approval.id),
    )
