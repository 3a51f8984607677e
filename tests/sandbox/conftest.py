"""Fixtures: one sandbox for the whole folder, reset to its seed data before every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ix_tools.sandbox.server import Sandbox
from tests.sandbox.api import NOW, SandboxApi


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture(scope="session")
def connected(running_sandbox: Sandbox) -> Iterator[SandboxApi]:
    api = SandboxApi(running_sandbox)
    with api.http:
        yield api


@pytest.fixture
def api(sandbox: Sandbox, connected: SandboxApi) -> SandboxApi:
    return connected
