"""n8n's own MCP Client node: a flow that calls any tool by it, and the calls that every host makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tools.hosts.script import STEPS, fill_in, is_right

FLOW_ID = "ixToolsMcpClient"
PATH = "/webhook/ix-tools-mcp"
CREDENTIAL = {"id": "ixToolsBearer", "name": "ix-tools over MCP"}

Json = dict[str, Any]


def build_credential(token: str) -> Json:
    """Return the credential with a token, as n8n imports it."""
    return {**CREDENTIAL, "type": "httpBearerAuth", "data": {"token": token}}


def build_flow(address: str) -> Json:
    """Return the flow: tool and arguments arrive, the node calls the tool, and its result is the answer."""
    arrives = {
        "id": "00000000-0000-4000-8000-000000000051",
        "name": "A call arrives",
        "type": "n8n-nodes-base.webhook",
        "typeVersion": 2,
        "position": [0, 0],
        "webhookId": "00000000-0000-4000-8000-000000000052",
        "parameters": {
            "httpMethod": "POST",
            "path": PATH.rsplit("/", 1)[1],
            "responseMode": "lastNode",
            "options": {},
        },
    }
    calls = {
        "id": "00000000-0000-4000-8000-000000000053",
        "name": "Call the tool",
        "type": "@n8n/n8n-nodes-langchain.mcpClient",
        "typeVersion": 1.1,
        "position": [260, 0],
        "credentials": {"httpBearerAuth": CREDENTIAL},
        "parameters": {
            "serverTransport": "httpStreamable",
            "endpointUrl": f"{address}/mcp",
            "authentication": "bearerAuth",
            "tool": {"__rl": True, "mode": "id", "value": "={{ $json.body.tool }}"},
            "inputMode": "json",
            "jsonInput": "={{ $json.body.given }}",
            "options": {},
        },
    }
    to_the_next = {"main": [[{"node": calls["name"], "type": "main", "index": 0}]]}
    return {
        "id": FLOW_ID,
        "name": "Call a tool by n8n's MCP Client",
        "nodes": [arrives, calls],
        "connections": {arrives["name"]: to_the_next},
        "settings": {"executionOrder": "v1"},
    }


def find_wrong_calls(call: Callable[[Json], tuple[int, Any]]) -> Iterator[str]:
    """Make the calls that every host makes, and yield each whose result does not show that it was understood.

    Args:
        call: sends tool and arguments (as `given`: expressions of n8n may not say `arguments`) to the flow, and returns status and answer.
    """
    earlier = ""
    for step in STEPS:
        status, answer = call({"tool": step.tool, "given": fill_in(step.arguments, earlier)})
        result = json.dumps(answer, ensure_ascii=False)
        if status != 200 or not is_right(step, result):
            yield f"{step.tool}: {status} {result[:400]}"
        if step.tool == "create_invoice":
            earlier = result
