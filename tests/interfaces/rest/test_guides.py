"""The requests of the guides for no-code platforms are answered as they say, in their order, against the sandbox."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from string import Template

import httpx2
import pytest

from ix_tools.interfaces.driver.driver import Driver
from tests.interfaces.rest.caller import Caller
from tests.interfaces.rest.test_approvals import AnyAsker
from tools.release.project import ROOT

PORTUGUESE = [ROOT / "docs/pt/n8n.md", ROOT / "docs/pt/make.md"]
PAGES = sorted([*(ROOT / "docs/guides").glob("no-code-*.md"), *PORTUGUESE])
SERVER = "https://invoices.example.com"
COMMANDS = {"curl", "ix-tools", "export"}
WITH_REQUESTS = [one for one in PAGES if "curl -H" in one.read_text(encoding="utf-8")]
"""On the others, the platform's own node or app makes the requests."""


def list_requests(path: Path) -> list[tuple[str, str]]:
    """The requests on a page: address and JSON body, empty for a GET."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
        words = shlex.split(block.replace("\\\n", " "), comments=True)
        begins = [at for at, word in enumerate(words) if word in COMMANDS]
        for begin, end in zip(begins, [*begins[1:], len(words)], strict=True):
            command = words[begin:end]
            if command[0] == "curl":
                assert command[1:3] == ["-H", "Authorization: Bearer $TOKEN"]
                assert command[3].startswith(SERVER)
                found.append((command[3].removeprefix(SERVER), command[5] if len(command) > 4 else ""))
    return found


async def send(caller: Caller, address: str, body: str) -> httpx2.Response:
    if not body:
        return await caller.client.get(address)
    return await caller.client.post(address, content=body, headers={"Content-Type": "application/json"})


def test_pages_with_requests_are_found() -> None:
    assert {one.name for one in WITH_REQUESTS} == {"no-code-make.md", "no-code-power-automate.md", "make.md"}


@pytest.mark.parametrize("path", WITH_REQUESTS, ids=lambda one: f"{one.parent.name}-{one.name}")
async def test_the_requests_lead_to_an_issued_invoice_and_its_pdf(path: Path, caller: Caller) -> None:
    known: dict[str, str] = {}
    context = caller.harness.context
    of = {address.split("/")[1]: (address, body) for address, body in list_requests(path)}
    assert set(of) == {"tools", "webhooks", "approvals", "documents"}
    asked = await send(caller, *of["tools"])
    assert asked.status_code == 202, asked.text
    known["APPROVAL"] = asked.json()["approval"]["id"]
    address, body = of["webhooks"]
    made = await send(caller, address, Template(body).substitute(known))
    assert (made.status_code, made.json()["approval"]) == (201, known["APPROVAL"])

    caller.decide(asked)
    await Driver(context.store, [AnyAsker(context)], context.settings).carry_out(known["APPROVAL"])
    told = (await send(caller, Template(of["approvals"][0]).substitute(known), "")).json()
    assert told["call"]["state"] == "done"
    document = told["call"]["result"]["document"]
    assert document["number"]
    assert document["atcud"]
    pdf = await send(caller, Template(of["documents"][0]).substitute(DOCUMENT=document["id"]), "")
    assert pdf.headers["content-type"] == "application/pdf"

    again = await send(caller, *of["tools"])
    assert (again.status_code, again.json()["document"]["id"]) == (200, document["id"]), (
        "the key makes it one"
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda one: f"{one.parent.name}-{one.name}")
def test_a_guide_tells_of_the_token_the_pin_and_who_approves(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for words in ("ix-tools tokens create", "ix-tools approvals pin", "--scope webhooks"):
        assert words in text
    assert re.search(r"cannot\s+approve|não pode aprovar", text)
