"""The page in a real browser: a person reads, clicks and types; nothing else moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page

from ix_tools.domain.comparison import Difference
from tests.harness import Harness, Json, document_arguments, execute, invoice, line
from tests.interfaces.web.conftest import follow, take_picture
from tests.interfaces.web.visitor import FULL, request_with_link

SIZES = {"phone": {"width": 375, "height": 740}, "desktop": {"width": 1280, "height": 900}}
HOSTILE = "<script>document.title='owned'</script>\u202e\u2066txt.exe\u200b"
LONG = "Muito-comprido" * 7


@asynccontextmanager
async def opened(
    browser: Browser,
    link: str,
    size: str = "desktop",
    scheme: Literal["light", "dark"] = "light",
    scripts: bool = False,
) -> AsyncIterator[Page]:
    """A fresh browser profile at a link; any complaint of the browser (a blocked style, a script) fails the test."""
    context = await browser.new_context(
        viewport=SIZES[size],  # type: ignore[arg-type]
        color_scheme=scheme,
        java_script_enabled=scripts,
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on(
        "request",
        lambda request: (
            complaints.append(request.url)
            if link.split("/approve", maxsplit=1)[0] not in request.url
            else None
        ),
    )
    await page.goto(link)
    yield page
    await context.close()
    assert [one for one in complaints if "409" not in one and "403" not in one and "422" not in one] == []


async def full(harness: Harness) -> tuple[Json, Any, str]:
    made = (await harness.call("create_invoice", FULL))["document"]
    return await request_with_link(harness, document_arguments(made, state="finalized"))


async def test_two_hundred_lines_stay_usable_on_a_phone(here: Harness, browser: Browser) -> None:
    """Deadline and total at the top; the button, with the total, at hand wherever one reads, and over nothing in the end."""
    items = [line(name=f"Artigo {number}", unit_price=number + 1) for number in range(200)]
    made = (await here.call("create_invoice", invoice(items=items)))["document"]
    _, _, link = await request_with_link(here, document_arguments(made, state="finalized"))
    async with opened(browser, link, "phone", scripts=True) as page:
        approve = page.get_by_role("button", name="Approve €24,723.00")
        height = SIZES["phone"]["height"]
        for text in ("Answer by", "€24,723.00"):
            box = await page.get_by_text(text).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < height, f"{text} is seen at once"
        for share in (0, 0.3, 1):
            await page.evaluate("share => scrollTo(0, share * document.body.scrollHeight)", share)
            box = await approve.bounding_box()
            assert box is not None
            assert 0 < box["y"] <= height - box["height"], share
        reject = await page.get_by_role("button", name="Reject").bounding_box()
        assert reject is not None
        assert box is not None
        assert reject["y"] + reject["height"] <= box["y"], "the last button is not under the first"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await take_picture(page, "two-hundred-lines-phone")
        await follow(approve)
        assert await page.get_by_role("heading", level=1).inner_text() == "Approved"


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_page_fits_its_screen_in_both_languages(
    here: Harness, browser: Browser, size: str, scheme: Literal["light", "dark"]
) -> None:
    _, _, link = await full(here)
    async with opened(browser, link, size, scheme, scripts=True) as page:
        for language, other, heading in (("pt", "Português", "Finalizar"), ("en", "English", "Finalize")):
            await follow(page.get_by_role("link", name=other))
            assert heading in (await page.get_by_role("heading", level=1).inner_text())
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await take_picture(page, f"approval-{language}-{size}-{scheme}", full_page=True)


async def test_a_person_approves_and_the_call_goes_through(here: Harness, browser: Browser) -> None:
    call, _, link = await full(here)
    async with opened(browser, link) as page:
        await follow(page.get_by_role("button", name="Approve"))
        assert await page.get_by_role("heading", level=1).inner_text() == "Approved"
        await take_picture(page, "approved")
        assert (await execute(here.context, "change_state", call))["document"]["status"] == "final"
        await page.reload()
        assert await page.get_by_role("heading", level=1).inner_text() == "Approved, and done"
        assert await page.get_by_text("Invoice 1/2026 · ATCUD").count() == 1


async def test_a_person_rejects_with_the_keyboard_alone(here: Harness, browser: Browser) -> None:
    _, asked, link = await full(here)
    async with opened(browser, link, "phone") as page:
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "Go to the decision"
        await page.keyboard.press("Enter")
        names = []
        for _ in range(3):
            await page.keyboard.press("Tab")
            names.append(await page.evaluate("document.activeElement.name"))
        assert names == ["decision", "reason", "decision"]
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.type("Preço errado")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.get_by_text("Preço errado").wait_for()
        await take_picture(page, "rejected")
    assert here.context.approvals.find(asked.id).reason == "Preço errado"


async def test_two_clicks_decide_once(here: Harness, browser: Browser) -> None:
    _, asked, link = await full(here)
    async with opened(browser, link) as page:
        await page.get_by_role("button", name="Approve").dblclick()
        await page.get_by_role("heading", name="Approved").wait_for()
        assert here.context.approvals.find(asked.id).state == "approved"
        await page.go_back()
        reject = page.get_by_role("button", name="Reject")
        if await reject.count():
            await follow(reject)
            await page.get_by_text("It was decided already").wait_for()
        assert here.context.approvals.find(asked.id).state == "approved"


async def test_another_page_cannot_press_the_button(here: Harness, browser: Browser) -> None:
    """Not a form elsewhere, not a frame, not a link that is fetched ahead."""
    _, asked, link = await full(here)
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(link)
    await page.route(
        "http://evil.example/**",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f"""
        <link rel="prefetch" href="{link}?decision=approve"><iframe src="{link}"></iframe>
        <form method="post" action="{link}"><input name="decision" value="approve"><button>Win a prize</button></form>""",
        ),
    )
    await page.goto("http://evil.example/")
    frame = page.frames[-1]
    assert "ACME" not in await frame.content()
    await follow(page.get_by_role("button", name="Win a prize"))
    assert "Not accepted" in await page.get_by_role("heading", level=1).inner_text()
    await take_picture(page, "refused")
    await context.close()
    assert here.context.approvals.find(asked.id).state == "pending"


async def test_a_hostile_name_is_only_a_name(here: Harness, browser: Browser) -> None:
    made = await here.create_draft(
        client={"name": HOSTILE, "code": "EVIL"},
        items=[line(name=LONG[:95], description="{{ 7*7 }} ' onmouseover=alert(1) x='"), line(name=HOSTILE)],
        observations=f"<img src=x onerror=alert(1)>\n{LONG}",
    )
    _, asked, link = await request_with_link(here, document_arguments(made, state="finalized"))
    for size in SIZES:
        async with opened(browser, link, size, scripts=True) as page:
            assert await page.title() == "Finalize: Invoice 1/2026 (expected number) – ix-tools"
            assert await page.locator("script, img, [onmouseover]").count() == 0
            text = await page.inner_text("main")
            assert "<script>" in text
            assert not set(text) & set("\u202e\u2066\u200b")
            assert "{{ 7*7 }}" in text
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await take_picture(page, f"hostile-{size}", full_page=True)
    assert here.context.approvals.find(asked.id).state == "pending"


async def test_differences_and_pin_are_asked_for_where_they_matter(here: Harness, browser: Browser) -> None:
    made = await here.create_draft()
    found = [Difference("total", "123.00", "122.99")]
    here.context.differences.save(here.context.account.name, "invoices", made["id"], found)
    here.context.links.pins.set("local", "bacalhau", by="terminal:local")
    _, asked, link = await request_with_link(here, document_arguments(made, state="finalized"))
    async with opened(browser, link, "phone") as page:
        await page.get_by_label("I accept the differences").check()
        await page.get_by_label("PIN (local)").fill("bacalhao")
        await follow(page.get_by_role("button", name="Approve"))
        assert await page.get_by_role("alert").inner_text() == "That is not the PIN. Nothing was approved."
        await take_picture(page, "differences-pin-phone", full_page=True)
        await page.get_by_label("I accept the differences").check()
        await page.get_by_label("PIN (local)").fill("bacalhau")
        await follow(page.get_by_role("button", name="Approve"))
        await page.get_by_role("heading", name="Approved").wait_for()
    assert here.context.approvals.find(asked.id).state == "approved"


async def test_everything_has_a_name_and_enough_contrast(here: Harness, browser: Browser) -> None:
    """By the rules of WCAG 2.2 AA: names of controls, order of headings, 4.5 to 1 for text."""
    _, _, link = await full(here)
    for scheme in ("light", "dark"):
        async with opened(browser, link, "desktop", scheme, scripts=True) as page:
            assert await page.evaluate(
                "[...document.querySelectorAll('h1,h2,h3')].map(one => +one.tagName[1])"
                ".every((level, at, all) => !at || level <= all[at - 1] + 1)"
            )
            assert await page.evaluate(
                "[...document.querySelectorAll('input:not([type=hidden]),textarea')].every(one => one.labels.length)"
            )
            assert await page.evaluate(
                "[...document.querySelectorAll('table')].every(one => one.caption || one.closest('[aria-labelledby]'))"
            )
            assert await page.evaluate(CONTRAST) == []


CONTRAST = """
(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true})
  const known = {}
  const rgb = colour => known[colour] ??= read(colour)
  const read = colour => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const linear = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  const ground = one => {
    for (; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor)
      if (colour[3] > 200) return colour
    }
    return [255, 255, 255]
  }
  const found = []
  for (const one of document.querySelectorAll("body *")) {
    if (![...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue
    const [a, b] = [light(rgb(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x)
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(one.className + " " + one.textContent.trim().slice(0, 40))
  }
  return found
})()
"""
"""Texts whose colour is less than 4.5 to 1 apart from what is behind them."""
