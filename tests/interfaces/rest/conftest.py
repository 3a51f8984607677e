"""A caller of the HTTP server, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from tests.interfaces.rest.caller import ADDRESS, Caller, served
from tests.sandboxed import Office


@pytest.fixture
async def caller(office: Office) -> AsyncIterator[Caller]:
    """The one caller of a server that does not ask who calls, whose settings leave nothing off."""
    office.box.set_option("pdf_polls", 0)  # files are there at once: their waits are other tests' business
    office.box.set_option("qr_polls", 0)
    office.box.set_option("saft_polls", 0)
    settings = office.desk.settings.model_copy(update={"allow_account_setup": True, "pdf_patience": 1})
    office = replace(office, desk=replace(office.desk, settings=settings))
    transport = httpx2.ASGITransport(app=served(office))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        yield Caller(office, client)
