"""Select the tools to list by toolset, name and whether they only read.

Every tool is listed completely, because hosts filter lists, load tools singly and drop what a schema does not name. Input and
output are plain data, so that a server can start without loading the operations.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import Message, message

READ_ONLY_ANNOTATIONS = {
    "readOnlyHint": True,
    "destructiveHint": False,
    "idempotentHint": True,
    "openWorldHint": True,
}
"""Annotations of run_operation when only reading is allowed."""
RUN_OPERATION = "run_operation"
"""The tool that runs any operation. It is listed when only reading is allowed, since it can then only read."""


class UnknownName(ValueError):
    """A toolset or tool that does not exist; `problem` names those that exist."""

    def __init__(self, problem: Message) -> None:
        """Keep the problem."""
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True)
class ToolSelection:
    """The tools to list, as in the settings of the same names."""

    toolsets: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    read_only: bool = False
    strict_schemas: bool = False


def select_tools(
    tools: Sequence[dict[str, Any]],
    toolsets: Mapping[str, Iterable[str]],
    usual: Iterable[str],
    choice: ToolSelection,
) -> list[dict[str, Any]]:
    """Return the selected tools in their order; those of the usual toolsets when neither toolset nor tool is named.

    Raises: UnknownName when a toolset or tool does not exist.
    """
    names = [tool["name"] for tool in tools]
    _require_known(Bilingual("conjunto de ferramentas", "toolset"), choice.toolsets, [*toolsets, "all"])
    _require_known(Bilingual("ferramenta", "tool"), (*choice.tools, *choice.exclude), names)
    sets = toolsets if "all" in choice.toolsets else choice.toolsets or (() if choice.tools else usual)
    wanted = {name for one in sets for name in toolsets[one]}.union(choice.tools) - set(choice.exclude)
    found = [tool for tool in tools if tool["name"] in wanted]
    return (
        [_restrict_to_reading(tool) for tool in found if _is_read_only(tool)] if choice.read_only else found
    )


def _require_known(what: Bilingual, named: Iterable[str], known: Sequence[str]) -> None:
    if unknown := [name for name in named if name not in known]:
        raise UnknownName(
            message(
                "there is no {what} {unknown}; there are {known} and {last}",
                what=what,
                unknown=", ".join(unknown),
                known=", ".join(known[:-1]),
                last=known[-1],
            )
        )


def _is_read_only(tool: Mapping[str, Any]) -> bool:
    return bool(tool["annotations"]["readOnlyHint"]) or tool["name"] == RUN_OPERATION


def _restrict_to_reading(tool: dict[str, Any]) -> dict[str, Any]:
    return {**tool, "annotations": READ_ONLY_ANNOTATIONS} if tool["name"] == RUN_OPERATION else tool
