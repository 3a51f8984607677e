"""Fixtures: one sandbox for the whole folder, reset to its seed data before every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ix_tools.sandbox.server import Sandbox
from tests.sandbox.api import NOW, SandboxApi


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Sandbox(clock=NOW) as box:
        yield box


@pytest.fixture
def box(running: Sandbox) -> Sandbox:
    running.reset()
    return running


@pytest.fixture(scope="session")
def connected(running: Sandbox) -> Iterator[SandboxApi]:
    api = SandboxApi(running)
    with api.http:
        yield api


@pytest.fixture
def api(box: Sandbox, connected: SandboxApi) -> SandboxApi:
    return connected
