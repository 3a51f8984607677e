"""One application out of the faces: every request passes the same door, whatever face it is for.

request ─▶ Host · Origin · size ─▶ who is calling? ─▶ how often? ─▶ MCP at /mcp · REST · page
                                   (not for open routes)
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.approvals.links import ServerPages
from ix_tools.auth.principals import Principal
from ix_tools.config.settings import Settings
from ix_tools.errors import StoreUnavailable
from ix_tools.interfaces import rest, web
from ix_tools.interfaces.mcp import http as mcp
from ix_tools.interfaces.mcp.server import CreateServer, build_server
from ix_tools.interfaces.server.authenticator import Authenticator
from ix_tools.interfaces.server.middleware import GatewayMiddleware
from ix_tools.interfaces.server.problems import build_refusal
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER, ContextPool
from ix_tools.storage.database import Store

# Each face gives `routes(hosting)`, behind the question who is calling, and may give `open_routes(hosting)`, which answer
# for themselves; Host, Origin and size are checked for both.
INTERFACES: Sequence[Any] = (rest, web)


class HttpServerContext:
    """What the faces are lent (see `desks.Hosting`)."""

    def __init__(self, settings: Settings, address: str, desks: ContextPool) -> None:
        """`address` is where clients reach the server: scheme, host and port."""
        self.settings = settings
        self.address = address
        self.pool = desks

    @property
    def store(self) -> Store:
        return self.pool.store

    def get_principal(self, request: Request) -> Principal:
        get_principal: Principal = (
            request.state.principal
        )  # set by the door, or the request would not be here
        return get_principal

    async def open_context(self, request: Request, account: str | None = None) -> CallContext:
        named = account if account is not None else request.headers.get(ACCOUNT_HEADER)
        return self.pool.for_principal(self.get_principal(request), named)


def build_application(
    settings: Settings,
    address: str,
    *,
    requires_authentication: bool,
    create_pool: Callable[[Settings], ContextPool] = ContextPool,
    create_server: CreateServer = build_server,
) -> Starlette:
    """The whole server. `needed`: whether whoever calls must say who they are.

    `server`: what makes the MCP server, for an application that offers more than ours.
    """
    hosting = HttpServerContext(settings, address, create_pool(settings))
    hosting.pool.page_host = ServerPages(address)
    known = Authenticator(settings, hosting.store, address, needed=requires_authentication)
    endpoint = mcp.build_endpoint(hosting, create_server)
    closed: list[BaseRoute] = [*endpoint.routes]
    opened: list[BaseRoute] = [
        Route("/healthz", _report_liveness, methods=["GET"]),
        Route("/readyz", _build_readiness(hosting), methods=["GET"]),
        *known.routes,
    ]
    for face in INTERFACES:
        closed += face.routes(hosting)
        opened += getattr(face, "open_routes", lambda hosting: [])(hosting)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            running.push_async_callback(hosting.pool.close)
            await running.enter_async_context(endpoint.running())
            yield

    app = Starlette(
        routes=[*closed, *opened], lifespan=lifespan, exception_handlers={404: _respond_not_found}
    )
    app.state.hosting = hosting
    app.add_middleware(GatewayMiddleware, hosting=hosting, known=known, opened=opened)
    return app


async def _respond_not_found(request: Request, missing: Exception) -> Response:
    return build_refusal("no_such_address", "There is nothing at this address.")


async def _report_liveness(request: Request) -> Response:
    return JSONResponse({"ok": True})


def _build_readiness(hosting: HttpServerContext) -> Callable[[Request], Any]:
    async def ready(request: Request) -> Response:
        """Whether calls can be carried out: the store answers and its tables are current. InvoiceXpress is not asked."""
        try:
            await anyio.to_thread.run_sync(hosting.store.check_ready)
        except StoreUnavailable as trouble:
            return JSONResponse({"ok": False, "code": trouble.code}, 503)
        return JSONResponse({"ok": True})

    return ready
