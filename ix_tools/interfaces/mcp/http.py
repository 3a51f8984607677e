"""MCP over streamable HTTP: both eras of the protocol on one endpoint, and nothing remembered between two requests."""

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
from ix_tools.auth.principals import Principal, scope_of, scopes_of
from ix_tools.config.settings import Settings
from ix_tools.interfaces.mcp import scope_challenge
from ix_tools.interfaces.mcp.server import Factory, Tool, build, choice_of, chosen
from ix_tools.operations.file_delivery import described
from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Scope as Word
from ix_tools.pipeline.context_pool import ACCOUNT, Hosting

PATH = "/mcp"
METADATA = f"/.well-known/oauth-protected-resource{PATH}"
"""Where clients read which authorization server gives tokens (RFC 9728)."""
PROGRESS = b'"progressToken"'


@dataclass(frozen=True)
class Endpoint:
    """The endpoint's route, and what must be running for it to answer."""

    routes: Sequence[Route]
    managers: Sequence[StreamableHTTPSessionManager]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run it; once."""
        async with AsyncExitStack() as all_of_them:
            for manager in self.managers:
                await all_of_them.enter_async_context(manager.run())
            yield


def endpoint(hosting: Hosting, factory: Factory = build) -> Endpoint:
    """The endpoint of a server. Host, Origin, size and caller were checked before a request comes here."""
    tools: list[Tool] = [
        {**tool, "inputSchema": described(tool["inputSchema"], "mcp")}
        for tool in chosen(choice_of(hosting.settings))
    ]

    @lru_cache(maxsize=256)
    def seen_by(principal: Principal) -> list[Tool]:
        return [_seen(tool, principal) for tool in tools if _scope(tool) in principal.scopes]

    def listing(request: Request) -> list[Tool]:
        return seen_by(hosting.principal(request))

    server: Any = factory(hosting.desk, listing)
    plain = StreamableHTTPSessionManager(server, stateless=True, json_response=True)
    streaming = StreamableHTTPSessionManager(server, stateless=True)
    # POST alone: a GET would open a stream on which nothing ever comes, and which a server that ends would wait for.
    route = Route(PATH, _Either(plain, streaming, f"{hosting.address}{METADATA}"), methods=["POST"])
    return Endpoint([route], (plain, streaming))


@dataclass(frozen=True)
class _Either:
    """Plain JSON, which costs less; a stream for whoever wants to hear how far it is, because JSON has no room for that."""

    plain: StreamableHTTPSessionManager
    streaming: StreamableHTTPSessionManager
    metadata: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # gone before it had said everything
            body += message.get("body", b"")
            more = message.get("more_body", False)
        told = False

        async def again() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        manager = self.streaming if PROGRESS in body else self.plain
        principal: Principal = scope["state"]["principal"]
        if principal.can_step_up:
            send = scope_challenge.answering(scope, receive, send, body, self.metadata)
        await manager.handle_request(scope, again, send)


def scopes_listed(settings: Settings) -> list[Word]:
    """The scopes that the listed tools need: what a client without a token asks for first. What is beyond comes by stepping up."""
    needed = frozenset[Word]().union(
        *(scopes_of(catalogue()[tool["name"]].spec) for tool in chosen(choice_of(settings)))
    )
    return [one for one in Word if one in needed]


def _scope(tool: Tool) -> str:
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
