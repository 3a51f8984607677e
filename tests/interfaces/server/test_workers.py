"""Several processes behind one port: each gets its share, and one that dies is replaced."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import pytest

from ix_tools.errors import SettingsError
from ix_tools.interfaces.server.workers import open_sockets
from tests.interfaces.server.processes import PATIENCE, Running, run_server

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shares connections out among sockets")
HOST = "127.0.0.1"


@LINUX
def test_every_worker_gets_its_share_of_connections() -> None:
    """Sixty-four that all went to one of two would be a coin that falls the same way sixty-four times."""
    with ExitStack() as until_the_end:
        doors = [until_the_end.enter_context(one) for one in open_sockets(HOST, 0, 2)]
        where = doors[0].getsockname()
        assert doors[1].getsockname() == where
        for _ in range(64):
            until_the_end.enter_context(socket.create_connection(where, PATIENCE))
        taken = [0, 0]
        for number, door in enumerate(doors):
            door.setblocking(False)
            with suppress(BlockingIOError):
                while True:
                    until_the_end.enter_context(door.accept()[0])
                    taken[number] += 1
        assert sum(taken) == 64
        assert min(taken) > 0


@pytest.mark.parametrize("here", [1, 2])
@pytest.mark.parametrize("there", [1, 2])
def test_a_port_that_somebody_listens_on_is_not_shared_with_them(here: int, there: int) -> None:
    """Neither with another program nor with another server of ours: half of the calls would go astray."""
    with ExitStack() as until_the_end:
        theirs = [until_the_end.enter_context(one) for one in open_sockets(HOST, 0, there)]
        port = theirs[0].getsockname()[1]
        with pytest.raises(SettingsError, match=f"Nobody can listen on {HOST} port {port}"):
            open_sockets(HOST, port, here)


def children(of: Running) -> list[int]:
    """The workers of a server: the processes that it started and that are servers too."""
    listed = Path(f"/proc/{of.process.pid}/task/{of.process.pid}/children").read_text(encoding="ascii")
    commands = {int(one): Path(f"/proc/{one}/cmdline").read_bytes() for one in listed.split()}
    return [number for number, command in commands.items() if b"spawn_main" in command]


@LINUX
def test_a_worker_that_dies_is_replaced_and_nobody_is_left_waiting(tmp_path: Path) -> None:
    with run_server(tmp_path, {}, "--sandbox", "--workers", "2") as running:
        for _ in range(8):
            assert running.get("/healthz").json() == {"ok": True}
        before = children(running)
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        for _ in range(16):  # half of them come to the socket of the dead one, and wait for its heir
            with suppress(httpx2.HTTPError):  # it may have died with the first in its hands
                running.get("/healthz")
        for _ in range(16):
            assert running.get("/healthz").json() == {"ok": True}
        after = children(running)
        assert (len(after), before[0] in after, before[1] in after) == (2, False, True)
        assert running.end() == 0
