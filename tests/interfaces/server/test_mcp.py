"""MCP over HTTP: both protocols on one endpoint, sessions in none, and people asked in whichever way a client knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ix_tools.interfaces.mcp.http import PATH
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection
from tests.harness import Harness, document_arguments, invoice
from tests.interfaces.mcp.host import Person
from tests.interfaces.server.in_process_server import (
    ENVELOPE,
    Served,
    build_bearer,
    build_call_headers,
    serve_in_process,
)

Json = dict[str, Any]


async def test_both_protocols_are_answered_at_one_address(served: Served, mode: str) -> None:
    async with served.host(served.create_token(), mode) as host:
        assert {tool.name for tool in (await host.client.list_tools()).tools} == {
            tool["name"] for tool in list_chosen_tools(ToolSelection())
        }
        assert (await host.call("list_taxes"))["taxes"]
        made = (await host.call("create_invoice", **invoice()))["document"]
        read = await host.client.read_resource(f"ix://documents/invoices/{made['id']}")
        assert json.loads(read.contents[0].text)["document"]["id"] == made["id"]  # type: ignore[union-attr]
        assert (await host.client.list_prompts()).prompts


async def test_a_person_is_asked_in_whichever_way_the_client_knows(served: Served) -> None:
    """2026-07-28 with forms: in the form. Without, and 2025-11-25 over HTTP without a session: elsewhere, then the same call."""
    token = served.create_token()
    for mode, person, status in (
        ("auto", Person("yes"), "done"),
        ("auto", None, "approval_required"),
        ("legacy", Person("yes"), "approval_required"),
        ("legacy", None, "approval_required"),
    ):
        arguments = document_arguments(await served.harness.create_draft(), state="finalized")
        async with served.host(token, mode, person) as host:
            result = (await host.call_unchecked("change_state", **arguments)).structured_content
            assert result is not None
            if status == "approval_required":
                assert result["status"] == status, mode
                served.harness.context.approvals.decide(result["approval"]["id"], approve=True)
                result = await host.call("change_state", **arguments)
            assert result["document"]["status"] == "final", mode


@pytest.mark.parametrize("answer", ["no", "decline"])
async def test_a_person_who_does_not_say_yes_has_said_no(served: Served, answer: Any) -> None:
    arguments = document_arguments(await served.harness.create_draft(), state="finalized")
    before = len(served.harness.list_writes())
    async with served.host(served.create_token(), "auto", Person(answer)) as host:
        assert (await host.call_refused("change_state", **arguments))["code"] == "approval_declined"
    assert len(served.harness.list_writes()) == before


async def test_nothing_is_listened_to_but_posts(served: Served) -> None:
    """A stream opened with GET would stay open with nothing on it."""
    token = served.create_token()
    for method in ("GET", "DELETE", "PUT", "PATCH"):
        answer = await served.client.request(method, PATH, headers={**build_call_headers("x", token)})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 5000, 400),
        (b'"x"', 400),
        (b"{}", 202),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "nothing/like_it", "params": {"_meta": META}}', 404),
        (b"\xff\xfe", 400),
    ],
)
async def test_what_is_no_call_is_answered_with_what_is_wrong(
    served: Served, content: bytes, status: int
) -> None:
    sent = content.replace(b"META", json.dumps(ENVELOPE).encode())
    headers = {**build_call_headers("x", served.create_token()), "content-type": "application/json"}
    if status == 404:
        headers |= {"mcp-method": "nothing/like_it"}
        headers.pop("mcp-name")
    answer = await served.client.post(PATH, content=sent, headers=headers)
    assert answer.status_code in ({status} if status != 202 else {202, 400})
    assert b"Traceback" not in answer.content


async def test_a_read_is_answered_with_plain_json(served: Served) -> None:
    """Without a stream around it."""
    answer = await served.call("list_taxes", {}, served.create_token())
    assert answer.headers["content-type"] == "application/json"
    assert "mcp-session-id" not in answer.headers


async def test_whoever_wants_to_hear_how_far_it_is_gets_a_stream(served: Served, mode: str) -> None:
    """A PDF that is still being made is asked for again, and says so meanwhile."""
    number = (await served.harness.create_issued())["id"]
    served.harness.sandbox.set_option("pdf_polls", 2)
    heard: list[tuple[float, float | None]] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total))

    async with served.host(served.create_token(), mode) as host:
        call = {"document_id": number, "delivery": "link"}
        await host.client.call_tool("get_pdf", call, progress_callback=progress)
    assert heard


async def test_lists_are_for_the_caller_alone(served: Served) -> None:
    """They differ by scope, so that nothing between may keep one for somebody else."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": ENVELOPE}}
    headers = {**build_call_headers("", served.create_token()), "mcp-method": "tools/list"}
    headers.pop("mcp-name")
    answer = (await served.client.post(PATH, json=body, headers=headers)).json()
    assert answer["result"]["cacheScope"] == "private"


async def test_a_server_lists_the_toolsets_it_was_told_to(harness: Harness) -> None:
    async with (
        serve_in_process(harness, toolsets=("treasury",)) as served,
        served.host(served.create_token()) as host,
    ):
        listed = [tool.name for tool in (await host.client.list_tools()).tools]
    assert listed == [tool["name"] for tool in list_chosen_tools(ToolSelection(toolsets=("treasury",)))]
    assert build_bearer("") == {}
