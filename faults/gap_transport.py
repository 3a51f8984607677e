"""Between the last read and the request: a transport that lets something happen exactly there, and notes when it was."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx2

READS = re.compile(r"/clients/\d+/invoices\.json")
"""A client's documents are asked for with a POST."""
FINALIZING = re.compile(r"PUT /\w+/\d+/change-state\.json")

Action = Callable[[httpx2.Request], Awaitable[httpx2.Response | None]]


def is_read(request: httpx2.Request) -> bool:
    """Whether it changes nothing."""
    return request.method == "GET" or READS.fullmatch(request.url.path) is not None


@dataclass
class GapTransport(httpx2.AsyncBaseTransport):
    """A transport like any other, but for what is put into `happens`."""

    inner: httpx2.AsyncBaseTransport = field(default_factory=httpx2.AsyncHTTPTransport)
    at: re.Pattern[str] = FINALIZING
    """Method and path of the requests before which something happens."""
    action: list[Action] = field(default_factory=list)
    """What happens before the next such requests, one for each: None lets the request go, an answer stands for
    InvoiceXpress's own, and an exception is the network's."""
    when_read: Callable[[str], None] = lambda path: None
    """Hears of each answer to a read, by its path, before it is handed on."""
    seen: list[str] = field(default_factory=list)
    """Method and path of every request that came here, in order."""
    answered: dict[str, float] = field(default_factory=dict)
    """When the last answer to a read was there, by its path, in seconds."""
    windows: list[tuple[float, float]] = field(default_factory=list)
    """Before each such request: seconds since the last answer to any read, and since that of the document itself."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Hand it on, once what happens before it has happened."""
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
            # Read to its end here, so that the moment is that of its last byte.
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
    """Without what was true of the bytes on the wire alone."""
    left_out = {"content-encoding", "content-length", "transfer-encoding"}
    return [(name, value) for name, value in headers.multi_items() if name.lower() not in left_out]
