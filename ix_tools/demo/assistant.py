"""The demo's assistant: an MCP client over stdio, and a scripted person who answers the server's forms."""

import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, Tool

from ix_tools.demo.screen import Screen

Json = dict[str, Any]
SERVE_ARGUMENTS = ("serve", "--toolsets", "core,invoices,payments")
SERVE_COMMAND = " ".join(("ix-tools", *SERVE_ARGUMENTS))


class UnexpectedOutcome(Exception):
    """A step did not end as the demo expected."""


@dataclass
class Person:
    """A scripted approver: answers the forms and keeps the last form's text."""

    approves: bool = False
    last_form: str = ""

    async def answer(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        """Tick the box or decline."""
        if not isinstance(params, ElicitRequestFormParams):
            return ElicitResult(action="cancel")
        self.last_form = params.message
        if self.approves:
            return ElicitResult(action="accept", content={"approve": True})
        return ElicitResult(action="decline")


@dataclass
class Assistant:
    """A connected MCP client."""

    client: Client
    tools: list[Tool]
    protocol: str
    seconds: float
    person: Person

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Json:
        """Return the structured result of a call; a refusal is a result too."""
        result = await self.client.call_tool(tool, dict(arguments))
        body = result.structured_content
        if not isinstance(body, dict):
            raise UnexpectedOutcome(f"{tool}: {result.content}")
        return body

    async def call_expecting_success(self, tool: str, arguments: Mapping[str, Any]) -> Json:
        """Return the result of a call that must succeed."""
        body = await self.call(tool, arguments)
        if body.get("ok") is not True:
            said = " ".join(str(body[key]) for key in ("message", "status", "next") if body.get(key))
            raise UnexpectedOutcome(f"{tool}: {said}")
        return body

    async def call_expecting_refusal(self, tool: str, arguments: Mapping[str, Any], code: str) -> Json:
        """Return the refusal of a call that must be refused."""
        body = await self.call(tool, arguments)
        if body.get("ok") is not False or body.get("code") != code or body.get("sent") != "nothing":
            raise UnexpectedOutcome(
                f"{tool}: {code} expected, and it answered {body.get('code') or body.get('ok')}"
            )
        return body


def get_text_for_person(refusal: Json) -> str:
    """Return the sentence of a refusal for the person; without one the person reads English too."""
    return str(refusal.get("for_person") or refusal["message"])


@asynccontextmanager
async def connect_assistant(environment: Mapping[str, str], *, legacy: bool) -> AsyncIterator[Assistant]:
    """Connect to a server started with `ix-tools serve`, as a chat host would start it."""
    person = Person()
    started = time.perf_counter()
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ix_tools", *SERVE_ARGUMENTS],
        env=dict(environment),
        cwd=Path.cwd(),
    )
    mode = "legacy" if legacy else "auto"
    async with Client(server, mode=mode, elicitation_callback=person.answer) as client:
        tools = (await client.list_tools()).tools
        seconds = time.perf_counter() - started
        yield Assistant(client, tools, client.protocol_version, seconds, person)


def run_scenario(screen: Screen, telling: Callable[[], Awaitable[None]]) -> int:
    """Run a scenario. Return 1, after printing the reason, if a step did not end as expected."""
    try:
        anyio.run(telling)
    except (UnexpectedOutcome, MCPError, OSError, ExceptionGroup) as wrong:
        first: Exception = wrong
        while isinstance(first, ExceptionGroup):
            first = first.exceptions[0]
        if not isinstance(first, UnexpectedOutcome | MCPError | OSError):
            raise
        screen.print_blank_line()
        screen.print_failure("stopped", str(first))
        return 1
    return 0
