"""Files over HTTP are links or MCP resources, and never stay on the server's disk, through every interface."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ix_tools.operations.registry import catalogue
from tests.harness import invoice
from tests.interfaces.server.in_process_server import Served, build_bearer

Json = dict[str, Any]
GIVES_FILES = sorted(name for name, one in catalogue().items() if "delivery" in one.model_fields)


@pytest.fixture
async def quiet(served: Served) -> AsyncIterator[Served]:
    """A server on whose disk no file appears during the test."""
    served.harness.sandbox.set_option("pdf_polls", 0)
    yield served
    folder = served.harness.context.settings.documents
    assert folder is not None
    assert not folder.exists()


async def arguments_of(served: Served, name: str) -> Json:
    """A call that gives a file."""
    if name == "issue_invoice":
        return invoice()
    number = (await served.harness.create_issued())["id"]
    return {"month": 11, "year": 2026} if name == "export_saft" else {"document_id": number}


@pytest.mark.parametrize("name", [one for one in GIVES_FILES if one != "issue_invoice"])
async def test_a_file_is_given_as_a_link_unless_asked_otherwise(quiet: Served, name: str, mode: str) -> None:
    call = await arguments_of(quiet, name)
    async with quiet.host(quiet.create_token(), mode) as host:
        for found in (
            await host.call(name, **call),
            await host.call(name, **call, delivery="link"),
            await host.call("run_operation", operation=name, arguments=call),
        ):
            assert found["link"].startswith("http")
            assert "file" not in found
    answers = [
        await quiet.client.post(f"/tools/{name}", json=call, headers=build_bearer(quiet.create_token())),
        await quiet.client.post(
            "/tools/run_operation",
            json={"operation": name, "arguments": call},
            headers=build_bearer(quiet.create_token()),
        ),
    ]
    assert all(answer.json()["link"].startswith("http") for answer in answers)


@pytest.mark.parametrize("name", GIVES_FILES)
async def test_a_file_on_the_servers_disk_is_refused_with_what_is_possible(quiet: Served, name: str) -> None:
    call = {**await arguments_of(quiet, name), "delivery": "file"}
    before = len(quiet.harness.list_writes())
    ways = "link, resource" if name in ("get_pdf", "issue_invoice") else "link"
    inside = {"operation": name, "arguments": call}
    async with quiet.host(quiet.create_token()) as host:
        for refusal in (
            await host.call_refused(name, **call),
            await host.call_refused("run_operation", **inside),
        ):
            (problem,) = refusal["problems"]
            assert (refusal["code"], refusal["sent"]) == ("invalid_arguments", "nothing")
            assert (problem["field"], problem["allowed"]) == ("delivery", ways)
            assert "'file'" in problem["problem"]
            assert "ix://documents/{id}/pdf" in str(refusal["next"])
    for path, body in ((f"/tools/{name}", call), ("/tools/run_operation", inside)):
        answer = await quiet.client.post(path, json=body, headers=build_bearer(quiet.create_token()))
        assert answer.status_code == 422
        assert answer.json()["problems"][0]["allowed"] == "link"
        assert "GET /documents/{id}/pdf" in str(answer.json()["next"])
    assert len(quiet.harness.list_writes()) == before


async def test_a_pdf_is_read_as_a_resource_over_mcp_alone(quiet: Served, mode: str) -> None:
    call = {**await arguments_of(quiet, "get_pdf"), "delivery": "resource"}
    async with quiet.host(quiet.create_token(), mode) as host:
        read = await host.client.read_resource((await host.call("get_pdf", **call))["resource"])
        assert base64.b64decode(read.contents[0].blob).startswith(b"%PDF")  # type: ignore[union-attr]
    answer = await quiet.client.post("/tools/get_pdf", json=call, headers=build_bearer(quiet.create_token()))
    assert answer.json()["problems"][0]["allowed"] == "link"


async def test_an_errand_hands_its_pdf_on(quiet: Served) -> None:
    async with quiet.host(quiet.create_token()) as host:
        waiting = await host.call_unchecked("issue_invoice", **invoice())
        assert waiting.structured_content is not None
        quiet.harness.context.approvals.decide(waiting.structured_content["approval"]["id"], approve=True)
        done = await host.call("issue_invoice", **invoice())
    assert done["pdf"]["link"].startswith("http")
    assert "file" not in done["pdf"]


async def test_nobody_is_offered_a_file_that_they_would_not_get(quiet: Served, mode: str) -> None:
    async with quiet.host(quiet.create_token(), mode) as host:
        tools = {tool.name: tool.input_schema for tool in (await host.client.list_tools()).tools}
        offered = {name: one["properties"].get("delivery") for name, one in tools.items()}
        assert {name for name, one in offered.items() if one} == {"get_pdf", "issue_invoice"}
        described = await host.call("describe_operation", operation="export_saft", parameter="delivery")
        shown = described["parameter_schema"]["delivery"]
    assert [(one["enum"], one["default"]) for one in offered.values() if one] == [
        (["link", "resource"], "link"),
        (["link", "resource"], "link"),
    ]
    assert not any("file" in one["description"] for one in offered.values() if one)
    assert (shown["enum"], shown["default"]) == (["link"], "link")
    over_rest = await quiet.client.post(
        "/tools/describe_operation",
        json={"operation": "get_pdf", "parameter": "delivery"},
        headers=build_bearer(quiet.create_token()),
    )
    assert over_rest.json()["parameter_schema"]["delivery"]["enum"] == ["link"]
