"""Handle one address: allowed methods, and every error as problem details."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ix_tools.errors import InvalidArguments, IxError
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message
from ix_tools.interfaces.rest.problems import build_problem
from ix_tools.renames import Renamed, list_old_names

log = logging.getLogger(__name__)
Respond = Callable[[Request], Awaitable[Response]]
READ_METHODS = ("GET", "HEAD")


class Endpoint:
    """An address as an ASGI application, so that every request to it is answered here."""

    def __init__(self, respond: Respond, methods: Callable[[Request], Sequence[str]]) -> None:
        """Keep the handler. `methods` returns the allowed methods of a request's path, or raises if nothing is there."""
        self._respond, self._methods = respond, methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._respond_or_refuse(request)
        if request.method == "HEAD":
            response.body = b""  # Content-Length stays that of a GET
        await response(scope, receive, send)

    async def _respond_or_refuse(self, request: Request) -> Response:
        try:
            methods = self._methods(request)
            allow = {"Allow": ", ".join((*methods, "OPTIONS"))}
            if request.method == "OPTIONS":
                return Response(status_code=HTTPStatus.NO_CONTENT, headers=allow)
            if request.method not in methods:
                return build_problem(
                    _build_method_not_allowed(request, methods), get_language(request), allow
                )
            return await self._respond(request)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # the client has disconnected
        except IxError as failure:
            return build_problem(failure, get_language(request))
        except Exception as fault:
            # Only the path: a query may contain clients' names.
            log.exception("%s %s failed", request.method, request.url.path)
            return build_problem(_build_internal_error(fault, request), get_language(request))


class OldEndpoint:
    """An endpoint at an address that was renamed: it answers, and says so in a header."""

    def __init__(self, endpoint: ASGIApp, mark: Renamed, present: str) -> None:
        """Keep the endpoint, the mark, and the address that it has now."""
        self._endpoint, self._mark, self._present = endpoint, mark, present

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._mark.warn(self._present)
        said = f"{self._mark.old} is called {self._present} now; the old address works until version {self._mark.last_version}"

        async def send_with_header(event: Message) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event["headers"], (b"warning", f'299 - "{said}"'.encode())]
            await send(event)

        await self._endpoint(scope, receive, send_with_header)


def add_old_addresses(present: str, routes: Sequence[Route]) -> Iterator[Route]:
    """Yield the routes at an address and below it, and the same at its old addresses while they are taken."""
    yield from routes
    for mark in list_old_names(present):
        if mark.is_taken:
            for route in routes:
                yield Route(
                    f"{mark.old}{route.path.removeprefix(present)}", OldEndpoint(route.app, mark, present)
                )


def get_language(request: Request) -> Language:
    """Return the language of the people whom the server's settings name."""
    language: Language = request.app.state.server_context.settings.language
    return language


def list_read_methods(request: Request) -> Sequence[str]:
    """Return the methods of an address that only reads."""
    return READ_METHODS


def _build_method_not_allowed(request: Request, methods: Sequence[str]) -> IxError:
    return InvalidArguments(
        message(
            "{path} takes {methods}, not {method}.",
            path=request.url.path,
            methods=" and ".join(methods),
            method=request.method[:16],
        ),
        code="method_not_allowed",
        next=message("send it as {method}", method=methods[0]),
    )


def _build_internal_error(fault: Exception, request: Request) -> IxError:
    reading = request.method in READ_METHODS
    return IxError(
        message("ix-tools failed ({name}); this is a fault of ours.", name=type(fault).__name__),
        code="internal_error",
        sent="refused" if reading else "unknown",
        next=(
            message("report it with the lines of the server's log")
            if reading
            else message("check whether it happened before you repeat it; the server's log has the details")
        ),
    )
