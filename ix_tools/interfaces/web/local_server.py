"""The pages of a server on standard input and output: a small server on this machine's loopback, begun when first needed."""

import asyncio
import logging
import socket
import threading
from typing import Any

import anyio

from ix_tools.interfaces.web.browser import RedirectFiles
from ix_tools.pipeline.context import CallContext
from ix_tools.telemetry import suppress_for_process

log = logging.getLogger(__name__)
BACKLOG = 64
"""Connections that wait to be accepted; so many are accepted at once, which must be fewer than the files kept spare for that."""
STOP_SECONDS = 10.0
"""Seconds that the start may take; a person can always decide in a terminal."""


class LocalPageServer:
    """Shows the pages of a desk's approvals to whoever sits at this machine."""

    requires_sign_in = False

    def __init__(self, desk: CallContext) -> None:
        """Nothing is listened on yet."""
        self._desk = desk
        self._address = ""
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._redirects = RedirectFiles()

    async def start_and_locate(self) -> str:
        """Where the pages are; the server is begun by the first who asks. Empty where it cannot listen."""
        return await anyio.to_thread.run_sync(self._ensure_started)

    async def open_in_browser(self, url: str) -> bool:
        """Open a page in this machine's browser; False where there is none."""
        return await anyio.to_thread.run_sync(self._redirects.open, url)

    def close(self) -> None:
        """Stop listening."""
        self._redirects.remove_all()
        with self._starting:
            if self._server is not None and self._thread is not None:
                self._server.should_exit = True
                self._thread.join(STOP_SECONDS)
            self._server = self._thread = None
            self._address = ""

    def _ensure_started(self) -> str:
        with self._starting:
            if not self._address:
                try:
                    self._start()
                except OSError as trouble:
                    log.warning("the pages of approvals cannot be shown on this machine: %s", trouble)
            return self._address

    def _start(self) -> None:
        import uvicorn
        from starlette.applications import Starlette

        from ix_tools.interfaces.connections import Connection
        from ix_tools.interfaces.web.views import ApprovalPages

        sock = _open_socket()
        address = f"http://127.0.0.1:{sock.getsockname()[1]}"
        desk = self._desk
        counter = ApprovalPages(desk.store, desk.approvals, desk.settings.language, lambda: address)
        config = uvicorn.Config(
            Starlette(routes=counter.routes()),
            http=Connection,
            backlog=BACKLOG,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # the paths are secret
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=_serve, args=(self._server, sock), name="approval pages", daemon=True
        )
        self._thread.start()
        self._address = address


def _open_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.bind(("127.0.0.1", 0))
        sock.listen(BACKLOG)  # whoever comes before the server runs waits in the queue
    except OSError:
        sock.close()
        raise
    return sock


def _serve(server: Any, sock: socket.socket) -> None:
    suppress_for_process()  # the links of the pages are secrets
    with sock:
        asyncio.run(server.serve(sockets=[sock]))
