"""HTTP client for one InvoiceXpress account: host, API key, timeouts, retries. The only module that opens a connection.

The key travels in the query string because the API knows no other way, so it must not be seen anywhere
else: no redirect is followed, no URL is logged or shown, no exception of the HTTP library leaves this file.
"""

import html
import json
import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import anyio
import httpx2
import stamina

from ix_tools.api_client.protocol import CHECK_FIRST, Request, Response
from ix_tools.api_client.retry_after import parse_retry_after
from ix_tools.api_client.shared_answers import SharedAnswers
from ix_tools.config.settings import Settings
from ix_tools.errors import StoreUnavailable, Unreachable, Unreadable
from ix_tools.i18n.messages import message
from ix_tools.telemetry import pause_instrumentation
from ix_tools.version import __version__

log = logging.getLogger(__name__)

KEY_PLACEHOLDER, MIN_KEY_LENGTH = b"(key)", 8
_PLAIN_HOST = re.compile(r"[a-z0-9.-]+")
MAX_RESPONSE_BYTES = 20 * 1024 * 1024
"""Upper limit for a response body. A larger one is not read."""

for _name in ("httpx2", "httpcore2"):
    # At INFO these print every URL, key included; at DEBUG they print it in pieces.
    logging.getLogger(_name).setLevel(logging.WARNING)


MAX_ATTEMPTS = 4
PROMPT_CONNECT_SECONDS = 2.0
"""Connect timeout for `send_once`, in seconds: facts read just before an irreversible request must not become stale."""
CONNECT_SECONDS = 10
"""Connect timeout in seconds."""
SLOW_AFTER_SECONDS, MIN_BYTES_PER_SECOND = 5.0, 1024
"""A response that is slower than MIN_BYTES_PER_SECOND bytes a second after SLOW_AFTER_SECONDS seconds is abandoned."""
EXTRA_SECONDS = 10
"""Seconds that a whole exchange may take in addition to the timeout of a single read."""


class RequestLimiter(Protocol):
    """Rate limiter that the client asks before each request."""

    async def acquire(self) -> None:
        """Wait until the request may be sent."""

    async def record_response(self, status: int, retry_after: float | None) -> None:
        """Record the status of the response; 0 means that none came."""


_reserved_slots: ContextVar[list[int] | None] = ContextVar("turns", default=None)
"""Number of slots reserved for the requests of this context. Tasks that it starts share the count."""


_connect_seconds: ContextVar[float] = ContextVar("connect", default=CONNECT_SECONDS)
"""Connect timeout of the requests of this context, in seconds."""


def _take_reserved_slot() -> bool:
    left = _reserved_slots.get()
    if not left or left[0] < 1:
        return False
    left[0] -= 1
    return True


class _RetryableResponse(Exception):
    """A response after which the same request may be sent again."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def _is_retryable(trouble: Exception) -> bool:
    # The rate limiter keeps the Retry-After: the next attempt waits there for a slot, or is refused.
    return isinstance(trouble, _RetryableResponse) or (isinstance(trouble, Unreachable) and trouble.retryable)


def account_name(settings: Settings) -> str:
    """Return the name that approvals and the journal are bound to: account and host."""
    return f"{settings.account}@{urlsplit(settings.main_url).netloc}"


class InvoiceXpressClient:
    """HTTP client for one InvoiceXpress account. Create one, use it for every call, and close it."""

    def __init__(
        self,
        settings: Settings,
        limiter: RequestLimiter | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Create a client. It connects with the first request.

        Args:
            settings: The account, its key and its hosts.
            limiter: Keeps to the account's rate limit. Without it requests are sent at once.
            transport: Carries the requests; connections over the network by default.
        """
        settings.require_account()
        self._settings = settings
        self.name = account_name(settings)
        """The name that approvals and the journal are bound to: account and host."""
        self._hosts = {False: settings.main_url, True: settings.v1_url}
        self._limiter, self._transport = limiter, transport
        self._client: httpx2.AsyncClient | None = None
        self._answers: SharedAnswers | None = None
        self._key = compile_key_pattern(settings.api_key.get_secret_value())
        self.answered_at: datetime | None = None
        """The time of the newest answer by the service's clock, if it tells."""

    async def __aenter__(self) -> Self:
        """Return the client; leaving the context closes it."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def share_reads(self) -> "InvoiceXpressClient":
        """Return a client of the same connections that sends each read once and answers it again with the same response.

        For one pass over many rows, which is judged by the account as it was then. It is not closed by itself.
        """
        sharing = InvoiceXpressClient(self._settings, self._limiter, self._transport)
        sharing._client, sharing._answers = self._get_http_client(), SharedAnswers()
        return sharing

    async def send(self, request: Request) -> Response:
        """Send a request and return the response, whatever its status.

        It is retried only where that cannot repeat a write: reads after 429, 5xx or no response; writes when no connection
        was made, or after 429, because InvoiceXpress then did nothing.

        Raises: Unreachable when no response came.
        """
        if self._answers is None or request.writes:
            return await self._send(request)
        return await self._answers.find(request, self._send)

    async def _send(self, request: Request) -> Response:
        began = time.monotonic()
        try:
            return await self._attempt(request)
        except (_RetryableResponse, Unreachable) as trouble:
            # Most requests need one attempt; preparing for retries costs a sixth of it.
            first = trouble
        left = self._settings.timeout_seconds * 2 - (time.monotonic() - began)
        retries = stamina.retry_context(
            on=_is_retryable,
            attempts=MAX_ATTEMPTS if left > 0 else 1,
            timeout=max(left, 1.0),  # the library warns of a timeout of 0
            wait_initial=0.2,
            wait_max=5.0,
        )
        try:
            async for attempt in retries:
                with attempt:
                    if attempt.num == 1:
                        raise first  # the outcome of the attempt above
                    return await self._attempt(request)
        except _RetryableResponse as last:
            return last.response
        raise AssertionError("the loop above returns or raises")  # pragma: no cover

    @asynccontextmanager
    async def reserve_slots(self, requests: int) -> AsyncIterator[None]:
        """Reserve slots, so that the requests made in this context are sent without waiting for one another.

        The last slot is for `send_once`: a read that is retried acquires a new slot and never uses that one.
        """
        if self._limiter is not None:
            for _ in range(requests):
                await self._limiter.acquire()
        before = _reserved_slots.set([requests - 1])
        try:
            yield
        finally:
            _reserved_slots.reset(before)

    async def send_once(self, request: Request) -> Response:
        """Send a request without retries, in the context of `reserve_slots`, and return the response, whatever its status.

        Facts read just before an irreversible request must not become stale, so the connect timeout is short.

        Raises: Unreachable when no response came.
        """
        connect, turn = _connect_seconds.set(PROMPT_CONNECT_SECONDS), _reserved_slots.set([1])
        try:
            return await self._send_within_limit(request)
        finally:
            _connect_seconds.reset(connect)
            _reserved_slots.reset(turn)

    async def _attempt(self, request: Request) -> Response:
        response = await self._send_within_limit(request)
        if response.status == 429 or (response.status >= 500 and not request.writes):
            raise _RetryableResponse(response)
        return response

    async def _send_within_limit(self, request: Request) -> Response:
        if self._limiter is None:
            return await self._exchange(request)
        if not _take_reserved_slot():
            await self._limiter.acquire()
        try:
            response = await self._exchange(request)
        except Unreachable:
            await self._record_response(0, None)
            raise
        await self._record_response(
            response.status, parse_retry_after(response.headers.get("retry-after", ""))
        )
        return response

    async def _record_response(self, status: int, wait: float | None) -> None:
        # The request was sent by now: a failing store must not turn the response into "nothing was sent".
        try:
            if self._limiter is not None:
                await self._limiter.record_response(status, wait)
        except StoreUnavailable as trouble:
            log.error("how a request went could not be noted: %s", trouble)

    async def _exchange(self, request: Request) -> Response:
        host = self._hosts[request.xml]
        kind = "application/xml" if request.xml else "application/json"
        headers = {"accept": kind, "user-agent": f"ix-tools/{__version__}"}
        if request.method != "GET":
            headers["content-type"] = kind
        params: list[tuple[str, str | int | float | bool | None]] = [
            *request.query,
            ("api_key", self._settings.api_key.get_secret_value()),
        ]
        try:
            # The library's timeout applies to each read: a slow response would never end.
            with pause_instrumentation(), anyio.fail_after(self._settings.timeout_seconds + EXTRA_SECONDS):
                # With separate params the library would parse the URL twice.
                url = httpx2.URL(host + request.path, params=params)
                async with self._get_http_client().stream(
                    request.method,
                    url,
                    content=request.body,
                    headers=headers,
                    timeout=self._build_timeout(_connect_seconds.get()),
                ) as answer:
                    body = self._redact_key(await self._read_body(answer, request))
                    found = [(name.lower(), self._redact_key(value)) for name, value in answer.headers.raw]
                    shown = {name.decode(): value.decode("latin-1") for name, value in found}
                    self.answered_at = _read_date(shown.get("date", ""))
                    return Response(answer.status_code, body, shown)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as trouble:
            failure = _build_unreachable_error(trouble, request)
        # Raised outside the handler, so that it has no link to the library's exception, which holds the URL with the key.
        raise failure

    async def download(self, url: str) -> bytes | None:
        """Download a file without sending the key; None when its host is neither the account's nor in `pdf_hosts`."""
        if not self._is_download_allowed(url):
            return None
        request = Request("GET", "")
        try:
            with pause_instrumentation(), anyio.fail_after(self._settings.timeout_seconds + EXTRA_SECONDS):
                async with self._get_http_client().stream(
                    "GET", url, headers={"user-agent": f"ix-tools/{__version__}"}
                ) as answer:
                    return await self._read_body(answer, request) if answer.status_code == 200 else None
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as trouble:
            failure = _build_unreachable_error(trouble, request)
        raise failure

    def _is_download_allowed(self, url: str) -> bool:
        home = urlsplit(self._settings.main_url)
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if (parts.scheme, parts.netloc) == (home.scheme, home.netloc):
            return True
        return (
            parts.scheme == "https"
            and parts.netloc.lower() in (host, f"{host}:443")  # no user name
            and _PLAIN_HOST.fullmatch(host) is not None  # no host that two URL parsers read differently
            and port in (None, 443)
            and (
                host == "invoicexpress.com"
                or host.endswith(".invoicexpress.com")
                or host in self._settings.pdf_hosts
            )
        )

    def _redact_key(self, answer: bytes) -> bytes:
        """Replace the key in a response: an error page may quote the URL of the request."""
        plain, key = self._key
        return key.sub(KEY_PLACEHOLDER, answer) if plain in answer else answer

    def _get_http_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                follow_redirects=False,
                trust_env=False,  # a proxy from the environment would see the key
                timeout=self._build_timeout(CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=60),
                transport=self._transport,
            )
        return self._client

    def _build_timeout(self, connect: float) -> httpx2.Timeout:
        whole = float(self._settings.timeout_seconds)
        pool = whole if connect == CONNECT_SECONDS else connect
        return httpx2.Timeout(whole, connect=min(connect, whole), pool=min(pool, whole))

    async def _read_body(self, answer: httpx2.Response, request: Request) -> bytes:
        pieces, size, began = [], 0, time.monotonic()
        async for piece in answer.aiter_bytes():
            size += len(piece)
            seconds = time.monotonic() - began
            if seconds > SLOW_AFTER_SECONDS and size < seconds * MIN_BYTES_PER_SECOND:
                raise TimeoutError  # treated as no response: it would take too long
            if size > MAX_RESPONSE_BYTES:
                raise Unreadable(
                    message(
                        "InvoiceXpress answered with more than {limit} MiB; it was not read.",
                        limit=MAX_RESPONSE_BYTES // 1024 // 1024,
                    ),
                    status=answer.status_code,
                    sent="unknown" if request.writes else "refused",
                    next=(CHECK_FIRST if request.writes else message("ask for less")),
                )
            pieces.append(piece)
        return b"".join(pieces)


def compile_key_pattern(key: str) -> tuple[bytes, re.Pattern[bytes]]:
    """Return the part of a key that all its encodings contain, and a pattern for the key as text, in a URL, JSON or HTML."""
    if len(key) < MIN_KEY_LENGTH:
        return b"", re.compile(b"(?!)")  # so short a text occurs in any response
    shared = max(re.findall(r"[A-Za-z0-9]+", key, re.ASCII), key=len, default="")
    return shared.encode(), re.compile(b"".join(_encode_variants(letter) for letter in key), re.IGNORECASE)


def _encode_variants(letter: str) -> bytes:
    raw = letter.encode()
    forms = {raw, b"".join(b"%%%02x" % byte for byte in raw)}
    forms |= {json.dumps(letter)[1:-1].encode(), html.escape(letter).encode()}
    forms |= {b"+"} if letter == " " else {b"\\/"} if letter == "/" else set()
    return b"(?:" + b"|".join(re.escape(form) for form in sorted(forms)) + b")"


def _build_unreachable_error(trouble: Exception, request: Request) -> Unreachable:
    never_left = isinstance(
        trouble,
        httpx2.ConnectError
        | httpx2.ConnectTimeout
        | httpx2.PoolTimeout
        | httpx2.UnsupportedProtocol
        | httpx2.InvalidURL,
    )
    what = type(trouble).__name__
    if never_left:
        return Unreachable(
            message("InvoiceXpress could not be reached ({what}).", what=what),
            next=message("check the network and the account name, then repeat"),
        )
    if not request.writes:
        return Unreachable(
            message("InvoiceXpress gave no complete answer ({what}).", what=what),
            sent="refused",
            next=message("repeat the same call"),
        )
    return Unreachable(
        message(
            "InvoiceXpress gave no complete answer ({what}). Whether it was carried out is unknown.",
            what=what,
        ),
        code="outcome_unknown",
        sent="unknown",
        next=CHECK_FIRST,
    )


def _read_date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header)
    except ValueError:
        return None
