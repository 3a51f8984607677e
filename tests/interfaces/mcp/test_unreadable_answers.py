"""Answers as no host should send them, by hand: each ends in a result that says so, and none of them lets anything out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Json
from tests.interfaces.mcp.test_stdio import HURRIED, Process, environment

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "odd", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
}
YES = {"action": "accept", "content": {"approve": True}}
ODD: tuple[Any, ...] = (
    [], [YES], "accept", 7, True, None, {},
    {"content": {"approve": True}}, {"action": "approve"}, {"action": None}, {"action": ["accept"]},
    {"action": "Accept", "content": {"approve": True}},
    {"action": "accept"}, {"action": "accept", "content": None}, {"action": "accept", "content": {}},
    {"action": "accept", "content": []}, {"action": "accept", "content": "yes"}, {"action": "accept", "content": True},
    {"action": "accept", "content": {"approve": "true"}}, {"action": "accept", "content": {"approve": 1}},
    {"action": "accept", "content": {"approve": [True]}}, {"action": "accept", "content": {"approve": {"x": 1}}},
    {"action": "accept", "content": {"approve": None}},
    {"action": "accept", "content": {"approve": True, "accept_differences": "yes"}},
    {"action": "accept", "content": {"approve": True, "more": {"deep": 1}}},
    {"action": "accept", "content": {"approve": False, "reason": 7}},
    {"action": "decline", "content": []},
)  # fmt: skip
ODD_ANSWERS: tuple[Any, ...] = ([], [{"approval": YES}], "approval", 5)


class Odd(Process):
    """A host that writes its own lines; whoever reads takes all the time."""

    modern = True

    def answered(self, arguments: Json, answer: Any, whole: Any = None) -> Json:
        """What a call ends in whose question is answered so; `whole`: instead of the answers of 2026-07-28."""
        call = {"name": "change_state", "arguments": arguments}
        if self.modern:
            asked = self.ask("tools/call", {**call, "_meta": META})["result"]
            given = {"approval": answer} if whole is None else whole
            back = {"requestState": asked["requestState"], "inputResponses": given}
            return self.ask("tools/call", {**call, **back, "_meta": META})
        self.say("tools/call", call)
        asked = self.read()
        assert asked["method"] == "elicitation/create"
        self.write(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}).encode())
        return self.read()

    def read(self) -> Json:
        """The next line."""
        assert self._running.stdout is not None
        line: Json = json.loads(self._running.stdout.readline())
        return line


@pytest.mark.parametrize("modern", [True, False])
def test_an_answer_that_cannot_be_read_is_nobodys_and_says_so(tmp_path: Path, modern: bool) -> None:
    with Odd(*HURRIED, "--sandbox", env=environment(tmp_path)) as host:
        host.modern = modern
        extra = {"_meta": META} if modern else {}
        if not modern:
            capabilities: Json = {"elicitation": {"form": {}}}
            info = {"name": "odd", "version": "1"}
            host.ask(
                "initialize",
                {"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": info},
            )
            host.say("notifications/initialized", numbered=False)
        line = {"name": "Horas", "unit_price": 50, "quantity": 1, "tax": "IVA23"}
        new = {"date": "today", "due_date": "+30d", "client": {"code": "ACME"}, "items": [line]}
        drafted = host.ask("tools/call", {"name": "create_invoice", "arguments": new, **extra})
        draft = drafted["result"]["structuredContent"]["document"]
        call = {"document_type": "invoices", "document_id": draft["id"], "state": "finalized"}
        tried = [(one, None) for one in ODD] + [(None, one) for one in ODD_ANSWERS] * modern
        for answer, whole in tried:
            ended = host.answered(call, answer, whole)
            body = ended["result"]["structuredContent"]
            assert (body["status"], body["sent"]) == ("approval_required", "nothing"), (answer, body)
            # What the protocol itself cannot read is a protocol error, whose text programs read.
            told = ("não se consegue ler", "the answer cannot be read")
            assert any(text in body["nobody_answered"] for text in told), (answer, body["nobody_answered"])
        assert host.answered(call, YES)["result"]["structuredContent"]["document"]["status"] == "final"


def test_an_answer_that_is_an_error_or_nothing_ends_the_call_too(tmp_path: Path) -> None:
    """2025-11-25: what is dropped on the way in would leave the call waiting for ever."""
    with Odd(*HURRIED, "--sandbox", env=environment(tmp_path)) as host:
        info = {"name": "odd", "version": "1"}
        capabilities: Json = {"elicitation": {}}
        host.ask(
            "initialize", {"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": info}
        )
        host.say("notifications/initialized", numbered=False)
        call = {"name": "create_sequence", "arguments": {"serie": "2027"}}
        for answer in ({"error": {"code": -1, "message": "no\u202e window"}}, {"error": "no"}, {}):
            host.say("tools/call", call)
            asked = host.read()
            host.write(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}).encode())
            body = host.read()["result"]["structuredContent"]
            assert body["status"] == "approval_required", answer
            assert "não conseguiu mostrar a pergunta" in body["nobody_answered"]
            assert "\u202e" not in body["nobody_answered"]
