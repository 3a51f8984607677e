"""Hosts with a simulated approver: over plain HTTP requests, or in one MCP session."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx2
import mcp_types as types
from mcp.client import Client

from ix_tools.interfaces.mcp.server import build_server
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection

Json = dict[str, Any]
MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "race", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
}
YES = {"approve": True, "accept_differences": True}
PATIENCE = 120.0


@dataclass(frozen=True)
class CallResult:
    """Result of a call."""

    body: Json = field(default_factory=dict)
    handle: str = ""
    """Handle of the approval that the call requests, if any."""
    text: str = ""
    """Text of the approval."""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it was executed."""
        return bool(self.body.get("ok"))

    @property
    def code(self) -> str:
        """Result in one word."""
        return "asked" if self.handle else "ok" if self.ok else str(self.body.get("code") or "?")


class Host(Protocol):
    """Interface of a host that calls tools."""

    async def call(self, name: str, arguments: Json, question: CallResult | None = None) -> CallResult:
        """Call a tool, with the approval that the same call requested before."""


@dataclass(frozen=True)
class OverHttp:
    """Host that calls one account on one server."""

    http: httpx2.AsyncClient
    url: str
    account: str

    async def call(self, name: str, arguments: Json, question: CallResult | None = None) -> CallResult:
        """Send a request of protocol 2026-07-28."""
        params: Json = {"name": name, "arguments": arguments, "_meta": META}
        if question is not None:
            answer = {"approval": {"action": "accept", "content": YES}}
            params |= {"requestState": question.handle, "inputResponses": answer}
        began = time.monotonic()
        response = await self.http.post(
            f"{self.url}/mcp",
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params},
            headers={
                "accept": "application/json, text/event-stream",
                "mcp-protocol-version": MODERN,
                "mcp-method": "tools/call",
                "mcp-name": name,
                ACCOUNT_HEADER: self.account,
            },
        )
        seconds = time.monotonic() - began
        said = response.json()
        if "result" not in said:
            return CallResult({"ok": False, "code": "protocol_error", "message": str(said)}, seconds=seconds)
        result = said["result"]
        handle = result.get("requestState") or ""
        if handle:
            text = result["inputRequests"]["approval"]["params"]["message"]
            return CallResult({}, handle, text, seconds)
        return CallResult(result["structuredContent"], seconds=seconds)


@dataclass(frozen=True)
class InSession:
    """Host with one MCP session, which sends concurrent calls."""

    client: Client

    async def call(self, name: str, arguments: Json, question: CallResult | None = None) -> CallResult:
        """Send a call in the session."""
        answer: Any = None
        if question is not None:
            answer = {"approval": types.ElicitResult(action="accept", content=dict(YES))}
        began = time.monotonic()
        result = await self.client.session.call_tool(
            name,
            arguments,
            allow_input_required=True,
            request_state=question.handle if question is not None else None,
            input_responses=answer,
        )
        seconds = time.monotonic() - began
        if isinstance(result, types.InputRequiredResult):
            asked: Any = (result.input_requests or {})["approval"]
            return CallResult({}, result.request_state or "", asked.params.message, seconds)
        return CallResult(dict(result.structured_content or {}), seconds=seconds)


@asynccontextmanager
async def open_session(context: CallContext) -> AsyncIterator[InSession]:
    """Open a session with a server for a context of this process."""

    async def open_desk(request: Any, account: str | None = None) -> CallContext:
        return context

    async def unused(context: Any, params: Any) -> types.ElicitResult:
        raise AssertionError("in this protocol the question is the result")

    # Without output schemas, so that the SDK's client does not validate every result.
    tools = [
        {k: v for k, v in one.items() if k != "outputSchema"}
        for one in list_chosen_tools(ToolSelection(("all",)))
    ]
    server: Any = build_server(open_desk, tools)
    async with Client(server, mode="auto", elicitation_callback=unused) as client:
        yield InSession(client)


@asynccontextmanager
async def open_http(url: str, account: str) -> AsyncIterator[OverHttp]:
    """Open a host for a server."""
    async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=PATIENCE) as http:
        yield OverHttp(http, url, account)
