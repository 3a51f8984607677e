"""The hand inside the box: its clock, injected faults, late listing, options, and the log of what was asked."""

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
    """Something that goes wrong with matching requests: `times` of them, after `skip` that are let through."""

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
    """The status or the delay comes once the work is done and kept, as in a finalize that times out (trap 26)."""
    is_over: bool = field(default=False, init=False)
    """Called off: a delay of it that has not begun yet does not begin."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.path or "")
        except re.error as error:
            raise ValueError(f"path is a regular expression: {error}") from None
        if self.drop not in (None, "before", "after"):
            raise ValueError("drop is 'before' or 'after'")

    def claim(self, method: str, path: str) -> bool:
        """Whether this request is one of those; counts it when it is."""
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
    """Shared by the server's thread and the test's; every method takes the lock for a moment only."""

    def __init__(self, language: str = "en", clock: str | None = None) -> None:
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._held: set[Future[None]] = set()
        self._faults: list[Fault] = []
        self._requests: list[dict[str, Any]] = []
        self._language, self._clock = language, clock
        self.reset()

    def reset(self) -> None:
        """As it was when the box was made."""
        options = Options()
        options.set("language", self._language)
        with self._lock:
            self.options = options
            self.lag = 0.0
            self._requests.clear()
        self.set_clock(self._clock)
        self.clear_faults()

    def set_clock(self, moment: str | None) -> None:
        """Stop the clock at a moment of Lisbon time; None lets it run again."""
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
        """The time in Lisbon, by this box."""
        with self._lock:
            stopped, ahead = self._stopped, self._ahead
        # Added in absolute time: an hour is an hour also on the night the clocks change.
        start = datetime.now(LISBON) if stopped is None else stopped
        return (start.astimezone(ZoneInfo("UTC")) + ahead).astimezone(LISBON)

    def add_fault(self, fault: Fault) -> None:
        """Put one in line; the oldest that matches is used."""
        with self._lock:
            self._faults.append(fault)

    def expects_faults(self) -> bool:
        """Tell whether something is still to go wrong."""
        with self._lock:
            return any(fault.times != 0 for fault in self._faults)

    def clear_faults(self) -> None:
        """Nothing goes wrong any more, and what is being delayed goes on at once."""
        with self._lock:
            for fault in self._faults:
                fault.is_over = True
            self._faults.clear()
        self.end_delays()

    def begin_delay(self, fault: Fault) -> Future[None] | None:
        """A delay that somebody may cut short; None when the fault was called off before its delay began."""
        held: Future[None] = Future()
        with self._lock:
            if fault.is_over:
                return None
            self._held.add(held)
        held.add_done_callback(self._held.discard)
        return held

    def end_delays(self) -> None:
        """Cut every running delay short."""
        with self._lock:
            held = list(self._held)
        for delay in held:
            if delay.set_running_or_notify_cancel():
                delay.set_result(None)

    def take_fault(self, method: str, path: str) -> Fault | None:
        """The fault that meets this request."""
        with self._lock:
            return next((fault for fault in self._faults if fault.claim(method, path)), None)

    def log_request(self, entry: dict[str, Any]) -> None:
        """Log a request; its status is filled in when there is one."""
        with self._lock:
            self._requests.append(entry)
            self._arrived.notify_all()

    def wait_for_request(self, method: str, path: str, timeout: float) -> bool:
        """Wait until such a request has arrived, answered or not; False when none came in time."""

        def arrived() -> bool:
            return any(seen["method"] == method and re.search(path, seen["path"]) for seen in self._requests)

        with self._arrived:
            return self._arrived.wait_for(arrived, timeout)

    def requests(self) -> list[dict[str, Any]]:
        """The log so far, oldest first."""
        with self._lock:
            return [dict(entry) for entry in self._requests]

    def clear_requests(self) -> None:
        """Forget the log."""
        with self._lock:
            self._requests.clear()
