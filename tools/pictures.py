"""Take the pictures of the documentation from the running product: `python -m tools.pictures`.

docs/pictures/approval.png    the page on which a person approves an invoice, as in the sandbox
docs/pictures/approval-phone.png    the same on a phone
docs/pictures/chat.png        a conversation in a chat (tools/chat_pictures.py)
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from playwright.async_api import async_playwright

from tools.chat_pictures import take_chat

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
SETTINGS = {
    "INVOICEXPRESS_APPROVAL_CHANNEL": "page",
    "INVOICEXPRESS_APPROVAL_LINK": "result",
    "INVOICEXPRESS_APPROVAL_WAIT_SECONDS": "0",
}
INVOICE = {
    "client": {"name": "Padaria Central, Lda", "code": "PADARIA", "fiscal_id": "508025338", "country": "Portugal"},
    "items": [
        {"name": "Apoio à gestão", "description": "Novembro", "quantity": 3, "unit_price": 50, "tax": {"name": "IVA23"}},
        {"name": "Deslocação a Braga", "quantity": 1, "unit_price": 20, "tax": {"name": "IVA23"}},
    ],
    "date": "today",
    "due_date": "+30d",
}  # fmt: skip
DESK, PHONE = (880, 1180), (390, 844)


async def take_approval(targets: Mapping[Path, tuple[int, int]], more: Mapping[str, str]) -> None:
    """Ask for an invoice in the sandbox, and take pictures of the page that it waits on, each of its width and height."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ix_tools", "serve", "--sandbox"],
        env={**SETTINGS, **more},
        cwd=ROOT,
    )
    async with Client(server, mode="legacy") as client:
        answer = await client.call_tool("issue_invoice", INVOICE)
        text = answer.model_dump_json()
        found = re.search(r"http://127\.0\.0\.1:\d+/approve/[\w/.-]+", text)
        if found is None:
            raise SystemExit(f"no page was offered: {text[:2000]}")
        async with async_playwright() as play:
            browser = await play.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            for target, (width, height) in targets.items():
                page = await browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme="light"
                )
                await page.goto(found[0])
                await page.screenshot(path=target, full_page=False)
            await browser.close()


def main() -> int:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    home = {"HOME": os.environ.get("TMPDIR", "/var/tmp"), "INVOICEXPRESS_LANGUAGE": "pt"}  # noqa: S108 - no store of the person's own
    anyio.run(take_approval, {FOLDER / "approval.png": DESK, FOLDER / "approval-phone.png": PHONE}, home)
    anyio.run(take_chat, FOLDER / "chat.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
