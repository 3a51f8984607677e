"""Run a sandbox in a thread of this process, or as a program."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from ix_tools.sandbox import seeds
from ix_tools.sandbox.control import Control, Fault

if TYPE_CHECKING:
    from ix_tools.sandbox.backend import SandboxBackend


class Sandbox:
    """A sandbox of InvoiceXpress on 127.0.0.1, in a thread of this process during the `with` block.

    The API is under `base_url`. The methods control the sandbox and may be called from any thread.
    """

    api_key = seeds.API_KEY
    account = seeds.ACCOUNT

    def __init__(
        self, db: Path | None = None, port: int = 0, language: str = "en", clock: str | None = None
    ) -> None:
        self._db, self._port = db, port
        self._control = Control(language, clock)
        self._box: SandboxBackend | None = None
        self.base_url = ""

    def __enter__(self) -> Self:
        sock = _open_listener("127.0.0.1", self._port)
        try:
            self._box = _create_backend(self._db, self._control, sock)
        except BaseException:
            sock.close()
            raise
        self.base_url = self._box.base_url
        self._server = _build_server(self._box)
        self._thread = threading.Thread(
            target=_run, args=(self._server, sock), name="ix-sandbox", daemon=True
        )
        self._thread.start()
        self._server.ready.wait()
        if not self._server.started:
            raise RuntimeError("the sandbox did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()
        if self._box is not None:
            self._box.store.close()

    @property
    def backend(self) -> SandboxBackend:
        """The backend of the running sandbox."""
        if self._box is None:
            raise RuntimeError("the sandbox is not running: use it in a with statement")
        return self._box

    def requests(self) -> list[dict[str, Any]]:
        """Return the API calls so far: method, path, query without the key, body, status (None while unanswered)."""
        return self._control.requests()

    def wait_for_request(self, method: str, path: str, timeout: float = 10) -> bool:
        """Wait until a matching call has arrived, answered or not, for tests that act while it is in progress."""
        return self._control.wait_for_request(method, path, timeout)

    def clear_requests(self) -> None:
        """Clear the log of calls."""
        self._control.clear_requests()

    def outbox(self) -> list[dict[str, Any]]:
        """Return the e-mails that would have been sent."""
        from ix_tools.sandbox.control_api import list_outbox

        return list_outbox(self.backend)

    def set_clock(self, moment: str | None) -> None:
        """Stop the clock at a time in Lisbon, or let the real one run again."""
        self._control.set_clock(moment)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._control.advance(seconds)

    def fault(self, method: str | None = None, path: str | None = None, **effect: Any) -> None:
        """Add a fault for matching API calls; `path` is a regular expression, `effect` the other fields of `Fault`."""
        self._control.add_fault(Fault(method, path, **effect))

    def expects_faults(self) -> bool:
        """Tell whether a fault is still pending."""
        return self._control.expects_faults()

    def clear_faults(self) -> None:
        """Remove all faults and end all delays."""
        self._control.clear_faults()

    def set_lag(self, seconds: float) -> None:
        """Let lists show a document only some seconds after it was created, by the sandbox's clock (trap 23)."""
        self._control.lag = seconds

    def set_option(self, name: str, value: Any) -> None:
        """Set a field of `options.Options`."""
        self._control.options.set(name, value)

    def archive(self, document_id: int, archived: bool = True) -> None:
        """Archive a document, or restore it, as a person does in the web application."""
        self.backend.archive(document_id, archived)

    def reset(self) -> None:
        """Restore seed data and clock, and remove faults, lag and log."""
        self.backend.reset()


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    db: Path | None = None,
    language: str = "en",
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a sandbox until it is interrupted. Its keys are public, so it listens on this machine only."""
    if host != "localhost" and not _is_loopback(host):
        raise ValueError(f"the sandbox only listens on this machine, not on {host}")
    control = Control(language)
    sock = _open_listener(host, port)
    try:
        backend = _create_backend(db, control, sock)
    except BaseException:
        sock.close()
        raise
    try:
        _run(_build_server(backend, None if on_ready is None else lambda: on_ready(backend.base_url)), sock)
    except KeyboardInterrupt:
        pass
    finally:
        backend.store.close()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _open_listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay off only on sockets that are declared as TCP.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(512)
    except BaseException:
        sock.close()
        raise
    return sock


def _create_backend(db: Path | None, control: Control, sock: socket.socket) -> SandboxBackend:
    from ix_tools.sandbox.backend import SandboxBackend
    from ix_tools.sandbox.store import Store

    host, port = sock.getsockname()[:2]
    backend = SandboxBackend(Store(db), control)
    backend.base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return backend


def _build_server(backend: SandboxBackend, on_ready: Callable[[], None] | None = None) -> Any:
    """Build a uvicorn server that reports when it is ready, stops at once, and passes on its connections."""
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    from ix_tools.sandbox.app import TRANSPORT, create_application

    class Tearable(H11Protocol):
        """Protocol that puts the connection into the scope, so that a fault can close it."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            app = self.app

            async def with_transport(scope: Any, receive: Any, send: Any) -> None:
                await app({**scope, TRANSPORT: transport}, receive, send)

            self.app = with_transport

    class Server(uvicorn.Server):
        """Server that reports its start and waits for an event instead of polling."""

        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            self.ready = threading.Event()
            self._loop: asyncio.AbstractEventLoop | None = None

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            self._loop = asyncio.get_running_loop()
            await super().startup(sockets)
            self.ready.set()
            if on_ready is not None:
                on_ready()

        async def main_loop(self) -> None:
            await backend.closing.wait()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            super().handle_exit(sig, frame)
            # A signal arrives while the loop waits for the network, so the loop must be woken.
            if self._loop is None:
                self._close()
            else:
                self._loop.call_soon_threadsafe(self._close)

        def _close(self) -> None:
            backend.closing.set()
            backend.control.end_delays()

        def stop(self) -> None:
            """Stop the server from another thread."""
            self.should_exit = True
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._close)

    config = uvicorn.Config(
        create_application(backend),
        http=Tearable,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=5,
    )
    return Server(config)


def _run(server: Any, sock: socket.socket) -> None:
    try:
        with sock:
            asyncio.run(server.serve(sockets=[sock]))
    finally:
        server.ready.set()  # also after a failure, since a caller waits for it
