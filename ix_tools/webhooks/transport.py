"""Send a webhook: one POST to an address that was judged, without redirects, proxies and cookies."""

import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import anyio
import httpcore2

from ix_tools.webhooks.addresses import Network, Target, is_allowed, parse_address

CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 15.0
MAX_ANSWER_BYTES = 65_536
"""Bytes of an answer that are read; nothing of it is stored."""


class WebhookNotDelivered(Exception):
    """A webhook could not be delivered: no connection, or no answer."""


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects only to addresses that were checked."""

    def __init__(self, scheme: str, allowed: Sequence[Network]) -> None:
        """Keep the allowed networks."""
        self._scheme, self._allowed = scheme, allowed
        self._real: Any = httpcore2.AnyIOBackend()  # of unknown type, because anyio is optional there

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - of the interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve the host, check every address, and connect to one of them."""
        addresses: Sequence[str] = ()
        with anyio.move_on_after(timeout) as waiting:
            addresses = await _resolve(host, port)
        if waiting.cancelled_caught:
            raise httpcore2.ConnectTimeout("the host was not resolved in time")
        if not addresses or not all(self._allows(one) for one in addresses):
            raise WebhookNotDelivered("address not allowed")
        stream: httpcore2.AsyncNetworkStream = await self._real.connect_tcp(
            addresses[0], port, timeout, None, socket_options
        )
        return stream

    async def connect_unix_socket(self, path: str, *given: Any, **named: Any) -> httpcore2.AsyncNetworkStream:
        """Refuse: no webhook goes to a socket of this machine."""
        raise WebhookNotDelivered("address not allowed")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)

    def _allows(self, text: str) -> bool:
        address = parse_address(text)
        return address is not None and is_allowed(address, self._scheme, self._allowed)


async def post(
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    allowed: Sequence[Network],
    trust: ssl.SSLContext | None = None,
) -> int:
    """Send a body and return the status of the answer.

    Raises:
        WebhookNotDelivered: the address is not allowed, cannot be reached, or does not answer in time. The text names the kind alone.
    """
    origin = httpcore2.Origin(target.scheme.encode(), target.host.encode(), target.port)
    url = httpcore2.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target.path)
    default = 443 if target.scheme == "https" else 80
    host = f"[{target.host}]" if ":" in target.host else target.host
    named = {"Host": host if target.port == default else f"{host}:{target.port}", **headers}
    timeouts = {
        "connect": CONNECT_SECONDS,
        "read": ANSWER_SECONDS,
        "write": ANSWER_SECONDS,
        "pool": ANSWER_SECONDS,
    }
    backend = GuardedBackend(target.scheme, allowed)
    context = trust or ssl.create_default_context()
    try:
        with anyio.fail_after(CONNECT_SECONDS + 2 * ANSWER_SECONDS):
            async with (
                httpcore2.AsyncConnectionPool(ssl_context=context, network_backend=backend) as pool,
                pool.stream(
                    "POST", url, headers=list(named.items()), content=body, extensions={"timeout": timeouts}
                ) as answer,
            ):
                read = 0
                async for chunk in answer.aiter_stream():
                    read += len(chunk)
                    if read > MAX_ANSWER_BYTES:
                        break
                return int(answer.status)
    except WebhookNotDelivered:
        raise
    except (
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpcore2.TimeoutException,
        OSError,
        TimeoutError,
    ) as trouble:
        raise WebhookNotDelivered(type(trouble).__name__) from None


async def _resolve(host: str, port: int) -> list[str]:
    literal = parse_address(host)
    if literal is not None:
        return [str(literal)]
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise WebhookNotDelivered("host not found") from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))
