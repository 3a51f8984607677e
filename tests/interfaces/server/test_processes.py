"""Several servers with several workers: nothing shared but the database and the keys; and how one starts and ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors.multiprocess import SIGNALS

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.auth.tokens import Tokens
from ix_tools.interfaces.server import json_logs
from ix_tools.interfaces.server import main as server_main
from ix_tools.interfaces.server.main import main
from ix_tools.interfaces.server.workers import (
    STOP_SIGNALS,
    OneProcess,
    StopRequest,
    WorkerSupervisor,
    open_sockets,
)
from ix_tools.operations.scopes import Scope
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from tests.harness import document_arguments, line
from tests.interfaces.server.in_process_server import ENVELOPE, build_call_headers
from tests.interfaces.server.processes import PATIENCE, READY, Running, objects, run_server

Json = dict[str, Any]
YES = {"approval": {"action": "accept", "content": {"approve": True}}}


def environment(box: Sandbox) -> dict[str, str]:
    """The settings of a server before a box."""
    return {
        "INVOICEXPRESS_ACCOUNT": "acme",
        "INVOICEXPRESS_API_KEY": box.api_key,
        "INVOICEXPRESS_BASE_URL": box.base_url,
        "INVOICEXPRESS_LANGUAGE": "en",
        "INVOICEXPRESS_LOG_LEVEL": "INFO",
    }


@dataclass
class Crowd:
    """Two servers, one of them with two workers, before one box and one store."""

    box: Sandbox
    one: Running
    other: Running
    store: Store

    def token(self, name: str = "ana") -> str:
        return Tokens(self.store).create(name, list(Scope), ("acme",), 1)[1]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, server: str) -> Iterator[Crowd]:
    """On PostgreSQL where there is one, on a file otherwise."""
    folder = tmp_path_factory.mktemp("crowd")
    store = Store(server or folder / "shared.db")
    Tokens(store).create("first", [Scope.READ], ("acme",), 1)  # so that everybody must say who they are
    with closing(store), Sandbox() as box:
        store_and_haste = {
            "INVOICEXPRESS_STORE": server or str(folder / "shared.db"),
            "INVOICEXPRESS_APPROVAL_MIN_SECONDS": "0",
        }
        env = {**environment(box), **store_and_haste}
        box.set_option("rate_limit", 1_000_000)
        with (
            run_server(folder / "one", env, "--workers", "2") as one,
            run_server(folder / "other", env) as other,
        ):
            made = Crowd(box, one, other, store)
            for each in (one, other):
                assert each.get("/readyz").status_code == 200
                assert each.call("list_taxes", {}, made.token())["ok"]
            yield made
            assert (one.end(), other.end()) == (0, 0)
        lines = objects([*one.stderr_lines, *other.stderr_lines])
        assert {"GET /readyz 200", "POST /mcp 200"} <= {entry["message"] for entry in lines}
        assert not [entry for entry in lines if "traceback" in entry]


def draft(key: str) -> Json:
    return {
        "date": "today", "due_date": "+30d", "client": {"code": "ACME"}, "items": [line()], "idempotency_key": key,
    }  # fmt: skip


def test_they_are_ready_and_answer_both_protocols(crowd: Crowd) -> None:
    token = crowd.token()
    for where in (crowd.one, crowd.other):
        assert where.get("/readyz").json() == {"ok": True}
        assert where.post("/mcp", {}, {}).status_code == 401
        headers = {"accept": "application/json, text/event-stream", "authorization": f"Bearer {token}"}
        hello = {
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
        }  # fmt: skip
        answer = where.post("/mcp", hello, headers)
        assert '"protocolVersion":"2025-11-25"' in answer.text.replace(" ", "")
        assert "mcp-session-id" not in answer.headers


def test_blanks_around_a_header_are_no_part_of_it(crowd: Crowd) -> None:
    """RFC 9110, 5.5. By hand: clients do not send them."""
    token = crowd.token()
    params = {"name": "lookup_exemption_codes", "arguments": {}, "_meta": ENVELOPE}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    where = urlsplit(crowd.one.url)
    headers = {
        **build_call_headers("lookup_exemption_codes", token),
        "host": where.netloc,
        "connection": "close",
    }
    headers |= {"content-type": "application/json", "content-length": str(len(body))}
    lines = [f"{name}: \t{value} \t" for name, value in headers.items()]
    with socket.create_connection((where.hostname or "", where.port or 0), PATIENCE) as wire:
        wire.sendall("\r\n".join(["POST /mcp HTTP/1.1", *lines, "", body]).encode())
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:300]
    assert b'"isError":false' in answer


def test_an_approval_asked_of_one_is_used_up_at_another(crowd: Crowd) -> None:
    """Asked here, answered there, replayed everywhere: it happens once."""
    token = crowd.token()
    made = crowd.one.call("create_invoice", draft("approval"), token)["document"]
    arguments = document_arguments(made, state="finalized")
    question = crowd.one.call("change_state", arguments, token)
    assert question["resultType"] == "input_required"
    answered = {"requestState": question["requestState"], "inputResponses": YES}
    crowd.box.clear_requests()
    with ThreadPoolExecutor(6) as pool:
        places = [crowd.one, crowd.other] * 3
        results = list(
            pool.map(lambda where: where.call("change_state", arguments, token, **answered), places)
        )
    done = [one for one in results if one.get("ok")]
    assert done, results
    assert {one["document"]["status"] for one in done} == {"final"}
    # Used up, or final before the answer was looked at.
    assert {one.get("code") for one in results if not one.get("ok")} <= {"approval_used", "refused"}
    changes = [one for one in crowd.box.requests() if one["method"] == "PUT"]
    assert len(changes) == 1


def test_an_answer_of_somebody_else_is_refused_everywhere(crowd: Crowd) -> None:
    ana, rui = crowd.token("ana"), crowd.token("rui")
    made = crowd.one.call("create_invoice", draft("somebody"), ana)["document"]
    arguments = document_arguments(made, state="finalized")
    question = crowd.other.call("change_state", arguments, ana)
    answered = {"requestState": question["requestState"], "inputResponses": YES}
    for where in (crowd.one, crowd.other):
        assert where.call("change_state", arguments, rui, **answered)["code"] == "approval_foreign"
    assert crowd.one.call("change_state", arguments, ana, **answered)["document"]["status"] == "final"


def test_an_approval_given_in_a_terminal_is_good_at_every_server(crowd: Crowd) -> None:
    """As 2025-11-25 has it over HTTP, and every client that cannot ask."""
    token = crowd.token("ana")
    made = crowd.one.call("create_invoice", draft("terminal"), token)["document"]
    arguments = document_arguments(made, state="finalized")
    silent = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                        "io.modelcontextprotocol/clientInfo": {"name": "x", "version": "1"},
                        "io.modelcontextprotocol/clientCapabilities": {}}}  # fmt: skip
    waits = crowd.one.call("change_state", arguments, token, **silent)
    assert waits["status"] == "approval_required"
    ApprovalRepository(crowd.store, 15).decide(waits["approval"]["id"], approve=True)
    assert crowd.other.call("change_state", arguments, token, **silent)["document"]["status"] == "final"


def test_the_same_call_at_every_server_at_once_happens_once(crowd: Crowd) -> None:
    token = crowd.token()
    crowd.box.clear_requests()
    with ThreadPoolExecutor(8) as pool:
        places = [crowd.one, crowd.other] * 4
        results = list(pool.map(lambda where: where.call("create_invoice", draft("once"), token), places))
    assert len({one["document"]["id"] for one in results}) == 1
    creates = [
        one for one in crowd.box.requests() if one["method"] == "POST" and one["path"] == "/invoices.json"
    ]
    assert len(creates) == 1


def test_a_token_that_is_revoked_is_refused_everywhere_at_once(crowd: Crowd) -> None:
    token = crowd.token("gone")
    for where in (crowd.one, crowd.other, crowd.one):
        assert where.call("lookup_exemption_codes", {}, token)["ok"]
    found = next(one for one in Tokens(crowd.store).list_all() if one.name == "gone")
    Tokens(crowd.store).revoke(found.id)
    for where in (crowd.one, crowd.other, crowd.one, crowd.one):
        assert where.post_tool_call("lookup_exemption_codes", {}, token).status_code == 401


def test_a_server_that_is_told_to_end_answers_what_is_under_way(tmp_path: Path) -> None:
    """And ends well: the write is done, and whoever asked hears of it."""
    with Sandbox() as box, ThreadPoolExecutor(1) as pool, run_server(tmp_path, environment(box)) as running:
        box.fault("POST", "/invoices.json$", delay=PATIENCE)
        under_way = pool.submit(running.call, "create_invoice", draft("ending"), "")
        assert box.wait_for_request("POST", "/invoices.json", PATIENCE)
        running.process.send_signal(signal.SIGTERM)
        box.clear_faults()
        assert under_way.result()["document"]["status"] == "draft"
        assert running.process.wait(PATIENCE) == 0


# --- starting ---


@pytest.mark.parametrize(
    ("host", "public", "missing"),
    [
        ("0.0.0.0", "", {"oauth_issuer", "public_url"}),
        ("::", "", {"oauth_issuer", "public_url"}),
        ("192.0.2.1", "https://invoices.example.com", {"oauth_issuer"}),
        ("127.0.0.1", "https://invoices.example.com", {"oauth_issuer"}),  # behind a proxy
        ("127.0.0.1.example.com", "", {"oauth_issuer", "public_url"}),
    ],
)
def test_a_server_that_others_reach_does_not_start_without_a_way_to_know_them(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    public: str,
    missing: set[str],
) -> None:
    monkeypatch.setenv("INVOICEXPRESS_ACCOUNT", "acme")
    monkeypatch.setenv("INVOICEXPRESS_API_KEY", "canary-7f3a9b")
    monkeypatch.setenv("INVOICEXPRESS_PUBLIC_URL", public)
    assert main(["--http", "--host", host]) == 2
    said = capsys.readouterr().err
    assert {word for word in ("oauth_issuer", "public_url") if f"{word}: " in said} == missing
    assert "tokens create" in said
    assert "canary" not in said


def test_starting_over_standard_input_loads_nothing_of_the_http_server() -> None:
    code = (
        "import sys; from ix_tools.interfaces.mcp import server, stdio; server.build_server(None);"
        "print([name for name in sys.modules if name.startswith("
        "('ix_tools.interfaces.server', 'ix_tools.pipeline.context_pool', 'sqlalchemy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- ending while it starts ---


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Leave the tests' own handlers of signals as they were."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOP_SIGNALS)
@pytest.mark.parametrize("moment", ["configure_logging", "announce_people", "group_sockets"])
def test_a_signal_during_the_start_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], moment: str, number: int
) -> None:
    """Whoever reads where the server listens may tell it to end at once, before uvicorn listens for signals."""
    told: list[bool] = []

    def tell_to_end(*_: Any) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr(json_logs, "configure_logging", lambda *_: None)
    monkeypatch.setattr(server_main, "run_server", lambda *given: told.append(given[-1].was_made))
    holder = json_logs if moment == "configure_logging" else server_main
    monkeypatch.setattr(holder, moment if moment == "configure_logging" else f"_{moment}", tell_to_end)
    before = [signal.getsignal(one) for one in STOP_SIGNALS]
    assert main(["--http", "--port", "0", "--sandbox"]) == 0
    assert READY in capfd.readouterr().err
    assert told == [True]
    assert [signal.getsignal(one) for one in STOP_SIGNALS] == before


@pytest.mark.parametrize("when", ["before", "at the end of the start"])
@pytest.mark.usefixtures("own_signals")
def test_a_server_that_was_told_to_end_starts_and_ends_in_order(when: str) -> None:
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if when != "before":
            signal.raise_signal(signal.SIGTERM)
        events.append("started")
        yield
        events.append("ended")

    config = uvicorn.Config(Starlette(lifespan=lifespan), log_config=None)
    sockets = open_sockets("127.0.0.1", 0)
    with StopRequest().listening() as stop:
        if when == "before":
            signal.raise_signal(signal.SIGTERM)
        OneProcess(config, stop).run(sockets)
    assert events == ["started", "ended"]


@pytest.mark.usefixtures("own_signals")
def test_several_workers_end_too_if_they_were_told_before_they_started() -> None:
    config = uvicorn.Config(Starlette(), log_config=None, workers=2)
    with StopRequest().listening() as stop:
        assert not WorkerSupervisor(config, [[], []], stop).should_exit.is_set()
        with StopRequest().listening() as early:
            signal.raise_signal(signal.SIGTERM)
        assert WorkerSupervisor(config, [[], []], early).should_exit.is_set()
