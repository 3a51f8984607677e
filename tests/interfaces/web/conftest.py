"""One browser for all tests, if one is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from ix_tools.interfaces.web.local_server import LocalPageServer
from tests.harness import Harness
from tests.interfaces.web.visitor import with_pages

CHROMIUM = os.environ.get("IX_TOOLS_TEST_CHROMIUM") or shutil.which("chromium") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = Path(__file__).parents[3] / "out" / "pages"
"""Folder of the pages' screenshots; git ignores it."""


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    if not CHROMIUM:
        pytest.skip(
            "there is no Chromium (Debian: apt-get install chromium; IX_TOOLS_TEST_CHROMIUM names another)"
        )
    SHOTS.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture
def here(harness: Harness) -> Iterator[Harness]:
    """A harness whose approvals have pages on this machine's loopback."""
    paper = with_pages(harness, approval_link="terminal")
    pages = LocalPageServer(paper.context)
    paper.context.page_host = pages
    yield paper
    pages.close()
