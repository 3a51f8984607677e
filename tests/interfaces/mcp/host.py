"""An MCP host with a person: a client that checks every result."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Literal, TypeAlias

import mcp_types as types
from jsonschema import Draft202012Validator
from mcp.client import Client

from ix_tools.errors import InvalidArguments
from ix_tools.interfaces.mcp.server import build_server
from ix_tools.pipeline.arguments import parse
from ix_tools.pipeline.context import CallContext
from ix_tools.schemas.account_parameter import ACCOUNT_ARGUMENT
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection
from tests.next_calls import check_next_calls

Json = dict[str, Any]
Answer: TypeAlias = Literal["yes", "no", "decline", "cancel"] | Json
ERAS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
ERROR_SHAPE = {"ok", "code", "message", "problems", "sent", "next", "retryable"}


class Person:
    """Gives the prepared answers (afterwards always yes) and records the forms."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[types.ElicitRequestFormParams] = []
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        """Runs while the person reads."""

    async def __call__(self, context: Any, params: Any) -> types.ElicitResult:
        self.asked.append(params)
        if self.meanwhile is not None:
            await self.meanwhile()
        answer = self._answers.pop(0) if self._answers else "yes"
        return build_elicit_result(answer)


def build_elicit_result(answer: Answer) -> types.ElicitResult:
    """Build a person's answer as the host sends it."""
    if isinstance(answer, dict):
        return types.ElicitResult(action="accept", content=answer)
    if answer in ("decline", "cancel"):
        return types.ElicitResult(action=answer)
    return types.ElicitResult(action="accept", content={"approve": answer == "yes"})


@cache
def _list_output_schemas() -> dict[str, Json]:
    """Return each tool's listed output schema."""
    return {tool["name"]: tool["outputSchema"] for tool in list_chosen_tools(ToolSelection(("all",)))}


def check_result(name: str, result: types.CallToolResult) -> Json:
    """Return a result's content; check that text and structure agree and fit the listed schema."""
    body = result.structured_content
    assert isinstance(body, dict)
    offered = body.get("resource") or (body.get("pdf") or {}).get("resource")
    links = [str(block.uri) for block in result.content if isinstance(block, types.ResourceLink)]
    assert links == ([offered] if offered else [])
    assert len(result.content) == 1 + len(links)
    text = result.content[0]
    assert isinstance(text, types.TextContent)
    assert json.loads(text.text) == body
    check_next_calls(body)
    if result.is_error:
        assert body["ok"] is False
        assert body.keys() >= ERROR_SHAPE
        assert isinstance(body["code"], str)
        assert body["sent"] in {"nothing", "refused", "stored", "unknown"}
        assert isinstance(body["retryable"], bool)
    else:
        # An error is no result: hosts that check errors against the schema of results hide the reason.
        published = _list_output_schemas()[name]
        Draft202012Validator(published).validate(body)
        relayed = name == "run_operation"  # what it ran says what comes back
        assert relayed or body.keys() <= published["properties"].keys(), name
    return body


def check_steps(body: Json, listed: frozenset[str] | None) -> None:
    """Check that each suggested call can be made as it stands: by a listed tool, and whole but for what it names as missing."""
    for step in [*body.get("next", ()), *(body.get("undo") or {}).get("calls", ())]:
        if "tool" not in step:
            continue
        assert listed is None or step["tool"] in listed, step
        name, arguments = step["tool"], step.get("arguments")
        if name == "run_operation" and arguments is not None:
            name, arguments = arguments["operation"], arguments["arguments"]
            described = body.get("best") or body
            if not arguments and described.get("operation") == name:
                continue  # its parameters stand beside it
        if arguments is not None:
            given = {key: value for key, value in arguments.items() if key != ACCOUNT_ARGUMENT}
            missing: list[str] = []
            try:
                parse(name, given)
            except InvalidArguments as refused:
                missing = [one.field for one in refused.problems]
            assert missing == step.get("missing", []), step


class Host:
    """A connected client."""

    def __init__(self, client: Client, person: Person | None, listed: frozenset[str] | None = None) -> None:
        self.client = client
        self._person = person
        self._listed = listed

    @property
    def person(self) -> Person:
        """The person who reads the forms."""
        assert self._person is not None
        return self._person

    async def call_unchecked(self, name: str, /, **arguments: Any) -> types.CallToolResult:
        """Return any result of a call; the person is asked as the protocol version does it."""
        result = await self.client.call_tool(name, arguments)
        check_steps(check_result(name, result), self._listed)
        return result

    async def call(self, name: str, /, **arguments: Any) -> Json:
        """Return the result of a call that must succeed."""
        result = await self.call_unchecked(name, **arguments)
        assert not result.is_error, result.structured_content
        assert result.structured_content is not None
        assert result.structured_content["ok"] is True, result.structured_content
        return result.structured_content

    async def call_refused(self, name: str, /, **arguments: Any) -> Json:
        """Return the refusal of a call that must be refused."""
        result = await self.call_unchecked(name, **arguments)
        assert result.is_error, result.structured_content
        assert result.structured_content is not None
        return result.structured_content

    async def step(
        self, name: str, arguments: Json, state: str | None = None, answer: types.ElicitResult | None = None
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Run one round of a call by hand, with any state and answer (2026-07-28 only)."""
        result = await self.client.session.call_tool(
            name,
            arguments,
            allow_input_required=True,
            request_state=state,
            input_responses=None if answer is None else {"approval": answer},
        )
        assert isinstance(result, types.CallToolResult | types.InputRequiredResult)
        if isinstance(result, types.CallToolResult):
            check_steps(check_result(name, result), self._listed)
        return result

    async def ask_and_hold(self, name: str, arguments: Json) -> str:
        """Make a call and return its handle instead of answering."""
        result = await self.step(name, arguments)
        assert isinstance(result, types.InputRequiredResult), result
        assert result.request_state
        return result.request_state


@asynccontextmanager
async def connect_host(
    desk: CallContext, mode: str, person: Person | None, choice: ToolSelection | None = None, name: str = ""
) -> AsyncIterator[Host]:
    """Connect a host in this process; without a person it cannot ask.

    Args:
        name: the host's own name with a version, such as `claude-code 2.1.332`.
    """

    async def shared_context(request: Any, account: str | None = None) -> CallContext:
        return desk

    tools = list_chosen_tools(choice) if choice else None
    server: Any = build_server(shared_context, tools, desk.settings.language)
    listed = frozenset(one["name"] for one in tools or list_chosen_tools(ToolSelection()))
    known, _, version = name.partition(" ")
    info = types.Implementation(name=known, version=version) if name else None
    async with Client(server, mode=mode, elicitation_callback=person, client_info=info) as client:
        assert client.protocol_version == ERAS[mode]
        yield Host(client, person, listed)
