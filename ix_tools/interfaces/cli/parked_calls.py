"""Carry out this user's approved calls on the command line, for machines where no server runs."""

from collections.abc import Iterator
from typing import Any

import anyio

from ix_tools.approvals.expiry import expire_overdue
from ix_tools.approvals.parked_calls import ParkedCall, ParkedState
from ix_tools.approvals.parked_queue import ParkedQueue
from ix_tools.error_codes import Exit
from ix_tools.i18n.messages import Message, message
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.output import print_rows
from ix_tools.interfaces.driver.driver import SWEEP_SECONDS, Driver
from ix_tools.interfaces.driver.local_askers import LocalAskers
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.parking import create_queue

NOTHING = message("No approved request waits to be carried out.")
STATES: dict[ParkedState, Message] = {
    "waiting": message("tried again later"),
    "running": message("carried out by another program"),
    "unknown": message("not known yet; it is being looked up"),
    "done": message("carried out"),
    "failed": message("not carried out"),
    "returned": message("a person is asked again"),
    "ended": message("not carried out: rejected, or too late"),
}
EXITS: dict[ParkedState, Exit] = {"unknown": Exit.UNKNOWN, "failed": Exit.REFUSED, "ended": Exit.REFUSED}
COLUMNS = ("id", "operation", "state", "about")


def carry_out_approved(run: Invocation, *, follow: bool) -> Exit:
    """Carry out what is approved, and print how each call ended; `follow`: until Ctrl-C.

    Returns:
        The gravest exit code of a call.
    """
    with run.open_account() as settings:
        return anyio.run(_carry_out, run, CallContext.open(settings, clock=run.clock, now=run.now), follow)


async def _carry_out(run: Invocation, context: CallContext, follow: bool) -> Exit:
    askers, queue = LocalAskers(context), create_queue(context)
    driver, exits = Driver(context.store, [askers], context.settings), [Exit.OK]
    try:
        while True:
            ended: list[ParkedCall] = []
            await anyio.to_thread.run_sync(expire_overdue, context.store, context.approvals.clock())
            while due := await anyio.to_thread.run_sync(_list_due, queue, askers, {one.id for one in ended}):
                for call in due:
                    await driver.carry_out(call.id)
                    found = await anyio.to_thread.run_sync(queue.find, call.id)
                    ended += [found or call]
            if ended or not follow:
                rows = list(_describe(run, ended))
                print_rows(run, "calls", rows, empty=run.translate(NOTHING), columns=COLUMNS)
            exits += [EXITS.get(one.state, Exit.OK) for one in ended]
            if not follow:
                return max(exits)
            await anyio.sleep(SWEEP_SECONDS)
    finally:
        with anyio.CancelScope(shield=True):
            await context.close()


def _list_due(queue: ParkedQueue, askers: LocalAskers, tried: set[str]) -> list[ParkedCall]:
    return [one for one in queue.list_due(askers.drives) if one.id not in tried]


def _describe(run: Invocation, ended: list[ParkedCall]) -> Iterator[dict[str, Any]]:
    for one in ended:
        result = one.result or {}
        document = result.get("document") or result.get("receipt") or {}
        about = one.follow_up or document.get("number") or result.get("code") or ""
        state = one.state if run.wants_json else run.translate(STATES[one.state])
        yield {"id": one.id, "operation": one.operation, "state": state, "about": str(about)}
