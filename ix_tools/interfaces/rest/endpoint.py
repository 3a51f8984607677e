"""Handle one address: allowed methods, and every error as problem details."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ix_tools.errors import InvalidArguments, IxError
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message
from ix_tools.interfaces.rest.problems import build_problem

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
