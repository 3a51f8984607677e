"""The pages of a sign-in at an OpenID provider in a real browser. Pictures are left in out/pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser

from ix_tools.auth.people import People
from tests.harness import Harness
from tests.interfaces.web.open_provider import OpenProvider
from tests.interfaces.web.served_pages import open_device, serve_pages
from tests.interfaces.web.test_inbox_in_a_browser import LOOKS, PHONE, in_language, look
from tests.interfaces.web.test_provider_sign_in import write_policy


@pytest.mark.parametrize(("language", "screen", "scheme"), LOOKS)
async def test_a_person_goes_to_the_provider_and_comes_back(
    harness: Harness, browser: Browser, tmp_path: Path, language: str, screen: dict[str, Any], scheme: Any
) -> None:
    """The content security policy lets the browser go there and back; a stranger is told their number."""
    tail = f"{language}-{'phone' if screen is PHONE else 'desktop'}-{scheme}"
    in_language(harness, language)
    with OpenProvider() as provider:
        policy = write_policy(tmp_path / "people.toml", ana=[provider.identity("ana-17")])
        settings = {**provider.settings, "oidc_name": "Padaria Central", "policy": policy}
        async with (
            serve_pages(harness, **settings) as served,
            open_device(browser, color_scheme=scheme, **screen) as opened,
        ):
            _, page, _ = opened
            People(harness.context.store).add("ana", "approver", (), "terminal:rui")
            provider.subject = "eve-66"
            wanted = urlencode({"lang": language, "next": "/inbox/passkeys"})
            await page.goto(f"{served.url}/inbox/sign-in?{wanted}")
            await look(page, f"provider-sign-in-{tail}")
            await page.locator("a.button").click()
            await page.locator("[role=alert]").wait_for()
            assert provider.identity("eve-66") in await page.inner_text("main")
            await look(page, f"provider-stranger-{tail}")
            await page.locator("a.button").click()
            await page.wait_for_url("**/inbox/sign-in?*")
            provider.subject = "ana-17"
            await page.locator("a.button").click()
            await page.wait_for_url("**/inbox?lang=*")
            await page.goto(f"{served.url}/inbox/passkeys?lang={language}")
            await look(page, f"provider-passkeys-{tail}")
            await page.locator(".menu button").click()
            await page.wait_for_url("**/inbox/sign-in?*left=provider*")
            await look(page, f"provider-signed-out-{tail}")
