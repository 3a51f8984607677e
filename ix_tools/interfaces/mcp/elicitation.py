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

from ix_tools.approvals.host_answers import HostAnswer, find_answer_problem, find_form_problem, read_reason
from ix_tools.approvals.repository import ApprovalRepository, Reply
from ix_tools.text.sanitize import sanitize_line

APPROVAL_KEY = "approval"
"""The name of our question among a call's input requests (2026-07-28)."""
CHECKBOXES = {"approve": True, "accept_differences": False}
"""The form's boxes, and whether one is always there."""
log = logging.getLogger(__name__)
_answer_problem: ContextVar[str] = ContextVar(
    "problem of the answer that the current call brings", default=""
)


@dataclass(frozen=True, slots=True)
class ElicitationAnswer:
    """An answer that has just come back."""

    answer: HostAnswer
    content: Any = None
    """The fields of a form; None where there are none."""

    def to_reply(self, handle: str) -> Reply:
        """As the answer to the form with this handle. Only a plain true is a yes."""
        answer, content = self.answer, self.content
        if answer.action != "accept":
            return Reply(handle, False, from_host=answer)
        problem = find_form_problem(content, CHECKBOXES)
        if problem:
            return Reply(handle, False, from_host=replace(answer, action="unreadable", problem=problem))
        approved, accepted = content["approve"], content.get("accept_differences") is True
        return Reply(handle, approved, accepted, "" if approved else read_reason(content), answer)


async def read_returned_answer(
    approvals: ApprovalRepository, params: types.CallToolRequestParams, received: float
) -> ElicitationAnswer | None:
    """The answer that this call brings (2026-07-28); None where it brings none. `received`: when, by `time.monotonic()`."""
    problem, given = _answer_problem.get(), (params.input_responses or {}).get(APPROVAL_KEY)
    if not problem and not isinstance(given, types.ElicitResult):
        return None
    at = await anyio.to_thread.run_sync(approvals.to_store_time, received)
    if problem or not isinstance(given, types.ElicitResult):
        return ElicitationAnswer(HostAnswer("unreadable", at, problem))
    return ElicitationAnswer(HostAnswer(given.action, at), given.content)


async def elicit(approvals: ApprovalRepository, question: Awaitable[types.ElicitResult]) -> ElicitationAnswer:
    """The answer to a question that is put in the middle of a call (2025-11-25), whatever the host does with it."""
    given, failed, problem = None, False, ""
    try:
        given = await question
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except Exception as trouble:  # noqa: BLE001 - whatever the host did, nobody said yes
        failed, problem = True, _describe_error(trouble)
        log.warning("the host could not put the question: %s", problem)
    # Taken before anything else is waited for: what a busy machine takes until it is looked at was nobody's reading.
    received = time.monotonic()
    at = await anyio.to_thread.run_sync(approvals.to_store_time, received)
    if given is None:
        return ElicitationAnswer(
            HostAnswer("failed" if failed else "unreadable", at, sanitize_line(problem)[:200])
        )
    return ElicitationAnswer(HostAnswer(given.action, at), given.content)


def _describe_error(trouble: Exception) -> str:
    name, text = type(trouble).__name__, str(trouble)
    return f"{name}: {text}" if text else name


# --- malformed ones ---------------------------------------------------------------------------------------


async def extract_malformed_answer(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: take a malformed answer out of a tool call before the SDK refuses the call, and note what is wrong with it."""
    params = ctx.params
    if ctx.method != "tools/call" or not isinstance(params, Mapping):
        return await call_next(ctx)
    cleaned, problem = _remove_malformed_answer(params)
    token = _answer_problem.set(problem)
    try:
        return await call_next(replace(ctx, params=cleaned))
    finally:
        _answer_problem.reset(token)


def _remove_malformed_answer(params: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The call with nothing in its answers but ours, if that is one; and otherwise what is wrong with it."""
    given = params.get("inputResponses")
    if given is None:
        return params, ""
    rest = {name: value for name, value in params.items() if name != "inputResponses"}
    if not isinstance(rest.get("requestState"), str | None):
        del rest["requestState"]  # not the state of any question of ours, so the answer is to none of them
    if not isinstance(given, Mapping):
        return rest, "inputResponses is no object"
    if APPROVAL_KEY not in given:
        return rest, ""
    answer = given[APPROVAL_KEY]
    problem = find_answer_problem(answer)
    if problem:
        return rest, problem
    known = {name: answer[name] for name in ("action", "content") if name in answer}
    return {**rest, "inputResponses": {APPROVAL_KEY: known}}, ""
