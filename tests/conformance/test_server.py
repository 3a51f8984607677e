"""Additions to the product's server pass its middleware, and their errors are converted as its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import mcp_types as types
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from starlette.applications import Starlette

from ix_tools.interfaces.mcp.http import PATH
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.resources import EXEMPTIONS_URI
from ix_tools.schemas.tool_selection import ToolSelection
from tests.conformance.server import SESSIONS, TOOLS, build_suite_application
from tests.harness import Harness
from tests.interfaces.mcp.host import ERAS, ERROR_SHAPE
from tests.interfaces.server.in_process_server import ADDRESS


@pytest.fixture
async def app(harness: Harness) -> AsyncIterator[Starlette]:
    store = {"store": str(harness.context.store.file or harness.context.store.url)}
    app = build_suite_application(harness.context.settings.model_copy(update=store), ADDRESS)
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def client(app: Starlette, mode: str = "auto") -> AsyncIterator[Client]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as http:
        wire: Any = streamable_http_client(f"{ADDRESS}{PATH}", http_client=http)
        async with Client(wire, mode=mode) as client:
            assert client.protocol_version == ERAS[mode]
            yield client


def line(result: types.CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, types.TextContent)
    return block.text


@pytest.mark.parametrize("mode", list(ERAS))
async def test_what_is_added_stands_beside_what_was_there(app: Starlette, mode: str) -> None:
    async with client(app, mode) as one:
        names = [tool.name for tool in (await one.list_tools()).tools]
        assert names == [*(tool["name"] for tool in list_chosen_tools(ToolSelection())), *TOOLS]
        assert line(await one.call_tool("test_simple_text"))
        taxes = await one.call_tool("list_taxes")
        assert taxes.structured_content is not None
        assert taxes.structured_content["taxes"]
        for uri in ("test://static-text", EXEMPTIONS_URI):
            assert uri in {str(resource.uri) for resource in (await one.list_resources()).resources}
            assert (await one.read_resource(uri)).contents


@pytest.mark.parametrize("mode", list(ERAS))
async def test_a_refusal_of_an_added_tool_is_told_as_any_other(app: Starlette, mode: str) -> None:
    async with client(app, mode) as one:
        result = await one.call_tool("test_error_handling")
    assert result.is_error
    assert result.structured_content is not None
    assert result.structured_content.keys() >= ERROR_SHAPE
    assert json.loads(line(result)) == result.structured_content


async def test_what_the_protocol_refuses_stays_the_protocols(app: Starlette) -> None:
    async with client(app) as one:
        with pytest.raises(MCPError) as refused:
            await one.call_tool("test_missing_capability")
    assert refused.value.code == types.MISSING_REQUIRED_CLIENT_CAPABILITY


async def test_the_same_door_is_before_both_endpoints(app: Starlette) -> None:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://evil.example"
    ) as http:
        for path in (PATH, SESSIONS):
            assert (await http.post(path, json={})).status_code == 421
