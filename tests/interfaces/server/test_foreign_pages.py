"""A web page of somebody else cannot make its reader's browser use a server on the same machine, token or none."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from ix_tools.sandbox.server import Sandbox
from tests.harness import Harness
from tests.interfaces.server.in_process_server import ADDRESS, Served, build_bearer, serve_in_process
from tests.interfaces.server.processes import Running, run_server
from tests.interfaces.server.test_processes import environment
from tests.interfaces.web.conftest import CHROMIUM, FLAGS

PATHS = [
    "/tools/list_taxes",
    "/documents/1001/pdf",
    "/tools/list_clients?per_page=5",
    "/approvals/ABCDEFGH",
    "/nowhere",
]
FOREIGN = [
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    {"sec-fetch-site": "something new"},
    {"sec-fetch-site": "cross-site", "referer": f"{ADDRESS}/docs"},
    {"referer": "http://evil.example/page"},
    {"referer": "http://127.0.0.1:8756.evil.example/"},
    {"referer": "http://127.0.0.1:1/"},
]
OURS = [
    {},
    {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"},
    {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"},
    {"referer": f"{ADDRESS}/docs"},
    {"referer": "http://localhost:8756/docs"},
    {"sec-fetch-site": "cross-site", "origin": "https://app.example.com"},
]


async def test_what_a_page_of_another_origin_sends_without_saying_so_is_refused(harness: Harness) -> None:
    async with serve_in_process(harness, http_origins=("https://app.example.com",)) as served:
        token = served.create_token()
        for headers in FOREIGN:
            for path in PATHS:
                answer = await served.client.get(path, headers={**headers, **build_bearer(token)})
                assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed"), (
                    path,
                    headers,
                )
        assert harness.sandbox.requests() == []
        for headers in OURS:
            answer = await served.client.get("/tools/list_taxes", headers={**headers, **build_bearer(token)})
            assert answer.status_code == 200, headers


async def test_what_anyone_may_read_is_reached_by_links_from_anywhere(served: Served) -> None:
    """The page of an approval is opened from a mail or a chat."""
    for headers in FOREIGN:
        assert (await served.client.get("/openapi.json", headers=headers)).status_code == 200
        answer = await served.client.get("/approve/" + "A" * 43, headers=headers)
        assert answer.status_code in {404, 410}, headers


# --- in a real browser ---


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM:
        pytest.skip("there is no Chromium")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
def open_server(tmp_path: Path) -> Iterator[tuple[Sandbox, Running]]:
    """One that asks nobody who they are."""
    with Sandbox() as box, run_server(tmp_path, environment(box)) as running:
        yield box, running


PAGE = """<!doctype html><title>Elsewhere</title>
<img src="{at}/tools/list_taxes"><img src="{at}/tools/list_clients" referrerpolicy="no-referrer">
<script src="{at}/tools/list_items"></script><link rel="stylesheet" href="{at}/tools/list_sequences">
<iframe src="{at}/tools/list_invoices"></iframe><video src="{at}/documents/1001/pdf"></video>
<object data="{at}/tools/list_taxes"></object><form id="f" action="{at}/tools/list_taxes" target="_blank"></form>
<script>
(async () => {{
  for (const mode of ["no-cors", "cors"]) for (const method of ["GET", "POST", "HEAD"])
    await fetch("{at}/tools/list_taxes", {{mode, method, referrerPolicy: "no-referrer"}}).catch(() => 0);
  navigator.sendBeacon("{at}/tools/create_client", new Blob(['{{"name":"X","code":"X"}}'], {{type: "text/plain"}}));
  document.getElementById("f").submit();
  document.title = "done";
}})();
</script>"""


async def test_nothing_that_a_foreign_page_does_reaches_the_account(
    browser: Browser, open_server: tuple[Sandbox, Running]
) -> None:
    """Pictures, scripts, frames, forms and fetch: a server on this machine that asks nobody carries none of it out."""
    box, running = open_server
    assert running.post("/tools/list_taxes", {}, {}).status_code == 200
    box.clear_requests()
    context = await browser.new_context()
    page = await context.new_page()
    for elsewhere in ("http://evil.example/", running.url.replace("127.0.0.1", "localhost")[:-1] + "/"):
        html = PAGE.format(at=running.url)
        await context.route(
            f"{elsewhere}**", lambda route, _, html=html: route.fulfill(body=html, content_type="text/html")
        )
        await page.goto(elsewhere)
        await page.wait_for_function("document.title === 'done'")
        await page.wait_for_load_state("networkidle")
    assert box.requests() == [], json.dumps(box.requests())
    # The reader's own typing, and the server's own pages, are no harm.
    answer = await page.goto(f"{running.url}/tools/list_taxes")
    assert answer is not None
    assert answer.status == 200
    await context.close()
