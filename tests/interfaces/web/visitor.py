"""A person's browser in this process: keeps the cookie, fills in the form, and sends what a browser would send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import Any

import httpx2
from starlette.applications import Starlette

from ix_tools.approvals.links import ServerPages
from ix_tools.approvals.repository import Approval
from ix_tools.interfaces.web.requests import Site
from ix_tools.interfaces.web.views import ApprovalPages, SignIn
from ix_tools.pipeline.context import CallContext
from tests.harness import Harness, Json, document_arguments, execute, invoice, line

HERE = "https://ix.example.pt"


class Visitor:
    """A person with a link."""

    def __init__(self, desk: CallContext, sign_in: SignIn | None = None) -> None:
        pages = ApprovalPages(
            desk.store, desk.approvals, desk.settings.language, lambda: Site(HERE, HERE), sign_in
        )
        app = Starlette(routes=pages.routes())
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=HERE)

    async def look(self, link: str, **more: Any) -> httpx2.Response:
        """Open a link."""
        return await self.client.get(link, **more)

    async def send(
        self, link: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Send a form, whatever is in it."""
        return await self.client.post(link, data=dict(fields), headers={"Origin": HERE, **(headers or {})})

    async def decide(self, link: str, decision: str = "approve", **fields: str) -> httpx2.Response:
        """Open a link, and press a button."""
        page = await self.look(link)
        return await self.send(link, {"csrf": find_csrf_token(page.text), "decision": decision, **fields})


def find_csrf_token(page: str) -> str:
    """Return the token in a page's form, or `none` without a form."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    return found[1] if found else "none"


def extract_text(page: str) -> str:
    """Return a page's visible text: no tags, no style, single spaces."""
    text = re.sub(r"<style>.*?</style>|<title>.*?</title>|<!doctype html>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def with_pages(harness: Harness, **settings: Any) -> Harness:
    """Return the harness with approval pages."""
    changed = harness.context.settings.model_copy(update={"approval_channel": "page", **settings})
    return Harness(harness.sandbox, replace(harness.context, settings=changed, page_host=ServerPages(HERE)))


async def build_finalization(harness: Harness, **changes: Any) -> Json:
    """Return the arguments that finalize a new draft."""
    return document_arguments(await harness.create_draft(**changes), state="finalized")


async def request_approval(harness: Harness, arguments: Json, name: str = "change_state") -> Approval:
    """Return the approval that a call waits for."""
    body = await execute(harness.context, name, arguments, face="mcp", host="Claude Desktop 1.4")
    assert body["status"] == "approval_required", body
    return harness.context.approvals.find(body["approval"]["id"])


async def request_with_link(harness: Harness, arguments: Json | None = None) -> tuple[Json, Approval, str]:
    """Return a waiting call, its approval, and a link to the page."""
    call = arguments or await build_finalization(harness)
    asked = await request_approval(harness, call)
    return call, asked, harness.context.links.create(asked, "message")


FULL = invoice(
    reference="EN-2026/118",
    observations="Obrigado pela preferência.\nPagamento a 30 dias.",
    tax_exemption="M07",
    items=[
        line(name="Revisão de contas", description="Novembro de 2026", unit_price=1234.5, quantity=2),
        line(name="Curso certificado", unit_price=120, tax="Isento", discount=10),
    ],
)
"""An invoice with everything that a page shows."""
