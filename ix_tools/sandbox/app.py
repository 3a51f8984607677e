"""ASGI application of the sandbox: rate limit, authentication, fault injection and request log.

log -> fault before -> rate limit -> key -> content type -> route -> one transaction -> fault after -> answer
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Mounted
from starlette.types import Receive, Scope, Send

from ix_tools.sandbox import files, refusals, routes, seeds
from ix_tools.sandbox.backend import SandboxBackend
from ix_tools.sandbox.calls import Answer, Call
from ix_tools.sandbox.control import Fault
from ix_tools.sandbox.control_api import build_control_routes
from ix_tools.sandbox.ledger.listing import Query
from ix_tools.sandbox.refusals import Missing, Shape

TRANSPORT = "ix_tools.sandbox.transport"
"""Key of the connection in the ASGI scope, so that a fault can cut it."""


class ConnectionTorn(Exception):
    """The connection was cut, so no response can be sent."""


def create_application(backend: SandboxBackend) -> Starlette:
    """Create the ASGI application of a sandbox."""

    async def file(request: Request) -> Response:
        def fetched() -> Answer:
            with backend.store.transaction():
                return files.read_file(backend.open_books(), request.path_params["token"])

        try:
            return _build_response(await run_in_threadpool(fetched))
        except Missing:
            return Response(status_code=404)

    app = Starlette(routes=[*build_control_routes(backend), Mounted("/_files/{token}/{name}", file)])
    # The default, because a route's pattern would miss paths with a line break.
    app.router.default = Api(backend)
    return app


@dataclass(frozen=True)
class RawRequest:
    """A request as it was received: `raw_path` as it was sent, `path` with its escapes decoded."""

    method: str
    path: str
    raw_path: str
    pairs: list[tuple[str, str]]
    """Query parameters."""
    content_type: str
    body: bytes

    @classmethod
    def parse(cls, method: str, raw_path: bytes, query: bytes, content_type: str, body: bytes) -> RawRequest:
        """Parse a request."""
        sent = raw_path.decode("latin-1")
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        return cls(method, unquote(sent), sent, pairs, content_type, body)


class Api:
    """ASGI endpoint for all paths of the API."""

    def __init__(self, backend: SandboxBackend) -> None:
        self.backend = backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer over a connection, on which injected faults take effect."""
        request = Request(scope, receive)
        asked = RawRequest.parse(
            request.method,
            scope["raw_path"],
            scope["query_string"],
            request.headers.get("content-type", ""),
            await request.body(),
        )
        entry = self._answer_and_log(asked)
        fault = self.backend.control.take_fault(asked.method, asked.path)
        try:
            answer = await self._answer_with_fault(asked, fault)
        except ConnectionTorn:
            await _tear_connection(scope, receive, hard=fault is not None and fault.drop == "after")
            return
        entry["status"] = answer.status
        await _send(answer, fault, scope, receive, send)

    def answer(self, asked: RawRequest) -> Answer:
        """Answer without a connection, in the caller's thread and without faults (see `Control.expects_faults`)."""
        entry = self._answer_and_log(asked)
        found = routes.resolve(asked.method, asked.raw_path)
        uid = _get_uid(asked.body) if found and found[0].creates else ""
        if self.backend.begin_creating(uid):
            try:
                answer = self._execute(asked, found)
            finally:
                self.backend.end_creating(uid)
        else:
            answer = self._refuse(409, Shape.REASON, ("uid_ongoing", uid))
        entry["status"] = answer.status
        return answer

    def _answer_and_log(self, asked: RawRequest) -> dict[str, Any]:
        entry = _build_log_entry(asked.method, asked.path, asked.pairs, asked.body)
        self.backend.control.log_request(entry)
        return entry

    async def _answer_with_fault(self, asked: RawRequest, fault: Fault | None) -> Answer:
        found = routes.resolve(asked.method, asked.raw_path)
        uid = _get_uid(asked.body) if found and found[0].creates else ""
        if not self.backend.begin_creating(uid):
            return self._refuse(409, Shape.REASON, ("uid_ongoing", uid))
        try:
            if fault and not fault.after_commit:
                await self.backend.delay(fault)
                if fault.drop == "before":
                    raise ConnectionTorn
                if fault.status is not None:
                    return _build_injected_answer(fault)
            answer = await run_in_threadpool(self._execute, asked, found)
        finally:
            self.backend.end_creating(uid)
        if fault and fault.after_commit:
            await self.backend.delay(fault)
            if fault.status is not None:
                return _build_injected_answer(fault)
        if fault and fault.drop:
            raise ConnectionTorn
        return answer

    def _execute(self, asked: RawRequest, found: tuple[routes.Route, dict[str, str]] | None) -> Answer:
        refused = self._reject_early(asked)
        if refused is not None:
            return refused
        if found is None:
            return Answer(404)
        route, names = found
        try:
            parsed = _parse_body(asked.path, asked.body)
        except ValueError:
            if asked.path.endswith(".xml"):
                return self._refuse(422, Shape.XML, "bad_xml")
            return self._refuse(400, Shape.SINGLE, "bad_json")
        query = Query(asked.pairs, self.backend.control.options.per_page)
        return self.backend.execute(route, Call(asked.method, asked.path, names, query, parsed))

    def _reject_early(self, asked: RawRequest) -> Answer | None:
        """Return the refusal for an exceeded rate, a wrong key or content type."""
        key = dict(asked.pairs).get("api_key", "")
        wait = self.backend.seconds_until_allowed(key)
        if wait:
            content = json.dumps({"errors": {"error": "Too Many Requests"}}).encode()
            return Answer(429, content, headers={"Retry-After": str(wait)})
        if key != seeds.API_KEY:
            return self._refuse(401, Shape.SINGLE, "api_key")
        if asked.method in ("POST", "PUT") and asked.body:
            sent = asked.content_type.partition(";")[0].strip().lower()
            wanted = ("application/xml", "text/xml") if asked.path.endswith(".xml") else ("application/json",)
            if sent not in wanted:
                return self._refuse(415, Shape.SINGLE, "content_type")
        return None

    def _refuse(self, status: int, shape: Shape, phrase: refusals.Phrase) -> Answer:
        text = refusals.format_phrase(phrase, self.backend.control.options.language)
        media_type = "application/xml" if shape is Shape.XML else "application/json"
        return Answer(status, refusals.build_body(shape, [text]), f"{media_type}; charset=utf-8")


def _reject_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _read_json(body: bytes) -> Any:
    """Parse JSON; half of a surrogate pair becomes a question mark, so that it can be stored."""
    parsed = json.loads(body, parse_constant=_reject_constant)
    if b"\\u" in body:
        parsed = json.loads(json.dumps(parsed, ensure_ascii=False).encode("utf-8", "replace"))
    return parsed


def _get_uid(body: bytes) -> str:
    try:
        parsed = _read_json(body)
    except ValueError:
        return ""
    return str(parsed.get("proprietary_uid") or "") if isinstance(parsed, dict) else ""


def _parse_body(path: str, body: bytes) -> Any:
    if not body:
        return None
    if not path.endswith(".xml"):
        return _read_json(body)
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(body, forbid_dtd=True)
    except ParseError as error:
        raise ValueError(str(error)) from None
    return {str(child.tag): child.text or "" for child in root}


def _build_log_entry(method: str, path: str, pairs: list[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """Build the log entry of a request, without the key (trap 7)."""
    query: dict[str, str | list[str]] = {}
    for name, value in pairs:
        if name == "api_key":
            continue
        earlier = query.get(name)
        if earlier is None and not name.endswith("[]"):
            query[name] = value
        else:
            query[name] = [*([earlier] if isinstance(earlier, str) else earlier or []), value]
    try:
        content = _read_json(body) if body else None
    except ValueError:
        content = body.decode("utf-8", "replace")
    return {"method": method, "path": path, "query": query, "body": content, "status": None}


def _build_injected_answer(fault: Fault) -> Answer:
    body = fault.body
    if isinstance(body, bytes):
        content, media_type = body, "application/octet-stream"
    elif isinstance(body, str):
        content, media_type = body.encode(), "text/html; charset=utf-8"
    else:
        content, media_type = (
            (b"" if body is None else json.dumps(body).encode()),
            "application/json; charset=utf-8",
        )
    return Answer(fault.status or 500, content, media_type, fault.headers or {})


def _build_response(answer: Answer) -> Response:
    # As the service's front does; the time is the machine's, also where the books' clock is moved.
    return Response(answer.body, answer.status, {"date": formatdate(usegmt=True), **answer.sent_headers})


async def _send(answer: Answer, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
    if fault is None or fault.cut is None:
        if fault is not None and fault.headers:
            answer = Answer(
                answer.status, answer.body, answer.media_type, {**answer.headers, **fault.headers}
            )
        await _build_response(answer)(scope, receive, send)
        return
    response = _build_response(answer)
    await send(
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    await send({"type": "http.response.body", "body": answer.body[: fault.cut], "more_body": True})
    await _tear_connection(scope, receive, hard=False)


async def _tear_connection(scope: Scope, receive: Receive, hard: bool) -> None:
    """Close the connection, so that what was written arrives, or reset it if `hard`."""
    transport: asyncio.Transport = scope[TRANSPORT]
    if hard:
        sock = transport.get_extra_info("socket")
        # A linger time of 0 turns the close into a reset.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
