"""Execute a call in a separate process, which can be stopped or killed at a named step of the pipeline."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import anyio

from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.api_client.protocol import Request, Response
from ix_tools.approvals.repository import Reply
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import verbatim
from ix_tools.idempotency.intents import Intent, IntentDraft, IntentResult
from ix_tools.idempotency.journal import Journal
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import ApprovalRequired, CallOrigin, execute

TODAY = datetime(2026, 11, 20, 10, tzinfo=LISBON)
"""The date of all runs, also by the sandbox's clock."""
AGAIN = "this does it again"
"""Text in an approval when the same call was just executed; the simulated approver then refuses."""


@dataclass(frozen=True)
class Order:
    """Order for a worker."""

    url: str
    key: str
    store: str
    account: str
    operation: str
    arguments: Mapping[str, Any]
    timeout: int = 5
    stop: str = ""
    """Step at which it stops: before intent, after intent, answered, before finish, after finish."""
    skip: int = 0
    """Number of times that it passes the step before, since a workflow writes more than once."""
    writes_to: str = ""
    """URL for writes only, which does not answer."""
    later: float = 0.0
    """Seconds by which the store's clock is set ahead."""
    store_fails: bool = False
    """Whether the store fails when the outcome is written."""


class Steps:
    """Reports the step of the call to the parent process, and continues only when told to."""

    def __init__(self, order: Order, line: Connection) -> None:
        self.order, self.line, self.skip = order, line, order.skip

    def reach(self, step: str) -> None:
        """Wait for the parent process if this is the step to stop at."""
        if self.order.stop == step and self.skip:
            self.skip -= 1
        elif self.order.stop == step:
            self.line.send(("at", step))
            self.line.recv()


class StoppingJournal(Journal):
    """A journal that stops before and after writes."""

    steps: Steps

    def begin(self, draft: IntentDraft) -> Intent:
        """Write the intent, between approval and request."""
        self.steps.reach("before intent")
        intent = super().begin(draft)
        self.steps.reach("after intent")
        return intent

    def finish(self, intent: Intent, result: IntentResult) -> bool:
        """Write the outcome, between response and result."""
        self.steps.reach("before finish")
        if self.steps.order.store_fails:
            raise StoreUnavailable(verbatim("The store is gone."))
        written = super().finish(intent, result)
        self.steps.reach("after finish")
        return written


class StoppingClient(InvoiceXpressClient):
    """A client whose writes can go to another URL, and that stops after their response."""

    steps: Steps

    async def _exchange(self, request: Request) -> Response:
        if not request.writes:
            return await super()._exchange(request)
        usual, elsewhere = self._settings, self.steps.order.writes_to
        if elsewhere:
            self._settings = usual.model_copy(update={"base_url": elsewhere})
        try:
            response = await super()._exchange(request)
        finally:
            self._settings = usual
        self.steps.reach("answered")
        return response


def open_context(order: Order, steps: Steps) -> CallContext:
    """Open a call context with the stopping journal and client."""
    settings = point_at_sandbox(
        Settings(store=order.store, timeout_seconds=order.timeout, language="en", allow_account_setup=True),
        order.url,
        order.key,
    )
    settings = settings.model_copy(update={"account": order.account})
    context = replace(CallContext.open(settings), now=lambda: TODAY)
    context.account.__class__ = StoppingClient
    context.journal.__class__ = StoppingJournal
    context.account.steps = context.journal.steps = steps  # type: ignore[attr-defined]
    if order.later:
        context.journal._store.clock = lambda: time.time() + order.later
    return context


async def run_call(context: CallContext, order: Order) -> dict[str, Any]:
    """Execute the call and return its result. The simulated approver refuses a repeated call."""
    run = partial(execute, context, order.operation, order.arguments, origin=CallOrigin(can_show_form=True))
    try:
        outcome = await run()
        if not isinstance(outcome, ApprovalRequired):
            return outcome.body
        if AGAIN in outcome.approval.text:
            return _build_refusal("person_said_no", outcome.approval.text)
        outcome = await run(reply=Reply(outcome.approval.handle, True, accepted_differences=True))
        if isinstance(outcome, ApprovalRequired):
            return _build_refusal("asked_again", "a person is asked again")
        return outcome.body
    except IxError as failure:
        return failure.as_dict()

    except Exception as fault:  # noqa: BLE001 - this too is something that a caller is told
        return {"ok": False, "code": "internal_error", "sent": "unknown", "message": repr(fault)}
    finally:
        await context.close()


def _build_refusal(code: str, message: str) -> dict[str, Any]:
    return {"ok": False, "code": code, "sent": "nothing", "message": message}


def work(order: Order, line: Connection) -> None:
    """For each message (seconds from now), execute the order in a new context and send the result; None ends."""
    logging.disable()  # every error is reported here
    line.send(("ready", ""))
    while (seconds := line.recv()) is not None:
        now = order if seconds == 0 else postpone(order, seconds)
        line.send(("told", anyio.run(run_call, open_context(now, Steps(now, line)), now)))
    line.close()


def postpone(order: Order, seconds: float) -> Order:
    """Return the order for a later call without faults."""
    return replace(order, stop="", writes_to="", store_fails=False, later=seconds, timeout=5)
