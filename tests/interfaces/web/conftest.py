"""One browser for all tests, if one is installed."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Error, Locator, Page, async_playwright

from ix_tools.interfaces.web import decision_pages
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
LOOKS_AT_ALL = os.environ.get("IX_TOOLS_TEST_LOOKS") == "all"
"""Whether a person wants to look at every page: in each language, on each screen, with screenshots."""


AXE = os.environ.get("IX_TOOLS_TEST_AXE", "")
"""axe-core's script, if the pages are to be read by it (`make looks`)."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RUN_AXE = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations.map(
    one => one.id + ": " + one.nodes.map(node => node.target).join(" ")))"""


async def find_violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page, light and dark: the rule, and where."""
    if not AXE:
        return []
    await page.evaluate(await asyncio.to_thread(Path(AXE).read_text, "utf-8"))
    found: list[str] = []
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {one}" for one in await page.evaluate(RUN_AXE)]
    await page.emulate_media(color_scheme="null")
    return found


async def take_picture(page: Page, name: str, **options: Any) -> None:
    """Leave a screenshot in SHOTS, if a person wants one."""
    if LOOKS_AT_ALL:
        # On a busy machine the browser sometimes cannot take one.
        with suppress(Error):
            await page.screenshot(path=SHOTS / f"{name}.png", **options)


async def follow(what: Locator) -> None:
    """Click a link or the button of a form, and wait for the page that comes: until then either page, or none, can be read."""
    async with what.page.expect_navigation():
        await what.click()


@pytest.fixture(scope="session")
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    if not CHROMIUM:
        pytest.skip(
            "there is no Chromium (Debian: apt-get install chromium; IX_TOOLS_TEST_CHROMIUM names another)"
        )
    if LOOKS_AT_ALL:
        SHOTS.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture
def browser(chromium: Browser, page_that_stays: None) -> Browser:
    """Chromium, whose pages are looked at while they stay as they are."""
    return chromium


@pytest.fixture
def page_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page reloads by itself while a test looks at it."""
    monkeypatch.setattr(decision_pages, "REFRESH_SECONDS", 600)


@pytest.fixture
def here(harness: Harness) -> Iterator[Harness]:
    """A harness whose approvals have pages on this machine's loopback."""
    paper = with_pages(harness, approval_link="terminal")
    pages = LocalPageServer(paper.context)
    paper.context.page_host = pages
    yield paper
    pages.close()
