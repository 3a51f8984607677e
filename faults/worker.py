"""One call in a process of its own, which can be stopped at a named step of the road and killed there."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

import anyio

from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.api_client.protocol import Request, Response
from ix_tools.approvals.repository import Reply
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.i18n.formats import LISBON
from ix_tools.idempotency.intents import Intent, IntentDraft
from ix_tools.idempotency.journal import Journal
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import ApprovalNeeded, execute

TODAY = datetime(2026, 11, 20, 10, tzinfo=LISBON)
"""When everything happens, by the sandbox's clock too."""
AGAIN = "this does it again"
"""What an approval says when the same call was just carried out; a person who did not ask for a second one says no."""


@dataclass(frozen=True)
class Order:
    """What a worker is to do."""

    url: str
    key: str
    store: str
    account: str
    operation: str
    arguments: Mapping[str, Any]
    timeout: int = 5
    stop: str = ""
    """The step at which it stops: before intent, after intent, answered, before finish, after finish."""
    skip: int = 0
    """How often it passes that step first: a recipe writes more than once."""
    writes_to: str = ""
    """Another address for writes alone: one where nobody answers."""
    later: float = 0.0
    """Seconds by which the store's clock is ahead."""
    store_fails: bool = False
    """The store fails when the outcome is to be written."""


class Steps:
    """Tells the other side where the call is, and goes on only when it says so."""

    def __init__(self, order: Order, line: Connection) -> None:
        self.order, self.line, self.skip = order, line, order.skip

    def reach(self, step: str) -> None:
        """Stop here, if this is the step: until word comes, or the end."""
        if self.order.stop == step and self.skip:
            self.skip -= 1
        elif self.order.stop == step:
            self.line.send(("at", step))
            self.line.recv()


class StoppingJournal(Journal):
    """A journal that can be stopped before and after it writes."""

    steps: Steps

    def begin(self, draft: IntentDraft) -> Intent:
        """Between the approval and the request."""
        self.steps.reach("before intent")
        intent = super().begin(draft)
        self.steps.reach("after intent")
        return intent

    def finish(self, intent: Intent, *about: Any, **more: Any) -> bool:
        """Between the answer and the result."""
        self.steps.reach("before finish")
        if self.steps.order.store_fails:
            raise StoreUnavailable("The store is gone.")
        written = super().finish(intent, *about, **more)
        self.steps.reach("after finish")
        return written


class StoppingClient(InvoiceXpressClient):
    """An account whose writes can go where nobody answers, and can be stopped once they are answered."""

    steps: Steps

    async def _once(self, request: Request) -> Response:
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
    """A desk as every process has it, with the two rooms that can be stopped."""
    settings = point_at_sandbox(
        Settings(store=order.store, timeout_seconds=order.timeout, language="en", allow_account_setup=True),
        order.url,
        order.key,
    )
    settings = settings.model_copy(update={"account": order.account})
    desk = replace(CallContext.open(settings), now=lambda: TODAY)
    desk.account.__class__ = StoppingClient
    desk.journal.__class__ = StoppingJournal
    desk.account.steps = desk.journal.steps = steps  # type: ignore[attr-defined]
    if order.later:
        desk.journal._store.clock = lambda: time.time() + order.later
    return desk


async def run_call(desk: CallContext, order: Order) -> dict[str, Any]:
    """What the caller is told; a person approves what is asked, but not a second time."""
    try:
        try:
            return await execute(desk, order.operation, order.arguments, can_ask=True)
        except ApprovalNeeded as asked:
            if AGAIN in asked.approval.text:
                return {
                    "ok": False,
                    "code": "person_said_no",
                    "sent": "nothing",
                    "message": asked.approval.text,
                }
            reply = Reply(asked.approval.handle, True, accepted_differences=True)
        try:
            return await execute(desk, order.operation, order.arguments, can_ask=True, reply=reply)
        except ApprovalNeeded:
            return {
                "ok": False,
                "code": "asked_again",
                "sent": "nothing",
                "message": "a person is asked again",
            }
    except IxError as failure:
        return failure.as_dict()
    except Exception as fault:  # noqa: BLE001 - this too is something that a caller is told
        return {"ok": False, "code": "internal_error", "sent": "unknown", "message": repr(fault)}
    finally:
        await desk.close()


def work(order: Order, line: Connection) -> None:
    """At each word (seconds from now), carry out the order with a new desk and say what was told; None is the end."""
    logging.disable()  # what goes wrong is wanted here
    line.send(("ready", ""))
    while (seconds := line.recv()) is not None:
        now = order if seconds == 0 else postpone(order, seconds)
        line.send(("told", anyio.run(run_call, open_context(now, Steps(now, line)), now)))
    line.close()


def postpone(order: Order, seconds: float) -> Order:
    """The same call in another life: nothing goes wrong any more."""
    return replace(order, stop="", writes_to="", store_fails=False, later=seconds, timeout=5)
