"""Controls of the sandbox for tests: clock, injected faults, delayed lists, options and request log."""

from __future__ import annotations

import re
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ix_tools.sandbox.options import Options

LISBON = ZoneInfo("Europe/Lisbon")
Drop = Literal["before", "after"]


@dataclass
class Fault:
    """A fault for `times` matching requests after the first `skip`."""

    method: str | None = None
    path: str | None = None
    times: int | None = 1
    skip: int = 0
    status: int | None = None
    body: Any = None
    headers: dict[str, str] | None = None
    delay: float = 0.0
    drop: Drop | None = None
    cut: int | None = None
    after_commit: bool = False
    """Whether status or delay follow the commit, as when a finalize times out after it succeeded (trap 26)."""
    is_over: bool = field(default=False, init=False)
    """Whether it was cancelled, so that no further delay begins."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.path or "")
        except re.error as error:
            raise ValueError(f"path is a regular expression: {error}") from None
        if self.drop not in (None, "before", "after"):
            raise ValueError("drop is 'before' or 'after'")

    def claim(self, method: str, path: str) -> bool:
        """Tell whether the fault applies to a request, and count it."""
        if self.times == 0 or (self.method and self.method.upper() != method):
            return False
        if self.path and not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Control:
    """Controls shared by the threads of server and test; methods hold the lock only briefly."""

    def __init__(self, language: str = "en", clock: str | None = None) -> None:
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._held: set[Future[None]] = set()
        self._faults: list[Fault] = []
        self._requests: list[dict[str, Any]] = []
        self._language, self._clock = language, clock
        self.reset()

    def reset(self) -> None:
        """Restore the initial state."""
        options = Options()
        options.set("language", self._language)
        with self._lock:
            self.options = options
            self.lag = 0.0
            self._requests.clear()
        self.set_clock(self._clock)
        self.clear_faults()

    def set_clock(self, moment: str | None) -> None:
        """Stop the clock at a time in Lisbon; None lets it run again."""
        stopped = None if moment is None else datetime.fromisoformat(moment)
        if stopped is not None:
            stopped = stopped.astimezone(LISBON) if stopped.tzinfo else stopped.replace(tzinfo=LISBON)
        with self._lock:
            self._stopped, self._ahead = stopped, timedelta()

    def advance(self, seconds: float) -> None:
        """Move the clock, stopped or running."""
        with self._lock:
            self._ahead += timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the sandbox's time in Lisbon."""
        with self._lock:
            stopped, ahead = self._stopped, self._ahead
        # Added in absolute time, so that an hour is an hour when daylight saving begins or ends.
        start = datetime.now(LISBON) if stopped is None else stopped
        return (start.astimezone(ZoneInfo("UTC")) + ahead).astimezone(LISBON)

    def add_fault(self, fault: Fault) -> None:
        """Add a fault. A request meets the oldest one that matches."""
        with self._lock:
            self._faults.append(fault)

    def expects_faults(self) -> bool:
        """Tell whether a fault is still pending."""
        with self._lock:
            return any(fault.times != 0 for fault in self._faults)

    def clear_faults(self) -> None:
        """Remove all faults and end all delays."""
        with self._lock:
            for fault in self._faults:
                fault.is_over = True
            self._faults.clear()
        self.end_delays()

    def begin_delay(self, fault: Fault) -> Future[None] | None:
        """Begin a delay that can be ended early; None when the fault was cancelled before."""
        held: Future[None] = Future()
        with self._lock:
            if fault.is_over:
                return None
            self._held.add(held)
        held.add_done_callback(self._held.discard)
        return held

    def end_delays(self) -> None:
        """End all running delays."""
        with self._lock:
            held = list(self._held)
        for delay in held:
            if delay.set_running_or_notify_cancel():
                delay.set_result(None)

    def take_fault(self, method: str, path: str) -> Fault | None:
        """Return the fault that applies to a request, and count it."""
        with self._lock:
            return next((fault for fault in self._faults if fault.claim(method, path)), None)

    def log_request(self, entry: dict[str, Any]) -> None:
        """Log a request; its status is added when the response is known."""
        with self._lock:
            self._requests.append(entry)
            self._arrived.notify_all()

    def wait_for_request(self, method: str, path: str, timeout: float) -> bool:
        """Wait until a matching request has arrived, answered or not; False after the timeout."""

        def arrived() -> bool:
            return any(seen["method"] == method and re.search(path, seen["path"]) for seen in self._requests)

        with self._arrived:
            return self._arrived.wait_for(arrived, timeout)

    def requests(self) -> list[dict[str, Any]]:
        """Return the log, oldest request first."""
        with self._lock:
            return [dict(entry) for entry in self._requests]

    def clear_requests(self) -> None:
        """Clear the log."""
        with self._lock:
            self._requests.clear()
