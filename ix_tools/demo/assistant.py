"""The assistant's side of the demo: an MCP client over stdio, and the person who answers what the server asks."""

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
SERVE = ("serve", "--toolsets", "core,invoices,payments")
COMMAND = " ".join(("ix-tools", *SERVE))


class NotAsTold(Exception):
    """A step did not end as the demo said it would."""


@dataclass
class Person:
    """Who answers the forms: prepared beforehand; what was shown is kept."""

    approves: bool = False
    shown: str = ""

    async def answer(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        """Tick the box or decline."""
        if not isinstance(params, ElicitRequestFormParams):
            return ElicitResult(action="cancel")
        self.shown = params.message
        if self.approves:
            return ElicitResult(action="accept", content={"approve": True})
        return ElicitResult(action="decline")


@dataclass
class Assistant:
    """A connected client."""

    client: Client
    tools: list[Tool]
    protocol: str
    seconds: float
    person: Person

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Json:
        """The structured result of a call, a refusal included."""
        result = await self.client.call_tool(tool, dict(arguments))
        body = result.structured_content
        if not isinstance(body, dict):
            raise NotAsTold(f"{tool}: {result.content}")
        return body

    async def done(self, tool: str, arguments: Mapping[str, Any]) -> Json:
        """The result of a call that has to succeed."""
        body = await self.call(tool, arguments)
        if body.get("ok") is not True:
            said = " ".join(str(body[key]) for key in ("message", "status", "next") if body.get(key))
            raise NotAsTold(f"{tool}: {said}")
        return body

    async def not_done(self, tool: str, arguments: Mapping[str, Any], code: str) -> Json:
        """The refusal of a call that must not go through."""
        body = await self.call(tool, arguments)
        if body.get("ok") is not False or body.get("code") != code or body.get("sent") != "nothing":
            raise NotAsTold(f"{tool}: {code} expected, and it answered {body.get('code') or body.get('ok')}")
        return body


@asynccontextmanager
async def connected(environment: Mapping[str, str], *, legacy: bool) -> AsyncIterator[Assistant]:
    """An assistant talking to the server that `ix-tools serve` starts, as a chat host would start it."""
    person = Person()
    started = time.perf_counter()
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "ix_tools", *SERVE], env=dict(environment), cwd=Path.cwd()
    )
    mode = "legacy" if legacy else "auto"
    async with Client(server, mode=mode, elicitation_callback=person.answer) as client:
        tools = (await client.list_tools()).tools
        seconds = time.perf_counter() - started
        yield Assistant(client, tools, client.protocol_version, seconds, person)


def told(screen: Screen, telling: Callable[[], Awaitable[None]]) -> int:
    """Tell a story; 1, and in words why, when a step did not end as told."""
    try:
        anyio.run(telling)
    except (NotAsTold, MCPError, OSError, ExceptionGroup) as wrong:
        first: Exception = wrong
        while isinstance(first, ExceptionGroup):
            first = first.exceptions[0]
        if not isinstance(first, NotAsTold | MCPError | OSError):
            raise
        screen.gap()
        screen.bad("stopped", str(first))
        return 1
    return 0
