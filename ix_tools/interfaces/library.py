"""InvoiceXpress as a Python library: one async context manager through which programs call operations."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
from pydantic import BaseModel

from ix_tools.approvals.links import wait_for_decision
from ix_tools.batch.callers import CarriedByCaller
from ix_tools.config.loading import load_settings
from ix_tools.config.sandbox_choice import apply_sandbox_options, run_chosen_sandbox
from ix_tools.config.settings import Settings
from ix_tools.operations.base import Operation
from ix_tools.pipeline import outcomes
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import FROM_LIBRARY, execute

Result = TypeVar("Result", bound=BaseModel)


class ApprovalRequired(Exception):
    """A person must approve exactly this call first; nothing was sent. Make the same call again afterwards."""

    def __init__(self, response: Mapping[str, Any]) -> None:
        """`response`: what the pipeline answered, with `approval` and `preview`."""
        self.response = dict(response)
        approval = response["approval"]
        self.id: str = approval["id"]
        self.summary: str = approval["summary"]
        self.command: str = approval.get("command", "")
        """The command with which a person approves in a terminal."""
        self.url: str = approval.get("url", "")
        """The page on which a person approves; empty where the settings show none to programs."""
        super().__init__(f"{self.summary}: a person must approve this. {response.get('next', '')}".strip())

    @property
    def text(self) -> str:
        """The whole text that the person is shown."""
        return str(self.response.get("preview", ""))


class InvoiceXpress:
    """One InvoiceXpress account, or the sandbox; open it with `async with`.

    Every call passes the whole pipeline: rules, approval, idempotency, read-back. A failed call raises an `IxError`, which says
    what was sent, what to do next, and whether a retry is safe.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """`settings`: those of the environment and the settings file if left out. Nothing is contacted yet."""
        self._settings = settings
        self._stack = AsyncExitStack()
        self._context: CallContext | None = None

    async def __aenter__(self) -> Self:
        """Read the settings, and start the sandbox where they choose it."""
        settings = apply_sandbox_options(self._settings or load_settings(), wanted=False, file=None)
        sandbox = run_chosen_sandbox(settings)
        chosen = await anyio.to_thread.run_sync(sandbox.__enter__)
        self._stack.push_async_callback(anyio.to_thread.run_sync, sandbox.__exit__, None, None, None)
        self._context = CallContext.open(chosen)
        self._context.batches = CarriedByCaller()
        self._stack.push_async_callback(self._context.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close connections, and end the sandbox."""
        self._context = None
        with anyio.CancelScope(shield=True):
            await self._stack.aclose()

    async def call(self, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """Call an operation by its name; the result is the same object as over MCP and REST.

        Raises: ApprovalRequired where a person must approve first; IxError for every other failure.
        """
        outcome = await execute(self._opened(), operation, arguments, origin=FROM_LIBRARY)
        if isinstance(outcome, outcomes.ApprovalRequired):
            raise ApprovalRequired(outcome.body)
        return outcome.body

    async def run(self, call: Operation[Result]) -> Result:
        """Carry out a typed call, such as `CreateInvoice(...)`, and return its typed result.

        Warnings and suggested next calls are in the result of `call` only. Raises as `call` does.
        """
        arguments = call.model_dump(exclude_unset=True)
        response = await self.call(call.spec.name, **arguments)
        result: Result = call.result_type().model_validate(response)  # type: ignore[assignment]
        return result

    async def wait_for_decision(self, approval: ApprovalRequired, seconds: float) -> bool:
        """Wait until a person has decided, at most so many seconds; False where nobody has."""
        links = self._opened().links
        await wait_for_decision(links, approval.id, seconds)
        return not await anyio.to_thread.run_sync(links.is_pending, approval.id)

    def _opened(self) -> CallContext:
        if self._context is None:
            raise RuntimeError("open it first: async with InvoiceXpress() as account")
        return self._context
