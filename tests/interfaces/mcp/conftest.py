"""An MCP host connected to the sandbox, in both protocol versions."""

from collections.abc import AsyncIterator

import pytest

from tests.harness import Harness
from tests.interfaces.mcp.host import ERAS, Host, Person, connect_host


@pytest.fixture(params=list(ERAS))
def mode(request: pytest.FixtureRequest) -> str:
    """The client's way of connecting: 2026-07-28 by itself, or the handshake of 2025-11-25."""
    mode: str = request.param
    return mode


@pytest.fixture
async def host(harness: Harness, mode: str) -> AsyncIterator[Host]:
    """A host whose person approves."""
    async with connect_host(harness.context, mode, Person()) as host:
        yield host
