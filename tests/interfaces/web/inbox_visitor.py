"""A person with a browser and a passkey at the inbox of a server in this process."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2

from ix_tools.approvals.models import Approval
from ix_tools.auth import webauthn
from ix_tools.auth.passkeys import Passkeys
from ix_tools.auth.people import People, Role
from tests.authenticator import Authenticator
from tests.harness import Harness, document_arguments, execute
from tests.interfaces.server.in_process_server import Served, serve_in_process
from tests.interfaces.web.visitor import request_approval, with_pages

PEOPLE = "http://localhost:8756"
Json = dict[str, Any]


@dataclass
class Guest:
    """A person: a browser that keeps cookies, and an authenticator."""

    served: Served
    name: str
    authenticator: Authenticator
    browser: httpx2.AsyncClient

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self.browser.get(path, **more)

    async def post(self, path: str, fields: Json, origin: str | None = PEOPLE) -> httpx2.Response:
        headers = {} if origin is None else {"Origin": origin}
        return await self.browser.post(path, data=fields, headers=headers)

    async def enrol(self, link: str) -> httpx2.Response:
        """Open an invitation and add the passkey."""
        page = await self.get(link)
        fields = read_fields(page.text)
        return await self.post(link, {**fields, "answer": self.authenticator.create(read_options(page.text))})

    async def sign_in(self, path: str = "/inbox/sign-in") -> httpx2.Response:
        """Open the sign-in and use the passkey."""
        page = await self.get(path)
        fields = read_fields(page.text)
        return await self.post(path, {**fields, "answer": self.authenticator.sign(read_options(page.text))})

    async def decide(
        self, identifier: str, decision: str = "approve", *, signs: bool | None = None, **fields: str
    ) -> httpx2.Response:
        """Open an approval and press a button; `signs` if the page asks for it."""
        path = f"/inbox/approvals/{identifier}"
        page = await self.get(path)
        given = {"csrf": read_fields(page.text).get("csrf", "none"), "decision": decision, **fields}
        if decision == "approve" and signs is not False and "data-passkey" in page.text:
            given["answer"] = self.authenticator.sign(choose(read_options(page.text), given))
        return await self.post(path, given)


def read_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's main form."""
    main = page.partition("<main>")[2]
    form = re.search(r"<form.*?</form>", main, re.DOTALL)
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0] if form else "")
    return {name: unescape(value) for name, value in found}


def read_options(page: str, number: int = 0) -> Json:
    """Return what a page asks the browser's authenticator for."""
    found: Json = json.loads(unescape(re.findall(r'data-passkey="([^"]*)"', page)[number]))
    return found


def choose(options: Json, fields: Json) -> Json:
    """Return what is signed of many documents without those that the form leaves out, as the page's script computes it."""
    if "record" not in options:
        return options
    left_out = sorted(int(name.removeprefix("out-")) for name in fields if name.startswith("out-"))
    record = {**json.loads(options["record"]), "left_out": left_out}
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return {**options, "challenge": webauthn.encode(hashlib.sha256(text.encode()).digest())}


@dataclass
class Lobby:
    """A server in this process, and the people who come to it."""

    served: Served
    harness: Harness

    @property
    def people(self) -> People:
        return People(self.harness.context.store)

    @property
    def passkeys(self) -> Passkeys:
        return Passkeys(self.harness.context.store)

    def open_browser(self, name: str = "somebody", origin: str = PEOPLE, party: str = "localhost") -> Guest:
        """Return somebody with a new browser and a new authenticator."""
        transport = httpx2.ASGITransport(self.served.app)
        browser = httpx2.AsyncClient(transport=transport, base_url=PEOPLE)
        return Guest(self.served, name, Authenticator(origin, party), browser)

    def invite(self, name: str, by: str = "", role: Role = "approver", accounts: tuple[str, ...] = ()) -> str:
        """Invite somebody; the link's path."""
        inviter = by or f"terminal:{name}"
        self.people.add(name, role, accounts, inviter)
        return f"/inbox/invitation/{self.people.invite(name, inviter)[0]}"

    async def welcome(
        self, name: str, by: str = "", role: Role = "approver", accounts: tuple[str, ...] = ()
    ) -> Guest:
        """Return a person who was invited and is signed in."""
        guest = self.open_browser(name)
        answer = await guest.enrol(self.invite(name, by, role, accounts))
        assert answer.status_code == 303, answer.text
        return guest


@asynccontextmanager
async def open_lobby(harness: Harness, **settings: Any) -> AsyncIterator[Lobby]:
    """Run a server where people sign in."""
    async with serve_in_process(harness, people_address=PEOPLE, **settings) as served:
        yield Lobby(served, harness)


async def issue_signed(harness: Harness, ana: Guest) -> tuple[Approval, Json]:
    """Issue an invoice whose approval a person signed with their passkey; return the approval, and the result."""
    paper = with_pages(harness, approval_link="terminal")
    call = document_arguments(await harness.create_draft(), state="finalized")
    asked = await request_approval(paper, call)
    await ana.decide(asked.id)
    return asked, await execute(paper.context, "change_state", call)
