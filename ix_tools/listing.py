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
"""A description of at most so many characters (`City.`, `Second copy.`) adds little to the parameter's name."""
SHOWN_ONCE = frozenset(
    {
        "idempotency_key",
        "accept",
        "tax_exemption_reason",
        "manual_sequence_number",
        "plugin_id",
        "non_archived",
    }
)
"""What many tools take, as its description or a refusal says, or hardly anybody needs: the first that takes it shows it."""
BOUNDS = frozenset({"format", "minimum", "exclusiveMinimum", "maximum", "minItems", "minLength", "default"})
RUNS_ANY = "run_operation"
"""The tool that runs the others: where only reading is allowed it stays, since it too can only read then."""
EVIDENT_BOUNDS = (
    ("minItems", 1), ("minLength", 1), ("minimum", 1), ("minimum", 0), ("exclusiveMinimum", 0), ("default", False),
    ("default", 1), ("format", "date"), ("format", "email"), ("additionalProperties", False),
)  # fmt: skip
"""What any sensible value keeps to, a switch that is off, and what holds for every tool: left out of lists, checked all the same.

(`format: date` would even refuse `today`, which is a date here.)
"""
ENOUGH = 2
"""So many parameters that an earlier tool shows are named instead of shown again."""
AT_ONCE = 3
"""How many values the schema of a list asks for at once; those beyond say "Required." themselves.

Agents pass over a call that looks dearer than its neighbours (the shadow rule of the Tool Definition Quality Score). The
server asks for every one of them, and so does the schema that describe_operation shows.
"""


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

    What an earlier tool of the list said of a parameter is not said again: its description, its bounds, a list of words
    that is longer than a pointer to it, or the fields of an object such as `client` (the later tool names the earlier
    one). Two or more optional parameters that an earlier tool shows just so are named in the description alone, and may
    still be given. A description so short that the parameter's name says it is left out; so are the fields of a record
    that an earlier tool returns, and the title where a host need not ask a person before the call, or the name says it (`delete_client`). But half of a tool's
    parameters are described, so that it is understood by itself. The server checks every field all the same;
    tool_schemas/, the reference and describe_operation keep every word.
    """
    said = _Said()
    return [said.tool(one) for one in tools]


def _says(name: str, title: str) -> bool:
    """Whether a tool's name has every word of its title but the small ones."""
    return set(name.split("_")) >= set(title.lower().split()) - {"a", "an", "any"}


class _Said:
    """What a list of tools has said so far."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.shown: dict[str, str] = {}
        self.bounds: set[tuple[str, str, str]] = set()
        self.places: dict[str, tuple[str, str]] = {}
        self.lists: list[tuple[Sequence[Any], str]] = []
        self.records: list[Any] = []
        self.plain: dict[str, dict[str, Any]] = {}
        self.first = ""

    def tool(self, one: Mapping[str, Any]) -> dict[str, Any]:
        """A tool without what was said before."""
        self.first = self.first or one["name"]
        earlier, names = self._shared(one)
        pointer = f"\nAs in {earlier}: {', '.join(names)}." if names else ""
        shown = {
            **one,
            "description": one["description"] + pointer,
            "inputSchema": self._input(_without(one["inputSchema"], names), one["name"]),
            "outputSchema": self._returned(one["outputSchema"], one["name"]),
        }
        if not one["annotations"]["destructiveHint"] or _says(one["name"], one["title"]):
            del shown["title"]
        return shown

    def _shared(self, one: Mapping[str, Any]) -> tuple[str, list[str]]:
        """The earlier tool that shows most of this one's optional parameters, and these, where they are enough."""
        schema = one["inputSchema"]
        plain = {
            name: {key: value for key, value in field.items() if key != "description"}
            for name, field in schema["properties"].items()
            if "enum" not in field
        }
        told = {name: field["description"] for name, field in schema["properties"].items()}
        known = {name for name in plain if len(told[name]) <= EVIDENT or (name, told[name]) in self.texts}
        known -= SHOWN_ONCE.union(schema.get("required", ()))
        best: tuple[str, list[str]] = ("", [])
        for earlier, shown in self.plain.items():
            names = [name for name, field in plain.items() if shown.get(name) == field and name in known]
            if len(names) > max(len(best[1]), ENOUGH - 1):
                best = (earlier, names)
        if not best[1]:
            self.plain[one["name"]] = plain
        return best

    # --- what comes back

    def _returned(self, node: Mapping[str, Any], tool: str) -> dict[str, Any]:
        shown = {
            key: self._record(one)
            for key, one in node["properties"].items()
            if key != "ok" or tool == self.first
        }
        return {"type": "object", "properties": shown} if shown else {"type": "object"}

    def _record(self, node: Mapping[str, Any]) -> dict[str, Any]:
        if "items" in node:
            inner = self._record(node["items"])
            return {"type": "array"} if inner == {"type": "object"} else {**node, "items": inner}
        fields = node.get("properties")
        if fields is None:
            return {key: value for key, value in node.items() if key != "additionalProperties"}
        if fields in self.records:
            return {"type": "object"}
        self.records.append(fields)
        return {"properties": {key: self._record(one) for key, one in fields.items()}}

    # --- what a caller gives

    def _input(self, schema: Mapping[str, Any], tool: str) -> dict[str, Any]:
        shown = self._once(schema, "", tool)
        fields = shown["properties"]
        told = {
            name: self._shortest(name, schema["properties"][name]["description"], tool) for name in fields
        }
        silent = sorted(
            (name for name in fields if "description" not in fields[name]), key=lambda name: len(told[name])
        )
        for name in silent[: max(0, (len(fields) + 1) // 2 - (len(fields) - len(silent)))]:
            fields[name]["description"] = told[name]
        if "required" in shown:
            shown["required"], beyond = _at_once(shown["required"], fields)
            for name in beyond:
                fields[name]["description"] = f"Required. {fields[name].get('description') or told[name]}"
        return shown

    def _shortest(self, name: str, text: str, tool: str) -> str:
        """A description in its own words, or where an earlier tool says it."""
        earlier = self.texts.get((name, text), tool)
        pointer = f"As in {earlier}."
        return pointer if earlier != tool and len(pointer) < len(text) else text

    def _once(self, node: Mapping[str, Any], name: str, tool: str) -> dict[str, Any]:
        """A parameter's schema without what was said before."""
        kept = {
            key: value
            for key, value in node.items()
            if key != "description" and (key, value) not in EVIDENT_BOUNDS
        }
        for key in BOUNDS & kept.keys():
            bound = (name, key, json.dumps(kept[key]))
            if bound in self.bounds:
                del kept[key]
            self.bounds.add(bound)
        if (pointer := self._said_elsewhere(kept, name, tool)) is not None:
            return pointer
        text = node.get("description", "")
        if self.texts.setdefault((name, text), tool) == tool and len(text) > EVIDENT:
            kept["description"] = text
        if "properties" in kept:
            kept["properties"] = {
                key: self._once(value, key, tool)
                for key, value in kept["properties"].items()
                if key not in SHOWN_ONCE or self.shown.setdefault(key, tool) == tool
            }
        if "items" in kept:
            kept["items"] = self._once(kept["items"], name, tool)
            if pointed := kept["items"].pop("description", ""):
                kept.setdefault("description", pointed)
        return kept

    def _said_elsewhere(self, node: Mapping[str, Any], name: str, tool: str) -> dict[str, Any] | None:
        """A pointer to where the fields of an object, or a longer list of words, stand already."""
        said = json.dumps(node.get("properties") or node.get("enum"), sort_keys=True)
        if not name or said == "null":
            return None
        if "enum" in node:
            return self._words(node, name, tool)
        earlier, word = self.places.setdefault(said, (tool, name))
        if (earlier, word) == (tool, name):
            return None
        return {"type": "object", "description": f"As {word if earlier == tool else f'in {earlier}'}."}

    def _words(self, node: Mapping[str, Any], name: str, tool: str) -> dict[str, Any] | None:
        """A pointer to an earlier list of the same words, or of these and a few more, where that is shorter."""
        words = node["enum"]
        long = len(json.dumps(words)) - len('"description":""')
        for known, place in self.lists:
            beyond = [str(word) for word in known if word not in words]
            pointer = f"As {place}, not {', '.join(beyond)}." if beyond else f"As {place}."
            if set(words) <= set(known) and len(pointer) < long:
                return {
                    **{key: value for key, value in node.items() if key != "enum"},
                    "description": pointer,
                }
        self.lists.append((words, f"{name} in {tool}"))
        return None


def _without(schema: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    properties = {name: field for name, field in schema["properties"].items() if name not in names}
    return {**schema, "properties": properties, **({"additionalProperties": True} if names else {})}


def _at_once(required: Sequence[str], fields: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Which required parameters the schema itself asks for, and which only their description."""
    plain = [name for name in required if fields[name]["type"] not in {"object", "array"}]
    if len(required) <= AT_ONCE and not any("required" in _inside(fields[name]) for name in required):
        return list(required), []
    kept = plain[:AT_ONCE]
    return kept, [name for name in required if name not in kept]


def _inside(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    inner: Mapping[str, Any] = schema.get("items", schema)
    return inner
