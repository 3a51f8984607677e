"""Tools of the official suite that request input as 2026-07-28 does: in the result, answered by the same call.

As in the product, the state that travels through the client is a random handle that only this server can resolve.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from ix_tools.interfaces.mcp.server import Context
from ix_tools.interfaces.mcp.tool_calls import Answer
from tests.conformance.suite_tool import Call, SuiteTool, build_text_result

Request = types.ElicitRequest | types.CreateMessageRequest | types.ListRootsRequest
Round = Mapping[str, Request]


def _build_form(message: str, name: str, kind: str = "string") -> types.ElicitRequest:
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def _build_sampling(words: str, tokens: int) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=types.TextContent(text=words))
    return types.CreateMessageRequest(
        params=types.CreateMessageRequestParams(messages=[message], max_tokens=tokens)
    )


NAME = _build_form("What is your name?", "name")
CONFIRM = _build_form("Please confirm", "ok", "boolean")
ROOTS = types.ListRootsRequest()


def _read_answer(request: Request, answer: Any) -> str | None:
    """Return the content of an answer, or None if it does not answer this request."""
    match request, answer:
        case (
            types.ElicitRequest(params=types.ElicitRequestFormParams() as form),
            types.ElicitResult(action="accept", content=dict() as content),
        ):
            wanted = form.requested_schema["required"]
            return str(content) if all(name in content for name in wanted) else None
        case types.CreateMessageRequest(), types.CreateMessageResult(content=types.TextContent() as content):
            return content.text
        case types.ListRootsRequest(), types.ListRootsResult():
            return ", ".join(str(root.uri) for root in answer.roots)
    return None


@dataclass(frozen=True)
class Questions:
    """Rounds of input requests; with several rounds, or if requested, the client carries a handle between them."""

    rounds: Sequence[Round]
    with_handle: bool = False
    handles: dict[str, int] = field(default_factory=dict)
    """The round of each handle; a handle is valid once."""

    def next_round(self, call: Call | types.GetPromptRequestParams) -> types.InputRequiredResult | list[str]:
        """Return the next round's requests, or all answers of the last round."""
        now = self._round(call.request_state)
        answers = call.input_responses or {}
        said = [_read_answer(request, answers.get(key)) for key, request in self.rounds[now].items()]
        complete = [words for words in said if words is not None]
        if len(complete) == len(said) and (call.request_state or not self.with_handle):
            now += 1
            if now == len(self.rounds):
                return complete
        return types.InputRequiredResult(
            input_requests=dict(self.rounds[now]),
            request_state=self._handle(now) if self.with_handle else None,
        )

    def _handle(self, now: int) -> str:
        handle = secrets.token_urlsafe(16)
        self.handles[handle] = now
        return handle

    def _round(self, handle: str | None) -> int:
        if handle is None or not self.with_handle:
            return 0
        if handle not in self.handles:
            raise MCPError(types.INVALID_PARAMS, "That requestState was not given by this server.")
        return self.handles.pop(handle)

    async def __call__(self, context: Context, call: Call) -> Answer:
        said = self.next_round(call)
        if isinstance(said, types.InputRequiredResult):
            return said
        return build_text_result(f"{'state-ok: ' if self.with_handle else ''}{'; '.join(said)}")


async def _ask_what_client_supports(context: Context, call: Call) -> Answer:
    declared = context.session.client_capabilities or types.ClientCapabilities()
    questions: dict[str, Request] = {}
    if declared.elicitation is not None:
        questions["user_name"] = NAME
    if declared.sampling is not None:
        questions["greeting"] = _build_sampling("Generate a greeting", 50)
    return (
        await Questions([questions])(context, call)
        if questions
        else build_text_result("The client can be asked nothing.")
    )


PROMPT = Questions([{"user_context": _build_form("What context should the prompt use?", "context")}])

TOOLS = (
    SuiteTool("test_input_required_result_elicitation", "Asks for a name.", Questions([{"user_name": NAME}])),
    SuiteTool(
        "test_input_required_result_sampling",
        "Asks the client's model.",
        Questions([{"capital_question": _build_sampling("What is the capital of France?", 100)}]),
    ),
    SuiteTool(
        "test_input_required_result_list_roots",
        "Asks for the client's roots.",
        Questions([{"client_roots": ROOTS}]),
    ),
    SuiteTool(
        "test_input_required_result_request_state",
        "Asks, and wants its state back.",
        Questions([{"confirm": CONFIRM}], with_handle=True),
    ),
    SuiteTool(
        "test_input_required_result_multiple_inputs",
        "Asks three things at once.",
        Questions(
            [
                {
                    "user_name": NAME,
                    "greeting": _build_sampling("Generate a greeting", 50),
                    "client_roots": ROOTS,
                }
            ],
            with_handle=True,
        ),
    ),
    SuiteTool(
        "test_input_required_result_multi_round",
        "Asks twice.",
        Questions(
            [
                {"step1": _build_form("Step 1: What is your name?", "name")},
                {"step2": _build_form("Step 2: What is your favorite color?", "color")},
            ],
            with_handle=True,
        ),
    ),
    SuiteTool(
        "test_input_required_result_tampered_state",
        "Asks, and refuses a state that is not its own.",
        Questions([{"confirm": CONFIRM}], with_handle=True),
    ),
    SuiteTool(
        "test_input_required_result_capabilities",
        "Asks only what the client can be asked.",
        _ask_what_client_supports,
    ),
    SuiteTool(
        "test_streaming_elicitation",
        "Asks in its result, and in no request of its own.",
        Questions([{"user_name": NAME}]),
    ),
)
