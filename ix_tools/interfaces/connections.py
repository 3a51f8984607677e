"""The connections of one server process: how long each may take over a request, and which one gives way when there are too many.

uvicorn waits for ever for a request that was begun, and its parser has no limit for headers. So whoever sends a thousand
half requests, or never reads an answer, would keep everybody else out. Here every connection is in one phase:

    HEAD   nothing came yet, or a part of a request's headers     closed with 408 when it lasts too long
    BODY   the headers came, the body did not wholly              closed when it lasts too long
    BUSY   the request is being answered                          left alone
    WRITE  an answer waits for somebody to read it                closed when it lasts too long
    IDLE   answered, nothing new came                             closed by uvicorn (keep-alive)

With as many connections as a process may have, the one that has been longest in HEAD gives way to a new one, then BODY,
WRITE, IDLE; where all are BUSY, the new one is answered with 503.
"""

import asyncio
import logging
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 1000
"""Connections of one process."""
RESERVED_FILES = 128
"""Open files that a process needs for all else: the store, InvoiceXpress, logs, what is just being accepted."""
MAX_HEAD_BYTES = 64 * 1024
"""Bytes of a request's first line and headers."""
MAX_REQUEST_BYTES = 16 * 1024 * 1024
"""Bytes of a whole request as it travels, chunks and trailers included; what may be in it is less, and the door counts that."""
SWEEP_SECONDS = 1.0
"""Seconds between two looks at what lasts too long."""
LOG_SECONDS = 10.0
"""Seconds between two lines in the log about it."""


class Phase(Enum):
    """What a connection is at."""

    HEAD = auto()
    BODY = auto()
    WRITE = auto()
    IDLE = auto()
    BUSY = auto()


PHASE_TIMEOUTS: Mapping[Phase, float] = {Phase.HEAD: 15.0, Phase.BODY: 60.0, Phase.WRITE: 60.0}
"""Seconds that a connection may be in a phase; in the others as long as it takes."""
EVICTION_ORDER = (Phase.HEAD, Phase.BODY, Phase.WRITE, Phase.IDLE)


def compute_connection_limit() -> int:
    """How many connections a process may have with the files that the system lets it open."""
    try:
        import resource
    except ImportError:  # Windows, where sockets are no files
        return MAX_CONNECTIONS
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        MAX_CONNECTIONS
        if files == resource.RLIM_INFINITY
        else max(16, min(MAX_CONNECTIONS, files - RESERVED_FILES))
    )


def raise_open_file_limit() -> None:
    """Ask the system for as many open files as MOST connections need; processes that are started later inherit it."""
    try:
        import resource
    except ImportError:
        return
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + RESERVED_FILES
    if files != resource.RLIM_INFINITY and files < wanted:
        wanted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        except (ValueError, OSError) as trouble:
            log.info("no more than %d files can be open: %s", files, trouble)


class ConnectionTable:
    """The open connections of a process, by phase; in each the one that has been there longest comes first."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._limit = compute_connection_limit()
        self._phases: dict[Phase, dict[Connection, float]] = {phase: {} for phase in Phase}
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._slow = self._gave_way = self._refused = 0
        self._logged_at = -float("inf")

    def admit(self, new: "Connection") -> bool:
        """Take in a new connection; False when there is no room even after somebody gave way."""
        if sum(map(len, self._phases.values())) >= self._limit and not self._evict_oldest():
            self._refused += 1
            self._schedule_sweep()
            return False
        self.move(new, Phase.HEAD)
        return True

    def move(self, connection: "Connection", phase: Phase) -> None:
        """Note what a connection is at now."""
        if connection.phase is phase:
            return
        self.forget(connection)
        connection.phase = phase
        self._phases[phase][connection] = self._loop.time() + PHASE_TIMEOUTS.get(phase, 0.0)
        if phase in PHASE_TIMEOUTS:
            self._schedule_sweep()

    def forget(self, connection: "Connection") -> None:
        """A connection is closed."""
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
                    break  # those behind it came later
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
    """uvicorn's connection, with an end to its patience."""

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
        if self._head_due:  # otherwise it stands behind the body, where nothing of ours looks for it
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
            return  # closed, or never let in
        cycle: RequestResponseCycle | None = (
            self.cycle
        )  # None before the first request, whatever uvicorn declares
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
        """Close it now: it took too long, or gives way."""
        if self.phase is Phase.HEAD:
            self._respond_and_close(b"408 Request Timeout")
        else:
            self._abort()

    def _abort(self) -> None:
        self._table.forget(self)
        self.transport.abort()  # without waiting until what is left is read

    def _respond_and_close(self, status: bytes, headers: bytes = b"") -> None:
        self._table.forget(self)
        self.transport.write(
            b"HTTP/1.1 " + status + b"\r\n" + headers + b"content-length: 0\r\nconnection: close\r\n\r\n"
        )
        self.transport.close()
