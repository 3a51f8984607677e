"""A tool of the official suite: its listing and its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import mcp_types as types

from ix_tools.interfaces.mcp.server import Context, Tool
from ix_tools.interfaces.mcp.tool_calls import Answer

Call = types.CallToolRequestParams
Answers = Callable[[Context, Call], Awaitable[Answer]]

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC"
"""One red dot."""
WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQIAAACAgA=="
"""Two samples of silence."""


@dataclass(frozen=True)
class SuiteTool:
    """A tool of the suite; `properties` are its parameters, all of them required."""

    name: str
    description: str
    answer: Answers
    properties: dict[str, Any] = field(default_factory=dict)
    schema: dict[str, Any] | None = None

    @property
    def tool(self) -> Tool:
        """Return the tool as listed."""
        shape = {"type": "object", "properties": self.properties, "required": list(self.properties)}
        return {"name": self.name, "description": self.description, "inputSchema": self.schema or shape}


def build_text_result(words: str) -> types.CallToolResult:
    """Build a result that is a line of text."""
    return types.CallToolResult(content=[types.TextContent(text=words)])
