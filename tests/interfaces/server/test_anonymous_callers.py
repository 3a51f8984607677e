"""A server for this machine only does not authenticate callers until the first token; then it always does."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ix_tools.auth.tokens import SECONDS_PER_DAY, Tokens
from ix_tools.operations.scopes import Scope
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from tests.harness import Harness
from tests.interfaces.server.in_process_server import build_bearer, serve_in_process
from tests.interfaces.server.processes import PATIENCE, Running, objects, run_server
from tests.interfaces.server.test_processes import environment

OPEN = "callers are not authenticated"
ENDED = "every token is revoked or expired"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


def started(box: Sandbox, folder: Path) -> dict[str, str]:
    """The settings of a server whose store is in this folder, at the level of logs that servers have by default."""
    return {
        **environment(box),
        "INVOICEXPRESS_STORE": str(folder / "ix.db"),
        "INVOICEXPRESS_LOG_LEVEL": "WARNING",
    }


def warned(running: Running) -> str:
    return " ".join(str(line["message"]) for line in objects(running.stderr_lines))


def anonymous(running: Running) -> int:
    """The status for somebody who does not say who they are."""
    return running.post("/tools/list_taxes", {}, {}).status_code


def revoked(tokens: Tokens) -> None:
    made, _ = tokens.create("n8n", [Scope.READ], ("acme",), 1)
    tokens.revoke(made.id)


def expired(tokens: Tokens) -> None:
    past = Tokens(tokens._store, lambda: 1_700_000_000.0)
    past.create("n8n", [Scope.READ], ("acme",), 1)
    assert not tokens.has_usable_tokens()


def several(tokens: Tokens) -> None:
    for _ in range(3):
        revoked(tokens)
    expired(tokens)


@pytest.mark.parametrize("ended", [revoked, expired, several])
def test_once_there_was_a_token_callers_are_asked_for_ever(
    box: Sandbox, tmp_path: Path, ended: Callable[[Tokens], None]
) -> None:
    """That the last token is gone, and the server starts anew, opens it to nobody."""
    with closing(Store(tmp_path / "ix.db")) as store:
        ended(Tokens(store))
    with run_server(tmp_path, started(box, tmp_path)) as running:
        assert anonymous(running) == 401
        assert ENDED in warned(running)
        assert OPEN not in warned(running)
        with closing(Store(tmp_path / "ix.db")) as store:
            _, secret = Tokens(store).create("new", [Scope.READ], ("acme",), 1)
        assert running.post("/tools/list_taxes", {}, build_bearer(secret)).status_code == 200


def test_an_open_server_says_so_and_the_first_token_closes_it_while_it_runs(
    box: Sandbox, tmp_path: Path
) -> None:
    env = started(box, tmp_path)
    with run_server(tmp_path, env, "--workers", "2") as running:
        assert OPEN in warned(running)
        assert anonymous(running) == 200
        with closing(Store(tmp_path / "ix.db")) as store:
            tokens = Tokens(store)
            made, secret = tokens.create("n8n", [Scope.READ], ("acme",), 1)
            assert [anonymous(running) for _ in range(6)] == [401] * 6
            assert running.post("/tools/list_taxes", {}, build_bearer(secret)).status_code == 200
            tokens.revoke(made.id)
        assert [anonymous(running) for _ in range(6)] == [401] * 6


def test_a_server_that_asks_everybody_does_not_warn(box: Sandbox, tmp_path: Path) -> None:
    with closing(Store(tmp_path / "ix.db")) as store:
        Tokens(store).create("n8n", [Scope.READ], ("acme",), 1)
    with run_server(tmp_path, started(box, tmp_path)) as running:
        assert anonymous(running) == 401
        assert warned(running) == ""


def test_it_asks_once_there_is_a_token_whatever_the_store_is(place: str) -> None:
    with closing(Store(place)) as store:
        tokens = Tokens(store)
        assert not tokens.has_tokens()
        made, _ = tokens.create("n8n", [Scope.READ], ("acme",), 1)
        tokens.revoke(made.id)
        later = Tokens(store, lambda: made.expires_at + 1000 * SECONDS_PER_DAY)
        assert (tokens.has_usable_tokens(), later.has_usable_tokens()) == (False, False)
        assert tokens.has_tokens()
        assert later.has_tokens()


RELAYED = [
    "Forwarded: for=203.0.113.9",
    "forwarded: for=_hidden;proto=https",
    "X-Forwarded-For: 203.0.113.9",
    "X-Forwarded-Host: invoices.example.com",
    "X-Forwarded-Proto: https",
    "X-FORWARDED-PORT: 443",
    "X-Forwarded-Server: proxy",
    "X-Forwarded: for=1",
    "X-Real-IP: 203.0.113.9",
    "X-Client-IP: 203.0.113.9",
    "X-Cluster-Client-IP: 203.0.113.9",
    "True-Client-IP: 203.0.113.9",
    "X-Original-Host: invoices.example.com",
    "Via: 1.1 proxy",
    "CF-Connecting-IP: 203.0.113.9",
    "CDN-Loop: cloudflare",
    "Fly-Client-IP: 203.0.113.9",
    "X-Envoy-External-Address: 203.0.113.9",
    "Tailscale-User-Login: ana@example.com",
    "X-Forwarded-For:",
]
NOT_RELAYED = [
    "X-Request-Id: 1",
    "Traceparent: 00-1-1-01",
    "Viability: 1",
    "Forward: 1",
    "User-Agent: via proxy",
]


def by_hand(running: Running, path: str, *headers: str) -> int:
    """The status of a request whose Host is this server's, as a proxy that rewrites it sends it."""
    where = urlsplit(running.url)
    lines = ["POST " + path + " HTTP/1.1", f"Host: {where.netloc}", "Content-Length: 2", "Connection: close",
             "Content-Type: application/json", *headers]  # fmt: skip
    with socket.create_connection((where.hostname or "", where.port or 0), PATIENCE) as wire:
        wire.sendall("\r\n".join([*lines, "", "{}"]).encode())
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert b"203.0.113.9" not in answer
    return int(answer.split()[1])


def test_what_a_proxy_passes_on_is_refused_while_nobody_is_asked(box: Sandbox, tmp_path: Path) -> None:
    """A proxy that rewrites Host would open a server for this machine alone to the network behind it."""
    with run_server(tmp_path, started(box, tmp_path)) as running:
        for header in RELAYED:
            for path in ("/tools/list_taxes", "/mcp", "/openapi.json", "/healthz", "/approve/x"):
                assert by_hand(running, path, header) == 403, (path, header)
        for header in NOT_RELAYED:
            assert by_hand(running, "/tools/list_taxes", header) == 200, header
        with closing(Store(tmp_path / "ix.db")) as store:
            _, secret = Tokens(store).create("n8n", [Scope.READ], ("acme",), 1)
        # With a token this is how servers are reached; and the headers decide nothing.
        for header in RELAYED:
            assert by_hand(running, "/tools/list_taxes", header) == 401, header
            assert by_hand(running, "/tools/list_taxes", header, f"Authorization: Bearer {secret}") == 200, (
                header
            )


async def test_a_server_that_asks_lets_proxies_pass_on_what_they_like(harness: Harness) -> None:
    async with serve_in_process(harness) as served:
        headers = {
            **build_bearer(served.create_token()),
            "x-forwarded-for": "203.0.113.9",
            "forwarded": "for=1",
            "via": "1.1 x",
        }
        assert (await served.client.post("/tools/list_taxes", headers=headers, json={})).status_code == 200
        assert (await served.client.get("/healthz", headers=headers)).status_code == 200
