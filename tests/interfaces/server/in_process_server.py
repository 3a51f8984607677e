"""A server in this process with clients; everything but the socket is real."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette

from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.auth.tokens import Tokens
from ix_tools.config.settings import AccountSettings, Settings
from ix_tools.interfaces.server.app import build_application
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ContextPool
from ix_tools.storage.database import Store
from tests.harness import Harness
from tests.in_process import InProcessTransport
from tests.interfaces.mcp.host import ERAS, Host, Person

ADDRESS = "http://127.0.0.1:8756"
ALL = tuple(Scope)
MODERN = "2026-07-28"
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}

Json = dict[str, Any]


@dataclass
class Served:
    """A running application, with tokens for it."""

    harness: Harness
    app: Starlette
    tokens: Tokens
    client: httpx2.AsyncClient

    def create_token(
        self, name: str = "ana", scopes: Sequence[Scope] = ALL, accounts: Sequence[str] = ("sandbox",)
    ) -> str:
        """Create a token."""
        return self.tokens.create(name, scopes, accounts, 1)[1]

    async def call(
        self, name: str, arguments: Json | None = None, token: str = "", headers: Json | None = None
    ) -> httpx2.Response:
        """Send a tool call of the newer protocol version by hand."""
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        params = {"name": name, "arguments": arguments or {}, "_meta": ENVELOPE}
        return await self.client.post(
            "/mcp",
            json={**body, "params": params},
            headers={**build_call_headers(name, token), **(headers or {})},
        )

    @asynccontextmanager
    async def host(self, token: str, mode: str = "auto", person: Person | None = None) -> AsyncIterator[Host]:
        """Connect an authenticated host."""
        transport = httpx2.ASGITransport(self.app)
        async with httpx2.AsyncClient(transport=transport, headers=build_bearer(token)) as http:
            wire: Any = streamable_http_client(f"{ADDRESS}/mcp", http_client=http)
            async with Client(wire, mode=mode, elicitation_callback=person) as client:
                assert client.protocol_version == ERAS[mode]
                yield Host(client, person)


def build_bearer(token: str) -> dict[str, str]:
    """Build the Authorization header."""
    return {"authorization": f"Bearer {token}"} if token else {}


def build_call_headers(name: str, token: str = "") -> dict[str, str]:
    """Build the headers of a tool call in the newer protocol version."""
    return {
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": MODERN,
        "mcp-method": "tools/call",
        "mcp-name": name,
        **build_bearer(token),
    }


def build_settings(harness: Harness, store: Store, **changes: Any) -> Settings:
    """Build the settings of a server for this harness: the sandbox, and the same one again as `second`."""
    given = harness.context.settings
    second = AccountSettings(account="second", api_key=given.api_key, base_url=given.base_url)
    # A test that wants the overview refreshed does it itself.
    kept = {
        "overview_minutes": 0,
        "store": str(store.file or store.url),
        "sandbox": False,
        "accounts": {"second": second},
    }
    return given.model_copy(update={**kept, **changes})


@asynccontextmanager
async def serve_in_process(
    harness: Harness, people_address: str = "", **changes: Any
) -> AsyncIterator[Served]:
    """Run a server with these settings and with authentication."""
    settings = build_settings(harness, harness.context.store, **changes)

    def shared_context(settings: Settings, *, store: Store) -> CallContext:
        # The tests' business is not the pace: their account keeps none.
        desk = CallContext.open(settings, store=store)
        return replace(
            desk,
            account=InvoiceXpressClient(settings, transport=InProcessTransport(harness.sandbox)),
            now=harness.context.now,
        )

    app = build_application(
        settings,
        ADDRESS,
        requires_authentication=True,
        people_address=people_address,
        create_pool=lambda settings: ContextPool(settings, shared_context),
    )
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            yield Served(harness, app, Tokens(harness.context.store), client)
