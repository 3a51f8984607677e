"""The scripted model of `make hosts` sends what a model under a tool's schema can send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.arguments import parse
from ix_tools.schemas.bundles import build_bundle
from ix_tools.schemas.json_schema import build_tool
from tools.hosts.model import Conversation, fit
from tools.hosts.script import STEPS, fill_in, is_right

RESULT = """{"ok": true, "document": {"id": 1001, "total": "123.00", "reference": "PO-1", "client": "ACME"},
 "next": [{"tool": "change_state", "arguments": {"document_id": "1001"}}]}"""


@pytest.mark.parametrize("step", STEPS, ids=[one.tool for one in STEPS])
def test_every_call_of_the_script_is_one_under_either_kind_of_schema(step: Any) -> None:
    tool = build_tool(catalogue()[step.tool])
    wanted = fill_in(step.arguments, RESULT)
    meant = parse(step.tool, wanted)
    assert parse(step.tool, fit(tool["inputSchema"], wanted, strict=False)) == meant
    (strict,) = build_bundle("openai_responses", [tool])
    sent = fit(strict["parameters"], wanted, strict=True)
    assert set(sent) == set(strict["parameters"]["required"])
    assert parse(step.tool, sent) == meant


def test_a_closed_schema_is_kept_to_and_a_hosts_prefix_is_no_obstacle() -> None:
    closed = {"type": "object", "properties": {"code": {}}, "additionalProperties": False}
    assert fit(closed, {"code": "M07", "more": 1}, strict=False) == {"code": "M07"}
    tools = [{"name": f"mcp__box__{one.tool}", "schema": {}, "strict": False} for one in STEPS[:2]]
    conversation = Conversation()
    chosen = conversation.choose(tools, [RESULT])
    assert chosen is not None
    assert chosen[0]["name"] == "mcp__box__create_invoice"
    assert conversation.choose(tools, [RESULT, RESULT]) is None
    assert is_right(STEPS[1], json.dumps({"output": conversation.results["create_invoice"]}))
