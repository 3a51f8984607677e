"""Draw a conversation in a chat from the messages that `ix-tools chat slack` really sends to a Slack on loopback.

docs/pictures/chat.png    a command, its card before and after a colleague pressed, and what the asker is told

Slack draws messages its own way; the picture shows their texts and buttons, not Slack's look.
"""

from __future__ import annotations

import copy
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process
from jinja2 import Environment, select_autoescape
from playwright.async_api import async_playwright

from faults.fake_slack import FakeSlack, list_values

ROOT = Path(__file__).resolve().parents[1]
COMMAND = '"Padaria Central, Lda" nif 508025338 "Apoio à gestão" 3x60 iva23 vence 30d'
WIDTH = 720
MOST_SECONDS = 120
PAGE = """<!doctype html><meta charset="utf-8"><style>
body{margin:0;padding:20px;font:15px/1.45 "DejaVu Sans",sans-serif;color:#1d1c1d;background:#fff}
.said{display:grid;grid-template-columns:40px 1fr;gap:2px 12px;margin-bottom:18px}
.face{grid-row:1/3;width:40px;height:40px;border-radius:8px;color:#fff;display:grid;place-items:center;font-weight:700}
.who{font-weight:700}.who small{font-weight:400;color:#616061;margin-left:8px}
.card{border-left:4px solid #1264a3;padding:2px 0 2px 14px;margin-top:2px}
h2{font-size:17px;margin:0 0 6px}p{white-space:pre-wrap;margin:0 0 8px}code{background:#f4f4f4;padding:1px 4px}
span.button{display:inline-block;border:1px solid #bbb;border-radius:6px;padding:5px 14px;margin:4px 8px 4px 0;font-weight:700}
.primary{background:#007a5a;color:#fff;border-color:#007a5a!important}.danger{color:#b3261e;border-color:#b3261e!important}
</style>{% for one in said %}<div class="said"><div class="face" style="background:{{ one.colour }}">{{ one.who[0] }}</div>
<div class="who">{{ one.who }}<small>{{ one.where }}</small></div><div>{% if one.typed %}<code>{{ one.typed }}</code>{% endif %}
<div class="{{ 'card' if one.blocks|length > 1 else '' }}">{% for block in one.blocks %}
{% if block.type == "header" %}<h2>{{ block.text.text }}</h2>{% elif block.type == "section" %}<p>{{ block.text.text }}</p>
{% else %}{% for button in block.elements %}
<span class="button {{ button.style or '' }}">{{ button.text.text }}</span>
{% endfor %}{% endif %}
{% endfor %}</div></div></div>{% endfor %}"""


async def take_chat(target: Path) -> None:
    """Issue an invoice from a chat in the sandbox, and draw the conversation."""
    html = (
        Environment(autoescape=select_autoescape(default=True)).from_string(PAGE).render(said=await _talk())
    )
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": WIDTH, "height": 400}, color_scheme="light")
        await page.set_content(html)
        await page.screenshot(path=target, full_page=True)
        await browser.close()


async def _talk() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as home:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INVOICEXPRESS_")}
        env = kept | {
            "HOME": home,
            "XDG_DATA_HOME": home,
            "XDG_CONFIG_HOME": home,
            "INVOICEXPRESS_LANGUAGE": "pt",
            "INVOICEXPRESS_POLICY": str(_write_policy(Path(home))),
            "INVOICEXPRESS_SLACK_BOT_TOKEN": "xoxb-picture",
            "INVOICEXPRESS_SLACK_APP_TOKEN": "xapp-picture",
        }
        async with FakeSlack().running() as slack:
            words = [
                sys.executable,
                "-m",
                "ix_tools",
                "chat",
                "slack",
                "--sandbox",
                "--api-url",
                f"{slack.url}/api/",
            ]
            async with await anyio.open_process(
                words, env=env, cwd=ROOT, stdout=None, stderr=None
            ) as process:
                try:
                    return await _converse(slack)
                finally:
                    await _stop(process)


def _write_policy(folder: Path) -> Path:
    policy = folder / "policy.toml"
    policy.write_text('[people]\nana = ["slack:T1.UANA"]\nrui = ["slack:T1.URUI"]\n', encoding="utf-8")
    policy.chmod(0o600)
    return policy


async def _converse(slack: FakeSlack) -> list[dict[str, Any]]:
    await _wait(slack, lambda: slack.is_connected)
    await slack.command("UANA", COMMAND)
    await _wait(slack, lambda: _find_card(slack))
    asked = copy.deepcopy(_find_card(slack))
    yes = next(one for one in list_values(asked) if one.startswith("yes:"))
    await slack.press("URUI", asked, yes)
    await _wait(slack, lambda: any(name.startswith("DUANA/") for name in slack.messages))
    await _wait(slack, lambda: not list_values(slack.messages[f"{asked['channel']}/{asked['ts']}"]))
    told = [message for name, message in slack.messages.items() if name.startswith("DUANA/")][-1]
    decided = slack.messages[f"{asked['channel']}/{asked['ts']}"]
    return [
        {"who": "Ana", "where": "#faturas", "colour": "#7c3085", "typed": f"/fatura {COMMAND}", "blocks": []},
        {"who": "ix-tools", "where": "#faturas", "colour": "#1264a3", "blocks": asked["blocks"]},
        {"who": "ix-tools", "where": "#faturas, depois de o Rui aprovar", "colour": "#1264a3", "blocks": decided["blocks"]},
        {"who": "ix-tools", "where": "só para a Ana", "colour": "#1264a3", "blocks": told["blocks"]},
    ]  # fmt: skip


def _find_card(slack: FakeSlack) -> Any:
    cards = [
        one for one in slack.messages.values() if any(value.startswith("yes:") for value in list_values(one))
    ]
    return cards[-1] if cards else None


async def _wait(slack: FakeSlack, is_there: Callable[[], Any]) -> None:
    with anyio.fail_after(MOST_SECONDS):
        while not is_there():
            await slack.changed.wait()


async def _stop(process: Process) -> None:
    process.send_signal(signal.SIGTERM)
    with anyio.CancelScope(shield=True):
        await process.wait()
