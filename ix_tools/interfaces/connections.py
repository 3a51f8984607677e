"""Limit the number of HTTP connections of a process, and the time that each may take.

uvicorn waits without limit for the rest of a request, and its parser does not limit headers. A client that sends a thousand
half requests, or never reads a response, would block all others. Here every connection is in one phase:

    HEAD   waiting for a request's headers              closed with 408 after a timeout
    BODY   waiting for a request's body                 closed after a timeout
    BUSY   the request is being processed               never closed here
    WRITE  waiting for the client to read a response    closed after a timeout
    IDLE   keep-alive between two requests              closed by uvicorn

When a process has its maximum of connections, the one that has been longest in HEAD is closed for a new one, then BODY,
WRITE, IDLE. If all are BUSY, the new one gets 503.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 1000
"""Connections of one process."""
RESERVED_FILES = 128
"""Open files that a process needs for other purposes: the store, InvoiceXpress, logs, connections being accepted."""
MAX_HEAD_BYTES = 64 * 1024
"""Bytes of a request's first line and headers."""
MAX_REQUEST_BYTES = 16 * 1024 * 1024
"""Bytes of a whole request on the wire, chunk framing and trailers included; the middleware limits the body to less."""
SWEEP_SECONDS = 1.0
"""Seconds between two checks for timeouts."""
LOG_SECONDS = 10.0
"""Seconds between two log lines about closed connections."""


class Phase(Enum):
    """State of a connection."""

    HEAD = auto()
    BODY = auto()
    WRITE = auto()
    IDLE = auto()
    BUSY = auto()


PHASE_TIMEOUTS: Mapping[Phase, float] = {Phase.HEAD: 15.0, Phase.BODY: 60.0, Phase.WRITE: 60.0}
"""Seconds that a connection may stay in a phase; the other phases have no limit."""
EVICTION_ORDER = (Phase.HEAD, Phase.BODY, Phase.WRITE, Phase.IDLE)


def compute_connection_limit() -> int:
    """Return how many connections a process may have, given the system's limit of open files."""
    if sys.platform == "win32":  # sockets are not files there
        return MAX_CONNECTIONS
    import resource

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        MAX_CONNECTIONS
        if files == resource.RLIM_INFINITY
        else max(16, min(MAX_CONNECTIONS, files - RESERVED_FILES))
    )


def raise_open_file_limit() -> None:
    """Raise the limit of open files to what MAX_CONNECTIONS needs; child processes inherit it."""
    if sys.platform == "win32":
        return
    import resource

    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + RESERVED_FILES
    if files != resource.RLIM_INFINITY and files < wanted:
        wanted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        except (ValueError, OSError) as trouble:
            log.info("no more than %d files can be open: %s", files, trouble)


class ConnectionTable:
    """The open connections of a process by phase, the oldest first in each."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._limit = compute_connection_limit()
        self._phases: dict[Phase, dict[Connection, float]] = {phase: {} for phase in Phase}
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._slow = self._gave_way = self._refused = 0
        self._logged_at = -float("inf")

    def admit(self, new: "Connection") -> bool:
        """Add a new connection. Return False if no other connection could be closed for it."""
        if sum(map(len, self._phases.values())) >= self._limit and not self._evict_oldest():
            self._refused += 1
            self._schedule_sweep()
            return False
        self.move(new, Phase.HEAD)
        return True

    def move(self, connection: "Connection", phase: Phase) -> None:
        """Record the phase that a connection is in now."""
        if connection.phase is phase:
            return
        self.forget(connection)
        connection.phase = phase
        self._phases[phase][connection] = self._loop.time() + PHASE_TIMEOUTS.get(phase, 0.0)
        if phase in PHASE_TIMEOUTS:
            self._schedule_sweep()

    def forget(self, connection: "Connection") -> None:
        """Remove a closed connection."""
        if connection.phase is not None:
            self._phases[connection.phase].pop(connection, None)
            connection.phase = None

    def _evict_oldest(self) -> bool:
        oldest = next((next(iter(self._phases[one])) for one in EVICTION_ORDER if self._phases[one]), None)
        if oldest is None:
            return False
        self._gave_way += 1
        oldest.drop()
        return True

    def _schedule_sweep(self) -> None:
        if self._sweep_timer is None:
            self._sweep_timer = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._sweep_timer = None
        now = self._loop.time()
        for phase in PHASE_TIMEOUTS:
            late = []
            for connection, until in self._phases[phase].items():
                if until > now:
                    break  # later ones are younger
                late.append(connection)
            for connection in late:
                self._slow += 1
                connection.drop()
        counted = (self._slow, self._gave_way, self._refused)
        if any(counted) and now - self._logged_at >= LOG_SECONDS:
            log.warning(
                "connections closed: %d took too long over a request, %d gave way to new ones; %d refused; at most %d are open",
                *counted,
                self._limit,
            )
            self._slow = self._gave_way = self._refused = 0
            self._logged_at = now
        if any((self._slow, self._gave_way, self._refused)) or any(
            self._phases[one] for one in PHASE_TIMEOUTS
        ):
            self._schedule_sweep()


_process_table: ConnectionTable | None = None


def _find_table(loop: asyncio.AbstractEventLoop) -> ConnectionTable:
    global _process_table  # noqa: PLW0603 - uvicorn makes one protocol a connection and lends it nothing of ours
    if _process_table is None or _process_table._loop is not loop:
        _process_table = ConnectionTable(loop)
    return _process_table


class Connection(HttpToolsProtocol):
    """uvicorn's connection with timeouts."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.phase: Phase | None = None
        self._table = _find_table(self.loop)
        self._head_due, self._body_due, self._unread = True, False, False
        self._received = 0
        """Bytes since the request began."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not self._table.admit(self):
            self._respond_and_close(b"503 Service Unavailable", b"retry-after: 5\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._table.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        if self.phase is None:
            return
        if self._head_due and self._received > MAX_HEAD_BYTES:
            self._respond_and_close(b"431 Request Header Fields Too Large")
        elif self._received > MAX_REQUEST_BYTES:
            self._abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_due, self._received = True, 0
        self._update_phase()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_due:  # trailers are ignored
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_due, self._body_due = False, True
        super().on_headers_complete()
        self._update_phase()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._body_due = False
        self._update_phase()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._update_phase()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = True
        self._update_phase()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread = False
        self._update_phase()

    def _update_phase(self) -> None:
        if self.phase is None:
            return  # closed, or not admitted
        cycle: RequestResponseCycle | None = (
            self.cycle
        )  # None before the first request, although uvicorn declares otherwise
        answering = cycle is not None and not cycle.response_complete
        if self._unread:
            phase = Phase.WRITE
        elif self._body_due:
            phase = Phase.BODY
        elif answering:
            phase = Phase.BUSY
        else:
            phase = Phase.HEAD if self._head_due else Phase.IDLE
        self._table.move(self, phase)

    def drop(self) -> None:
        """Close the connection after a timeout, or to make room for a new one."""
        if self.phase is Phase.HEAD:
            self._respond_and_close(b"408 Request Timeout")
        else:
            self._abort()

    def _abort(self) -> None:
        self._table.forget(self)
        self.transport.abort()  # without waiting until the client reads the rest

    def _respond_and_close(self, status: bytes, headers: bytes = b"") -> None:
        self._table.forget(self)
        self.transport.write(
            b"HTTP/1.1 " + status + b"\r\n" + headers + b"content-length: 0\r\nconnection: close\r\n\r\n"
        )
        self.transport.close()
