"""Transport that replays recorded responses of the sandbox and records every write.

Thousands of scenarios need no sandbox each: they test which requests are sent, and for which document. A document has
variants, as updates left it; the current one is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from ix_tools.operations.registry import catalogue

READS = re.compile(r"/clients/\d+/invoices\.json")
"""Reading a client's documents is a POST."""

Key = tuple[str, str, str, bytes]
Answer = tuple[int, dict[str, str], bytes]
NOTHING_SAID: Answer = (200, {"content-type": "application/json"}, b"{}")
DELETED = "deleted"
"""The variant of a deleted document."""
Gap = Callable[[httpx2.Request], Awaitable[httpx2.Response | None]]


def gated_requests() -> re.Pattern[str]:
    """Return the pattern of method and path of every request that needs an approval."""
    routes = [
        one.spec.route for one in catalogue().values() if one.spec.effect.needs_approval and one.spec.route
    ]
    forms = {f"{one.method} {re.sub(r'{[a-z_]+}', '[^/]+', one.path.replace('.', '[.]'))}" for one in routes}
    return re.compile("|".join(sorted(forms)))


@dataclass(frozen=True)
class Sent:
    """A gated request that reached InvoiceXpress, and the state at that moment."""

    what: str
    state: Any


@dataclass
class ReplayTransport(httpx2.AsyncBaseTransport):
    """First forwards and records everything, then answers from the recording."""

    writes: list[Sent] = field(default_factory=list)
    """Gated requests in order of arrival."""
    variant: dict[str, str] = field(default_factory=dict)
    """The current variant of each document by path; the first one by default."""
    changed: Callable[[str, Any], Any] = lambda path, body: body
    """Applies changes made in InvoiceXpress itself to a response."""
    written: Callable[[str], None] = lambda what: None
    """Called for each ungated write (an update, a create) on arrival."""
    state: Callable[[], Any] = lambda: None
    """Returns the present state, for `Sent`."""
    gaps: list[Gap] = field(default_factory=list)
    """Actions to run just before the next gated requests, one each."""

    def __post_init__(self) -> None:
        self._inner: httpx2.AsyncHTTPTransport | None = httpx2.AsyncHTTPTransport()
        self._answers: dict[Key, Answer] = {}
        self._variants: dict[tuple[str, str], Answer] = {}
        self._writes: dict[tuple[str, str], Answer] = {}
        self._staged = False
        self._gated = gated_requests()

    def staged(self) -> None:
        """Freeze the recorded reads; later writes do not change them."""
        self._staged = True

    def keep_variant(self, path: str, name: str) -> None:
        """Keep the last recorded read of a document as a variant."""
        ((key, answer),) = [(key, one) for key, one in self._answers.items() if key[:2] == ("GET", path)]
        self._variants[path, name] = answer
        del self._answers[key]

    async def sealed(self) -> None:
        """Stop forwarding requests."""
        inner, self._inner = self._inner, None
        assert inner is not None
        await inner.aclose()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        query = str(request.url.copy_remove_param("api_key").query)
        key = (request.method, request.url.path, query, body)
        read = request.method == "GET" or READS.fullmatch(request.url.path) is not None
        if self._inner is not None:
            answer = await self._handed_on(request)
            if read and not (self._staged and key in self._answers):
                self._answers[key] = answer
            elif not read:
                self._writes[key[:2]] = answer
            return _response(answer, request)
        if not read:
            return await self._taken(request, key)
        variant = self.variant.get(request.url.path, "")
        found = self._variants.get((request.url.path, variant)) or self._answers.get(key)
        if found is None:
            return httpx2.Response(404, json={}, request=request)
        status, headers, content = found
        told = self.changed(request.url.path, json.loads(content))
        if variant == DELETED:
            told = {name: {**part, "status": DELETED} for name, part in told.items()}
        return _response((status, headers, json.dumps(told).encode()), request)

    async def _taken(self, request: httpx2.Request, key: Key) -> httpx2.Response:
        what = f"{request.method} {request.url.path}"
        gated = self._gated.fullmatch(what) is not None
        if gated and self.gaps:
            instead = await self.gaps.pop(0)(request)
            if instead is not None:
                return instead
        if gated:
            self.writes.append(Sent(what, self.state()))
        else:
            self.written(what)
        return _response(self._writes.get(key[:2], NOTHING_SAID), request)

    async def _handed_on(self, request: httpx2.Request) -> Answer:
        assert self._inner is not None
        response = await self._inner.handle_async_request(request)
        content = await response.aread()
        await response.aclose()
        kept = {"content-type": response.headers.get("content-type", "application/json")}
        return response.status_code, kept, content


def _response(answer: Answer, request: httpx2.Request) -> httpx2.Response:
    status, headers, content = answer
    return httpx2.Response(status, headers=headers, content=content, request=request)
