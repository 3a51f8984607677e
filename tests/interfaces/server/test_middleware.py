"""The middleware checks Host, Origin, size, authentication and rate limit before every route of every interface."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from ix_tools.interfaces.server.middleware import MAX_REQUEST_BYTES
from tests.harness import Harness, invoice
from tests.interfaces.server.in_process_server import ADDRESS, Served, build_bearer, serve_in_process

PATHS = ["/mcp", "/healthz", "/readyz", "/nowhere", "/.well-known/oauth-protected-resource/mcp"]

HOSTS = [
    "evil.com",
    "evil.com:8756",
    "127.0.0.1",
    "127.0.0.1:9",
    "127.0.0.1:8756.evil.com",
    "127.0.0.1:8756@evil.com",
    "evil.com@127.0.0.1:8756",
    "localhost.evil.com:8756",
    "0.0.0.0:8756",
    "[::]:8756",
    "",
    "127.0.0.1:8756, evil.com",
    "127.1:8756",
]
ORIGINS = [
    "http://evil.com",
    "null",
    "https://127.0.0.1:8756",
    "http://127.0.0.1",
    "http://127.0.0.1:8756.evil.com",
    "file://",
    "",
]


@pytest.mark.parametrize("path", PATHS)
async def test_a_request_for_another_name_is_not_served(served: Served, path: str) -> None:
    """A web page whose own name was made to point here says so by the name."""
    token = served.create_token()
    for host in HOSTS:
        answer = await served.client.get(path, headers={"host": host, **build_bearer(token)})
        assert (answer.status_code, answer.json()["code"]) == (421, "host_not_served"), host


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_of_another_origin_is_not_served(served: Served, path: str) -> None:
    token = served.create_token()
    for origin in ORIGINS:
        answer = await served.client.post(path, headers={"origin": origin, **build_bearer(token)}, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed"), origin


async def test_this_machine_is_known_under_its_names(served: Served) -> None:
    for host in ("127.0.0.1:8756", "localhost:8756", "[::1]:8756", "LOCALHOST:8756"):
        answer = await served.client.get("/healthz", headers={"host": host, "origin": f"http://{host}"})
        assert answer.json() == {"ok": True}


async def test_pages_that_the_settings_name_may_call(harness: Harness) -> None:
    async with serve_in_process(harness, http_origins=("https://app.example.com",)) as served:
        for origin, status in (("https://app.example.com", 200), ("https://app.example.com.evil.com", 403)):
            answer = await served.client.get("/healthz", headers={"origin": origin})
            assert answer.status_code == status


async def test_a_long_request_is_refused_whether_it_says_so_or_not(served: Served) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MAX_REQUEST_BYTES // 65536 + 2):
            yield b" " * 65536

    token = served.create_token()
    headers = {
        **build_bearer(token),
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
    }
    told = await served.client.post("/mcp", headers=headers, content=b" " * (MAX_REQUEST_BYTES + 1))
    untold = await served.client.post("/mcp", headers=headers, content=pieces())
    assert [told.status_code, untold.status_code] == [413, 413]
    for length in ("-1", "1e9", "abc"):
        answer = await served.client.post("/mcp", headers={**headers, "content-length": length}, content=b"")
        assert answer.status_code == 413


SIGNATURES = [
    None,
    "",
    "Bearer",
    "Bearer ",
    "Basic YTpi",
    "Bearer ixt_short",
    "Bearer ixt_" + "A" * 43,
    "Bearer eyJhbGciOiJub25lIn0.e30.",
    "ixt_" + "A" * 43,
]


@pytest.mark.parametrize("path", ["/mcp", "/nowhere", "/tools/list_taxes"])
async def test_whoever_does_not_say_who_they_are_gets_nowhere(served: Served, path: str) -> None:
    """Not even to hear which routes there are."""
    for given in SIGNATURES:
        headers = {} if given is None else {"authorization": given}
        answer = await served.client.post(path, headers=headers, json={})
        assert answer.status_code == 401, given
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["sent"] == "nothing"
    assert served.harness.sandbox.requests() == []


async def test_two_ways_of_saying_who_calls_are_one_too_many(served: Served) -> None:
    token = served.create_token()
    twice = [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")]
    assert (await served.client.post("/mcp", headers=twice, json={})).status_code == 401


async def test_health_is_told_to_whoever_asks(served: Served) -> None:
    """By load balancers, which sign in nowhere; InvoiceXpress is not asked."""
    assert (await served.client.get("/healthz")).json() == {"ok": True}
    assert (await served.client.get("/readyz")).json() == {"ok": True}
    assert served.harness.sandbox.requests() == []


async def test_a_server_that_is_older_than_its_store_is_not_ready_and_carries_nothing_out(
    served: Served,
) -> None:
    """A newer version migrated it: what it writes down now, this one does not understand."""
    token = served.create_token()
    assert (await served.call("list_taxes", token=token)).status_code == 200
    store = served.app.state.server_context.store
    with closing(sqlite3.connect(store.file)) as newer:
        newer.execute("CREATE TABLE of_a_newer_version (id INTEGER)")
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    assert (await served.client.get("/readyz")).status_code == 503
    assert (await served.client.get("/healthz")).status_code == 200
    served.harness.sandbox.clear_requests()
    answer = await served.call("create_invoice", invoice(), token=token)
    assert "another version of ix-tools migrated it" in answer.text
    assert served.harness.list_writes() == []


async def test_a_store_that_cannot_be_used_is_not_ready_and_opens_to_nobody(served: Served) -> None:
    token = served.create_token()
    store = served.app.state.server_context.store
    await served.client.get("/readyz")
    store.file.rename(store.file.with_suffix(".away"))
    assert (await served.client.get("/readyz")).status_code == 503
    assert (await served.client.get("/healthz")).status_code == 200
    answer = await served.call("list_taxes", token=token)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    # The file was taken away, and waiting does not bring it back.
    assert "retry-after" not in answer.headers
    assert answer.json()["retryable"] is False
    assert str(store.file) not in answer.text
    store.file.with_suffix(".away").rename(store.file)


async def test_a_caller_who_comes_too_often_waits_and_nobody_else(harness: Harness) -> None:
    async with serve_in_process(harness, calls_per_minute=8) as served:
        ana, rui = served.create_token("ana"), served.create_token("rui")
        answers = [await served.call("lookup_exemption_codes", token=ana) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 429, 429]
        assert answers[-1].json()["code"] == "too_many_calls"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert (await served.call("lookup_exemption_codes", token=rui)).status_code == 200
        # A second token of the same name is the same caller.
        assert (
            await served.call("lookup_exemption_codes", token=served.create_token("ana"))
        ).status_code == 429


async def test_workers_share_the_limit_of_a_caller(harness: Harness) -> None:
    async with (
        serve_in_process(harness, calls_per_minute=8) as one,
        serve_in_process(harness, calls_per_minute=8) as other,
    ):
        token = one.create_token()
        seen = [
            (await where.call("lookup_exemption_codes", token=token)).status_code
            for where in (one, other, one)
        ]
        assert seen == [200, 200, 429]


async def test_refusals_are_problem_details(served: Served) -> None:
    """RFC 9457, with the fields of every refusal."""
    answer = await served.client.get("/mcp")
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() >= {
        "type",
        "title",
        "status",
        "detail",
        "code",
        "message",
        "problems",
        "next",
        "retryable",
    }
    assert body["status"] == answer.status_code
    assert ADDRESS not in str(body)
