"""The API key is sent to the account's own host only, whatever a name, URL or response contains."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import anyio
import pytest
import stamina
from pydantic import SecretStr

from ix_tools.api_client import client as account_room
from ix_tools.api_client import protocol
from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.config.loading import load_settings
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import SettingsError, Unreachable
from ix_tools.sandbox.server import Sandbox

KEY = "canary-7f3a9b"

ACCOUNTS = [
    "127.0.0.1:9/",
    "127.0.0.1",
    "localhost:9",
    "evil.com",
    "evil.com#",
    "evil.com/",
    "evil.com?",
    "evil.com\\",
    "evil.com%23",
    "evil.com%2f",
    "evil.com%00",
    "evil.com:443",
    "evil.com:443/",
    "acme@evil.com",
    "acme:pw@evil.com/",
    "@evil.com/",
    "//evil.com/",
    "/evil.com",
    "\\\\evil.com\\",
    "https://evil.com",
    "https://acme.app.invoicexpress.com.evil.com",
    "https://acme.app.invoicexpress.com@evil.com",
    "https://evil.com#acme.app.invoicexpress.com",
    "acme.invoicexpress.com.evil.com",
    "acme.",
    ".acme",
    "acme..",
    "acme.evil",
    "acme evil",
    "acme\tevil",
    "acme\nevil",
    "acme\r\nHost: evil.com",
    "acme\x00",
    "acme\x00.evil.com",
    "acme\x0bevil",
    "acme\u2028evil",
    "acme。evil",
    "acme．evil",
    "acme｡evil",
    "acme․evil",
    "acme／evil",
    "acme＃",
    "acme＠evil",
    "acme\u200b",
    "acme\u202e",
    "acmé",
    "аcme",
    "ﬀ",
    "①",
    "ſhop",
    "\u212aelvin",
    "-acme",
    "acme-",
    "-",
    "ac_me",
    "acme*",
    "*",
    "acme;evil",
    "acme,evil",
    "acme|evil",
    "acme&x=1",
    "acme=1",
    "acme+1",
    "[::1]",
    "::1",
    "[::1]:9/",
    "0x7f.1",
    "127.1",
    "2130706433/",
    "169.254.169.254",
    "xn--acme-",
    "xn--80ak6aa92e",
    "XN--80AK6AA92E",
    "a" * 64,
    "a" * 300,
    "{account}",
    "$HOME",
    "%61cme",
    "../acme",
    "..",
    "acme/../evil",
    '"acme"',
    "'acme'",
    "<acme>",
    "acme\\evil",
]

URLS = [
    "http://evil.com",
    "http://acme.app.invoicexpress.com",
    "http://127.0.0.1.evil.com",
    "http://localhost.evil.com",
    "http://127.0.0.1@evil.com",
    "http://127.0.0.1:9@evil.com",
    "http://2130706433",
    "http://0x7f000001",
    "http://127.1",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::1",
    "http://::1",
    "http://[::1]evil.com",
    "http://[::1%25lo]",
    "http://localhost\\@evil.com",
    "https://acme@evil.com",
    "https://acme:pw@evil.com",
    "https://@evil.com",
    "https://evil.com/path",
    "https://evil.com//",
    "https://evil.com?x=1",
    "https://evil.com?",
    "https://evil.com#x",
    "https://evil.com#",
    "https://evil.com\\",
    "https://evil.com\\.invoicexpress.com",
    "https://evil.com%2f",
    "https://evil%2ecom",
    "https://evil.com:99999",
    "https://evil.com:0",
    "https://evil.com:x",
    "https://evil.com:",
    "https://evil.com:443:443",
    "https://evil com",
    "https://evil.com\t/",
    "https://ev\til.com",
    "https://evil.com\r\nHost: x",
    "https://evil\n.com",
    "\x00https://evil.com",
    "\x01https://evil.com",
    "https://evil.com\x00",
    "https://evil\x00.com",
    "https://evil。com",
    "https://evil．com",
    "https://évil.com",
    "https://еvil.com",
    "https://evil.com.",
    "https://.evil.com",
    "https://evil..com",
    "https://-evil.com",
    "https://" + "a" * 64 + ".com",
    "https://",
    "https:///",
    "https:evil.com",
    "https:/evil.com",
    "//evil.com",
    "evil.com",
    "acme",
    "ftp://evil.com",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "gopher://127.0.0.1",
    "data:text/plain,x",
    "unix:///tmp/x",
    "https://evil.com/\u202e",
    "https\uff1a//evil.com",
    "httpſ://evil.com",
]

OWN, SHOPS = "INVOICEXPRESS_", "INVOICEXPRESS_ACCOUNTS__SHOP__"

WATCHED = """
import asyncio, json, sys
seen = []
sys.addaudithook(lambda event, given: seen.append([event, repr(given)]) if event in {
    "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind", "subprocess.Popen"
} else None)

from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ContextPool
from ix_tools.errors import IxError
from tests.harness import execute
from ix_tools.auth.principals import Principal
from ix_tools.config.loading import load_settings

SHOP = {"INVOICEXPRESS_ACCOUNTS__SHOP__ACCOUNT": "shop", "INVOICEXPRESS_ACCOUNTS__SHOP__API_KEY": "canary-7f3a9b"}

async def try_setting(setting, value):
    given = {"INVOICEXPRESS_ACCOUNT": "acme", "INVOICEXPRESS_API_KEY": "canary-7f3a9b"}
    try:
        if "__SHOP__" in setting:  # an account of the HTTP server
            context = ContextPool(load_settings({**given, **SHOP, setting: value})).for_principal(Principal("x", accounts=("shop",)))
        else:
            context = CallContext.open(load_settings({**given, setting: value}))
    except IxError as refused:
        return refused.code
    try:
        await execute(context, "list_taxes", {})
    except IxError as failed:
        return failed.code
    finally:
        await context.close()
    return "answered"

async def main():
    return [[setting, value, await try_setting(setting, value)] for setting, value in json.load(sys.stdin)]

outcomes = asyncio.run(main())
json.dump({"outcomes": outcomes, "seen": seen}, sys.stdout)
"""


def test_hostile_names_and_addresses_are_refused_and_open_no_socket(tmp_path: Path) -> None:
    """Runs in a separate process, in which audit hooks record every look-up and connection."""
    tried = [(f"{whose}ACCOUNT", one) for one in ACCOUNTS for whose in (OWN, SHOPS)]
    urls = ("BASE_URL", "V1_BASE_URL")
    tried += [(f"{whose}{name}", one) for one in URLS for name in urls for whose in (OWN, SHOPS)]
    assert len(ACCOUNTS) >= 60
    assert len(URLS) >= 60
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED],
        input=json.dumps(tried),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    told = json.loads(ran.stdout)
    assert [one for one in told["outcomes"] if one[2] != "settings"] == []
    assert len(told["outcomes"]) == len(tried)
    assert told["seen"] == []
    assert KEY not in ran.stdout + ran.stderr


@pytest.mark.parametrize("account", ["a", "acme", "ACME", "acme-2", "a1", "9", "a" * 63])
def test_a_plain_name_is_one_label_below_the_vendors_host(account: str) -> None:
    settings = Settings(account=account)
    assert settings.main_url == f"https://{account.lower()}.app.invoicexpress.com"
    assert settings.v1_url == f"https://{account.lower()}.invoicexpress.net"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://acme.app.invoicexpress.com", "https://acme.app.invoicexpress.com"),
        ("https://acme.app.invoicexpress.com/", "https://acme.app.invoicexpress.com"),
        ("https://staging.example:8443", "https://staging.example:8443"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://localhost:9/", "http://localhost:9"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("http://127.9.9.9", "http://127.9.9.9"),
    ],
)
def test_an_address_is_scheme_host_and_port(url: str, kept: str) -> None:
    assert Settings(base_url=url).main_url == kept


def test_the_command_refuses_them_too(tmp_path: Path) -> None:
    given = {"INVOICEXPRESS_ACCOUNT": "127.0.0.1:9/", "INVOICEXPRESS_API_KEY": KEY}
    ran = subprocess.run(
        [sys.executable, "-m", "ix_tools", "serve"],
        env={**os.environ, **given},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "account" in ran.stderr
    assert KEY not in ran.stderr


# --- answers that would lead elsewhere


@contextmanager
def listen_locally(answer: bytes = b"") -> Iterator[tuple[str, list[bytes]]]:
    """Listen on this machine, and yield the URL and the requests."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(answer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        host, port = server.getsockname()
        yield f"http://{host}:{port}", heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.fixture
async def account(running_sandbox: Sandbox, tmp_path: Path) -> Any:
    """A client of the sandbox with a canary as its key."""
    running_sandbox.reset()
    settings = point_at_sandbox(Settings(timeout_seconds=5), running_sandbox.base_url, KEY)
    async with InvoiceXpressClient(settings) as account:
        yield account


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("form", ["{url}/x", "//{host}/x", "/elsewhere"])
async def test_a_redirect_is_not_followed(
    running_sandbox: Sandbox, account: InvoiceXpressClient, status: int, form: str
) -> None:
    """The key is in the query, so the target of a redirect would read it."""
    with listen_locally(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (url, heard):
        location = form.format(url=url, host=url.removeprefix("http://"))
        running_sandbox.fault(path="taxes", status=status, headers={"location": location})
        request = protocol.build_get("/taxes.json")
        answer = await account.send(request)
        assert answer.status == status
        failure = protocol.build_error(request, answer, "list_taxes")
        assert "redirect" in str(failure)
        assert KEY not in str(failure.as_dict())
        assert heard == []
    assert [one["path"] for one in running_sandbox.requests()] == ["/taxes.json"]


async def test_a_proxy_of_the_environment_is_not_used(
    running_sandbox: Sandbox, account: InvoiceXpressClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would see the whole URL."""
    with listen_locally(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as (url, heard):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        answer = await account.send(protocol.build_get("/taxes.json"))
        assert answer.status == 401, "the canary is no key of the sandbox"
        assert heard == []


async def test_a_file_is_fetched_without_the_key(running_sandbox: Sandbox) -> None:
    """Files are downloaded without the key, and from hosts of the account only."""
    with listen_locally(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n%PDF") as (url, heard):
        home = Settings(account="acme", api_key=SecretStr(KEY), base_url=url)
        async with InvoiceXpressClient(home) as account:
            assert await account.download(f"{url}/file.pdf?token=1") == b"%PDF"
        assert heard[0].startswith(b"GET /file.pdf?token=1 HTTP/1.1\r\n")
        assert KEY.encode() not in heard[0]
        other = Settings(account="acme", api_key=SecretStr(KEY))
        async with InvoiceXpressClient(other) as account:
            assert await account.download(f"{url}/file.pdf") is None
        assert len(heard) == 1


@contextmanager
def serve_slowly(piece: bytes, seconds: float) -> Iterator[str]:
    """Serve an endless file on this machine, piece by piece."""
    ended = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF")
                    while not ended.wait(seconds):
                        connection.sendall(piece)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        host, port = server.getsockname()
        yield f"http://{host}:{port}"
        ended.set()
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(
    ("limit", "value"),
    [("EXTRA_SECONDS", -28.7), ("SLOW_AFTER_SECONDS", 0.2)],
    ids=["in all", "at so slow a pace"],
)
async def test_a_file_that_trickles_ends_all_the_same(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: float
) -> None:
    """Every piece arrives in time, but the response never ends."""
    monkeypatch.setattr(account_room, limit, value)
    with serve_slowly(b"x", 0.01) as url:
        async with InvoiceXpressClient(
            Settings(account="acme", api_key=SecretStr(KEY), base_url=url)
        ) as account:
            with anyio.fail_after(100), pytest.raises(Unreachable, match="TimeoutError") as failed:
                await account.download(f"{url}/file.pdf")
    assert (failed.value.sent, failed.value.retryable) == ("refused", True)


async def test_a_file_that_comes_steadily_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_room, "SLOW_AFTER_SECONDS", 0.05)
    body = b"%PDF" + b"x" * 500_000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with listen_locally(answer) as (url, _):
        async with InvoiceXpressClient(
            Settings(account="acme", api_key=SecretStr(KEY), base_url=url)
        ) as account:
            assert await account.download(f"{url}/file.pdf") == body


async def test_a_redirected_file_is_not_followed_either() -> None:
    with listen_locally(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n%PDF") as (elsewhere, heard):
        answer = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}/x.pdf\r\nContent-Length: 0\r\n\r\n".encode()
        with listen_locally(answer) as (url, _):
            async with InvoiceXpressClient(
                Settings(account="acme", api_key=SecretStr(KEY), base_url=url)
            ) as account:
                assert await account.download(f"{url}/file.pdf") is None
        assert heard == []


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://acme.app.invoicexpress.com/x.pdf", True),
        ("https://www.invoicexpress.com/x.pdf", True),
        ("https://invoicexpress.com:443/x.pdf", True),
        ("https://files.example/x.pdf", True),
        ("http://files.example/x.pdf", False),
        ("https://files.example:8443/x.pdf", False),
        ("https://more.files.example/x.pdf", False),
        ("http://acme.app.invoicexpress.com/x.pdf", False),
        ("https://evilinvoicexpress.com/x.pdf", False),
        ("https://invoicexpress.com.evil.com/x.pdf", False),
        ("https://evil.com/invoicexpress.com", False),
        ("https://evil.com#.invoicexpress.com", False),
        ("https://evil.com?.invoicexpress.com", False),
        ("https://evil.com\\.invoicexpress.com/x", False),
        ("https://evil.com%2f.invoicexpress.com/x", False),
        ("https://a@acme.app.invoicexpress.com/x", False),
        ("https://acme.app.invoicexpress.com@evil.com/x", False),
        ("https://acme.app.invoicexpress.com:99999/x", False),
        ("https://acme.app.invoicexpress.com:80/x", False),
        ("https://acme。invoicexpress.com/x", False),
        ("https://[::1/x", False),
        ("https://169.254.169.254/x", False),
        ("//invoicexpress.com/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_files_come_from_hosts_of_the_account_or_of_the_user(url: str, allowed: bool) -> None:
    account = InvoiceXpressClient(
        Settings(account="acme", api_key=SecretStr(KEY), pdf_hosts=("files.example",))
    )
    assert account._is_download_allowed(url) is allowed


async def test_an_unreachable_host_is_said_without_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings = Settings(account="acme", api_key=SecretStr(KEY), base_url=f"http://127.0.0.1:{port}")
    async with InvoiceXpressClient(settings) as account:
        with stamina.set_testing(True, attempts=4, cap=True), pytest.raises(Unreachable) as failed:
            await account.send(protocol.build_get("/taxes.json"))
    assert (failed.value.sent, failed.value.retryable) == ("nothing", True)
    assert KEY not in repr(failed.value)


def test_a_setting_of_the_environment_cannot_smuggle_a_second_host() -> None:
    with pytest.raises(SettingsError):
        load_settings(
            {"INVOICEXPRESS_ACCOUNT": "acme", "INVOICEXPRESS_BASE_URL": "https://a.example https://b.example"}
        )
