"""Connections that send half a request, or never read the answer, keep nobody else out. Real sockets, and real time where it counts."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ix_tools.interfaces import connections
from ix_tools.interfaces.connections import MAX_HEAD_BYTES, MAX_REQUEST_BYTES, Connection, Phase
from ix_tools.interfaces.server.workers import open_sockets
from tests.interfaces.server.processes import PATIENCE, run_server

HOST = "127.0.0.1"
HEAD = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 30 * 1024 * 1024


class Slow:
    """What a request waits for until the test lets it go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)


def application(slow: Slow) -> Starlette:
    async def quick(request: Request) -> Response:
        return PlainTextResponse("quick")

    async def echo(request: Request) -> Response:
        return Response(await request.body())

    def waiting(request: Request) -> Response:
        slow.begun.release()
        slow.go_on.wait(PATIENCE)
        return PlainTextResponse("slow")

    async def large(request: Request) -> Response:
        return Response(b"x" * LARGE)

    routes = [("/quick", quick), ("/echo", echo), ("/slow", waiting), ("/large", large)]
    return Starlette(routes=[Route(path, at, methods=["GET", "POST"]) for path, at in routes])


class Server:
    """A server in a thread, and a hand to connect."""

    def __init__(self, where: tuple[str, int], slow: Slow, running: uvicorn.Server, held: ExitStack) -> None:
        self.where, self.slow, self.running, self.held = where, slow, running, held

    def connect(self, sent: bytes = b"") -> socket.socket:
        wire = self.held.enter_context(socket.create_connection(self.where, PATIENCE))
        if sent:
            wire.sendall(sent)
        return wire

    @property
    def open(self) -> int:
        """Connections that the server has."""
        return len(self.running.server_state.connections)

    def reaches(self, number: int) -> None:
        """Wait until it has so many."""
        eventually(lambda: self.open == number)


def eventually(so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < until
        threading.Event().wait(0.01)


def rest(wire: socket.socket) -> bytes:
    """Everything until the other side closes."""
    found = b""
    with suppress(ConnectionResetError):
        while piece := wire.recv(65536):
            found += piece
    return found


def answer(wire: socket.socket, until: bytes) -> bytes:
    """What comes, up to and with these bytes."""
    found = b""
    while not found.endswith(until):
        piece = wire.recv(65536)
        assert piece, found
        found += piece
    return found


@contextmanager
def running(most: int, **patience: float) -> Iterator[Server]:
    slow = Slow()
    with ExitStack() as held, pytest.MonkeyPatch.context() as patched:
        seconds = {Phase[name]: value for name, value in patience.items()}
        patched.setattr(
            connections, "PHASE_TIMEOUTS", {**dict.fromkeys(connections.PHASE_TIMEOUTS, 1000.0), **seconds}
        )
        patched.setattr(connections, "SWEEP_SECONDS", 0.02)
        patched.setattr(connections, "compute_connection_limit", lambda: most)
        (sock,) = open_sockets(HOST, 0)
        held.callback(sock.close)
        config = uvicorn.Config(
            application(slow), http=Connection, ws="none", lifespan="off", log_config=None, timeout_keep_alive=1000,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([sock],))
        thread.start()
        try:
            eventually(lambda: server.started)
            yield Server(sock.getsockname(), slow, server, held)
        finally:
            slow.go_on.set()
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive()


# --- how long ---


HALF_HEADS = {
    "nothing": b"",
    "one letter": b"P",
    "a line": HEAD,
    "a header without an end": HEAD + b"X-Long: " + b"x" * 1000,
    "all but the last line": GET[:-2],
    "a blank line before": b"\r\n",
}


@pytest.mark.parametrize("sent", HALF_HEADS.values(), ids=HALF_HEADS)
def test_a_request_that_does_not_begin_in_time_is_ended(sent: bytes) -> None:
    with running(10, HEAD=0.1) as server:
        wire = server.connect(sent)
        assert rest(wire).startswith(b"HTTP/1.1 408 ")
        server.reaches(0)


def test_a_head_that_trickles_is_ended_all_the_same() -> None:
    """The time counts from its beginning, not from the last byte."""
    with running(10, HEAD=0.3) as server:
        wire = server.connect(HEAD)
        wire.settimeout(0.02)
        found = b""
        until = time.monotonic() + PATIENCE
        while not found and time.monotonic() < until:
            with suppress(OSError):
                wire.send(b"X: y\r\n")
            with suppress(TimeoutError):
                found = wire.recv(1000)
        assert found.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"Content-Length: 5\r\n\r\nab",
        b"Content-Length: 5\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nTrailer: x",
    ],
)
def test_a_body_that_does_not_come_is_not_waited_for(sent: bytes) -> None:
    with running(10, BODY=0.1) as server:
        assert rest(server.connect(HEAD + sent)) == b""
        server.reaches(0)


def test_a_body_whose_answer_went_ahead_is_not_waited_for() -> None:
    """Somebody unknown is answered before the body is read."""
    with running(10, BODY=0.7) as server:
        found = rest(server.connect(b"POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"))
        assert found.endswith(b"quick")
        server.reaches(0)


def test_an_answer_that_nobody_reads_is_not_held_for_ever() -> None:
    with running(10, WRITE=0.1) as server:
        wire = server.connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        server.reaches(1)
        server.reaches(0)
        assert 0 < len(rest(wire)) < LARGE


def test_an_answer_that_takes_long_is_waited_for() -> None:
    """As long as InvoiceXpress takes: only whoever called may keep others waiting no longer."""
    with running(10, HEAD=0.7, BODY=0.7, WRITE=0.7) as server:
        wire = server.connect(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert server.slow.begun.acquire(timeout=PATIENCE)
        late = server.connect(HEAD)
        assert rest(late).startswith(b"HTTP/1.1 408 ")  # everybody's time was up by then
        server.slow.go_on.set()
        assert rest(wire).endswith(b"slow")


def test_connections_that_do_what_they_should_are_left_open() -> None:
    with running(10, HEAD=0.7, BODY=0.7, WRITE=0.7) as server:
        wire = server.connect()
        for _ in range(2):
            wire.sendall(GET)
            assert answer(wire, b"quick").startswith(b"HTTP/1.1 200 ")
            assert rest(server.connect(HEAD)).startswith(b"HTTP/1.1 408 ")  # the time of a head went by
        wire.sendall(HEAD + b"Content-Length: 5\r\n\r\nhello")
        assert answer(wire, b"hello").startswith(b"HTTP/1.1 200 ")
        wire.sendall(HEAD)  # the next one is half
        assert rest(wire).startswith(b"HTTP/1.1 408 ")


def test_half_a_request_behind_a_whole_one_does_not_cost_the_first_its_answer() -> None:
    with running(10, HEAD=0.7) as server:
        wire = server.connect(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + HEAD)
        assert server.slow.begun.acquire(timeout=PATIENCE)
        assert rest(server.connect(HEAD)).startswith(b"HTTP/1.1 408 ")
        server.slow.go_on.set()
        found = rest(wire)
        assert found.startswith(b"HTTP/1.1 200 ")
        assert b"slow" in found
        assert b"HTTP/1.1 408 " in found


# --- how much ---


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /" + b"x" * (16 * MAX_HEAD_BYTES),
        HEAD + b"X: y\r\n" * (4 * MAX_HEAD_BYTES),
        HEAD + b"X: " + b"y" * (16 * MAX_HEAD_BYTES),
        HEAD + b"X" * (16 * MAX_HEAD_BYTES),
    ],
    ids=["address", "headers", "a value", "a name"],
)
def test_a_head_without_an_end_is_refused(endless: bytes) -> None:
    with running(10) as server:
        wire = server.connect()
        with suppress(OSError):
            wire.sendall(endless)
        assert rest(wire)[:13] in {b"HTTP/1.1 431 ", b"HTTP/1.1 400 ", b""}
        server.reaches(0)


def test_a_request_that_goes_on_behind_its_body_is_ended() -> None:
    """Trailers are kept by nobody, however many there are."""
    with running(10) as server:
        wire = server.connect(b"POST /quick HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        assert b"quick" in wire.recv(1000)
        with suppress(OSError):
            for _ in range(2 * MAX_REQUEST_BYTES // 65536):
                wire.sendall(b"X: " + b"y" * 65531 + b"\r\n")
        server.reaches(0)


def test_a_large_body_is_taken() -> None:
    with running(10, HEAD=10, BODY=60) as server:
        body = b"x" * (4 * 1024 * 1024)
        wire = server.connect(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert rest(wire).endswith(body)


# --- how many ---


def test_those_that_wait_longest_give_way(caplog: pytest.LogCaptureFixture) -> None:
    with running(5) as server, caplog.at_level(logging.WARNING):
        idle = server.connect(GET)
        answer(idle, b"quick")
        half = server.connect(HEAD + b"Content-Length: 5\r\n\r\n")
        begun = [server.connect(HEAD) for _ in range(3)]
        server.reaches(5)
        order = []
        for _ in range(5):
            new = server.connect(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            assert server.slow.begun.acquire(timeout=PATIENCE)
            order.append(new)
        assert [rest(one)[:13] for one in begun] == [b"HTTP/1.1 408 "] * 3
        assert (rest(half), rest(idle)) == (b"", b"")
        refused = server.connect(GET)
        assert rest(refused).startswith(b"HTTP/1.1 503 ")  # all are being answered
        server.slow.go_on.set()
        assert all(answer(one, b"slow") for one in order)
        eventually(lambda: "gave way" in caplog.text)


@pytest.mark.skipif(sys.platform != "linux", reason="sets the limit of another process")
@pytest.mark.parametrize("files", [1024, 256])
def test_eleven_hundred_half_requests_keep_nobody_out(tmp_path: Path, files: int) -> None:
    """As on a system that lets a process have 1,024 files, and on one that lets it have 256."""
    import resource

    mine = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, mine[1]), mine[1]))
    try:
        with run_server(tmp_path, {}, "--sandbox") as server, ExitStack() as held:
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (files, files))
            where = urlsplit(server.url)
            for _ in range(1100):
                wire = socket.create_connection((where.hostname or "", where.port or 0), PATIENCE)
                held.enter_context(wire)
                wire.sendall(b"POST /mcp HTTP/1.1\r\nHost: ")
            for _ in range(5):
                assert server.get("/healthz").json() == {"ok": True}
                assert server.post("/tools/list_taxes", {}, {}).status_code == 200
            eventually(lambda: any("gave way to new ones" in line for line in server.stderr_lines))
            assert server.end() == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, mine)


def test_an_unknown_number_of_files_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    for limit, most in ((resource.RLIM_INFINITY, 1000), (1_000_000, 1000), (1024, 896), (256, 128), (64, 16)):
        monkeypatch.setattr("resource.getrlimit", lambda _, limit=limit: (limit, limit))
        assert connections.compute_connection_limit() == most
    asked: list[Any] = []
    monkeypatch.setattr("resource.setrlimit", lambda _, wanted: asked.append(wanted))
    for limits, wanted in (((256, resource.RLIM_INFINITY), 1128), ((256, 4096), 1128), ((256, 512), 512)):
        monkeypatch.setattr("resource.getrlimit", lambda _, limits=limits: limits)
        connections.raise_open_file_limit()
        assert asked.pop()[0] == wanted
    monkeypatch.setattr("resource.getrlimit", lambda _: (4096, 4096))
    connections.raise_open_file_limit()
    assert asked == []
