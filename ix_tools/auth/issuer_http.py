"""HTTP to an issuer of tokens: bounded in size and time, without redirects, proxies of the environment or instrumentation."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import anyio
import httpx2

from ix_tools.telemetry import pause_instrumentation

MOST_BYTES = 256 * 1024
"""Bytes of an answer; real ones have a few thousand."""
ANSWER_SECONDS = 10.0
"""Seconds for a whole request, however slowly the answer drips."""
FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError, TimeoutError)
"""Exceptions that an unusable answer raises."""
CLIENT_OPTIONS: dict[str, Any] = {"follow_redirects": False, "trust_env": False, "timeout": 5.0}


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Reads an answer of limited size; one that is compressed is refused, because its size is unknown until it is unpacked."""

    def __init__(self) -> None:
        """Open no connection yet."""
        self._transport = httpx2.AsyncHTTPTransport(verify=_load_authorities(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"
        answer = await self._transport.handle_async_request(request)
        try:
            content = await _read(answer)
        finally:
            await answer.aclose()
        headers = [(name, value) for name, value in answer.headers.raw if name.lower() != b"content-length"]
        return httpx2.Response(answer.status_code, headers=headers, content=content, request=request)

    async def aclose(self) -> None:
        await self._transport.aclose()


@cache
def _load_authorities() -> ssl.SSLContext:
    """Load the authorities that check certificates, also those of SSL_CERT_FILE; once, because it takes longer than a request."""
    return httpx2.create_ssl_context()


async def _read(answer: httpx2.Response) -> bytes:
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise httpx2.DecodingError("compressed")
    content = b""
    async for piece in answer.aiter_raw():
        content += piece
        if len(content) > MOST_BYTES:
            raise httpx2.DecodingError("too long")
    return content


@contextmanager
def limit_request() -> Iterator[None]:
    """Limit the time of the requests in the block, and hide their addresses from instrumentation."""
    with pause_instrumentation(), anyio.fail_after(ANSWER_SECONDS):
        yield


async def fetch_object(url: str) -> dict[str, Any]:
    """Fetch a JSON object.

    Raises:
        FAILURES: there is none at this address.
    """
    with limit_request():
        async with httpx2.AsyncClient(transport=BoundedTransport(), **CLIENT_OPTIONS) as client:
            answer = await client.get(url, headers={"accept": "application/json"})
    if answer.status_code != 200:
        raise ValueError(f"status {answer.status_code}")
    found = json.loads(answer.content)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found
