"""The door before every route: where a request is meant for, where it comes from, how long it is, who sent it."""

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from ix_tools.desks import Hosting
from ix_tools.principals import Principal
from ix_tools.settings import is_loopback

LONGEST = 4 * 1024 * 1024
"""Bytes of a request."""


class Known(Protocol):
    """Who is calling."""

    routes: Sequence[BaseRoute]
    """What clients read to find out how to identify themselves."""

    async def caller(self, request: Request) -> Principal | Response:
        """Who sent a request; or the answer to somebody who did not say so, or not rightly."""


class Door:
    """Middleware before all routes."""

    def __init__(self, app: ASGIApp, hosting: Hosting, known: Known, opened: Sequence[BaseRoute]) -> None:
        """`opened`: the routes that answer whoever asks."""
        self._app, self._known, self._opened = app, known, opened
        here = urlsplit(hosting.address)
        self._hosts = {here.netloc.lower()}
        self._origins = {f"{here.scheme}://{here.netloc}".lower(), *hosting.settings.http_origins}
        if is_loopback(here.hostname or ""):
            names = [f"{name}:{here.port}" for name in ("127.0.0.1", "localhost", "[::1]")]
            self._hosts.update(names)
            self._origins.update(f"http://{name}" for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._stopped(Headers(scope=scope))
        if answer is None and not self._is_open(scope):
            found = await self._known.caller(Request(scope))
            if isinstance(found, Response):
                answer = found
            else:
                scope.setdefault("state", {})["principal"] = found
        await (answer or self._app)(scope, receive, send)

    def _stopped(self, headers: Headers) -> Response | None:
        """The answer to a request that was meant for somebody else, or sent by a web page of somebody else."""
        # A page that gets its own name to point here is told by the name; a page elsewhere by its origin.
        if headers.getlist("host") != [headers.get("host", "")] or headers["host"].lower() not in self._hosts:
            return problem(421, "host_not_served", "This server is not known under that name.")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in self._origins:
            return problem(403, "origin_not_allowed", "Pages of that origin may not call this server.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LONGEST:
            return problem(413, "too_long", f"A request has at most {LONGEST} bytes.")
        return None

    def _is_open(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is Match.FULL for route in self._opened)


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A refusal before any face was reached, as problem details (RFC 9457)."""
    body = {"type": "about:blank", "status": status, "title": code.replace("_", " "), "detail": detail}
    shown = {**body, "ok": False, "code": code, "message": detail, "sent": "nothing"}
    return JSONResponse(shown, status, headers, media_type="application/problem+json")
