"""A long document in a real browser: on a phone the amounts stand before its lines, and all of them can be opened."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.harness import Harness, document_arguments, line
from tests.interfaces.web.conftest import take_picture
from tests.interfaces.web.test_in_a_browser import opened
from tests.interfaces.web.visitor import request_with_link


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_two_hundred_lines_stay_usable(here: Harness, browser: Browser, size: str) -> None:
    lines = [
        line(name=f"Artigo {place}", unit="hour", unit_price=f"{1 + place / 100:.2f}", discount=place % 3 * 5, description="de novembro")
        for place in range(200)
    ]  # fmt: skip
    made = await here.create_draft(
        items=lines, global_discount={"value_type": "percentage", "value": 5}, accept=["global_discount"]
    )
    _, _, link = await request_with_link(here, document_arguments(made, state="finalized"))
    async with opened(browser, f"{link}?lang=pt", size) as page:
        assert await page.get_by_text("Artigo 57", exact=True).is_hidden()
        total = page.locator(".totals .grand")
        box = await total.bounding_box()
        assert box is not None
        assert box["y"] < 4 * 900, "the total is a few screens down, not thirty"
        await take_picture(page, f"long-{size}", full_page=True)
        await page.get_by_text("Ver as 200 linhas").click()
        await page.get_by_text("Artigo 57", exact=True).scroll_into_view_if_needed()
        assert await page.get_by_text("Artigo 57", exact=True).is_visible()
        await take_picture(page, f"long-{size}-open")


async def test_three_thousand_lines_load(here: Harness, browser: Browser) -> None:
    lines = [line(name=f"Artigo {place}", unit_price=2) for place in range(3000)]
    made = await here.create_draft(items=lines)
    _, _, link = await request_with_link(here, document_arguments(made, state="finalized"))
    async with opened(browser, f"{link}?lang=pt", "phone") as page:
        await page.get_by_text("Ver as 3000 linhas").click()
        last = page.get_by_text("Artigo 2999", exact=True)
        await last.scroll_into_view_if_needed()
        assert await last.is_visible()
