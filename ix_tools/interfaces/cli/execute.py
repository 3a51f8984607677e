"""Run a call through the pipeline, and ask the person at this terminal if it needs approval.

    person at a terminal    execute ─▶ ApprovalRequired ─▶ ask here ─▶ execute(reply)
    channel "terminal"      execute ─▶ ApprovalRequired ─▶ ask here ─▶ decide ─▶ execute
    no person               execute ─▶ ApprovalRequired, exit 3 ─▶ `ix-tools approvals approve ID` ─▶ the same command

The first is this host's form: the answer is valid for this call only, and no other program can use it. With the setting
`terminal` a decision belongs to `approvals`; a person at this terminal could type that command, so the approval is asked
for here and decided there. A terminal shows that somebody typed, not who: a program that drives a terminal can type
too. If that matters, run programs that must not approve under another user, with another store.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
from pydantic import SecretStr

from ix_tools.approvals.repository import Reply
from ix_tools.batch.callers import CarriedByCaller
from ix_tools.config.settings import Settings
from ix_tools.error_codes import Exit
from ix_tools.errors import ApprovalRefused, IxError
from ix_tools.i18n.messages import message
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.repositories import open_approvals
from ix_tools.interfaces.signals import receive_signals
from ix_tools.operations.base import Operation
from ix_tools.operations.spec import Effect
from ix_tools.pipeline.execute import (
    ApprovalRequired,
    CallContext,
    CallOrigin,
    Completed,
    ParkingTerms,
    execute,
)
from ix_tools.pipeline.parking import LOCAL

log = logging.getLogger(__name__)
INTERRUPT_SECONDS = 0.3
"""Seconds after Ctrl-C in which a call that can be cancelled has ended."""


def execute_call(run: Invocation, operation: type[Operation[Any]], call: Mapping[str, Any]) -> dict[str, Any]:
    """Run the call, prompting for approval if needed."""
    with run.open_account() as settings:
        ours = settings if operation.spec.effect is not Effect.LOCAL else _without_account(settings)
        try:
            return _execute_with_approval(run, ours, operation, call)
        except IxError:
            raise
        except Exception as fault:
            log.exception("%s failed", operation.spec.name)
            raise _build_internal_error(operation, fault) from None


def _execute_with_approval(
    run: Invocation, settings: Settings, operation: type[Operation[Any]], call: Mapping[str, Any]
) -> dict[str, Any]:
    person = prompt.is_interactive()
    origin = CallOrigin("cli", can_show_form=person)
    execute_once = partial(_execute_interruptibly, run, settings, operation.spec.name, call, origin)
    outcome = execute_once()
    if not isinstance(outcome, ApprovalRequired) or not person:
        return outcome.body
    # Asked outside the event loop, so that Ctrl-C at the prompt just interrupts.
    if outcome.is_asked_by_interface:
        answer = prompt.ask_approval(run, outcome.approval)
        try:
            return execute_once(answer).body
        except ApprovalRefused as refusal:
            if not answer.approved:
                # The reader is the person who just declined.
                refusal.next = message("repeat the command to be asked again")
            raise
    with open_approvals(run, settings) as approvals:
        approval = approvals.find(outcome.approval.id)
        answer = prompt.ask_approval(run, approval)
        if not answer.approved or (approval.differs and not answer.accepted_differences):
            raise ApprovalRefused(
                message("It was not approved."),
                code="approval_declined",
                next=message(
                    "repeat the command to be asked again, or `{command}` to refuse it to every program that asks",
                    command=run.build_command("approvals", "reject", approval.id),
                ),
            )
        approvals.decide(approval.id, approve=True, accept_differences=answer.accepted_differences)
    return execute_once().body


def _without_account(settings: Settings) -> Settings:
    """Return settings for a call that is answered on this machine: it needs no account and contacts none."""
    key = settings.api_key if settings.api_key.get_secret_value() else SecretStr("none")
    return settings.model_copy(update={"account": settings.account or "none", "api_key": key})


def _build_internal_error(operation: type[Operation[Any]], fault: Exception) -> IxError:
    return IxError(
        message("ix-tools failed ({name}); this is a fault of ours.", name=type(fault).__name__),
        code="internal_error",
        sent="unknown" if operation.spec.effect.writes else "refused",
        next=(
            message("check whether it happened before you repeat it")
            if operation.spec.effect.writes
            else message("report it with the error above")
        ),
    )


# --- one call through the pipeline ----------------------------------------------------------------------------


def _execute_interruptibly(
    run: Invocation,
    settings: Settings,
    name: str,
    call: Mapping[str, Any],
    origin: CallOrigin,
    reply: Reply | None = None,
) -> Completed | ApprovalRequired:
    before = signal.getsignal(signal.SIGINT)
    context = CallContext.open(settings, clock=run.clock, now=run.now)
    context.batches = CarriedByCaller()
    work = partial(_execute, run, context, name, call, origin, reply)
    try:
        outcome = anyio.run(_run_interruptibly, run, work)
    finally:
        if _is_main_thread():
            signal.signal(signal.SIGINT, before)
    if outcome is None:
        raise KeyboardInterrupt
    return outcome


async def _execute(
    run: Invocation,
    context: CallContext,
    name: str,
    call: Mapping[str, Any],
    origin: CallOrigin,
    reply: Reply | None,
) -> Completed | ApprovalRequired:
    try:
        return await execute(
            context,
            name,
            call,
            origin=origin,
            reply=reply,
            progress=_ProgressPrinter().print_progress,
            when_approved=_build_parking_terms(run, context),
        )
    finally:
        with anyio.CancelScope(shield=True):
            await context.close()


def _build_parking_terms(run: Invocation, context: CallContext) -> ParkingTerms | None:
    """Return the wish that the call is carried out when it is approved; a sandbox that ends with this command could not do so."""
    wish = run.when_approved or context.settings.when_approved
    lasts = not context.settings.sandbox or context.settings.sandbox_file is not None
    return ParkingTerms(LOCAL, context.account_label) if wish == "run" and lasts else None


async def _run_interruptibly(
    run: Invocation, work: Callable[[], Awaitable[Completed | ApprovalRequired]]
) -> Completed | ApprovalRequired | None:
    """Return the outcome, or None if Ctrl-C came before anything was sent; wait for a write that was sent."""
    outcome: Completed | ApprovalRequired | None = None
    failure: Exception | None = None
    done = anyio.Event()
    async with anyio.create_task_group() as group:
        if sys.platform != "win32" and _is_main_thread():
            group.start_soon(_watch_interrupts, group.cancel_scope, done, run)
        try:
            outcome = await work()
        except Exception as end:  # noqa: BLE001 - raised again below, out of the group that would wrap it
            failure = end
        finally:
            done.set()
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return outcome


def _is_main_thread() -> bool:
    """Return whether this is the main thread, the only one that gets signals."""
    return threading.current_thread() is threading.main_thread()


async def _watch_interrupts(scope: anyio.CancelScope, done: anyio.Event, run: Invocation) -> None:
    with receive_signals(signal.SIGINT) as signals:
        async for _ in signals:
            break
        scope.cancel()
        with anyio.CancelScope(shield=True), anyio.move_on_after(INTERRUPT_SECONDS):
            await done.wait()
    if not done.is_set():
        signal.signal(signal.SIGINT, lambda *_: _exit_at_once(run))
        console.print_note(run.translate(console.ON_ITS_WAY))


def _exit_at_once(run: Invocation) -> None:
    # Exits instead of raising: the write is shielded from exceptions, and a second Ctrl-C must end it.
    # Written below Python's streams: the signal may come inside a print, which cannot be entered twice.
    note = f"{run.translate(console.INTERRUPTED_LATE)}\n".encode(sys.stderr.encoding or "utf-8", "replace")
    with suppress(OSError):
        os.write(sys.stderr.fileno(), note)
    os._exit(Exit.INTERRUPTED)


class _ProgressPrinter:
    """Prints progress on standard error, without repetitions."""

    def __init__(self) -> None:
        self._last_message = ""

    async def print_progress(self, done: float, total: float, message: str) -> None:
        if message != self._last_message and sys.stderr.isatty():
            self._last_message = message
            console.print_note(f"{message} ...")
