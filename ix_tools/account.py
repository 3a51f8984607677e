"""One InvoiceXpress account over HTTP: its host, its key, its patience. The only room that opens a connection.

The key travels in the query string because the API knows no other way, so it must not be seen anywhere
else: no redirect is followed, no URL is logged or shown, no exception of the HTTP library leaves this file.
"""

import html
import json
import logging
import re
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx2

from ix_tools import __version__
from ix_tools.errors import Unreachable, Unreadable
from ix_tools.settings import Settings
from ix_tools.wire import CHECK_FIRST, Request, Response

HIDDEN, SHORTEST = b"(key)", 8
_PLAIN_HOST = re.compile(r"[a-z0-9.-]+")
MOST_BYTES = 20 * 1024 * 1024
"""No answer of the API comes near; a larger one is not read."""

for _name in ("httpx2", "httpcore2"):
    # At INFO these print every URL, key included; at DEBUG they print it in pieces.
    logging.getLogger(_name).setLevel(logging.WARNING)


class Account:
    """The HTTP side of an account. Make one, use it for every call, close it."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is contacted until the first call."""
        settings.require_account()
        self._settings = settings
        self._client: httpx2.AsyncClient | None = None
        self._key = _as_quoted(settings.api_key.get_secret_value())

    @property
    def name(self) -> str:
        """What approvals are bound to: the account, and the host if it is another than the usual one."""
        return f"{self._settings.account}@{urlsplit(self._settings.main_url).netloc}"

    async def __aenter__(self) -> Self:
        """Use it as a context to have it closed."""
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

    async def send(self, request: Request) -> Response:
        """Send one request, once; an answer of any status, or Unreachable."""
        host = self._settings.v1_url if request.xml else self._settings.main_url
        kind = "application/xml" if request.xml else "application/json"
        headers = {"accept": kind, "user-agent": f"ix-tools/{__version__}"}
        if request.method != "GET":
            headers["content-type"] = kind
        params: list[tuple[str, str | int | float | bool | None]] = [
            *request.query,
            ("api_key", self._settings.api_key.get_secret_value()),
        ]
        try:
            async with self._http().stream(
                request.method, host + request.path, params=params, content=request.body, headers=headers
            ) as answer:
                body = self._without_key(await self._read(answer, request))
                found = [(name.lower(), self._without_key(value)) for name, value in answer.headers.raw]
                return Response(
                    answer.status_code,
                    body,
                    {name.decode(): value.decode("latin-1") for name, value in found},
                )
        except (httpx2.HTTPError, httpx2.InvalidURL) as trouble:
            failure = _unreachable(trouble, request)
        # Raised out here, so that it carries no link to the library's exception, which holds the URL, which holds the key.
        raise failure

    async def download(self, url: str) -> bytes | None:
        """Fetch a file without the key; None when its host is not one of the account's or the user's."""
        if not self._may_download(url):
            return None
        request = Request("GET", "")
        try:
            async with self._http().stream(
                "GET", url, headers={"user-agent": f"ix-tools/{__version__}"}
            ) as answer:
                return await self._read(answer, request) if answer.status_code == 200 else None
        except (httpx2.HTTPError, httpx2.InvalidURL) as trouble:
            failure = _unreachable(trouble, request)
        raise failure

    def _may_download(self, url: str) -> bool:
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
            and _PLAIN_HOST.fullmatch(host)
            is not None  # nothing that two readers of an address read differently
            and port in (None, 443)
            and (
                host == "invoicexpress.com"
                or host.endswith(".invoicexpress.com")
                or host in self._settings.pdf_hosts
            )
        )

    def _without_key(self, answer: bytes) -> bytes:
        """What was answered, with the key struck out: an error page may quote the address it was asked for."""
        plain, key = self._key
        return key.sub(HIDDEN, answer) if plain in answer else answer

    def _http(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                follow_redirects=False,
                trust_env=False,  # a proxy from the environment would see the key
                timeout=httpx2.Timeout(self._settings.timeout_seconds, connect=10),
                limits=httpx2.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=60),
            )
        return self._client

    async def _read(self, answer: httpx2.Response, request: Request) -> bytes:
        pieces, size = [], 0
        async for piece in answer.aiter_bytes():
            size += len(piece)
            if size > MOST_BYTES:
                raise Unreadable(
                    f"InvoiceXpress answered with more than {MOST_BYTES // 1024 // 1024} MiB; it was not read.",
                    status=answer.status_code,
                    sent="unknown" if request.writes else "refused",
                    next=CHECK_FIRST if request.writes else "ask for less",
                )
            pieces.append(piece)
        return b"".join(pieces)


def _as_quoted(key: str) -> tuple[bytes, re.Pattern[bytes]]:
    """The key in any form an answer may quote it in (as it is, as in an address, JSON or HTML), and the part that all share."""
    if len(key) < SHORTEST:
        return b"", re.compile(b"(?!)")  # so short a word stands in any answer
    shared = max(re.findall(r"[A-Za-z0-9]+", key, re.ASCII), key=len, default="")
    return shared.encode(), re.compile(b"".join(_forms(letter) for letter in key), re.IGNORECASE)


def _forms(letter: str) -> bytes:
    raw = letter.encode()
    forms = {raw, b"".join(b"%%%02x" % byte for byte in raw)}
    forms |= {json.dumps(letter)[1:-1].encode(), html.escape(letter).encode()}
    forms |= {b"+"} if letter == " " else {b"\\/"} if letter == "/" else set()
    return b"(?:" + b"|".join(re.escape(form) for form in sorted(forms)) + b")"


def _unreachable(trouble: Exception, request: Request) -> Unreachable:
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
            f"InvoiceXpress could not be reached ({what}).",
            next="check the network and the account name, then repeat",
            retryable=True,
        )
    if not request.writes:
        return Unreachable(
            f"InvoiceXpress gave no complete answer ({what}).",
            sent="refused",
            next="repeat the same call",
            retryable=True,
        )
    return Unreachable(
        f"InvoiceXpress gave no complete answer ({what}). Whether it was carried out is unknown.",
        code="outcome_unknown",
        sent="unknown",
        next=CHECK_FIRST,
    )
