"""Render prompts for MCP."""

from collections.abc import Mapping

import mcp_types as types
from mcp.shared.exceptions import MCPError

from ix_tools.schemas.prompts import PROMPTS_BY_NAME
from ix_tools.text.sanitize import sanitize_text


async def fill_prompt(name: str, given: Mapping[str, str]) -> types.GetPromptResult:
    """Return a prompt with its arguments filled in. An unknown name or a missing argument is a protocol error."""
    prompt = PROMPTS_BY_NAME.get(name)
    if prompt is None:
        raise MCPError(
            types.INVALID_PARAMS,
            f"There is no prompt called {name!r}; there are {', '.join(PROMPTS_BY_NAME)}.",
        )
    missing = sorted(required for required in prompt.required if not (given.get(required) or "").strip())
    if missing:
        raise MCPError(types.INVALID_PARAMS, f"The prompt {name} needs {', '.join(missing)}.")
    message = types.PromptMessage(
        role="user", content=types.TextContent(text=sanitize_text(prompt.render(given)))
    )
    return types.GetPromptResult(description=prompt.description, messages=[message])
