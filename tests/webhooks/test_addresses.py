"""Where webhooks may go: public addresses over https. Whatever a URL or a name server says, no socket is opened to anything else."""

from __future__ import annotations

import ipaddress
from typing import Any

import anyio
import httpcore2
import pytest

from ix_tools.errors import InvalidArguments
from ix_tools.webhooks.addresses import check_target, is_allowed, parse_target, read_networks
from ix_tools.webhooks.transport import WebhookNotDelivered, post

LITERAL = [
    "127.0.0.1", "127.1", "127.0.0.1.", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "0", "0.0.0.0",
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.1.254", "169.254.169.254",
    "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]",
    "[2002:a00:1::1]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456:789a::1]", "[ff02::1]",
    "[2001:db8::1]", "[::ffff:169.254.169.254]", "[fec0::1]", "[::ffff:0:127.0.0.1]", "[::ffff:0:a00:1]", "[3fff::1]", "[5f00::1]",
    "[4000::1]", "[2001:10::1]", "192.88.99.1",
]  # fmt: skip
RESOLVED = [
    ["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["::1"], ["fd00::1"], ["::ffff:192.168.0.1"], ["64:ff9b::7f00:1"],
    ["93.184.215.14", "127.0.0.1"], ["127.0.0.1", "93.184.215.14"], ["2606:2800:220:1::1", "fe80::1"], ["0.0.0.0"], ["not an address"], [],
]  # fmt: skip
ODD = [
    "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "https:///path", "https://", "", "https://user@example.com/",
    "https://user:pass@example.com/", "https://example.com:0/", "https://example.com:99999/", "https://exa mple.com/",
    "https://example.com\\@127.0.0.1/", "https://example.com/#x", "https://example.com/\r\nHost: x", "https://exämple.com/",
    "https://example.com/\x00", "//example.com/", "https://[::1", "https://-example.com/", "https://example..com/", "http+unix://x/",
    "https://" + "a" * 3000,
]  # fmt: skip


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts to which a socket was opened; none of them answers."""
    opened: list[str] = []

    async def connect_tcp(self: Any, host: str, *given: Any, **named: Any) -> Any:
        opened.append(host)
        raise httpcore2.ConnectError

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect_tcp)
    return opened


async def send(url: str) -> None:
    await post(parse_target(url), {}, b"{}", ())


@pytest.mark.parametrize("host", LITERAL)
async def test_an_internal_address_is_refused_and_no_socket_is_opened(host: str, sockets: list[str]) -> None:
    for scheme in ("https", "http"):
        url = f"{scheme}://{host}:8443/hook"
        with pytest.raises(InvalidArguments):
            check_target(parse_target(url), ())
        with pytest.raises((InvalidArguments, WebhookNotDelivered)):
            await send(url)
    assert sockets == []


@pytest.mark.parametrize("addresses", RESOLVED, ids=str)
async def test_a_name_is_judged_by_every_address_that_it_has(
    addresses: list[str], sockets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(*given: Any, **named: Any) -> list[Any]:
        return [(0, 0, 0, "", (one, 443)) for one in addresses]

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    check_target(parse_target("https://hook.example.com/"), ())
    with pytest.raises(WebhookNotDelivered, match="address not allowed"):
        await send("https://hook.example.com/")
    assert sockets == []


async def test_the_connection_goes_to_the_address_that_was_judged(
    sockets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves to something else a moment later (rebinding) is not asked again."""
    answers = [["93.184.215.14"], ["127.0.0.1"]]

    async def resolve(*given: Any, **named: Any) -> list[Any]:
        return [(0, 0, 0, "", (one, 443)) for one in answers.pop(0)]

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    with pytest.raises(WebhookNotDelivered, match="ConnectError"):
        await send("https://hook.example.com/")
    assert sockets == ["93.184.215.14"]
    assert len(answers) == 1


@pytest.mark.parametrize("url", ODD, ids=lambda url: url[:40])
def test_what_is_no_usual_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidArguments):
        check_target(parse_target(url), ())


@pytest.mark.parametrize(
    ("address", "scheme", "networks", "allowed"),
    [
        ("93.184.215.14", "https", [], True),
        ("93.184.215.14", "http", [], False),
        ("2606:2800:220:1::1", "https", [], True),
        ("192.168.1.20", "http", ["192.168.1.20"], True),
        ("::ffff:192.168.1.20", "http", ["192.168.1.0/24"], True),
        ("192.168.1.21", "http", ["192.168.1.20"], False),
        ("127.0.0.1", "https", ["192.168.0.0/16"], False),
        ("fd00::5", "http", ["fd00::/8"], True),
    ],
)
def test_networks_of_the_settings_are_allowed_also_without_encryption(
    address: str, scheme: str, networks: list[str], allowed: bool
) -> None:
    assert is_allowed(ipaddress.ip_address(address), scheme, read_networks(networks)) is allowed


async def test_a_redirect_is_an_answer_and_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    asked: list[bytes] = []

    async def serve(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            asked.append((await stream.receive()).partition(b"\r\n")[0])
            await stream.send(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        target = parse_target(f"http://127.0.0.1:{port}/hook?x=1")
        assert await post(target, {}, b"{}", read_networks(["127.0.0.1"])) == 302
        tasks.cancel_scope.cancel()
    assert asked == [b"POST /hook?x=1 HTTP/1.1"]
