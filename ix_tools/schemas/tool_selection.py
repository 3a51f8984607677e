"""Which tools are listed: by toolset, by name, only those that read. Each is listed whole, whatever stands beside it.

Hosts filter lists, load tools singly and drop what a schema does not name, so no tool says less because another says it too.
Plain data in, plain data out: a start with other toolsets than the usual ones must not load the operations.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

READ_ONLY_ANNOTATIONS = {
    "readOnlyHint": True,
    "destructiveHint": False,
    "idempotentHint": True,
    "openWorldHint": True,
}
"""What running any operation can do where only reading is allowed."""
RUN_OPERATION = "run_operation"
"""The tool that runs the others: where only reading is allowed it stays, since it too can only read then."""


class UnknownName(ValueError):
    """A toolset or tool that does not exist; the message names those that do."""


@dataclass(frozen=True)
class ToolSelection:
    """Which tools to list, as the settings of the same names say."""

    toolsets: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    read_only: bool = False


def select_tools(
    tools: Sequence[dict[str, Any]],
    toolsets: Mapping[str, Iterable[str]],
    usual: Iterable[str],
    choice: ToolSelection,
) -> list[dict[str, Any]]:
    """The tools of a choice, in the order they came in; the usual toolsets where nothing is named."""
    names = [tool["name"] for tool in tools]
    _require_known("toolset", choice.toolsets, [*toolsets, "all"])
    _require_known("tool", (*choice.tools, *choice.exclude), names)
    sets = toolsets if "all" in choice.toolsets else choice.toolsets or (() if choice.tools else usual)
    wanted = {name for one in sets for name in toolsets[one]}.union(choice.tools) - set(choice.exclude)
    found = [tool for tool in tools if tool["name"] in wanted]
    return (
        [_restrict_to_reading(tool) for tool in found if _is_read_only(tool)] if choice.read_only else found
    )


def _require_known(what: str, named: Iterable[str], known: Sequence[str]) -> None:
    if unknown := [name for name in named if name not in known]:
        raise UnknownName(
            f"there is no {what} {', '.join(unknown)}; there are {', '.join(known[:-1])} and {known[-1]}"
        )


def _is_read_only(tool: Mapping[str, Any]) -> bool:
    return bool(tool["annotations"]["readOnlyHint"]) or tool["name"] == RUN_OPERATION


def _restrict_to_reading(tool: dict[str, Any]) -> dict[str, Any]:
    return {**tool, "annotations": READ_ONLY_ANNOTATIONS} if tool["name"] == RUN_OPERATION else tool
