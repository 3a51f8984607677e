"""The door before every route: where a request is meant for, where it comes from, how long it is, who sent it, how often."""

import logging
import re
import time
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ix_tools.auth.principals import Principal
from ix_tools.config.settings import is_loopback
from ix_tools.errors import StoreUnavailable
from ix_tools.interfaces.server.problems import build_refusal, build_store_refusal
from ix_tools.interfaces.server.rate_limits import CallerRateLimiter
from ix_tools.interfaces.server.telemetry import observe_request
from ix_tools.pipeline.context_pool import ServerContext
from ix_tools.telemetry import pause_instrumentation

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 1024 * 1024
"""Bytes of a request."""


PROXY_HEADERS = re.compile(
    r"forwarded|via$|x-forwarded|x-original-|x-real-ip|(x-)?(true-|cluster-)?client-ip|x-proxy"
    r"|cf-|cdn-loop|fastly-|fly-|x-envoy-|x-appengine-|x-amzn-|x-azure-|x-arr-|x-vercel-|x-nf-|ngrok-|tailscale-"
)
"""How the headers begin that proxies, tunnels and content networks add to what they pass on (RFC 7239, RFC 9110, and their own)."""


class CallerAuthenticator(Protocol):
    """Who is calling."""

    routes: Sequence[BaseRoute]
    """What clients read to find out how to identify themselves."""

    async def allows_anonymous(self) -> bool:
        """Whether nobody is asked who they are: on this machine alone, until there is an issuer or ever was a token."""

    async def authenticate(self, request: Request) -> Principal | Response:
        """Who sent a request; or the answer to somebody who did not say so, or not rightly."""


class _BodyTooLong(Exception):
    """More came than was announced."""


class GatewayMiddleware:
    """Middleware before all routes."""

    def __init__(
        self, app: ASGIApp, hosting: ServerContext, known: CallerAuthenticator, opened: Sequence[BaseRoute]
    ) -> None:
        """`opened`: the routes that answer whoever asks."""
        self._app, self._known, self._opened = app, known, opened
        self._rate_limiter = CallerRateLimiter(hosting.store, hosting.settings.calls_per_minute)
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
        began, status, size = time.perf_counter(), 0, 0
        # RFC 9110, 5.5: blanks around a value are no part of it, and the server's parser leaves those behind it.
        scope["headers"] = [(name, value.strip(b" \t")) for name, value in scope["headers"]]

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_REQUEST_BYTES:
                raise _BodyTooLong
            return message

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with pause_instrumentation(), observe_request(scope) as told:
            try:
                headers = Headers(scope=scope)
                answer = (
                    self._refuse_foreign_request(headers)
                    or await self._refuse_relayed(headers)
                    or await self._authenticate_and_limit(scope)
                )
                await (answer or self._app)(scope, counted, watched)
            except _BodyTooLong:
                if not status:
                    await _build_too_long()(scope, receive, watched)
            finally:
                told(status or 500)
                who = scope.get("state", {}).get("principal")
                log.info(
                    "%s %s %s",
                    scope["method"],
                    # The pattern where there is one: the path of an approval's page is a secret.
                    getattr(scope.get("route"), "path", None) or scope["path"],
                    status or 500,
                    extra={
                        "principal": who.name if who else "",
                        "milliseconds": round((time.perf_counter() - began) * 1000, 1),
                    },
                )

    def _refuse_foreign_request(self, headers: Headers) -> Response | None:
        """The answer to a request that was meant for somebody else, or sent by a web page of somebody else."""
        # A page that gets its own name to point here is told by the name; a page elsewhere by its origin.
        hosts = [host.lower() for host in headers.getlist("host")]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return build_refusal("host_not_served", "This server is not known under that name.")
        if any(origin.lower() not in self._origins for origin in headers.getlist("origin")):
            return build_refusal("origin_not_allowed", "Pages of that origin may not call this server.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_REQUEST_BYTES:
            return _build_too_long()
        return None

    def _is_cross_site(self, headers: Headers) -> bool:
        """Whether a web page of somebody else had its reader's browser send this, as `<img src=...>` does: without an Origin.

        Browsers say it in Sec-Fetch-Site, and those that do not know it in Referer. Routes that answer whoever asks are left
        out: a link to an approval's page is followed from wherever it was sent to.
        """
        if headers.get("origin") is not None:
            return False  # looked at before: it is one of ours
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in {"same-origin", "none"}
        page = urlsplit(headers.get("referer", ""))
        return bool(page.scheme) and f"{page.scheme}://{page.netloc}".lower() not in self._origins

    async def _refuse_relayed(self, headers: Headers) -> Response | None:
        """The answer to what a proxy passes on while nobody is asked: it may come from anywhere, and have got its Host there."""
        if not any(PROXY_HEADERS.match(name) for name in headers):
            return None
        try:
            if not await self._known.allows_anonymous():
                return None
        except StoreUnavailable as trouble:
            log.error("whether callers are asked cannot be looked up: %s", trouble.message)
            return build_store_refusal(trouble)
        return build_refusal(
            "relayed_request",
            "A proxy passed this on, and this server asks nobody who they are. Make a token with `ix-tools tokens create`.",
        )

    async def _authenticate_and_limit(self, scope: Scope) -> Response | None:
        """The answer to somebody unknown, or who comes too often; otherwise the request now says who sent it."""
        if any(route.matches(scope)[0] is Match.FULL for route in self._opened):
            return None
        if self._is_cross_site(Headers(scope=scope)):
            return build_refusal(
                "origin_not_allowed", "Pages of another origin may not make a browser call this server."
            )
        found = await self._known.authenticate(Request(scope))
        if isinstance(found, Response):
            return found
        scope.setdefault("state", {})["principal"] = found
        try:
            wait = await self._rate_limiter.acquire(found.name)
        except StoreUnavailable as trouble:
            log.error("limits cannot be kept: %s", trouble.message)
            return build_store_refusal(trouble)
        if wait > 0:
            seconds = str(int(wait) + 1)
            detail = f"{found.name} may make {self._rate_limiter.per_minute} requests a minute; wait {seconds} seconds."
            return build_refusal("too_many_calls", detail, {"Retry-After": seconds})
        return None


def _build_too_long() -> Response:
    return build_refusal("too_long", f"A request has at most {MAX_REQUEST_BYTES} bytes.")
