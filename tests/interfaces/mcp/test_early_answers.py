"""What is answered before the SDK is loaded is what the SDK answers, and the rest reaches it as it came."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from ix_tools.interfaces.mcp import rendered_answers
from ix_tools.interfaces.mcp.early_answers import MODERN, EarlyAnswers, RenderedAnswers
from ix_tools.interfaces.mcp.rendered_answers import load_answers, save_answers
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection
from tests.interfaces.mcp.sdk_conversation import converse

Json = dict[str, Any]

CLIENT = {"name": "host", "version": "1", "title": "Anfitrião"}
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}, "url": {}}},
}
CHOICES = {
    "default": ToolSelection(),
    "all": ToolSelection(toolsets=("all",)),
    "read only": ToolSelection(read_only=True),
    "one": ToolSelection(tools=("get_pdf",)),
}


def early(tools: list[Json] | None = None) -> EarlyAnswers:
    """The early answers of the installed SDK."""
    rendered = load_answers()
    assert rendered is not None
    return EarlyAnswers(rendered, list_chosen_tools(ToolSelection()) if tools is None else tools)


def line(method: str, params: Any = None, **more: Any) -> str:
    """A message as a line, with the id 1 unless it is given."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params, **more}
    kept = {name: value for name, value in message.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False) + "\n"


def handshake(version: str = "2025-11-25", **more: Any) -> Json:
    """Parameters of `initialize`."""
    return {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT, **more}


def ask_early(answers: EarlyAnswers, *lines: str) -> list[Any]:
    """The early answers to lines."""
    return [answers.decide(one).answer for one in lines]


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("version", [*HANDSHAKE_PROTOCOL_VERSIONS, "2099-01-01"])
async def test_a_handshake_and_the_list_are_what_the_sdk_answers(version: str, choice: ToolSelection) -> None:
    tools = list_chosen_tools(choice)
    asked = [line("initialize", handshake(version)), line("tools/list", id="two")]
    said = await converse(tools, asked, 2)
    assert [one["id"] for one in said] == [1, "two"]
    assert ask_early(early(tools), *asked) == said


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
async def test_discovery_and_the_list_without_a_handshake_are_what_the_sdk_answers(
    choice: ToolSelection,
) -> None:
    tools = list_chosen_tools(choice)
    asked = [line("server/discover", {"_meta": ENVELOPE}), line("tools/list", {"_meta": ENVELOPE}, id=2)]
    said = await converse(tools, asked, 2)
    assert ["result" in one for one in said] == [True, True]
    assert ask_early(early(tools), *asked) == said


def test_a_client_that_probes_falls_back_on_the_same_pipe() -> None:
    answers = early()
    assert answers.decide(line("server/discover", {"_meta": ENVELOPE})).line_for_sdk is None
    assert (answers.protocol, answers.has_lines_for_sdk) == (None, False), (
        "the SDK may still be told either protocol"
    )
    assert answers.decide(line("initialize", handshake(), id=2)).answer is not None
    assert answers.protocol == "2025-11-25"


# Parts of messages that hosts send, and near misses.
ids = st.sampled_from([1, 0, -5, "a", "ç", "", 2**60, 1.0, True, None, [1], "\ud800"])
CLIENTS: list[Any] = [
    CLIENT,
    {"name": "x", "version": "1", "websiteUrl": "https://example.com", "description": "d"},
    {
        "name": "x",
        "version": "1",
        "icons": [{"src": "data:,", "mimeType": "image/png", "sizes": ["1x1"]}],
    },
    {"name": "x", "version": "1", "icons": [{"mimeType": "image/png"}]},
    {"name": "x", "version": "1", "icons": "none"},
    {"name": "x", "version": 1},
    {"name": "x"},
    {"name": "x", "version": "1", "title": None},
    {"name": "x", "version": "1", "title": 5},
    {"name": "x", "version": "1", "more": {"any": 1}},
    "x",
    None,
]
CAPABILITIES: list[Any] = [
    {},
    {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {}},
    {
        "sampling": {"tools": {}, "context": {}},
        "elicitation": {"form": {"applyDefaults": True}, "url": {}},
    },
    {"tasks": {"list": {}, "cancel": {}, "requests": {"sampling": {"createMessage": {}}}}},
    {"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}}},
    {"experimental": {"x": {"deep": [{"a": [None, 1, "b"]}]}}},
    {"experimental": {"x": 1}},
    {"experimental": []},
    {"roots": {"listChanged": "yes"}},
    {"roots": {"listChanged": {}}},
    {"roots": True},
    {"elicitation": {"form": True}},
    {"elicitation": None},
    {"tasks": {"list": True}},
    {"sampling": []},
    {"own": {}},
    [],
    None,
]
clients, capabilities = st.sampled_from(CLIENTS), st.sampled_from(CAPABILITIES)
versions = st.sampled_from([*HANDSHAKE_PROTOCOL_VERSIONS, MODERN, "2099-01-01", "", 1])
envelopes = st.fixed_dictionaries(
    {
        "io.modelcontextprotocol/protocolVersion": versions,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    },
    optional={
        "io.modelcontextprotocol/clientInfo": clients,
        "progressToken": st.sampled_from([1, "a", 1.5, None]),
        "traceparent": st.just("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    },
)
metas = st.one_of(
    envelopes, st.just(ENVELOPE), st.sampled_from([{}, {"progressToken": 1}, {"progressToken": []}, 5])
)
handshakes = st.fixed_dictionaries(
    {"protocolVersion": versions, "capabilities": capabilities, "clientInfo": clients},
    optional={"_meta": metas, "more": st.just(1)},
)
lists = st.one_of(
    st.none(), st.fixed_dictionaries({}, optional={"_meta": metas, "cursor": st.sampled_from(["", "x"])})
)
messages = st.one_of(
    st.tuples(st.just("initialize"), st.one_of(handshakes, st.just(handshake()), st.none())),
    st.tuples(st.just("server/discover"), st.one_of(lists, st.just({"_meta": ENVELOPE}))),
    st.tuples(st.just("tools/list"), st.one_of(lists, st.just({"_meta": ENVELOPE}), st.just([]))),
    st.tuples(st.sampled_from(["ping", "prompts/list", "no/such", "Tools/List", "tools/call"]), lists),
)
requests = st.builds(
    lambda message, number: json.dumps(
        {"jsonrpc": "2.0", "id": number, "method": message[0]}
        | ({} if message[1] is None else {"params": message[1]})
    ),
    messages,
    ids,
)
notifications = st.sampled_from(["notifications/initialized", "notifications/cancelled", "tools/list"]).map(
    lambda method: json.dumps({"jsonrpc": "2.0", "method": method})
)
strange = st.sampled_from(
    [
        "this is no message",
        "",
        "[]",
        "null",
        "5",
        "{",
        '[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
        '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}',
        '{"jsonrpc":"1.0","id":1,"method":"tools/list"}',
        '{"id":1,"method":"tools/list"}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/list","more":1}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":null}',
        '{"jsonrpc":"2.0","id":NaN,"method":"tools/list"}',
        '{"jsonrpc":"2.0","id":1e400,"method":"tools/list"}',
        '{"jsonrpc":"2.0","id":1,"result":{}}',
        "[" * 2000,
        '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"x":"' + "y" * 70_000 + '"}}}',
    ]
)


@pytest.mark.parametrize("version", [*HANDSHAKE_PROTOCOL_VERSIONS, MODERN])
async def test_no_near_miss_of_a_client_is_answered_otherwise_than_by_the_sdk(version: str) -> None:
    """Each odd client and capability, in a handshake or an envelope."""
    tools = list_chosen_tools(CHOICES["one"])
    answered = 0
    for client, capability in [*((one, {}) for one in CLIENTS), *((CLIENT, one) for one in CAPABILITIES)]:
        if version == MODERN:
            envelope = {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientInfo": client,
                "io.modelcontextprotocol/clientCapabilities": capability,
            }
            sent = line("server/discover", {"_meta": envelope})
        else:
            sent = line("initialize", handshake(version, clientInfo=client, capabilities=capability))
        answer = early(tools).decide(sent).answer
        if answer is not None:
            answered += 1
            assert await converse(tools, [sent], 1) == [answer], sent
    assert answered >= 8, "those of real hosts are answered"


def is_other_protocol(said: Json) -> bool:
    """Whether the SDK refuses a handshake because the modern protocol was spoken before."""
    return "is serving the" in str(said.get("error", {}).get("message"))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(requests, notifications, strange), min_size=1, max_size=4))
async def test_whatever_a_host_sends_first_is_answered_as_by_the_sdk_alone(sent: list[str]) -> None:
    """Near misses included. Only a handshake after the modern protocol is served where the SDK refuses it."""
    tools = list_chosen_tools(CHOICES["one"])
    lines = [one + "\n" for one in sent]
    alone = await converse(tools, lines, 0)
    answers = early(tools)
    decisions = [answers.decide(one) for one in lines]
    answered = [one.answer for one in decisions if one.answer is not None]
    rest = await converse(tools, [one.line_for_sdk for one in decisions if one.line_for_sdk is not None], 0)
    if any(is_other_protocol(one) for one in alone):
        assert len(alone) == len(answered) + len(rest), "nothing is lost all the same"
    else:
        assert sort(answered + rest) == sort(alone)


def sort(said: list[Json]) -> list[str]:
    """Messages in an order that does not depend on when they came."""
    return sorted(json.dumps(one, sort_keys=True) for one in said)


def test_ordinary_hosts_are_answered_early() -> None:
    """The near misses above are kept for the SDK; what real hosts send is not."""
    modern, legacy = early(), early()
    first = [
        line("server/discover", {"_meta": ENVELOPE}),
        line("tools/list", {"_meta": {**ENVELOPE, "progressToken": 2}}),
    ]
    assert all(ask_early(modern, *first))
    full = {
        "roots": {"listChanged": True},
        "sampling": {},
        "elicitation": {"form": {}, "url": {}},
        "extensions": {"a/b": {}},
    }
    assert legacy.decide(line("initialize", handshake(capabilities=full))).answer
    assert legacy.decide('{"jsonrpc":"2.0","method":"notifications/initialized"}\n').line_for_sdk
    assert legacy.decide(line("prompts/list", id=2)).line_for_sdk
    assert legacy.decide(line("tools/list", {}, id=3)).answer


# --- the file


def test_another_sdk_is_asked_once_and_remembered(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = load_answers()
    assert shipped is not None
    monkeypatch.setattr(rendered_answers, "find_sdk_version", lambda: "mcp 2.9.9 mcp-types 2.9.9")
    monkeypatch.setattr(rendered_answers, "_find_cache_folder", lambda: tmp_path / "cache")
    assert load_answers() is None
    save_answers(shipped)
    (saved,) = (tmp_path / "cache").iterdir()
    assert saved.stat().st_mode & 0o777 == 0o600
    assert load_answers() == shipped
    monkeypatch.setattr(rendered_answers, "__version__", "9.9.9")
    assert load_answers() is None, "of another version of this package"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sdk": "mcp 2.9.9"}', '{"initialize": 5}'])
def test_a_damaged_cache_is_as_none(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(rendered_answers, "find_sdk_version", lambda: "mcp 2.9.9")
    monkeypatch.setattr(rendered_answers, "_find_cache_folder", lambda: tmp_path)
    monkeypatch.setattr(rendered_answers, "_identify", lambda: None)
    (tmp_path / rendered_answers.CACHE_NAME).write_text(content)
    assert load_answers() is None


def test_a_cache_that_cannot_be_written_is_no_trouble(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setattr(rendered_answers, "_find_cache_folder", lambda: tmp_path / "taken")
    save_answers(RenderedAnswers({}, {}, {}, {}))
    assert [one.name for one in tmp_path.iterdir()] == ["taken"]
