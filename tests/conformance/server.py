"""The product's HTTP server with the official suite's tools, resources and prompts added; `make conformance` starts it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.routing import Route

from ix_tools.config.loading import load_settings
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.i18n.languages import Language
from ix_tools.interfaces.mcp.server import Context, ListTools, OpenContext, build_server
from ix_tools.interfaces.mcp.tool_calls import convert_errors
from ix_tools.interfaces.server.app import build_application
from ix_tools.interfaces.server.workers import build_local_url, open_sockets
from ix_tools.sandbox.server import Sandbox
from tests.conformance import input_request_tools, result_tools, session_tools, suite_resources

SESSIONS = "/sessions"
READY = "ix-tools listens on "
RETRY_MILLISECONDS = 100
"""Milliseconds after which a client that lost its stream reconnects."""


TOOLS = {tool.name: tool for tool in (*result_tools.TOOLS, *input_request_tools.TOOLS, *session_tools.TOOLS)}


def _wrap_handler(server: Server[Any], method: str, ours: Callable[..., Any]) -> None:
    """Let `ours` handle a method; it gets the product's own handler."""
    entry = server.get_request_handler(method)
    assert entry is not None, method

    async def handler(context: Context, params: Any) -> Any:
        return await ours(context, params, partial(entry.handler, context, params))

    server.add_request_handler(method, entry.params_type, handler)


def add_suite(server: Server[Any]) -> Server[Any]:
    """Add the suite's tools, resources and prompts to the product's server."""

    def listed(kind: str, more: list[dict[str, Any]]) -> Callable[..., Any]:
        async def answer(context: Context, params: Any, product: Callable[[], Any]) -> Any:
            answer = await product()
            return {**answer, kind: [*answer[kind], *more]}

        return answer

    async def call(context: Context, params: types.CallToolRequestParams, product: Any) -> Any:
        tool = TOOLS.get(params.name)
        return await (
            convert_errors(context, tool.name, "en", tool.answer(context, params)) if tool else product()
        )

    async def read(context: Context, params: types.ReadResourceRequestParams, product: Any) -> Any:
        found = suite_resources.find_resource(params.uri)
        return types.ReadResourceResult(contents=[found]) if found else await product()

    async def prompt(context: Context, params: types.GetPromptRequestParams, product: Any) -> Any:
        return suite_resources.find_prompt(params) or await product()

    _wrap_handler(server, "tools/list", listed("tools", [tool.tool for tool in TOOLS.values()]))
    _wrap_handler(server, "tools/call", call)
    _wrap_handler(server, "resources/list", listed("resources", suite_resources.RESOURCES))
    _wrap_handler(server, "resources/templates/list", listed("resourceTemplates", suite_resources.TEMPLATES))
    _wrap_handler(server, "resources/read", read)
    _wrap_handler(server, "prompts/list", listed("prompts", suite_resources.PROMPTS))
    _wrap_handler(server, "prompts/get", prompt)
    product = server.get_tool_input_schema
    assert product is not None
    schemas = {name: tool.tool["inputSchema"] for name, tool in TOOLS.items()}
    server.get_tool_input_schema = lambda name: schemas.get(name) or product(name)
    return server


def _add_session_suite(server: Server[Any]) -> Server[Any]:
    """Add what 2025-11-25 has in sessions and the product does not offer: log levels, resource notifications."""

    async def noted(context: Context, params: Any) -> types.EmptyResult:
        return types.EmptyResult()

    server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, noted)
    server.add_request_handler("resources/subscribe", types.SubscribeRequestParams, noted)
    server.add_request_handler("resources/unsubscribe", types.UnsubscribeRequestParams, noted)
    return server


def build_suite_application(settings: Settings, address: str) -> Starlette:
    """Build the product's application with the suite's additions, without and with sessions."""
    managers: list[StreamableHTTPSessionManager] = []

    def factory(shared_context: OpenContext, tools: ListTools, language: Language) -> Server[Any]:
        managers.append(
            StreamableHTTPSessionManager(
                _add_session_suite(add_suite(build_server(shared_context, tools, language))),
                event_store=session_tools.Events(),
                retry_interval=RETRY_MILLISECONDS,
            )
        )
        return add_suite(build_server(shared_context, tools, language))

    app = build_application(settings, address, requires_authentication=False, create_server=factory)
    (manager,) = managers
    app.router.routes.append(Route(SESSIONS, StreamableHTTPASGIApp(manager)))
    product = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with product(app), manager.run():
            yield

    app.router.lifespan_context = lifespan
    return app


def main() -> None:
    """Serve against the sandbox until SIGTERM."""
    with Sandbox() as box, open_sockets("127.0.0.1", 0)[0] as sock:
        address = build_local_url("127.0.0.1", sock)
        app = build_suite_application(point_at_sandbox(load_settings(), box.base_url, box.api_key), address)
        print(f"{READY}{address}", file=sys.stderr, flush=True)  # noqa: T201 - whoever started it waits for this
        config = uvicorn.Config(app, ws="none", lifespan="on", log_config=None, timeout_graceful_shutdown=5)
        uvicorn.Server(config).run(sockets=[sock])


if __name__ == "__main__":
    main()
