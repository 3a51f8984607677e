"""A list of tools as a model pays for it: whole tools in, the same tools without what was said before.

Plain data in, plain data out: a start with other toolsets than the usual ones must not load the operations.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_READING = {
    "readOnlyHint": True,
    "destructiveHint": False,
    "idempotentHint": True,
    "openWorldHint": True,
}
"""What running any operation can do where only reading is allowed."""
EVIDENT = 18
"""A description of at most so many characters (`City.`, `Second copy.`) adds nothing to the parameter's name."""
LONG_LIST = 6
"""A closed list of so many words is told once in a list of tools."""
EVERYWHERE = "idempotency_key"
"""Every writing tool takes it, as its description says: the first tool of a list shows it for all."""
RUNS_ANY = "run_operation"
"""The tool that runs the others: where only reading is allowed it stays, since it too can only read then."""
EVIDENT_BOUNDS = (("minItems", 1), ("minLength", 1), ("minimum", 1), ("default", False))
"""What any sensible value keeps to, and a switch that is off: left out of lists, checked all the same."""


class UnknownName(ValueError):
    """A toolset or tool that does not exist; the message names those that do."""


@dataclass(frozen=True)
class Choice:
    """Which tools to list, as the settings of the same names say."""

    toolsets: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    read_only: bool = False


def picked(
    tools: Sequence[Mapping[str, Any]],
    toolsets: Mapping[str, Iterable[str]],
    usual: Iterable[str],
    choice: Choice,
) -> list[Mapping[str, Any]]:
    """The tools of a choice, whole, in the order they came in; the usual toolsets where nothing is named."""
    names = [tool["name"] for tool in tools]
    _known("toolset", choice.toolsets, [*toolsets, "all"])
    _known("tool", (*choice.tools, *choice.exclude), names)
    sets = toolsets if "all" in choice.toolsets else choice.toolsets or (() if choice.tools else usual)
    wanted = {name for one in sets for name in toolsets[one]}.union(choice.tools) - set(choice.exclude)
    found = [tool for tool in tools if tool["name"] in wanted]
    return [_reading(tool) for tool in found if _reads(tool)] if choice.read_only else found


def _known(what: str, named: Iterable[str], known: Sequence[str]) -> None:
    if unknown := [name for name in named if name not in known]:
        raise UnknownName(
            f"there is no {what} {', '.join(unknown)}; there are {', '.join(known[:-1])} and {known[-1]}"
        )


def _reads(tool: Mapping[str, Any]) -> bool:
    return bool(tool["annotations"]["readOnlyHint"]) or tool["name"] == RUNS_ANY


def _reading(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**tool, "annotations": MOST_READING} if tool["name"] == RUNS_ANY else tool


def listed(tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The tools as one list, as small as it can be without saying less.

    What an earlier tool of the list said of a parameter is not said again: its description, a long list of words, or
    the fields of an object such as `client` (the later tool names the earlier one). A parameter that every writing tool
    takes stands in the first one alone. A description so short that the
    parameter's name says it is left out; so are the fields of a record that an earlier tool returns under the same
    name. The server checks every field all the same, and the files in tool_schemas/ and the reference keep every word.
    """
    said = _Said()
    return [
        {
            **one,
            "inputSchema": said.once(one["inputSchema"], "", one["name"]),
            "outputSchema": said.returned(one["outputSchema"]),
        }
        for one in tools
    ]


class _Said:
    """What a list of tools has said so far."""

    def __init__(self) -> None:
        self.texts: set[tuple[str, str]] = set()
        self.objects: dict[str, tuple[str, str]] = {}
        self.records: list[Any] = []
        self.everywhere = ""

    def returned(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """A result's schema without the fields of records that came before."""
        shown = {key: self._record(one) for key, one in node["properties"].items()}
        return {"type": "object", "properties": shown}

    def _record(self, node: Mapping[str, Any]) -> dict[str, Any]:
        if "items" in node:
            return {**node, "items": self._record(node["items"])}
        fields = node.get("properties")
        if fields is None:
            return dict(node)
        if fields in self.records:
            return {"type": "object"}
        self.records.append(fields)
        return {**node, "properties": {key: self._record(one) for key, one in fields.items()}}

    def _first(self, tool: str) -> bool:
        self.everywhere = self.everywhere or tool
        return self.everywhere == tool

    def once(self, node: Mapping[str, Any], name: str, tool: str) -> dict[str, Any]:
        """A parameter's schema without what was said before."""
        kept = {
            key: value
            for key, value in node.items()
            if key not in {"description", "additionalProperties"} and (key, value) not in EVIDENT_BOUNDS
        }
        if "properties" in kept and name:
            fields = json.dumps(kept["properties"], sort_keys=True)
            earlier, word = self.objects.setdefault(fields, (tool, name))
            if (earlier, word) != (tool, name):
                return {
                    "type": "object",
                    "description": f"As {word if earlier == tool else f'in {earlier}'}.",
                }
        words = kept.get("enum", [])
        if len(words) >= LONG_LIST:
            earlier, word = self.objects.setdefault(json.dumps(words), (tool, name))
            if (earlier, word) != (tool, name):
                return {"type": "string", "description": f"As {word} in {earlier}."}
        text = node.get("description", "")
        if len(text) > EVIDENT and (name, text) not in self.texts:
            self.texts.add((name, text))
            kept["description"] = text
        if "properties" in kept:
            kept["properties"] = {
                key: self.once(value, key, tool)
                for key, value in kept["properties"].items()
                if key != EVERYWHERE or self._first(tool)
            }
        if "items" in kept:
            kept["items"] = self.once(kept["items"], name, tool)
        return kept
