"""The HTTP server's pages on a real port, for a browser with a virtual authenticator."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from playwright.async_api import Browser, BrowserContext, CDPSession, Page

from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.auth.passkeys import Passkeys
from ix_tools.auth.people import People, Role
from ix_tools.config.settings import Settings
from ix_tools.interfaces.connections import Connection
from ix_tools.interfaces.server.app import build_application
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ContextPool
from ix_tools.storage.database import Store
from tests.harness import Harness
from tests.in_process import InProcessTransport
from tests.interfaces.server.in_process_server import build_settings

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class ServedPages:
    """A server on a port of this machine."""

    harness: Harness
    url: str
    """The address under which people sign in."""

    def invite(self, name: str, role: Role = "approver", by: str = "") -> str:
        """Invite somebody; the link."""
        people, inviter = People(self.harness.context.store), by or f"terminal:{name}"
        people.add(name, role, (), inviter)
        return f"{self.url}/inbox/invitation/{people.invite(name, inviter)[0]}"

    @property
    def passkeys(self) -> Passkeys:
        return Passkeys(self.harness.context.store)


@asynccontextmanager
async def serve_pages(harness: Harness, **changes: Any) -> AsyncIterator[ServedPages]:
    """Run a server until the block ends."""
    settings = build_settings(harness, harness.context.store, **changes)

    def shared_context(settings: Settings, *, store: Store) -> CallContext:
        transport = InProcessTransport(harness.sandbox)
        return replace(
            CallContext.open(settings, store=store),
            account=InvoiceXpressClient(settings, transport=transport),
            now=harness.context.now,
        )

    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        app = build_application(
            settings,
            f"http://127.0.0.1:{port}",
            requires_authentication=True,
            people_address=f"http://localhost:{port}",
            create_pool=lambda given: ContextPool(given, shared_context),
        )
        config = uvicorn.Config(
            app, http=Connection, ws="none", lifespan="off", log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[sock])), daemon=True)
        thread.start()
        try:
            yield ServedPages(harness, f"http://localhost:{port}")
        finally:
            server.should_exit = True
            await asyncio.to_thread(thread.join, 10)


@dataclass
class Device:
    """The authenticator of a browser profile."""

    control: CDPSession
    id: str

    async def list_passkeys(self) -> list[dict[str, Any]]:
        found = await self.control.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])

    async def fail_to_verify(self) -> None:
        """Let the person's finger or code be wrong from now on."""
        given = {"authenticatorId": self.id, "isUserVerified": False}
        await self.control.send("WebAuthn.setUserVerified", given)


@asynccontextmanager
async def open_device(browser: Browser, **given: Any) -> AsyncIterator[tuple[BrowserContext, Page, Device]]:
    """Open a browser profile with an authenticator of its own; also return the connection that controls it."""
    context = await browser.new_context(**given)
    page = await context.new_page()
    control = await context.new_cdp_session(page)
    await control.send("WebAuthn.enable")
    made = await control.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield context, page, Device(control, made["authenticatorId"])
    finally:
        await context.close()
    assert [one for one in complaints if "status of 4" not in one] == []
