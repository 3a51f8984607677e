"""State of a sandbox server, and the execution of one request in one transaction."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict, deque

from ix_tools.sandbox import routes, seeds
from ix_tools.sandbox.calls import Answer, Call
from ix_tools.sandbox.control import Control, Fault
from ix_tools.sandbox.refusals import Missing, Refused
from ix_tools.sandbox.rows import Document
from ix_tools.sandbox.state import Books
from ix_tools.sandbox.store import Store


class SandboxBackend:
    """State of a sandbox server: its store, control and limits."""

    def __init__(self, store: Store, control: Control) -> None:
        self.store, self.control = store, control
        self.base_url = ""
        self.closing = asyncio.Event()
        """Set when the server is to stop."""
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._creating: set[str] = set()
        self._lock = threading.Lock()
        if store.is_empty():
            seeds.seed_store(store)

    def reset(self) -> None:
        """Restore the seed data and discard options, faults, log and counts."""
        self.control.reset()
        with self._lock:
            self._recent.clear()
        seeds.seed_store(self.store)

    def archive(self, document_id: int, archived: bool) -> None:
        """Archive a document or restore it, as a person does in the web application; the API has no operation for it."""
        with self.store.transaction():
            row = self.store.get(Document, document_id)
            if row is None:
                raise ValueError(f"there is no document {document_id}")
            row.archived = archived
            self.store.save(row)

    def open_books(self) -> Books:
        """Return the books for a request at this moment."""
        control = self.control
        return Books(self.store, control.now(), control.options, control.lag, self.base_url)

    def seconds_until_allowed(self, key: str) -> int:
        """Return the seconds until a key may call again, or 0. It counts real time, not the sandbox's clock."""
        now = time.monotonic()
        with self._lock:
            recent = self._recent[key]
            while recent and recent[0] <= now - 60:
                recent.popleft()
            if len(recent) >= self.control.options.rate_limit:
                return max(1, int(60 - (now - recent[0])) + 1) if recent else 60
            recent.append(now)
        return 0

    async def delay(self, fault: Fault) -> None:
        """Delay one caller until the time is up or the delay is cancelled."""
        held = self.control.begin_delay(fault) if fault.delay > 0 and not self.closing.is_set() else None
        if held is not None:
            try:
                await asyncio.wait({asyncio.wrap_future(held)}, timeout=fault.delay)
            finally:
                held.cancel()

    def begin_creating(self, uid: str) -> bool:
        """Register a uid; False while another call with the same uid is in progress, which leads to 409."""
        with self._lock:
            if uid in self._creating:
                return False
            if uid:
                self._creating.add(uid)
            return True

    def end_creating(self, uid: str) -> None:
        """Release a uid after its call."""
        with self._lock:
            self._creating.discard(uid)

    def execute(self, route: routes.Route, call: Call) -> Answer:
        """Execute a request in one transaction, which is committed before the response is sent."""
        books = self.open_books()
        try:
            with self.store.transaction():
                return route.handler(books, call)
        except Refused as refused:
            return routes.answer_refusal(route, refused, books)
        except Missing as missing:
            return routes.answer_missing(route, missing, books)
