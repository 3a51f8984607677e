"""A caller of the HTTP server, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from tests.harness import Harness
from tests.interfaces.rest.caller import ADDRESS, Caller, build_served_app


@pytest.fixture
async def caller(harness: Harness) -> AsyncIterator[Caller]:
    """The only caller of a server without authentication and with every operation enabled."""
    harness.sandbox.set_option(
        "pdf_polls", 0
    )  # files are there at once: their waits are other tests' business
    harness.sandbox.set_option("qr_polls", 0)
    harness.sandbox.set_option("saft_polls", 0)
    settings = harness.context.settings.model_copy(
        update={"allow_account_setup": True, "pdf_poll_attempts": 1}
    )
    harness = replace(harness, context=replace(harness.context, settings=settings))
    transport = httpx2.ASGITransport(app=build_served_app(harness))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        yield Caller(harness, client)
