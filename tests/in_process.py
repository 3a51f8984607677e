"""HTTP transport that passes requests to a sandbox in this process without a socket."""

from __future__ import annotations

import anyio.lowlevel
import httpx2

from ix_tools.sandbox.app import Api, RawRequest
from ix_tools.sandbox.server import Sandbox


class InProcessTransport(httpx2.AsyncBaseTransport, httpx2.BaseTransport):
    """Passes requests to the sandbox directly; requests that may meet a fault, and those for files, use a real connection.

    Broken, stalled and half-answered connections need real sockets.
    """

    def __init__(self, box: Sandbox) -> None:
        self._box, self._api = box, Api(box.backend)
        self._network: httpx2.AsyncHTTPTransport | None = None
        self._network_of_threads: httpx2.HTTPTransport | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request; other tasks run before and after, as during a real request."""
        if not self._is_answered_here(request):
            if self._network is None:
                self._network = httpx2.AsyncHTTPTransport(verify=False, trust_env=False)
            return await self._network.handle_async_request(request)
        body = await request.aread()
        await anyio.lowlevel.checkpoint()
        answer = self._answer(request, body)
        await anyio.lowlevel.checkpoint()
        return answer

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request of a synchronous client."""
        if not self._is_answered_here(request):
            if self._network_of_threads is None:
                self._network_of_threads = httpx2.HTTPTransport(verify=False, trust_env=False)
            return self._network_of_threads.handle_request(request)
        return self._answer(request, request.read())

    async def aclose(self) -> None:
        """Close the real connections."""
        if self._network is not None:
            await self._network.aclose()

    def close(self) -> None:
        """Close the real connections of a synchronous client."""
        if self._network_of_threads is not None:
            self._network_of_threads.close()

    def _is_answered_here(self, request: httpx2.Request) -> bool:
        url = request.url
        return (
            f"{url.scheme}://{url.netloc.decode()}" == self._box.base_url
            and not url.path.startswith("/_")
            and not self._box.expects_faults()
        )

    def _answer(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        raw_path, _, query = request.url.raw_path.partition(b"?")
        kind = request.headers.get("content-type", "")
        answer = self._api.answer(RawRequest.parse(request.method, raw_path, query, kind, body))
        return httpx2.Response(
            answer.status, headers=answer.sent_headers, content=answer.body, request=request
        )
