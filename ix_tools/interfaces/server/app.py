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

from ix_tools.approvals.links import Hosted
from ix_tools.auth.principals import Principal
from ix_tools.config.settings import Settings
from ix_tools.errors import StoreUnavailable
from ix_tools.interfaces import rest, web
from ix_tools.interfaces.mcp import http as mcp
from ix_tools.interfaces.mcp.server import Factory, build
from ix_tools.interfaces.server.authenticator import Callers
from ix_tools.interfaces.server.middleware import Door
from ix_tools.interfaces.server.problems import refusal
from ix_tools.pipeline.context import Desk
from ix_tools.pipeline.context_pool import HEADER, Desks
from ix_tools.storage.database import Store

# Each face gives `routes(hosting)`, behind the question who is calling, and may give `open_routes(hosting)`, which answer
# for themselves; Host, Origin and size are checked for both.
FACES: Sequence[Any] = (rest, web)


class Host:
    """What the faces are lent (see `desks.Hosting`)."""

    def __init__(self, settings: Settings, address: str, desks: Desks) -> None:
        """`address` is where clients reach the server: scheme, host and port."""
        self.settings = settings
        self.address = address
        self.desks = desks

    @property
    def store(self) -> Store:
        return self.desks.store

    def principal(self, request: Request) -> Principal:
        principal: Principal = request.state.principal  # set by the door, or the request would not be here
        return principal

    async def desk(self, request: Request, account: str | None = None) -> Desk:
        named = account if account is not None else request.headers.get(HEADER)
        return self.desks.of(self.principal(request), named)


def application(
    settings: Settings,
    address: str,
    *,
    needed: bool,
    desks: Callable[[Settings], Desks] = Desks,
    server: Factory = build,
) -> Starlette:
    """The whole server. `needed`: whether whoever calls must say who they are.

    `server`: what makes the MCP server, for an application that offers more than ours.
    """
    hosting = Host(settings, address, desks(settings))
    hosting.desks.pages = Hosted(address)
    known = Callers(settings, hosting.store, address, needed=needed)
    endpoint = mcp.endpoint(hosting, server)
    closed: list[BaseRoute] = [*endpoint.routes]
    opened: list[BaseRoute] = [
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", _ready(hosting), methods=["GET"]),
        *known.routes,
    ]
    for face in FACES:
        closed += face.routes(hosting)
        opened += getattr(face, "open_routes", lambda hosting: [])(hosting)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            running.push_async_callback(hosting.desks.close)
            await running.enter_async_context(endpoint.running())
            yield

    app = Starlette(routes=[*closed, *opened], lifespan=lifespan, exception_handlers={404: _nowhere})
    app.state.hosting = hosting
    app.add_middleware(Door, hosting=hosting, known=known, opened=opened)
    return app


async def _nowhere(request: Request, missing: Exception) -> Response:
    return refusal("no_such_address", "There is nothing at this address.")


async def _alive(request: Request) -> Response:
    return JSONResponse({"ok": True})


def _ready(hosting: Host) -> Callable[[Request], Any]:
    async def ready(request: Request) -> Response:
        """Whether calls can be carried out: the store answers and its tables are current. InvoiceXpress is not asked."""
        try:
            await anyio.to_thread.run_sync(hosting.store.ready)
        except StoreUnavailable as trouble:
            return JSONResponse({"ok": False, "code": trouble.code}, 503)
        return JSONResponse({"ok": True})

    return ready
