"""Between the last read and the request: a transport that lets something happen exactly there, and notes when it was."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx2

READS = re.compile(r"/clients/\d+/invoices\.json")
"""A client's documents are asked for with a POST."""
FINALIZING = re.compile(r"PUT /\w+/\d+/change-state\.json")

Happens = Callable[[httpx2.Request], Awaitable[httpx2.Response | None]]


def is_read(request: httpx2.Request) -> bool:
    """Whether it changes nothing."""
    return request.method == "GET" or READS.fullmatch(request.url.path) is not None


@dataclass
class Gap(httpx2.AsyncBaseTransport):
    """A transport like any other, but for what is put into `happens`."""

    inner: httpx2.AsyncBaseTransport = field(default_factory=httpx2.AsyncHTTPTransport)
    at: re.Pattern[str] = FINALIZING
    """Method and path of the requests before which something happens."""
    happens: list[Happens] = field(default_factory=list)
    """What happens before the next such requests, one for each: None lets the request go, an answer stands for
    InvoiceXpress's own, and an exception is the network's."""
    seen: list[str] = field(default_factory=list)
    """Method and path of every request that came here, in order."""
    read_at: float = 0.0
    """When the last answer to a read was there, in seconds."""
    windows: list[float] = field(default_factory=list)
    """Seconds from there to each such request."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Hand it on, once what happens before it has happened."""
        what = f"{request.method} {request.url.path}"
        self.seen.append(what)
        if self.at.fullmatch(what):
            self.windows.append(time.perf_counter() - self.read_at)
            if self.happens:
                instead = await self.happens.pop(0)(request)
                if instead is not None:
                    return instead
        response = await self.inner.handle_async_request(request)
        if is_read(request):
            # Read to its end here, so that the moment is that of its last byte.
            content = await response.aread()
            self.read_at = time.perf_counter()
            response = httpx2.Response(
                response.status_code, headers=_plain(response.headers), content=content, request=request
            )
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self.inner.aclose()


def _plain(headers: httpx2.Headers) -> list[tuple[str, str]]:
    """Without what was true of the bytes on the wire alone."""
    left_out = {"content-encoding", "content-length", "transfer-encoding"}
    return [(name, value) for name, value in headers.multi_items() if name.lower() not in left_out]


def reads_between(seen: list[str], first: int = 0) -> int:
    """How many reads came after the last try of a finalizing request, up to the end or to the next try of it."""
    tries = [at for at, what in enumerate(seen) if FINALIZING.fullmatch(what)]
    if not tries:
        return 0
    last = tries[first]
    after = tries[first + 1] if len(tries) > first + 1 else len(seen)
    return sum(what.startswith("GET /") for what in seen[last + 1 : after])
