"""A policy about what comes through MCP holds for everything that a host can ask for, not for tools alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from tests.harness import Harness
from tests.interfaces.mcp.host import Host
from tests.interfaces.mcp.sandbox_documents import create_issued
from tests.policy.test_policy import rule, write_policy

ISSUE = types.PromptReference(name="issue_invoice")
READS = ["get_document", "get_pdf", "lookup_exemption_codes", "list_clients", "list_taxes", "list_sequences"]


def forbid(harness: Harness, folder: Path, through: str) -> None:
    """From now on nothing is read through this face."""
    text = rule(name="not this way", decision="deny", through=[through], operations=READS)
    harness.context.policy = write_policy(folder / "policy.toml", text)


async def outcomes(host: Host, document: dict[str, Any]) -> dict[str, bool]:
    """For each way to read over MCP: whether it gave something."""
    kind, number = document["document_type"], document["document_id"]
    found: dict[str, bool] = {}
    refusals = []
    for uri in (f"ix://documents/{kind}/{number}", f"ix://documents/{number}/pdf", "ix://exemption-codes"):
        try:
            found[uri] = bool((await host.client.read_resource(uri)).contents)
        except MCPError as refusal:
            refusals.append(refusal.error.data["code"])
            found[uri] = False
    assert set(refusals) <= {"denied_by_policy"}
    for argument in ("client", "tax", "series"):
        answer = await host.client.complete(ISSUE, {"name": argument, "value": ""})
        found[argument] = bool(answer.completion.values)
    for name, arguments in (
        ("get_document", document),
        ("lookup_exemption_codes", {}),
        ("run_operation", {"operation": "list_taxes"}),
    ):
        found[name] = not (await host.client.call_tool(name, arguments)).is_error
    return found


@pytest.mark.parametrize(
    ("through", "passes"), [("mcp", False), ("library", True), ("rest", True), ("cli", True)]
)
async def test_a_policy_about_mcp_holds_for_resources_completions_and_tools_alike(
    host: Host, harness: Harness, tmp_path: Path, through: str, passes: bool
) -> None:
    """What is read by URI comes through MCP, too: it is no call of a library's."""
    document = await create_issued(harness)
    forbid(harness, tmp_path, through)
    reads = len(harness.sandbox.requests())
    found = await outcomes(host, document)
    assert set(found.values()) == {passes}, found
    assert (len(harness.sandbox.requests()) > reads) is passes, "what is denied is not even looked up"
