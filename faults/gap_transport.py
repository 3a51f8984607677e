"""HTTP transport that runs an action between the last read and a request, and records times."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx2

READS = re.compile(r"/clients/\d+/invoices\.json")
"""A client's documents are read with a POST."""
FINALIZING = re.compile(r"PUT /\w+/\d+/change-state\.json")

Action = Callable[[httpx2.Request], Awaitable[httpx2.Response | None]]


def is_read(request: httpx2.Request) -> bool:
    """Tell whether a request only reads."""
    return request.method == "GET" or READS.fullmatch(request.url.path) is not None


@dataclass
class GapTransport(httpx2.AsyncBaseTransport):
    """A transport that runs the actions in its list before matching requests."""

    inner: httpx2.AsyncBaseTransport = field(default_factory=httpx2.AsyncHTTPTransport)
    at: re.Pattern[str] = FINALIZING
    """Method and path of the requests that are preceded by an action."""
    action: list[Action] = field(default_factory=list)
    """Actions before the next such requests, one for each. None lets the request pass, a response replaces
    InvoiceXpress's, and an exception stands for a network failure."""
    when_read: Callable[[str], None] = lambda path: None
    """Called with the path of each read when its response has arrived."""
    seen: list[str] = field(default_factory=list)
    """Method and path of every request, in order."""
    answered: dict[str, float] = field(default_factory=dict)
    """Time of the last response to a read, by its path, in seconds."""
    windows: list[tuple[float, float]] = field(default_factory=list)
    """For each such request: seconds since the response to the last read, and to the last read of the document."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Run the action of a request, then pass the request on."""
        what = f"{request.method} {request.url.path}"
        self.seen.append(what)
        if self.at.fullmatch(what):
            self._note_window(request.url.path.replace("/change-state", ""))
            if self.action:
                instead = await self.action.pop(0)(request)
                if instead is not None:
                    return instead
        response = await self.inner.handle_async_request(request)
        if is_read(request):
            # Read completely, so that the time is that of the last byte.
            content = await response.aread()
            self.answered[request.url.path] = time.perf_counter()
            self.when_read(request.url.path)
            response = httpx2.Response(
                response.status_code,
                headers=_drop_wire_headers(response.headers),
                content=content,
                request=request,
            )
        return response

    def _note_window(self, document: str) -> None:
        now = time.perf_counter()
        last = max(self.answered.values(), default=0.0)
        self.windows.append((now - last, now - self.answered.get(document, 0.0)))

    async def aclose(self) -> None:
        """Close the connections."""
        await self.inner.aclose()


def _drop_wire_headers(headers: httpx2.Headers) -> list[tuple[str, str]]:
    """Remove headers that apply only to the bytes on the wire."""
    left_out = {"content-encoding", "content-length", "transfer-encoding"}
    return [(name, value) for name, value in headers.multi_items() if name.lower() not in left_out]
