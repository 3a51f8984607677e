"""Tools of the official suite that send requests or notifications during a call, as 2025-11-25 does in a session."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import mcp_types as types
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp.shared.message import ServerMessageMetadata

from ix_tools.interfaces.mcp.server import Context
from ix_tools.interfaces.mcp.tool_calls import Answer
from tests.conformance.suite_tool import Answers, Call, SuiteTool, build_text_result

Schema = dict[str, Any]


async def _log_lines(context: Context, call: Call) -> Answer:
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await context.session.send_log_message("info", words, related_request_id=context.request_id)
    return build_text_result("Three lines were logged, for whoever asked for them.")


async def _ask_model(context: Context, call: Call) -> Answer:
    words = types.TextContent(text=(call.arguments or {})["prompt"])
    request = types.CreateMessageRequest(
        params=types.CreateMessageRequestParams(
            messages=[types.SamplingMessage(role="user", content=words)], max_tokens=100
        )
    )
    said = await context.session.send_request(
        request,
        types.CreateMessageResult,
        metadata=ServerMessageMetadata(related_request_id=context.request_id),
    )
    return build_text_result(
        f"LLM response: {said.content.text if isinstance(said.content, types.TextContent) else ''}"
    )


def _ask_with_form(
    begins: str, message: Callable[[Call], str], properties: Schema, required: list[str]
) -> Answers:
    async def answer(context: Context, call: Call) -> Answer:
        schema = {"type": "object", "properties": properties, "required": required}
        said = await context.session.elicit_form(message(call), schema, context.request_id)
        return build_text_result(f"{begins}: action={said.action}, content={json.dumps(said.content)}")

    return answer


async def _end_stream_early(context: Context, call: Call) -> Answer:
    """End the stream before the result; a client that resumes with the last event's id gets it."""
    if context.close_sse_stream is not None:
        await context.close_sse_stream()
    return build_text_result("This came on the second stream.")


DEFAULTS: Schema = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
PLAIN = ["option1", "option2", "option3"]
TITLED = [
    {"const": f"value{number}", "title": f"{word} choice"}
    for number, word in enumerate(("First", "Second", "Third"), start=1)
]
CHOICES: Schema = {
    "untitledSingle": {"type": "string", "enum": PLAIN},
    "titledSingle": {"type": "string", "oneOf": TITLED},
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": PLAIN}},
    "titledMulti": {"type": "array", "items": {"anyOf": TITLED}},
}
USER_FIELDS: Schema = {
    "username": {"type": "string", "description": "User's response"},
    "email": {"type": "string", "description": "User's email address"},
}

TOOLS = (
    SuiteTool("test_tool_with_logging", "Logs three lines.", _log_lines),
    SuiteTool("test_logging_tool", "Logs three lines, for whoever asked for them.", _log_lines),
    SuiteTool("test_sampling", "Asks the client's model.", _ask_model, {"prompt": {"type": "string"}}),
    SuiteTool(
        "test_elicitation",
        "Asks the person at the client.",
        _ask_with_form(
            "User response",
            lambda call: str((call.arguments or {})["message"]),
            USER_FIELDS,
            list(USER_FIELDS),
        ),
        {"message": {"type": "string"}},
    ),
    SuiteTool(
        "test_elicitation_sep1034_defaults",
        "Asks with a form that is filled in.",
        _ask_with_form("Elicitation completed", lambda _: "Please look through your details", DEFAULTS, []),
    ),
    SuiteTool(
        "test_elicitation_sep1330_enums",
        "Asks with every kind of choice.",
        _ask_with_form("Elicitation completed", lambda _: "Please choose", CHOICES, []),
    ),
    SuiteTool("test_reconnection", "Ends its stream before it answers.", _end_stream_early),
)


class Events(EventStore):
    """The events sent on every stream, to be replayed to a client that lost one."""

    def __init__(self) -> None:
        self._sent: list[tuple[str, types.JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: str, message: types.JSONRPCMessage | None) -> str:
        self._sent.append((stream_id, message))
        return str(len(self._sent))

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        last = int(last_event_id) if last_event_id.isdecimal() else 0
        if not 0 < last <= len(self._sent):
            return None
        stream = self._sent[last - 1][0]
        for number, (where, message) in enumerate(self._sent[last:], start=last + 1):
            if where == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream
