"""The opening of a connection: what is answered, what the SDK reads, and in which order."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest

from ix_tools.interfaces.mcp.early_answers import REPLAYED_ID
from ix_tools.interfaces.mcp.opening import Opening
from ix_tools.interfaces.mcp.rendered_answers import load_answers
from tests.interfaces.mcp.test_early_answers import ENVELOPE, handshake, line

TOOLS: list[dict[str, Any]] = [{"name": "get_pdf", "inputSchema": {"type": "object"}}]
RENDERED = load_answers()
assert RENDERED is not None
PROBE = line("server/discover", {"_meta": ENVELOPE}, id="probe")
INITIALIZE = line("initialize", handshake(), id=1)
INITIALIZED = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\n"
LIST = line("tools/list", id=2)
CALL = line("tools/call", {"name": "get_pdf", "arguments": {"document_id": 1, "note": "não"}}, id=3)


class Ends:
    """The host's ends of both pipes, and the opening at the other ends."""

    def __init__(self, *, rendered: bool = True) -> None:
        host_reads, writes = os.pipe()
        reads, host_writes = os.pipe()
        incoming, outgoing = os.fdopen(reads, "rb"), os.fdopen(writes, "wb")
        self._files: list[BinaryIO] = [incoming, outgoing]
        self.host_writes, self.host_reads = os.fdopen(host_writes, "wb"), os.fdopen(host_reads, "rb")
        self.opening = Opening(incoming, outgoing, RENDERED if rendered else None, TOOLS)
        self.opening.start()

    def send(self, *lines: str) -> None:
        """Send lines as the host."""
        self.host_writes.write("".join(lines).encode())
        self.host_writes.flush()

    def receive(self) -> Any:
        """The next answer that the host gets."""
        return json.loads(self.host_reads.readline())

    def read(self, number: int) -> list[str]:
        """As many lines as the SDK reads."""
        return [self.opening.readline() for _ in range(number)]

    def close(self) -> None:
        """Close the host's ends; the thread ends with them."""
        self.host_writes.close()
        while self.opening.readline():
            pass
        self.host_reads.close()
        for file in self._files:
            file.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    ends = Ends()
    yield ends
    ends.close()


@pytest.fixture
def unrendered() -> Iterator[Ends]:
    ends = Ends(rendered=False)
    yield ends
    ends.close()


def told_again(sent: str) -> str:
    """The line by which the SDK learns of a handshake that was answered."""
    return (
        json.dumps({**json.loads(sent), "id": REPLAYED_ID}, ensure_ascii=False, separators=(",", ":")) + "\n"
    )


def test_the_sdk_reads_what_was_not_answered_in_order(ends: Ends) -> None:
    ends.send(INITIALIZE, INITIALIZED, LIST, CALL)
    assert [ends.receive()["id"] for _ in range(2)] == [1, 2]
    assert ends.read(1) == [told_again(INITIALIZE)]
    ends.opening.hand_over()
    assert ends.read(2) == [INITIALIZED, CALL]
    ends.send(LIST, "\n", CALL, "no newline at the end")
    ends.host_writes.close()
    assert ends.read(5) == [LIST, "\n", CALL, "no newline at the end", ""]


@pytest.mark.parametrize("strange", ["nonsense\n", "[]\n", "{}\n", "x" * 300_000 + "\n", "\ufffd\n"])
def test_after_a_strange_line_everything_is_left_to_the_sdk(ends: Ends, strange: str) -> None:
    sent = [strange, INITIALIZE, LIST]
    ends.send(*sent)
    assert ends.read(3) == sent
    ends.opening.hand_over()
    ends.send(CALL)
    assert ends.read(1) == [CALL]


def test_a_client_that_probed_may_still_fall_back_when_the_sdk_is_loaded(ends: Ends) -> None:
    ends.opening.hand_over()
    ends.send(PROBE)
    assert "supportedVersions" in ends.receive()["result"]
    ends.send(PROBE, INITIALIZE)
    assert [ends.receive()["id"] for _ in range(2)] == ["probe", 1]
    ends.send(LIST, CALL)
    assert ends.read(3) == [told_again(INITIALIZE), LIST, CALL]


def test_a_client_that_probed_and_goes_on_is_read_by_the_sdk(ends: Ends) -> None:
    modern = line("tools/call", {"name": "get_pdf", "_meta": ENVELOPE}, id=4)
    ends.send(PROBE)
    assert ends.receive()["id"] == "probe"
    ends.opening.hand_over()
    ends.send(modern, CALL)
    assert ends.read(2) == [modern, CALL]


def test_without_answers_the_first_lines_wait_for_them(unrendered: Ends) -> None:
    assert RENDERED is not None
    unrendered.send(PROBE, INITIALIZE, CALL)
    assert not unrendered.opening.has_answers
    unrendered.opening.set_answers(RENDERED)
    assert [unrendered.receive()["id"] for _ in range(2)] == ["probe", 1]
    unrendered.opening.hand_over()
    unrendered.send(LIST)
    assert unrendered.read(3) == [told_again(INITIALIZE), CALL, LIST]


def test_where_no_answers_can_be_rendered_the_sdk_reads_everything(unrendered: Ends) -> None:
    unrendered.opening.hand_over()
    unrendered.send(PROBE, INITIALIZE, LIST)
    assert unrendered.read(3) == [PROBE, INITIALIZE, LIST]


def test_the_end_comes_after_what_waits(unrendered: Ends) -> None:
    unrendered.send(CALL)
    unrendered.host_writes.close()
    unrendered.opening.hand_over()
    assert unrendered.read(2) == [CALL, ""]


@pytest.mark.parametrize("rendered", [True, False])
def test_a_server_that_cannot_start_answers_what_waits_and_what_still_comes(rendered: bool) -> None:
    ends = Ends(rendered=rendered)
    ends.send(INITIALIZE)
    if rendered:
        assert "result" in ends.receive()
    before, after = line("ping", id="p"), [INITIALIZED, "nonsense\n", '{"id":9}\n', LIST, CALL]
    ends.send(before, *after)
    ends.host_writes.close()
    ends.opening.refuse_all("it could not start", 60)
    unanswered = [*([] if rendered else [INITIALIZE]), before, LIST, CALL]
    for sent in unanswered:
        error = {"code": -32603, "message": "it could not start"}
        assert ends.receive() == {"jsonrpc": "2.0", "id": json.loads(sent)["id"], "error": error}
    ends.opening.hand_over()
    ends.close()
