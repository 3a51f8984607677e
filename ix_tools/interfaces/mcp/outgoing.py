"""What leaves over MCP: of at most so many characters, and without characters that control a screen or hide from a reader."""

from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

import mcp_types as types
from mcp.shared.exceptions import MCPError

from ix_tools.pipeline import truncation
from ix_tools.pipeline.truncation import dense, fitted
from ix_tools.text.sanitize import all_legible, is_legible_json, legible

Given = TypeVar("Given")
LONGEST_MESSAGE = 10_000
"""Characters of an error's message; its data say the same, within the limit of every answer."""
META = "ix-tools/left_out"
"""Where `_meta` of a result says what was left out, besides the field `left_out` of the result itself."""


def tool_result(
    body: Mapping[str, Any], *, is_error: bool = False, per_page: int | None = None
) -> types.CallToolResult:
    """A tool's result. `per_page`: how many rows the call asked for, if it asked for a page of a list."""
    shown, text = _fitting(body, per_page)
    left_out = shown.get("left_out")
    # The same JSON twice: some hosts show only the text, others only the structure.
    return types.CallToolResult(
        content=[types.TextContent(text=text)],
        structured_content=shown,
        is_error=is_error,
        meta={META: left_out} if left_out else None,
    )


def json_resource(uri: str, body: Mapping[str, Any]) -> types.TextResourceContents:
    """A resource that is JSON."""
    return types.TextResourceContents(uri=uri, mime_type="application/json", text=_fitting(body, None)[1])


def _fitting(body: Mapping[str, Any], per_page: int | None) -> tuple[dict[str, Any], str]:
    shown, text = dict(body), dense(body)
    if not is_legible_json(text):
        shown = all_legible(body)
        text = dense(shown)
    if len(text) > truncation.LONGEST:
        shown = fitted(shown, per_page).body
        text = dense(shown)
    return shown, text


async def with_legible_errors(answer: Awaitable[Given]) -> Given:
    """An answer; what the protocol's own errors quote (an address, a name) is made safe to show, too."""
    try:
        return await answer
    except MCPError as refusal:
        error = refusal.error
        told = legible(error.message)
        message = told if len(told) <= LONGEST_MESSAGE else f"{told[:LONGEST_MESSAGE]} …"
        data = _fitting(error.data, None)[0] if isinstance(error.data, Mapping) else all_legible(error.data)
        shown = MCPError(error.code, message, data)
    raise shown
