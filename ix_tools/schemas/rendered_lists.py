"""Read the lists that were rendered into this package when it was built, without loading the operations."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ix_tools.schemas.tool_selection import ToolSelection, select_tools

if TYPE_CHECKING:
    from ix_tools.config.settings import Settings

FOLDER = Path(__file__).parent


@cache
def load_catalogue() -> dict[str, Any]:
    """Load the lists that `python -m tools.schemas write` rendered: tools, resources, resourceTemplates, prompts."""
    content: dict[str, Any] = json.loads((FOLDER / "catalogue.json").read_bytes())
    return content


def choice_from_settings(settings: "Settings") -> ToolSelection:
    """Return the choice of tools in the settings."""
    return ToolSelection(
        settings.toolsets, settings.tools, settings.exclude, settings.read_only, settings.strict_schemas
    )


def list_chosen_tools(choice: ToolSelection) -> list[dict[str, Any]]:
    """List the tools of a choice in the catalogue's order. Raises UnknownName for a name that does not exist."""
    if choice == ToolSelection():
        tools: list[dict[str, Any]] = load_catalogue()["tools"]
        return tools
    content = json.loads((FOLDER / "toolsets.json").read_bytes())
    known = {tool["name"] for tool in content["tools"]}
    if not known.issuperset((*choice.tools, *choice.exclude)):
        # Only an unknown name needs the operations, which take long to import.
        from ix_tools.operations.registry import catalogue

        read = catalogue().read_name
        choice = replace(
            choice, tools=tuple(map(read, choice.tools)), exclude=tuple(map(read, choice.exclude))
        )
    chosen = select_tools(content["tools"], content["toolsets"], content["usual"], choice)
    if not choice.strict_schemas:
        return chosen
    from ix_tools.schemas.bundles import build_strict_schema

    return [{**tool, "inputSchema": build_strict_schema(tool["inputSchema"])} for tool in chosen]
