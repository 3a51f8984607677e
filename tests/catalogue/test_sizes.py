"""What a list of tools costs every conversation."""

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest

from ix_tools.listing import listed
from ix_tools.operation import Operation
from ix_tools.operations.catalogue import OPERATIONS, TOOLSETS
from ix_tools.schema import tool

CORE, EVERYTHING = 12_000, 45_000


def size(operations: Iterable[type[Operation[Any]]]) -> int:
    """Bytes of tools/list, typed outputs included."""
    content = {"tools": listed([tool(one) for one in operations])}
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def test_what_is_listed_when_nothing_is_chosen_stays_small() -> None:
    assert size(TOOLSETS["core"]) <= CORE


def test_everything_together_stays_small() -> None:
    assert size(OPERATIONS) <= EVERYTHING


@pytest.mark.parametrize("toolset", list(TOOLSETS))
def test_a_toolset_beside_the_core_is_understood_without_the_others(toolset: str) -> None:
    """What a list refers to stands in the same list."""
    chosen = dict.fromkeys([*TOOLSETS["core"], *TOOLSETS[toolset]])
    tools = listed([tool(one) for one in chosen])
    referred = re.findall(r"As (?:\w+ )?in (\w+)\.", json.dumps([one["inputSchema"] for one in tools]))
    assert set(referred) <= {one["name"] for one in tools}
