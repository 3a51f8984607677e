"""ASGI middleware: checks Host, Origin, size, authentication and rate limit."""

import logging
import re
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ix_tools.config.setting_checks import is_loopback
from ix_tools.errors import StoreUnavailable
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message
from ix_tools.interfaces.server.authenticator import Authenticator
from ix_tools.interfaces.server.problems import build_refusal, build_store_refusal
from ix_tools.interfaces.server.rate_limits import CallerRateLimiter
from ix_tools.interfaces.server.telemetry import observe_request
from ix_tools.pipeline.context_pool import ServerContext
from ix_tools.telemetry import pause_instrumentation

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 1024 * 1024
"""Bytes of a request's body."""


PROXY_HEADERS = re.compile(
    r"forwarded|via$|x-forwarded|x-original-|x-real-ip|(x-)?(true-|cluster-)?client-ip|x-proxy"
    r"|cf-|cdn-loop|fastly-|fly-|x-envoy-|x-appengine-|x-amzn-|x-azure-|x-arr-|x-vercel-|x-nf-|ngrok-|tailscale-"
)
"""Beginnings of the headers that proxies, tunnels and CDNs add to forwarded requests (RFC 7239, RFC 9110, vendors)."""


class _BodyTooLong(Exception):
    """The body is longer than announced or allowed."""


class GatewayMiddleware:
    """Checks every request before it reaches a route."""

    def __init__(
        self,
        app: ASGIApp,
        server_context: ServerContext,
        authenticator: Authenticator,
        open_routes: Sequence[BaseRoute],
    ) -> None:
        """Keep the parts. `open_routes` are the routes without authentication."""
        self._app, self._authenticator, self._open_routes = app, authenticator, open_routes
        self._rate_limiter = CallerRateLimiter(server_context.store, server_context.settings.calls_per_minute)
        self._language: Language = server_context.settings.language
        here = urlsplit(server_context.address)
        self._hosts = {here.netloc.lower()}
        self._origins = {f"{here.scheme}://{here.netloc}".lower(), *server_context.settings.http_origins}
        if is_loopback(here.hostname or ""):
            names = [f"{name}:{here.port}" for name in ("127.0.0.1", "localhost", "[::1]")]
            self._hosts.update(names)
            self._origins.update(f"http://{name}" for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, size = time.perf_counter(), 0, 0
        # RFC 9110, 5.5: blanks around a value are not part of it, but the server's parser keeps those after it.
        scope["headers"] = [(name, value.strip(b" \t")) for name, value in scope["headers"]]

        async def receive_limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_REQUEST_BYTES:
                raise _BodyTooLong
            return message

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with pause_instrumentation(), observe_request(scope) as record_status:
            try:
                headers = Headers(scope=scope)
                answer = (
                    self._refuse_foreign_request(headers)
                    or await self._refuse_relayed(headers)
                    or await self._authenticate_and_limit(scope)
                )
                await (answer or self._app)(scope, receive_limited, send_and_note_status)
            except _BodyTooLong:
                if not status:
                    await self._build_too_long()(scope, receive, send_and_note_status)
            finally:
                record_status(status or 500)
                principal = scope.get("state", {}).get("principal")
                log.info(
                    "%s %s %s",
                    scope["method"],
                    # The route's pattern if there is one: the path of an approval's page is a secret.
                    getattr(scope.get("route"), "path", None) or scope["path"],
                    status or 500,
                    extra={
                        "principal": principal.name if principal else "",
                        "milliseconds": round((time.perf_counter() - began) * 1000, 1),
                    },
                )

    def _refuse_foreign_request(self, headers: Headers) -> Response | None:
        """Return the refusal of a request with a foreign Host or Origin, or of a body that is too long."""
        # Host reveals DNS rebinding; Origin reveals another site's page.
        hosts = [host.lower() for host in headers.getlist("host")]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return build_refusal(
                "host_not_served",
                message("The Host header does not name this server."),
                self._language,
            )
        if any(origin.lower() not in self._origins for origin in headers.getlist("origin")):
            return build_refusal(
                "origin_not_allowed",
                message("Pages of that origin may not call this server."),
                self._language,
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_REQUEST_BYTES:
            return self._build_too_long()
        return None

    def _is_cross_site(self, headers: Headers) -> bool:
        """Return whether another site's page made the browser send this request without an Origin, as `<img src=...>` does.

        Browsers say so in Sec-Fetch-Site, older ones in Referer. Open routes are exempt: people follow a link to an approval's page
        from wherever it was sent.
        """
        if headers.get("origin") is not None:
            return False  # already checked: it is allowed
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in {"same-origin", "none"}
        page = urlsplit(headers.get("referer", ""))
        return bool(page.scheme) and f"{page.scheme}://{page.netloc}".lower() not in self._origins

    async def _refuse_relayed(self, headers: Headers) -> Response | None:
        """Return the refusal of a forwarded request while callers are anonymous: its true origin and Host are unknown."""
        if not any(PROXY_HEADERS.match(name) for name in headers):
            return None
        try:
            if not await self._authenticator.allows_anonymous():
                return None
        except StoreUnavailable as trouble:
            log.error("cannot look up whether callers must authenticate: %s", trouble)
            return build_store_refusal(trouble, self._language)
        return build_refusal(
            "relayed_request",
            message(
                "A proxy forwarded this request, but this server does not authenticate callers. "
                "Create a token with `ix-tools tokens create`."
            ),
            self._language,
        )

    async def _authenticate_and_limit(self, scope: Scope) -> Response | None:
        """Return the refusal of an unauthenticated or too frequent caller; otherwise record the principal in the scope."""
        if any(route.matches(scope)[0] is Match.FULL for route in self._open_routes):
            return None
        if self._is_cross_site(Headers(scope=scope)):
            return build_refusal(
                "origin_not_allowed",
                message("Pages of another origin may not make a browser call this server."),
                self._language,
            )
        found = await self._authenticator.authenticate(Request(scope))
        if isinstance(found, Response):
            return found
        scope.setdefault("state", {})["principal"] = found
        try:
            wait = await self._rate_limiter.acquire(found.name)
        except StoreUnavailable as trouble:
            log.error("cannot store rate limits: %s", trouble)
            return build_store_refusal(trouble, self._language)
        if wait > 0:
            seconds = int(wait) + 1
            detail = message(
                "{name} may make {limit} requests a minute; wait {seconds} seconds.",
                name=found.name,
                limit=self._rate_limiter.per_minute,
                seconds=seconds,
            )
            return build_refusal("too_many_calls", detail, self._language, {"Retry-After": str(seconds)})
        return None

    def _build_too_long(self) -> Response:
        return build_refusal(
            "too_long",
            message("A request has at most {limit} bytes.", limit=MAX_REQUEST_BYTES),
            self._language,
        )
