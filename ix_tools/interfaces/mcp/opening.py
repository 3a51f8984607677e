"""Read standard input from the first moment, answer early what can be, and keep the rest in order for the SDK's server.

A thread reads lines until the SDK is loaded and the protocol is agreed on. Then the SDK reads them itself, from a source that
first returns what was kept. Until then a client may probe with `server/discover` and fall back to `initialize`.
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any, BinaryIO

from ix_tools.interfaces.mcp.early_answers import REPLAYED_ID, EarlyAnswers, RenderedAnswers

INTERNAL_ERROR = -32603


class Opening:
    """The opening of a connection: who reads, what was answered, and what is kept."""

    def __init__(
        self,
        incoming: BinaryIO,
        outgoing: BinaryIO,
        rendered: RenderedAnswers | None,
        tools: Sequence[dict[str, Any]],
    ) -> None:
        """Prepare the opening; `start` begins to read.

        Args:
            incoming: messages from the host, one a line.
            outgoing: where early answers are written.
            rendered: the answers, or None if there are none for this SDK; `set_answers` may give them later.
            tools: the tools that are listed.
        """
        # As the SDK reads, so that both split lines alike.
        self._lines = TextIOWrapper(incoming, encoding="utf-8", errors="replace")
        self._outgoing = outgoing
        self._tools = tools
        self._early = None if rendered is None else EarlyAnswers(rendered, tools)
        self._undecided: list[str] = []
        self._kept: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
        self._pending: list[str] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read_lines, name="opening", daemon=True)
        self._refusal: str | None = None
        self._sdk_reads = False
        self._source_is_direct = False

    @property
    def has_answers(self) -> bool:
        """Whether there are rendered answers."""
        return self._early is not None

    def start(self) -> None:
        """Begin to read, in a thread that does not keep the process alive."""
        self._thread.start()

    def set_answers(self, rendered: RenderedAnswers) -> None:
        """Answer from these from now on, beginning with what came already."""
        with self._lock:
            self._early = EarlyAnswers(rendered, self._tools)
            waiting, self._undecided = self._undecided, []
            for line in waiting:
                self._take(line)

    def hand_over(self) -> None:
        """Let the SDK read. The thread ends as soon as the protocol is agreed on."""
        with self._lock:
            self._sdk_reads = True
            self._pending.clear()
            waiting, self._undecided = self._undecided, []
            for line in waiting:
                self._keep(line)

    def refuse_all(self, reason: str, seconds: float) -> None:
        """Answer every request that was not answered with an error, until the end of input but not longer than this.

        The server cannot start; the host learns that from the responses that it waits for.
        """
        with self._lock:
            self._refusal = reason
            for line in (*self._undecided, *self._pending):
                self._refuse(line, reason)
        self._thread.join(seconds)

    def readline(self) -> str:
        """Return the next line for the SDK, or an empty text at the end. Blocks; one thread at a time calls it."""
        if not self._source_is_direct:
            item = self._kept.get()
            if isinstance(item, BaseException):
                raise item
            if item:
                return item
            # The thread has ended, at the end of input or because the SDK reads.
            self._source_is_direct = True
        return self._lines.readline()

    def _read_lines(self) -> None:
        try:
            while (line := self._lines.readline()) and self._take_locked(line):
                pass
            if not line:
                self._take_end()
        except (OSError, ValueError) as fault:  # the SDK, which reads next, ends with it as it would have
            self._kept.put(fault)

    def _take_locked(self, line: str) -> bool:
        """Take a line, and return whether this thread reads on."""
        with self._lock:
            if self._refusal is not None:
                self._refuse(line, self._refusal)
            elif self._early is None and not self._sdk_reads:
                self._undecided.append(line)
            elif self._is_over():
                self._keep(line)
            else:
                self._take(line)
            if not self._is_over():
                return True
            self._kept.put(None)
            return False

    def _take_end(self) -> None:
        with self._lock:
            if self._undecided:
                # Answers may still be rendered for them; the end follows them.
                self._undecided.append("")
            else:
                self._kept.put("")

    def _is_over(self) -> bool:
        early = self._early
        agreed = early is None or early.protocol is not None or early.has_lines_for_sdk
        return self._sdk_reads and agreed

    def _take(self, line: str) -> None:
        assert self._early is not None
        if not line:
            self._kept.put("")
            return
        decision = self._early.decide(line)
        if decision.answer is not None:
            self._write(decision.answer)
        if decision.line_for_sdk is not None:
            self._keep(decision.line_for_sdk)

    def _keep(self, line: str) -> None:
        self._kept.put(line)
        if not self._sdk_reads:
            self._pending.append(line)

    def _refuse(self, line: str, reason: str) -> None:
        number = _find_request_id(line)
        if number is not None and number != REPLAYED_ID:
            self._write(
                {"jsonrpc": "2.0", "id": number, "error": {"code": INTERNAL_ERROR, "message": reason}}
            )

    def _write(self, message: dict[str, Any]) -> None:
        # A host that is gone shows in the SDK's reading and writing, too.
        with suppress(OSError, ValueError):
            self._outgoing.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())
            self._outgoing.write(b"\n")
            self._outgoing.flush()


def _find_request_id(line: str) -> Any:
    """Return the id of a request, or None for any other line."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    number = message.get("id") if isinstance(message, dict) and "method" in message else None
    return number if isinstance(number, int | str) and not isinstance(number, bool) else None


@contextmanager
def claim_standard_input() -> Iterator[BinaryIO]:
    """Provide standard input as a file of its own, and leave the null device in its place for everything else.

    The SDK does the same where it opens standard input itself. Without descriptors of its own, the file is used as it is.
    """
    try:
        if sys.stdin.buffer.fileno() != 0:
            raise OSError("standard input is something else")
        private = _duplicate_standard_input()
    except (AttributeError, OSError, ValueError):
        yield sys.stdin.buffer
        return
    try:
        # Never closed: a thread may still wait for this descriptor when the server has ended.
        yield os.fdopen(private, "rb", closefd=False)
    finally:
        with suppress(OSError):
            os.dup2(private, 0)


def _duplicate_standard_input() -> int:
    """Return a duplicate of descriptor 0, which is the null device afterwards. Raises OSError, and then nothing changed."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        private = os.dup(0)
        if private <= 2:  # standard output or standard error is closed, and children would take this for it
            os.close(private)
            raise OSError("no descriptor above the standard ones")
        os.dup2(nothing, 0)
    finally:
        os.close(nothing)
    return private
