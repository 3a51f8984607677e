"""Serve a port with one process or several, and shut them down in order."""

import errno
import gc
import signal
import socket
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess

from ix_tools.api_client.client import EXTRA_SECONDS
from ix_tools.config.settings import Settings
from ix_tools.errors import SettingsError
from ix_tools.i18n.messages import message
from ix_tools.interfaces.connections import Connection, raise_open_file_limit
from ix_tools.interfaces.server import json_logs
from ix_tools.telemetry import suppress_for_process

BACKLOG = 2048
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
KEEP_ALIVE_SECONDS = 75
"""Seconds an idle connection stays open: longer than load balancers keep theirs, so that they close it first."""


def open_sockets(host: str, port: int, workers: int = 1) -> list[socket.socket]:
    """Open listening sockets, in whose queue clients wait until the server runs.

    Where the system distributes connections among the sockets of a port (Linux), every worker has its own. Elsewhere all workers
    share one, and the fastest worker takes most connections.
    """
    first = _bind(host, port)
    if workers == 1 or sys.platform != "linux":
        return [first]
    # The first socket proves that the port is free, since sockets that share a port cannot detect that; it keeps the port, and
    # shares it from here on.
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sockets = [first]
    try:
        sockets.extend(_bind(host, first.getsockname()[1], shared=True) for _ in range(1, workers))
    except SettingsError:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def open_other_loopback(host: str, sockets: Sequence[socket.socket]) -> list[socket.socket] | None:
    """Open the same port at this machine's address of the other family, as many times as there are sockets.

    A browser may look for `localhost` at either address, so people sign in only if nobody else can answer at one of them.

    Returns:
        The sockets, none where this machine has only one family; None if another program has the port.
    """
    other = {"127.0.0.1": "::1", "localhost": "::1", "::1": "127.0.0.1"}.get(host)
    if other is None:
        return None
    opened: list[socket.socket] = []
    try:
        while len(opened) < len(sockets):
            opened.append(_listen(other, sockets[0].getsockname()[1], shared=len(sockets) > 1))
    except OSError as trouble:
        for sock in opened:
            sock.close()
        return [] if trouble.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT} else None
    return opened


def _bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    try:
        return _listen(host, port, shared=shared)
    except OSError as trouble:
        failure = SettingsError(
            message(
                "Nobody can listen on {host} port {port} ({reason}).",
                host=host,
                port=port,
                reason=trouble.strerror or str(trouble),
            ),
            next=message("choose another --host or --port"),
        )
    raise failure


def _listen(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":  # SO_REUSEADDR would let another program take the same port there
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared and sys.platform == "linux":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    sock.set_inheritable(True)
    return sock


def build_local_url(host: str, sock: socket.socket) -> str:
    """Build the address for clients on this machine."""
    port = sock.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class StopRequest:
    """Remembers whether the process was told to end, from before uvicorn listens for signals until after it has shut down.

    uvicorn takes the signals over while it runs, and raises them once more at its end; by then nothing is left to stop.
    """

    was_made = False

    @contextmanager
    def listening(self) -> Iterator["StopRequest"]:
        """Remember signals instead of letting them interrupt the process, for as long as the block lasts."""
        before = {number: signal.signal(number, self._remember) for number in STOP_SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _remember(self, *_: Any) -> None:
        self.was_made = True


def run_server(
    create: Callable[[], Any],
    settings: Settings,
    workers: int,
    sockets: Sequence[Sequence[socket.socket]],
    stop: StopRequest,
) -> None:
    """Serve on bound sockets until a signal, and shut down in order.

    Args:
        create: creates the application of one process.
        sockets: the sockets of each worker, or one group that all share.
        stop: a signal that came before; the server then ends as soon as it has started.
    """
    raise_open_file_limit()
    suppress_for_process()
    config = uvicorn.Config(
        partial(_prepare_process, create, settings),
        factory=True,
        workers=workers,
        backlog=BACKLOG,
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # forwarded headers are not trusted
        server_header=False,
        date_header=True,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        # A running write may finish: InvoiceXpress's timeouts, and time to record the result.
        timeout_graceful_shutdown=2 * settings.timeout_seconds + EXTRA_SECONDS,
        timeout_worker_healthcheck=30,
    )
    if workers == 1:
        OneProcess(config, stop).run(sockets=list(sockets[0]))
    else:
        WorkerSupervisor(config, sockets, stop).run()


class OneProcess(uvicorn.Server):
    """uvicorn's server, which also heeds a signal that came before it listens for signals."""

    def __init__(self, config: uvicorn.Config, stop: StopRequest) -> None:
        """Remember the earlier signal."""
        super().__init__(config)
        self._stop = stop

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Listen for signals."""
        with super().capture_signals():
            self.should_exit = self.should_exit or self._stop.was_made
            yield


class WorkerSupervisor(Multiprocess):
    """uvicorn's supervisor with sockets for each worker; a replacement takes over its predecessor's."""

    def __init__(
        self, config: uvicorn.Config, groups: Sequence[Sequence[socket.socket]], stop: StopRequest
    ) -> None:
        """Keep the sockets of each worker, or one group that all share; heed a signal that came before."""
        self._groups = [list(group) for group in groups]
        super().__init__(config, [])  # listens for signals
        if stop.was_made:
            self.should_exit.set()

    @property
    def sockets(self) -> list[socket.socket]:
        """Return the sockets of the worker that is about to start."""
        if len(self._groups) == 1:
            return self._groups[0]
        gone = [number for number, one in enumerate(self.processes) if one.exitcode is not None]
        number = gone[0] if gone else len(self.processes)
        if number < len(self._groups):
            return self._groups[number]
        return [sock for group in self._groups for sock in group]

    @sockets.setter
    def sockets(self, given: list[socket.socket]) -> None:
        """Ignore what uvicorn sets: the groups are known from the start."""

    def handle_ttou(self) -> None:
        """Not supported: scaling down would leave a socket without a reader."""


def _prepare_process(create: Callable[[], Any], settings: Settings) -> Any:
    """Create the application of one process."""
    suppress_for_process()
    json_logs.configure_logging(settings)
    app = create()
    gc.collect()
    gc.freeze()  # objects loaded at start live as long as the process
    return app
