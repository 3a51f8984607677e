"""Serve the approval pages of a stdio server on this machine's loopback, started when first needed."""

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
"""Queue of unaccepted connections; all may be accepted at once, so it is smaller than the reserved open files."""
STOP_SECONDS = 10.0
"""Seconds to wait for the server's thread to end."""


class LocalPageServer:
    """Serves the approval pages of a call context to the user of this machine."""

    requires_sign_in = False
    signing_address = ""
    """The assistant runs as the user who can write to the store, so a signature would prove nothing."""

    def __init__(self, context: CallContext) -> None:
        """Keep the context; nothing listens yet."""
        self._context = context
        self._address = ""
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._redirects = RedirectFiles()

    async def start_and_locate(self) -> str:
        """Return the pages' address and start the server if needed. Empty if it cannot listen."""
        return await anyio.to_thread.run_sync(self._ensure_started)

    async def open_in_browser(self, url: str) -> bool:
        """Open a page in this machine's browser. Return False if there is none."""
        return await anyio.to_thread.run_sync(self._redirects.open, url)

    def close(self) -> None:
        """Stop the server."""
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
        from ix_tools.interfaces.web.requests import Site
        from ix_tools.interfaces.web.views import ApprovalPages

        sock = _open_socket()
        address = f"http://127.0.0.1:{sock.getsockname()[1]}"
        context = self._context
        pages = ApprovalPages(
            context.store, context.approvals, context.settings.language, lambda: Site(address)
        )
        config = uvicorn.Config(
            Starlette(routes=pages.routes()),
            http=Connection,
            backlog=BACKLOG,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # the paths are secrets
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
        sock.listen(BACKLOG)  # clients wait in the queue until the server runs
    except OSError:
        sock.close()
        raise
    return sock


def _serve(server: Any, sock: socket.socket) -> None:
    suppress_for_process()  # the links of the pages are secrets
    with sock:
        asyncio.run(server.serve(sockets=[sock]))
