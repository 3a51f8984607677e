"""Combine the interfaces into one application behind one middleware.

request ─▶ Host · Origin · size ─▶ authentication ─▶ rate limit ─▶ MCP at /mcp · REST · pages
                                   (not for open routes)
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.approvals.links import ServerPages
from ix_tools.auth.principals import Principal
from ix_tools.batch.callers import CarriedByDriver
from ix_tools.config.settings import Settings
from ix_tools.errors import StoreUnavailable
from ix_tools.i18n.messages import message
from ix_tools.interfaces import rest, web
from ix_tools.interfaces.driver.driver import run_driver
from ix_tools.interfaces.mcp import http as mcp
from ix_tools.interfaces.mcp.server import CreateServer, build_server
from ix_tools.interfaces.rest.endpoint import get_language
from ix_tools.interfaces.server.askers import ServerAskers
from ix_tools.interfaces.server.authenticator import Authenticator
from ix_tools.interfaces.server.middleware import GatewayMiddleware
from ix_tools.interfaces.server.overview_refresher import OverviewRefresher
from ix_tools.interfaces.server.problems import build_refusal
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER, ContextPool
from ix_tools.storage.database import Store

# Each interface has `routes(server_context)` with authentication and `open_routes(server_context)` without; Host, Origin and
# size are checked for both.
INTERFACES = (rest, web)


class HttpServerContext:
    """What the server lends the interfaces (see `context_pool.ServerContext`)."""

    def __init__(self, settings: Settings, address: str, people_address: str, pool: ContextPool) -> None:
        """Keep the parts. `address` is where clients reach the server: scheme, host and port."""
        self.settings = settings
        self.address = address
        self.people_address = people_address
        self.pool = pool

    @property
    def store(self) -> Store:
        return self.pool.store

    def get_principal(self, request: Request) -> Principal:
        get_principal: Principal = request.state.principal  # set by the middleware
        return get_principal

    async def open_context(self, request: Request, account: str | None = None) -> CallContext:
        named = account if account is not None else request.headers.get(ACCOUNT_HEADER)
        return self.pool.for_principal(self.get_principal(request), named)


def build_application(
    settings: Settings,
    address: str,
    *,
    requires_authentication: bool,
    people_address: str = "",
    create_pool: Callable[[Settings], ContextPool] = ContextPool,
    create_server: CreateServer = build_server,
) -> Starlette:
    """Build the whole server.

    Args:
        requires_authentication: whether callers must authenticate from the start.
        people_address: where people sign in; empty if they cannot.
        create_server: creates the MCP server, for an application that offers more than ours.
    """
    server_context = HttpServerContext(settings, address, people_address, create_pool(settings))
    server_context.pool.page_host = ServerPages(
        address, signing_address=_find_signing_address(settings, people_address)
    )
    server_context.pool.batches = CarriedByDriver()
    authenticator = Authenticator(
        settings, server_context.store, address, requires_authentication=requires_authentication
    )
    askers = ServerAskers(server_context.pool, authenticator)
    endpoint = mcp.build_endpoint(server_context, create_server)
    authenticated_routes: list[BaseRoute] = [*endpoint.routes]
    open_routes: list[BaseRoute] = [
        Route("/healthz", _report_liveness, methods=["GET"]),
        Route("/readyz", _build_readiness(server_context), methods=["GET"]),
        *authenticator.routes,
    ]
    for interface in INTERFACES:
        authenticated_routes += interface.routes(server_context)
        open_routes += interface.open_routes(server_context)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            running.push_async_callback(server_context.pool.close)
            await running.enter_async_context(endpoint.running())
            await running.enter_async_context(
                run_driver(settings, server_context.store, askers, sends_webhooks=True)
            )
            if settings.overview_minutes:
                tasks = await running.enter_async_context(anyio.create_task_group())
                running.callback(tasks.cancel_scope.cancel)
                tasks.start_soon(OverviewRefresher(server_context.pool, settings.overview_minutes).run)
            yield

    app = Starlette(
        routes=[*authenticated_routes, *open_routes],
        lifespan=lifespan,
        exception_handlers={404: _respond_not_found},
    )
    app.state.server_context = server_context
    app.add_middleware(
        GatewayMiddleware, server_context=server_context, authenticator=authenticator, open_routes=open_routes
    )
    return app


def _find_signing_address(settings: Settings, people_address: str) -> str:
    """Return where signatures count: not on this machine, where whoever asks may write to the store, unless that is set."""
    counts = settings.sandbox or settings.sign_on_this_machine or people_address.startswith("https:")
    return people_address if counts else ""


async def _respond_not_found(request: Request, missing: Exception) -> Response:
    return build_refusal(
        "no_such_address", message("There is nothing at this address."), get_language(request)
    )


async def _report_liveness(request: Request) -> Response:
    return JSONResponse({"ok": True})


def _build_readiness(server_context: HttpServerContext) -> Callable[[Request], Any]:
    async def ready(request: Request) -> Response:
        """Report whether calls can be carried out: the store responds and its tables are current. InvoiceXpress is not contacted."""
        try:
            await anyio.to_thread.run_sync(server_context.store.check_ready)
        except StoreUnavailable as trouble:
            return JSONResponse({"ok": False, "code": trouble.code}, 503)
        return JSONResponse({"ok": True})

    return ready
