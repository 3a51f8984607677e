"""A scripted model on loopback: it makes the script's calls, one after another, in the forms of four vendors' APIs.

It sends what a model under the tool's schema could send: in strict mode every parameter, and nothing that a closed schema
does not name.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tools.hosts.script import STEPS, Step, fill_in

Json = dict[str, Any]

DONE = "Everything is done."
WAITING = "exec_command"
"""A tool of Codex with which the model waits: its first requests may come before its servers have listed their tools."""
MAX_WAITS = 20


class Conversation:
    """What the model was offered, and what its calls got back."""

    def __init__(self) -> None:
        self.results: dict[str, str] = {}
        self.offered: set[str] = set()
        self.requests: list[Json] = []
        self.lock = threading.Lock()
        self._waited = 0

    def choose(self, tools: Sequence[Json], results: Sequence[str]) -> tuple[Json, Json] | None:
        """Return the next tool and its arguments, or None when the script is done.

        Args:
            tools: name, schema and strict of every tool offered in this request.
            results: the results of calls in this request, in order.
        """
        with self.lock:
            found = [(step, tool) for step in STEPS if (tool := _find_tool(step, tools)) is not None]
            waiting = next((one for one in tools if one["name"] == WAITING), None)
            if not found and waiting is not None and self._waited < MAX_WAITS:
                self._waited += 1
                return waiting, {"cmd": "sleep 3"}
            results = results[self._waited :]
            self.offered |= {step.tool for step, _ in found}
            for (step, _), result in zip(found, results, strict=False):
                self.results[step.tool] = result
            if len(results) >= len(found):
                return None
            step, tool = found[len(results)]
            wanted = fill_in(step.arguments, self.results.get("create_invoice", ""))
            return tool, fit(tool["schema"], wanted, tool["strict"])


def _find_tool(step: Step, tools: Sequence[Json]) -> Json | None:
    """Return the tool of a step; hosts put the server's name before a tool's."""
    fitting = [
        one
        for one in tools
        if one["name"] == step.tool or one["name"].endswith((f"_{step.tool}", f"-{step.tool}"))
    ]
    return min(fitting, key=lambda one: len(one["name"]), default=None)


def fit(schema: Mapping[str, Any], value: Any, strict: bool) -> Any:
    """Return a value as a model under this schema sends it."""
    if "anyOf" in schema:
        kinds = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return None if value is None else fit(kinds[0], value, strict)
    properties = schema.get("properties")
    if isinstance(value, Mapping) and "string" in str(schema.get("type", "")).lower():
        return json.dumps(value)
    if isinstance(value, Mapping) and properties is not None:
        closed = strict or schema.get("additionalProperties") is False
        sent = {
            name: fit(properties.get(name, {}), one, strict)
            for name, one in value.items()
            if name in properties or not closed
        }
        return {**{name: _fill(one) for name, one in properties.items()}, **sent} if strict else sent
    if isinstance(value, list):
        return [fit(schema.get("items", {}), one, strict) for one in value]
    return value


def _fill(schema: Mapping[str, Any]) -> Any:
    """Return what a model must send for a parameter about which nothing is known, if the schema leaves it a choice the least."""
    kinds = schema.get("type", [one.get("type") for one in schema.get("anyOf", ())])
    if "null" in kinds or not kinds:
        return None
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("properties"):
        return {name: _fill(one) for name, one in schema["properties"].items()}
    least = schema.get("minimum", 0)
    empty: Json = {
        "string": "",
        "array": [],
        "integer": least,
        "number": least,
        "boolean": False,
        "object": {},
    }
    return empty[kinds if isinstance(kinds, str) else kinds[0]]


# --- four forms: tools and results in a request, and the response


def read_chat(body: Json) -> tuple[list[Json], list[str]]:
    """Read a request of OpenAI's Chat Completions."""
    functions = [one["function"] for one in body.get("tools") or ()]
    tools = [_tool(one["name"], one.get("parameters"), one.get("strict")) for one in functions]
    return tools, [_text(one["content"]) for one in body["messages"] if one["role"] == "tool"]


def write_chat(chosen: tuple[Json, Json] | None, number: int, body: Json) -> Iterator[Json]:
    """Write a response of Chat Completions, or its chunks."""
    message: Json = {"role": "assistant", "content": DONE}
    if chosen is not None:
        function = {"name": chosen[0]["name"], "arguments": json.dumps(chosen[1], ensure_ascii=False)}
        call = {"index": 0, "id": f"call_{number}", "type": "function", "function": function}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    head = {"id": f"chat_{number}", "created": 1, "model": body.get("model", "scripted")}
    reason = "stop" if chosen is None else "tool_calls"
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    if body.get("stream"):
        head["object"] = "chat.completion.chunk"
        yield {**head, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}
        yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}
    else:
        head["object"] = "chat.completion"
        yield {**head, "choices": [{"index": 0, "message": message, "finish_reason": reason}], "usage": usage}


def read_responses(body: Json) -> tuple[list[Json], list[str]]:
    """Read a request of OpenAI's Responses API; Codex puts a server's tools into a namespace."""
    tools: list[Json] = []
    for one in body.get("tools") or ():
        for inner in one["tools"] if one.get("type") == "namespace" else [one]:
            if inner.get("type") == "function":
                tools.append(_tool(inner["name"], inner.get("parameters"), inner.get("strict")))
                tools[-1]["namespace"] = one["name"] if one is not inner else None
    items = body["input"] if isinstance(body["input"], list) else []
    return tools, [_text(one["output"]) for one in items if one.get("type") == "function_call_output"]


def write_responses(chosen: tuple[Json, Json] | None, number: int, body: Json) -> Iterator[Json]:
    """Write a response of the Responses API, or its events."""
    item: Json = {
        "type": "message",
        "id": f"msg_{number}",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": DONE, "annotations": []}],
    }
    if chosen is not None:
        item = {
            "type": "function_call",
            "id": f"fc_{number}",
            "call_id": f"call_{number}",
            "name": chosen[0]["name"],
            "arguments": json.dumps(chosen[1], ensure_ascii=False),
            "status": "completed",
        }
        if chosen[0].get("namespace"):
            item["namespace"] = chosen[0]["namespace"]
    details = {"cached_tokens": 0, "reasoning_tokens": 0}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    response = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": body.get("model", "scripted"),
        "output": [item],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "usage": {**usage, "input_tokens_details": details, "output_tokens_details": details},
    }
    if body.get("stream"):
        yield {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}}
        yield {"type": "response.output_item.added", "output_index": 0, "item": item}
        yield {"type": "response.output_item.done", "output_index": 0, "item": item}
        yield {"type": "response.completed", "response": response}
    else:
        yield response


def read_anthropic(body: Json) -> tuple[list[Json], list[str]]:
    """Read a request of Anthropic's Messages API."""
    tools = [
        _tool(one["name"], one["input_schema"], one.get("strict"))
        for one in body.get("tools") or ()
        if "input_schema" in one
    ]
    blocks = [
        block
        for message in body["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    return tools, [_text(block.get("content", "")) for block in blocks if block["type"] == "tool_result"]


def write_anthropic(chosen: tuple[Json, Json] | None, number: int, body: Json) -> Iterator[Json]:
    """Write a response of the Messages API, or its events."""
    message: Json = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model", "scripted"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    block: Json = {"type": "text", "text": DONE}
    if chosen is not None:
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": chosen[0]["name"], "input": chosen[1]}
    reason = "end_turn" if chosen is None else "tool_use"
    if not body.get("stream"):
        yield {**message, "content": [block], "stop_reason": reason}
        return
    yield {"type": "message_start", "message": message}
    if chosen is None:
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        delta: Json = {"type": "text_delta", "text": DONE}
    else:
        yield {"type": "content_block_start", "index": 0, "content_block": {**block, "input": {}}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(chosen[1], ensure_ascii=False)}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    ending = {"stop_reason": reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


def read_gemini(body: Json) -> tuple[list[Json], list[str]]:
    """Read a request of Gemini's generateContent."""
    tools = [
        _tool(one["name"], one.get("parametersJsonSchema") or one.get("parameters"), False)
        for group in body.get("tools") or ()
        for one in group.get("functionDeclarations", ())
    ]
    parts = [part for content in body["contents"] for part in content.get("parts", ())]
    return tools, [
        _text(part["functionResponse"]["response"]) for part in parts if "functionResponse" in part
    ]


def write_gemini(chosen: tuple[Json, Json] | None, number: int, body: Json) -> Iterator[Json]:
    """Write a response of generateContent."""
    part: Json = {"text": DONE}
    if chosen is not None:
        part = {"functionCall": {"id": f"call-{number}", "name": chosen[0]["name"], "args": chosen[1]}}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    yield {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted"}


def _tool(name: str, schema: Json | None, strict: Any) -> Json:
    return {"name": name, "schema": schema or {}, "strict": strict is True}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_text(one.get("text", one) if isinstance(one, dict) else one) for one in content)
    return json.dumps(content, ensure_ascii=False)


FORMS = {
    "/chat/completions": (read_chat, write_chat),
    "/responses": (read_responses, write_responses),
    "/messages": (read_anthropic, write_anthropic),
    "enerateContent": (read_gemini, write_gemini),
}


@contextmanager
def run_model() -> Iterator[tuple[str, Conversation]]:
    """Run the model during the block, and give its address without a path."""
    conversation = Conversation()

    class Handler(BaseHTTPRequestHandler):
        """Answers one request."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer as the vendor of this path does."""
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            path = self.path.partition("?")[0]
            with conversation.lock:
                conversation.requests.append({"path": self.path, "body": body})
                number = len(conversation.requests)
            form = next((one for end, one in FORMS.items() if path.endswith(end)), None)
            if form is None:
                self._send(json.dumps({"input_tokens": 1, "totalTokens": 1}).encode(), "application/json")
                return
            read, write = form
            tools, results = read(body)
            chosen = conversation.choose(tools, results) if tools else None
            streamed = body.get("stream") or "stream" in path
            if not streamed:
                (answer,) = write(chosen, number, body)
                self._send(json.dumps(answer).encode(), "application/json")
                return
            named = path.endswith(("/messages", "/responses"))
            events = [
                (f"event: {one['type']}\n" if named else "") + f"data: {json.dumps(one)}\n\n"
                for one in write(chosen, number, body)
            ]
            ending = "data: [DONE]\n\n" if path.endswith("/chat/completions") else ""
            self._send("".join([*events, ending]).encode(), "text/event-stream")

        def do_GET(self) -> None:
            """Answer lists of models and the like with nothing."""
            self._send(b'{"data":[],"models":[]}', "application/json")

        def _send(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", conversation
    finally:
        server.shutdown()
        server.server_close()
