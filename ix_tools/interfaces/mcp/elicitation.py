"""What a host answers to our question, in both eras of the protocol, however malformed it is: each is an answer or says why not.

The SDK refuses a malformed answer in 2026-07-28 as a malformed call (-32602), and in 2025-11-25 it drops an answer that
is no object, so that the call waits for ever. Neither tells a person or a model what happened.
"""

import logging
import time
from collections.abc import Awaitable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import anyio
import mcp_types as types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from pydantic import ValidationError

from ix_tools.approvals.host_answers import HostAnswer, problem_of_answer, problem_of_form, reason_of
from ix_tools.approvals.repository import Approvals, Reply
from ix_tools.text.sanitize import visible

QUESTION = "approval"
"""The name of our question among a call's input requests (2026-07-28)."""
BOXES = {"approve": True, "accept_differences": False}
"""The form's boxes, and whether one is always there."""
log = logging.getLogger(__name__)
_problem: ContextVar[str] = ContextVar("problem of the answer that the current call brings", default="")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that has just come back."""

    answer: HostAnswer
    content: Any = None
    """The fields of a form; None where there are none."""

    def of_a_form(self, handle: str) -> Reply:
        """As the answer to the form with this handle. Only a plain true is a yes."""
        answer, content = self.answer, self.content
        if answer.action != "accept":
            return Reply(handle, False, from_host=answer)
        problem = problem_of_form(content, BOXES)
        if problem:
            return Reply(handle, False, from_host=replace(answer, action="unreadable", problem=problem))
        approved, accepted = content["approve"], content.get("accept_differences") is True
        return Reply(handle, approved, accepted, "" if approved else reason_of(content), answer)


async def carried_back(
    approvals: Approvals, params: types.CallToolRequestParams, received: float
) -> Answered | None:
    """The answer that this call brings (2026-07-28); None where it brings none. `received`: when, by `time.monotonic()`."""
    problem, given = _problem.get(), (params.input_responses or {}).get(QUESTION)
    if not problem and not isinstance(given, types.ElicitResult):
        return None
    at = await anyio.to_thread.run_sync(approvals.store_time, received)
    if problem or not isinstance(given, types.ElicitResult):
        return Answered(HostAnswer("unreadable", at, problem))
    return Answered(HostAnswer(given.action, at), given.content)


async def put(approvals: Approvals, question: Awaitable[types.ElicitResult]) -> Answered:
    """The answer to a question that is put in the middle of a call (2025-11-25), whatever the host does with it."""
    given, failed, problem = None, False, ""
    try:
        given = await question
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except Exception as trouble:  # noqa: BLE001 - whatever the host did, nobody said yes
        failed, problem = True, _said(trouble)
        log.warning("the host could not put the question: %s", problem)
    # Taken before anything else is waited for: what a busy machine takes until it is looked at was nobody's reading.
    received = time.monotonic()
    at = await anyio.to_thread.run_sync(approvals.store_time, received)
    if given is None:
        return Answered(HostAnswer("failed" if failed else "unreadable", at, visible(problem)[:200]))
    return Answered(HostAnswer(given.action, at), given.content)


def _said(trouble: Exception) -> str:
    name, text = type(trouble).__name__, str(trouble)
    return f"{name}: {text}" if text else name


# --- malformed ones ---------------------------------------------------------------------------------------


async def keep_readable(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: take a malformed answer out of a tool call before the SDK refuses the call, and note what is wrong with it."""
    params = ctx.params
    if ctx.method != "tools/call" or not isinstance(params, Mapping):
        return await call_next(ctx)
    cleaned, problem = _cleaned(params)
    token = _problem.set(problem)
    try:
        return await call_next(replace(ctx, params=cleaned))
    finally:
        _problem.reset(token)


def _cleaned(params: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The call with nothing in its answers but ours, if that is one; and otherwise what is wrong with it."""
    given = params.get("inputResponses")
    if given is None:
        return params, ""
    rest = {name: value for name, value in params.items() if name != "inputResponses"}
    if not isinstance(rest.get("requestState"), str | None):
        del rest["requestState"]  # not the state of any question of ours, so the answer is to none of them
    if not isinstance(given, Mapping):
        return rest, "inputResponses is no object"
    if QUESTION not in given:
        return rest, ""
    answer = given[QUESTION]
    problem = problem_of_answer(answer)
    if problem:
        return rest, problem
    known = {name: answer[name] for name in ("action", "content") if name in answer}
    return {**rest, "inputResponses": {QUESTION: known}}, ""
