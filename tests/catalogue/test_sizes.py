"""What a list of tools costs every conversation, and that it can still be acted on."""

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from tdqs import lint_server, parse_tool_definitions

from ix_tools.listing import SHOWN_ONCE, Choice, listed, picked
from ix_tools.operations.catalogue import DEFAULT_TOOLSETS, TOOLSETS, catalogue
from ix_tools.schema import input_schema, tool
from tests.catalogue.test_sweeps import LABELS_OF_SEED

Json = dict[str, Any]
CORE, EVERYTHING, SEED, SEED_ON_AVERAGE = 12_000, 45_000, 24_000, 1_200
NAMES = {toolset: [one.spec.name for one in operations] for toolset, operations in TOOLSETS.items()}
LISTS = {
    "usual": Choice(),
    "all": Choice(("all",)),
    "reading": Choice(("all",), read_only=True),
    "seed": Choice(tools=tuple(LABELS_OF_SEED.values())),
    **{toolset: Choice((toolset,)) for toolset in TOOLSETS},
    **{f"core,{toolset}": Choice(("core", toolset)) for toolset in TOOLSETS},
}
every_list = pytest.mark.parametrize("name", list(LISTS))


@cache
def whole() -> list[Json]:
    return [tool(one) for one in catalogue().values()]


@cache
def shown(name: str) -> list[Json]:
    return listed(picked(whole(), NAMES, DEFAULT_TOOLSETS, LISTS[name]))


def size(tools: Iterable[Json]) -> int:
    """Bytes of tools/list, typed outputs included."""
    return len(json.dumps({"tools": list(tools)}, ensure_ascii=False, separators=(",", ":")).encode())


def test_what_is_listed_when_nothing_is_chosen_stays_small() -> None:
    assert size(shown("usual")) <= CORE


def test_everything_together_stays_small() -> None:
    assert size(shown("all")) <= EVERYTHING


def test_the_tools_of_the_seed_documents_stay_small() -> None:
    assert size(shown("seed")) <= SEED
    assert size(shown("seed")) / len(shown("seed")) <= SEED_ON_AVERAGE


@pytest.mark.parametrize("name", ["usual", "all", "reading", "seed"])
def test_no_description_is_one_that_a_model_cannot_act_on(name: str) -> None:
    """The Tool Definition Quality Score's own lint: no error, no warning."""
    found = lint_server(
        server_name="ix-tools", tools=parse_tool_definitions({"tools": shown(name)}).tools
    ).findings
    assert [(one.tool, one.message) for one in found if one.severity != "info"] == []


@every_list
def test_what_a_list_points_at_stands_earlier_in_the_same_list(name: str) -> None:
    """A toolset is understood without the others."""
    before: set[str] = set()
    for one in shown(name):
        text = one["description"] + json.dumps(one["inputSchema"])
        assert set(re.findall(r"\bAs (?:\w+ )?in (\w+)[.:,]", text)) <= before, one["name"]
        before.add(one["name"])


@every_list
def test_every_parameter_is_shown_or_named_where_it_is_shown(name: str) -> None:
    tools = {one["name"]: one for one in shown(name)}
    told_once: set[str] = set()
    for tool_name, one in tools.items():
        listed_here = set(one["inputSchema"]["properties"])
        pointed = re.search(r"\nAs in (\w+): (.+)\.$", one["description"])
        named = set(pointed[2].split(", ")) if pointed else set()
        if pointed:
            assert named <= set(tools[pointed[1]]["inputSchema"]["properties"]), tool_name
            assert one["inputSchema"]["additionalProperties"] is True
        told_once |= listed_here & SHOWN_ONCE
        missing = set(catalogue()[tool_name].model_fields) - listed_here - named
        assert missing <= told_once, tool_name


@every_list
def test_every_parameter_that_must_be_given_says_so(name: str) -> None:
    for one in shown(name):
        required = set(input_schema(catalogue()[one["name"]]).get("required", ()))
        said = set(one["inputSchema"].get("required", ()))
        fields = one["inputSchema"]["properties"]
        in_words = {field for field in fields if fields[field].get("description", "").startswith("Required.")}
        assert said | in_words == required, one["name"]
