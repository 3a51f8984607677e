"""Read a host's answer to an approval form in both protocol versions, and tolerate malformed answers.

In 2026-07-28 the SDK refuses a malformed answer as a malformed call (-32602); in 2025-11-25 it drops an answer that is no
object, and the call waits without end. Neither tells a person or a model what happened.
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
from ix_tools.i18n.messages import NO_MESSAGE, Message, message, verbatim
from ix_tools.text.sanitize import sanitize_line

APPROVAL_KEY = "approval"
"""Key of the approval form among a call's input requests (2026-07-28)."""
CHECKBOXES = {"approve": True, "accept_differences": False}
"""The form's checkboxes, and whether each is always there."""
log = logging.getLogger(__name__)
_answer_problem: ContextVar[Message] = ContextVar(
    "problem of the answer that the current call brings", default=NO_MESSAGE
)


@dataclass(frozen=True, slots=True)
class ElicitationAnswer:
    """A host's answer to a form or page request."""

    answer: HostAnswer
    content: Any = None
    """The form's fields; None without any."""

    def to_reply(self, handle: str) -> Reply:
        """Convert to the reply for the form with this handle. Only a literal true approves."""
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
    """Return the answer that this call carries (2026-07-28), or None.

    Args:
        received: when the call arrived, by `time.monotonic()`.
    """
    problem, given = _answer_problem.get(), (params.input_responses or {}).get(APPROVAL_KEY)
    if not problem and not isinstance(given, types.ElicitResult):
        return None
    at = await anyio.to_thread.run_sync(approvals.to_store_time, received)
    if problem or not isinstance(given, types.ElicitResult):
        return ElicitationAnswer(HostAnswer("unreadable", at, problem))
    return ElicitationAnswer(HostAnswer(given.action, at), given.content)


async def elicit(approvals: ApprovalRepository, question: Awaitable[types.ElicitResult]) -> ElicitationAnswer:
    """Return the answer to a question sent during a call (2025-11-25), also if the host fails or answers malformed."""
    given, failed, problem = None, False, ""
    try:
        given = await question
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except Exception as trouble:  # noqa: BLE001 - whatever the host did, nobody said yes
        failed, problem = True, _describe_error(trouble)
        log.warning("the host could not put the question: %s", problem)
    # Taken before any other wait, so that delays of a busy machine do not count as reading time.
    received = time.monotonic()
    at = await anyio.to_thread.run_sync(approvals.to_store_time, received)
    if given is None:
        return ElicitationAnswer(
            HostAnswer("failed" if failed else "unreadable", at, verbatim(sanitize_line(problem)[:200]))
        )
    return ElicitationAnswer(HostAnswer(given.action, at), given.content)


def _describe_error(trouble: Exception) -> str:
    name, text = type(trouble).__name__, str(trouble)
    return f"{name}: {text}" if text else name


# --- malformed answers ---------------------------------------------------------------------------------------


async def extract_malformed_answer(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: remove a malformed answer from a tool call before the SDK refuses the call, and record what is wrong."""
    params = ctx.params
    if ctx.method != "tools/call" or not isinstance(params, Mapping):
        return await call_next(ctx)
    cleaned, problem = _remove_malformed_answer(params)
    token = _answer_problem.set(problem)
    try:
        return await call_next(replace(ctx, params=cleaned))
    finally:
        _answer_problem.reset(token)


def _remove_malformed_answer(params: Mapping[str, Any]) -> tuple[Mapping[str, Any], Message]:
    """Return the call with only a well-formed answer of ours in it, and what is wrong with the answer otherwise."""
    given = params.get("inputResponses")
    if given is None:
        return params, NO_MESSAGE
    rest = {name: value for name, value in params.items() if name != "inputResponses"}
    if not isinstance(rest.get("requestState"), str | None):
        del rest["requestState"]  # not a state of ours, so the answer belongs to no form of ours
    if not isinstance(given, Mapping):
        return rest, message("inputResponses is no object")
    if APPROVAL_KEY not in given:
        return rest, NO_MESSAGE
    answer = given[APPROVAL_KEY]
    problem = find_answer_problem(answer)
    if problem:
        return rest, problem
    known = {name: answer[name] for name in ("action", "content") if name in answer}
    return {**rest, "inputResponses": {APPROVAL_KEY: known}}, NO_MESSAGE
