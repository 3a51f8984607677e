"""MCP over streamable HTTP: both eras of the protocol on one endpoint, and nothing remembered between two requests."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.routing import Route

from ix_tools.desks import ACCOUNT, Hosting
from ix_tools.faces.mcp.server import Tool, build, choice_of, chosen
from ix_tools.operations.catalogue import catalogue
from ix_tools.principals import Principal, Scope, scope_of

PATH = "/mcp"


@dataclass(frozen=True)
class Endpoint:
    """The endpoint's route, and what must be running for it to answer."""

    routes: Sequence[Route]
    manager: StreamableHTTPSessionManager

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run it; once."""
        return self.manager.run()


def endpoint(hosting: Hosting) -> Endpoint:
    """The endpoint of a server. Host, Origin, size and caller were checked before a request comes here."""
    tools: list[Tool] = chosen(choice_of(hosting.settings))

    @lru_cache(maxsize=256)
    def seen_by(principal: Principal) -> list[Tool]:
        return [_seen(tool, principal) for tool in tools if _scope(tool) in principal.scopes]

    def listing(request: Request) -> list[Tool]:
        return seen_by(hosting.principal(request))

    server: Any = build(hosting.desk, listing)
    manager = StreamableHTTPSessionManager(server, stateless=True)
    return Endpoint([Route(PATH, StreamableHTTPASGIApp(manager))], manager)


def _scope(tool: Tool) -> Scope:
    return scope_of(catalogue()[tool["name"]].spec)


def _seen(tool: Tool, principal: Principal) -> Tool:
    """A tool as a caller sees it: with several accounts, every call says which one."""
    if len(principal.accounts) < 2:
        return tool
    schema = tool["inputSchema"]
    which = {
        "type": "string",
        "enum": list(principal.accounts),
        "description": "The InvoiceXpress account to act in.",
    }
    return {
        **tool,
        "inputSchema": {
            **schema,
            "properties": {ACCOUNT: which, **schema.get("properties", {})},
            "required": [ACCOUNT, *schema.get("required", [])],
        },
    }
