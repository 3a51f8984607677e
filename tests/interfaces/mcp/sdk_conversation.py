"""A conversation in memory with the SDK's own server over standard input and output, line by line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import anyio
from mcp.server.stdio import stdio_server

from ix_tools.interfaces.mcp.incoming import TolerantReadStream
from ix_tools.interfaces.mcp.server import build_server
from ix_tools.interfaces.mcp.stdio_session import AnsweredWriteStream

Json = dict[str, Any]


class Lines:
    """Standard input that ends when every request was answered, and standard output that is remembered."""

    def __init__(self, lines: Sequence[str], expected: int) -> None:
        self._lines, self._expected = lines, expected
        self.written: list[Json] = []
        self._answered = anyio.Event()

    async def __aiter__(self) -> AsyncIterator[str]:
        for line in self._lines:
            yield line
            await anyio.wait_all_tasks_blocked()
        if self._expected:
            await self._answered.wait()

    async def write(self, text: str) -> None:
        self.written.append(json.loads(text))
        if len(self.written) >= self._expected:
            self._answered.set()

    async def flush(self) -> None:
        pass


async def converse(tools: list[Json], lines: Sequence[str], expected: int) -> list[Json]:
    """Send lines to a server that lists these tools, and return its messages when so many have come."""

    async def open_nothing(*_: object) -> Any:
        raise AssertionError("no call is made")

    server: Any = build_server(open_nothing, tools)
    source: Any = Lines(lines, expected)
    async with stdio_server(source, source) as (incoming, outgoing):
        options = server.create_initialization_options()
        await server.run(TolerantReadStream(incoming), AnsweredWriteStream(outgoing), options)
    return list(source.written)
