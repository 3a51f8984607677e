"""InvoiceXpress as the sandbox answered once: every read again from memory, every write counted.

Ten thousand stories need no ten thousand sandboxes: what they are about is which requests leave.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx2

READS = re.compile(r"/clients/\d+/invoices\.json")
"""A client's documents are asked for with a POST."""

Key = tuple[str, str, str, bytes]
Answer = tuple[int, dict[str, str], bytes]
NOTHING_SAID: Answer = (200, {"content-type": "application/json"}, b"{}")


class Recorded(httpx2.AsyncBaseTransport):
    """First it hands everything on and remembers; then it answers by itself."""

    def __init__(self) -> None:
        self._inner: httpx2.AsyncHTTPTransport | None = httpx2.AsyncHTTPTransport()
        self._answers: dict[Key, Answer] = {}
        self._writes: dict[tuple[str, str], Answer] = {}
        self._staged = False
        self.writes: list[str] = []
        self.changed: Callable[[str, Any], Any] = lambda path, body: body
        """What somebody changed in the account meanwhile."""

    def staged(self) -> None:
        """Everything is in place: what was read last is how the account stands, and what is carried out now does not change it."""
        self._staged = True

    async def sealed(self) -> None:
        """From now on nothing is handed on."""
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
            self.writes.append(f"{request.method} {request.url.path}")
            return _response(self._writes.get(key[:2], NOTHING_SAID), request)
        if key not in self._answers:
            return httpx2.Response(404, json={}, request=request)
        status, headers, content = self._answers[key]
        content = json.dumps(self.changed(request.url.path, json.loads(content))).encode()
        return _response((status, headers, content), request)

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
