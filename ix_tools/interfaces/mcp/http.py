"""MCP over streamable HTTP: both protocol versions at one endpoint, without sessions."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

import ix_tools.interfaces.mcp.tool_calls  # noqa: F401 - loaded before the first call: what that may bring is timed
from ix_tools.auth.principals import Principal, get_required_scope, list_required_scopes
from ix_tools.config.settings import Settings
from ix_tools.interfaces.mcp import scope_challenge
from ix_tools.interfaces.mcp.server import CreateServer, Tool, build_server
from ix_tools.operations.file_delivery import restrict_schema
from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Scope as Word
from ix_tools.pipeline.context_pool import ServerContext
from ix_tools.schemas.account_parameter import add_account_parameter
from ix_tools.schemas.rendered_lists import choice_from_settings, list_chosen_tools

PATH = "/mcp"
METADATA_PATH = f"/.well-known/oauth-protected-resource{PATH}"
"""Address of the metadata that names the authorization server (RFC 9728)."""
PROGRESS_TOKEN = b'"progressToken"'


@dataclass(frozen=True)
class McpEndpoint:
    """The endpoint's route and the session managers that must run for it."""

    routes: Sequence[Route]
    managers: Sequence[StreamableHTTPSessionManager]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the session managers; possible once."""
        async with AsyncExitStack() as all_of_them:
            for manager in self.managers:
                await all_of_them.enter_async_context(manager.run())
            yield


def build_endpoint(server_context: ServerContext, factory: CreateServer = build_server) -> McpEndpoint:
    """Build the MCP endpoint. The middleware has already checked Host, Origin, size and caller."""
    tools: list[Tool] = [
        {**tool, "inputSchema": restrict_schema(tool["inputSchema"], "mcp")}
        for tool in list_chosen_tools(choice_from_settings(server_context.settings))
    ]

    @lru_cache(maxsize=256)
    def seen_by(principal: Principal) -> list[Tool]:
        return [
            add_account_parameter(tool, principal.accounts)
            for tool in tools
            if _required_scope(tool) in principal.scopes
        ]

    def listing(request: Request) -> list[Tool]:
        return seen_by(server_context.get_principal(request))

    server: Any = factory(server_context.open_context, listing, server_context.settings.language)
    plain = StreamableHTTPSessionManager(server, stateless=True, json_response=True)
    streaming = StreamableHTTPSessionManager(server, stateless=True)
    # Only POST: a GET would open a stream that stays empty and delays the server's shutdown.
    route = Route(
        PATH,
        _ResponseModeSelector(plain, streaming, f"{server_context.address}{METADATA_PATH}"),
        methods=["POST"],
    )
    return McpEndpoint([route], (plain, streaming))


@dataclass(frozen=True)
class _ResponseModeSelector:
    """Chooses plain JSON, which costs less, or a stream for clients that ask for progress."""

    plain: StreamableHTTPSessionManager
    streaming: StreamableHTTPSessionManager
    metadata: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # disconnected before the request was complete
            body += message.get("body", b"")
            more = message.get("more_body", False)
        replayed = False

        async def replay_body() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        manager = self.streaming if PROGRESS_TOKEN in body else self.plain
        principal: Principal = scope["state"]["principal"]
        if principal.can_step_up:
            send = scope_challenge.wrap_send(scope, receive, send, body, self.metadata)
        await manager.handle_request(scope, replay_body, send)


def list_needed_scopes(settings: Settings) -> list[Word]:
    """List the scopes of the listed tools, which a client without a token requests first; step-up adds others."""
    needed = frozenset[Word]().union(
        *(
            list_required_scopes(catalogue()[tool["name"]].spec)
            for tool in list_chosen_tools(choice_from_settings(settings))
        )
    )
    return [one for one in Word if one in needed]


def _required_scope(tool: Tool) -> str:
    return get_required_scope(catalogue()[tool["name"]].spec)
