"""The HTTP server in this process, against the sandbox; in its own processes where that matters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from sse_starlette.sse import AppStatus

from tests.harness import Harness
from tests.interfaces.server.in_process_server import Served, serve_in_process
from tests.interfaces.server.issuer import TestIssuer


@pytest.fixture(autouse=True)
def streams_that_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ends in this process tells every later stream of the process to end, too."""
    monkeypatch.setattr(AppStatus, "should_exit", False)


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


@pytest.fixture(scope="module")
def running_issuer() -> Iterator[TestIssuer]:
    """An issuer of tokens."""
    with TestIssuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(running_issuer: TestIssuer) -> TestIssuer:
    """An issuer whose keys are in order."""
    TestIssuer.__init__(running_issuer)
    return running_issuer
