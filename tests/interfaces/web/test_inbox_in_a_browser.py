"""The inbox in a real browser with a virtual authenticator. Pictures are left in out/pages."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from ix_tools.approvals.links import ServerPages
from ix_tools.approvals.signature_audit import find_proofs
from ix_tools.config.settings import Settings
from tests.batch.test_run import ask, go_on, rows_of, states
from tests.harness import Harness, document_arguments, execute, invoice, line
from tests.interfaces.web.conftest import SHOTS, find_violations, follow
from tests.interfaces.web.served_pages import ServedPages, open_device, serve_pages
from tests.interfaces.web.test_in_a_browser import CONTRAST
from tests.interfaces.web.visitor import FULL, request_approval, with_pages
from tests.pipeline.test_policy_check import under

PHONE = {"viewport": {"width": 390, "height": 844}}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
LOOKS = [("pt", PHONE, "dark"), ("en", DESKTOP, "light")]
if os.environ.get("IX_TOOLS_TEST_LOOKS") == "all":
    LOOKS += [("en", PHONE, "light"), ("pt", DESKTOP, "dark")]


def in_language(harness: Harness, language: str) -> Harness:
    settings: Settings = harness.context.settings.model_copy(update={"language": language})
    harness.context.settings = settings
    return harness


async def look(page: Page, name: str) -> None:
    """Check what every page must be, and leave a picture of it."""
    await page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert await page.evaluate(CONTRAST) == [], name
    assert await find_violations(page) == [], name
    assert await page.evaluate("document.querySelectorAll('h1').length") == 1, name
    assert await page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')].every(one => one.labels.length)"
    ), name
    assert await page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3')].map(one => +one.tagName[1])"
        ".every((level, at, all) => !at || level <= all[at - 1] + 1)"
    ), name


async def enrol(page: Page, served: ServedPages, name: str = "ana", **how: Any) -> None:
    await page.goto(served.invite(name, **how))
    await page.get_by_role("main").get_by_role("button").click()
    await page.wait_for_url("**/inbox?lang=*")


async def fill(harness: Harness) -> list[str]:
    """Let three calls wait; their ids."""
    paper = with_pages(harness, approval_link="terminal", principal="assistente")
    found = []
    for given in (
        FULL,
        invoice(items=[line(name="Projeto", unit_price=9000)]),
        invoice(date="2026-10-20", due_date="+60d"),
    ):
        made = (await harness.call("create_invoice", given))["document"]
        found.append((await request_approval(paper, document_arguments(made, state="finalized"))).id)
    return found


@pytest.mark.parametrize(("language", "screen", "scheme"), LOOKS)
async def test_a_person_is_invited_signs_in_and_decides(
    harness: Harness, browser: Browser, language: str, screen: dict[str, Any], scheme: Any
) -> None:
    size = "phone" if screen is PHONE else "desktop"
    in_language(harness, language)
    async with serve_pages(harness) as served, open_device(browser, color_scheme=scheme, **screen) as opened:
        _, page, device = opened
        tail = f"{language}-{size}-{scheme}"
        await page.goto(served.invite("ana"))
        await look(page, f"inbox-invitation-{tail}")
        await page.get_by_role("main").get_by_role("button").click()
        await page.wait_for_url("**/inbox?lang=*")
        await look(page, f"inbox-empty-{tail}")
        first, *_ = await fill(harness)
        await page.reload()
        assert await page.locator(".rows > li").count() == 3
        await look(page, f"inbox-waiting-{tail}")
        await follow(page.locator("a.whole").first)
        await look(page, f"inbox-approval-{tail}")
        await page.locator("button.approve").click()
        await page.locator("h1#heading").wait_for()
        await look(page, f"inbox-approved-{tail}")
        assert harness.context.approvals.find(first).state == "approved"
        await page.goto(f"{served.url}/inbox/history?lang={language}")
        await look(page, f"inbox-history-{tail}")
        await follow(page.locator("a.under").first)
        await look(page, f"inbox-story-{tail}")
        await page.goto(f"{served.url}/inbox/documents/sandbox/invoices/999?lang={language}")
        await look(page, f"inbox-unknown-{tail}")
        await page.goto(f"{served.url}/inbox/passkeys?lang={language}")
        await look(page, f"inbox-passkeys-{tail}")
        await follow(page.locator(".menu button"))
        await page.wait_for_url("**/inbox/sign-in?*")
        await look(page, f"inbox-sign-in-{tail}")
        (known,) = await device.list_passkeys()
        assert known["rpId"] == "localhost"
        await page.locator("button.approve").click()
        await page.wait_for_url("**/inbox?lang=*")


async def test_without_script_the_page_says_what_to_do_instead(harness: Harness, browser: Browser) -> None:
    async with serve_pages(harness) as served:
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await page.goto(f"{served.url}/inbox")
        assert "A passkey needs JavaScript" in await page.inner_text("main")
        await page.goto(f"{served.url.replace('localhost', '127.0.0.1')}/inbox/sign-in")
        assert page.url.startswith(served.url)
        await context.close()


async def test_a_person_without_the_passkey_is_told_and_stays_out(harness: Harness, browser: Browser) -> None:
    async with serve_pages(harness) as served, open_device(browser) as opened:
        _, page, device = opened
        await enrol(page, served)
        await follow(page.locator(".menu button"))
        await page.wait_for_url("**/inbox/sign-in?*")
        await device.fail_to_verify()
        await page.locator("button.approve").click()
        await page.get_by_text("The passkey was not used").wait_for()
        await look(page, "inbox-sign-in-refused")


async def test_an_approval_of_the_inbox_lets_the_call_go_through(harness: Harness, browser: Browser) -> None:
    paper = with_pages(harness, approval_link="terminal")
    made = (await harness.call("create_invoice", FULL))["document"]
    call = document_arguments(made, state="finalized")
    asked = await request_approval(paper, call)
    async with serve_pages(harness) as served, open_device(browser) as opened:
        _, page, _ = opened
        await enrol(page, served)
        await page.goto(f"{served.url}/inbox/approvals/{asked.id}")
        await follow(page.get_by_role("button", name="Approve"))
        await page.get_by_role("heading", name="Approved").wait_for()
        assert (await execute(paper.context, "change_state", call))["document"]["status"] == "final"
        await page.reload()
        assert await page.get_by_text("Invoice 1/2026 · ATCUD").count() == 1


async def test_a_batch_is_signed_in_the_browser_without_the_document_that_is_ticked(
    harness: Harness, browser: Browser, tmp_path: Path
) -> None:
    async with serve_pages(harness) as served, open_device(browser) as opened:
        _, page, _ = opened
        await enrol(page, served)
        pages = ServerPages(served.url, signing_address=served.url)
        asking = Harness(harness.sandbox, replace(harness.context, page_host=pages))
        under(asking, tmp_path, 'otherwise = "signed"', "n8n")
        run = await ask(asking)
        await page.goto(f"{served.url}/inbox/approvals/{run.batch.approval}")
        await look(page, "inbox-batch")
        await page.locator("#out-2").check()
        await page.get_by_role("button", name="Add up without the ticked ones").click()
        await page.get_by_text("Documents: 2 of 3: €320.42").wait_for()
        assert await page.locator("#out-2").is_checked()
        await page.get_by_label("Total with VAT").fill("320,42")
        await page.get_by_role("button", name="Approve", exact=True).click()
        await page.get_by_role("heading", name="Approved").wait_for()
    await go_on(asking, run.batch)
    assert states(asking, run) == ["done", "left_out", "done"]
    first = rows_of(asking, run)[0]
    (proof,) = find_proofs(harness.context.store, f"invoices/{first.document}")
    assert (proof.fault, proof.signed.person, proof.record["left_out"]) == ("", "ana", [2])
