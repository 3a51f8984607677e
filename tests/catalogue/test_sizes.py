"""What a list of tools costs every conversation, and that each of its tools can be understood and called by itself."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ix_tools.operations.registry import DEFAULT_TOOLSETS, TOOLSETS, catalogue
from ix_tools.schemas.json_schema import build_tool
from ix_tools.schemas.tool_selection import READ_ONLY_ANNOTATIONS, RUN_OPERATION, ToolSelection, select_tools
from tests.catalogue.test_sweeps import LABELS_OF_SEED
from tests.rows import every_row

ROOT = Path(__file__).resolve().parents[2]

Json = dict[str, Any]
# Claude Code loads tools by search once a list takes a tenth of its context (20,000 tokens, about 80,000 bytes): the usual list stays
# far below, and the list of all tools is above with any number of operations, so its limit only keeps each tool short.
CORE, EVERYTHING, SEED = 28_000, 140_000, 50_000
FEWEST_WORDS = 4
NAMES = {toolset: [one.spec.name for one in operations] for toolset, operations in TOOLSETS.items()}
LISTS = {
    "usual": ToolSelection(),
    "all": ToolSelection(("all",)),
    "reading": ToolSelection(("all",), read_only=True),
    "seed": ToolSelection(tools=tuple(LABELS_OF_SEED.values())),
    **{toolset: ToolSelection((toolset,)) for toolset in TOOLSETS},
    **{name: ToolSelection(tools=(name,)) for name in catalogue()},
}


@cache
def every_tool() -> list[Json]:
    return [build_tool(one) for one in catalogue().values()]


@cache
def listed(name: str) -> list[Json]:
    return select_tools(every_tool(), NAMES, DEFAULT_TOOLSETS, LISTS[name])


def size(tools: Iterable[Json]) -> int:
    """Bytes of tools/list, typed outputs included."""
    return len(json.dumps({"tools": list(tools)}, ensure_ascii=False, separators=(",", ":")).encode())


def parameters(node: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every parameter at every depth, by its path."""
    for name, one in node.get("properties", {}).items():
        yield f"{path}{name}", one
        yield from parameters(one, f"{path}{name}.")
    if "items" in node:
        yield from parameters(node["items"], path)


def described(name: str) -> list[tuple[str, str]]:
    """What a tool says of each parameter."""
    shown = build_tool(catalogue()[name])["inputSchema"]
    return [(path, one.get("description", "")) for path, one in parameters(shown)]


every_name = pytest.mark.parametrize("name", list(catalogue()))


def test_what_is_listed_when_nothing_is_chosen_stays_small() -> None:
    assert size(listed("usual")) <= CORE


def test_everything_together_stays_small() -> None:
    assert size(listed("all")) <= EVERYTHING


def test_the_tools_of_the_seed_documents_stay_small() -> None:
    assert size(listed("seed")) <= SEED


@every_row("name", ["usual", "all", "reading", "seed"])
def test_no_description_is_one_that_a_model_cannot_act_on(name: str) -> None:
    """The Tool Definition Quality Score's own lint: no error, no warning.

    Its rule that agents prefer calls with fewer required parameters is left out: what is required is listed as required.
    """
    from tdqs import lint_server, parse_tool_definitions  # takes half a second

    found = lint_server(
        server_name="ix-tools", tools=parse_tool_definitions({"tools": listed(name)}).tools
    ).findings
    told = [one for one in found if one.severity != "info" and one.rule != "shadow-candidate"]
    assert [(one.tool, one.message) for one in told] == []


@every_row("name", list(LISTS))
def test_a_tool_is_listed_as_its_file_says_whatever_is_listed_beside_it(name: str) -> None:
    """Hosts filter lists, load tools singly, and drop whatever the schema does not name."""
    for one in listed(name):
        whole = json.loads((ROOT / "tool_schemas" / f"{one['name']}.json").read_text(encoding="utf-8"))
        if LISTS[name].read_only and one["name"] == RUN_OPERATION:
            whole["annotations"] = READ_ONLY_ANNOTATIONS
        assert one == whole


@every_row("name", catalogue())
def test_a_parameter_is_described_in_a_sentence(name: str) -> None:
    """A bookkeeper understands it without the parameter's name and without another tool."""
    short = [
        (path, text)
        for path, text in described(name)
        if len(text.split()) < FEWEST_WORDS or not text[0].isupper() or not text.endswith(".")
    ]
    assert short == []


@every_row("name", catalogue())
def test_every_parameter_says_its_type_at_every_depth(name: str) -> None:
    for path, one in parameters(build_tool(catalogue()[name])["inputSchema"]):
        assert one.get("type") in {"string", "integer", "number", "boolean", "array", "object"}, path
        assert one["type"] != "array" or one["items"]["type"], path


@every_row("name", catalogue())
def test_a_parameter_is_required_where_the_operation_requires_it(name: str) -> None:
    operation = catalogue()[name]
    wanted = {field for field, info in operation.model_fields.items() if info.is_required()}
    assert set(build_tool(operation)["inputSchema"].get("required", ())) == wanted


@every_row("name", catalogue())
def test_a_format_refuses_nothing_that_the_description_offers(name: str) -> None:
    """A host that enforces formats would refuse `today`, and ask a Lisbon time for an offset."""
    formats = {one.get("format") for _, one in parameters(build_tool(catalogue()[name])["inputSchema"])}
    assert formats <= {None, "email", "password"}
