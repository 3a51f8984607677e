"""The HTTP server in this process, against the sandbox; in its own processes where that matters."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.harness import Harness
from tests.interfaces.server.in_process_server import Served, serve_in_process


@pytest.fixture
async def served(harness: Harness) -> AsyncIterator[Served]:
    """A server that authenticates callers, with two accounts: the sandbox, and the same one as `second`."""
    async with serve_in_process(harness) as served:
        yield served


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    """The client's way of connecting: 2026-07-28, or 2025-11-25."""
    mode: str = request.param
    return mode
