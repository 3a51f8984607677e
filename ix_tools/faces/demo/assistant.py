"""The assistant's side of the demo: an MCP client over stdio, and the person who answers what the server asks."""

import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, Tool

Json = dict[str, Any]
COMMAND = "ix-tools serve"


class NotAsTold(Exception):
    """A step did not end as the demo said it would."""


@dataclass
class Person:
    """Who answers the forms: one answer at a time, prepared beforehand, and what was shown is kept."""

    decides: Callable[[str], bool] = field(default=lambda shown: False)
    shown: str = ""

    async def answer(self, context: Any, asked: ElicitRequestParams) -> ElicitResult:
        """Tick the box or decline."""
        if not isinstance(asked, ElicitRequestFormParams):
            return ElicitResult(action="cancel")
        self.shown = asked.message
        if self.decides(asked.message):
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
            raise NotAsTold(f"{tool}: {body.get('message') or body.get('status')}")
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
        command=sys.executable, args=["-m", "ix_tools", "serve"], env=dict(environment), cwd=Path.cwd()
    )
    mode = "legacy" if legacy else "auto"
    async with Client(server, mode=mode, elicitation_callback=person.answer) as client:
        tools = (await client.list_tools()).tools
        seconds = time.perf_counter() - started
        yield Assistant(client, tools, client.protocol_version, seconds, person)


def own_environment() -> dict[str, str]:
    """What the server needs of this process's environment: everything, since the account may be set there."""
    return dict(os.environ)
