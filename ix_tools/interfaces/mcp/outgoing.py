"""Build MCP results within the size limit and without control or invisible characters."""

from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

import mcp_types as types
from mcp.shared.exceptions import MCPError

from ix_tools.pipeline import truncation
from ix_tools.pipeline.truncation import to_compact_json, truncate
from ix_tools.text.sanitize import is_safe_json, sanitize_all, sanitize_text

Given = TypeVar("Given")
MAX_MESSAGE_LENGTH = 10_000
"""Characters of an error's message; its data repeat it within the limit of every result."""
LEFT_OUT_META = "ix-tools/left_out"
"""Key in `_meta` that repeats the result's field `left_out`."""


def build_tool_result(
    body: Mapping[str, Any], *, is_error: bool = False, per_page: int | None = None
) -> types.CallToolResult:
    """Build a tool's result. `per_page`: the number of rows that the call asked for, if it asked for a page of a list."""
    shown, text = _fit(body, per_page)
    left_out = shown.get("left_out")
    # The same JSON twice: some hosts show only the text, others only the structured content.
    return types.CallToolResult(
        content=[types.TextContent(text=text), *_link_resources(shown)],
        structured_content=shown,
        is_error=is_error,
        meta={LEFT_OUT_META: left_out} if left_out else None,  # pyright: ignore[reportCallIssue] - known by its alias
    )


def _link_resources(body: Mapping[str, Any]) -> list[types.ResourceLink]:
    """Return a link to each PDF that a result offers as a resource, for hosts that read linked resources by themselves."""
    pdf = body.get("pdf")
    offered = [body.get("resource"), pdf.get("resource") if isinstance(pdf, Mapping) else None]
    return [
        types.ResourceLink(uri=uri, name="PDF", mime_type="application/pdf")
        for uri in offered
        if isinstance(uri, str) and uri.startswith("ix://")
    ]


def build_json_resource(uri: str, body: Mapping[str, Any]) -> types.TextResourceContents:
    """Build a resource that is JSON."""
    return types.TextResourceContents(uri=uri, mime_type="application/json", text=_fit(body, None)[1])


def _fit(body: Mapping[str, Any], per_page: int | None) -> tuple[dict[str, Any], str]:
    shown, text = dict(body), to_compact_json(body)
    if not is_safe_json(text):
        shown = sanitize_all(body)
        text = to_compact_json(shown)
    if len(text) > truncation.MAX_CHARACTERS:
        shown = truncate(shown, per_page).body
        text = to_compact_json(shown)
    return shown, text


async def sanitize_errors(answer: Awaitable[Given]) -> Given:
    """Return a response; remove unsafe characters from protocol errors, which quote addresses and names."""
    try:
        return await answer
    except MCPError as refusal:
        error = refusal.error
        sanitized = sanitize_text(error.message)
        message = sanitized if len(sanitized) <= MAX_MESSAGE_LENGTH else f"{sanitized[:MAX_MESSAGE_LENGTH]} …"
        data = _fit(error.data, None)[0] if isinstance(error.data, Mapping) else sanitize_all(error.data)
        shown = MCPError(error.code, message, data)
    raise shown
