"""The chat as a process of its own: from a command to the issued invoice, and no token in what it prints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import anyio

from faults import fake_slack
from faults.fake_slack import FakeSlack
from tests.interfaces.chat.test_platforms import find_card, wait_for

TOKENS = {
    "INVOICEXPRESS_SLACK_BOT_TOKEN": "xoxb-not-for-logs",
    "INVOICEXPRESS_SLACK_APP_TOKEN": "xapp-not-for-logs",
}


def _start(words: list[str], env: dict[str, str], errors: IO[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(words, env=env, stderr=errors)


async def test_a_process_issues_an_invoice_in_the_sandbox_without_a_policy(tmp_path: Path) -> None:
    """Somebody who tries it has no policy yet: everybody is served, and nothing is fiscal."""
    home = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INVOICEXPRESS_")}
    env = {**kept, **home, **TOKENS, "INVOICEXPRESS_LOG_LEVEL": "DEBUG"}
    log = tmp_path / "log"
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
        with log.open("w") as errors, _start(words, env, errors) as process:
            try:
                await wait_for(slack, lambda: slack.is_connected)
                await slack.command("UANA", 'ACME "Peça" 1x10 iva23 vence 30d')
                card = await wait_for(slack, lambda: find_card(slack))
                yes = next(one for one in fake_slack.list_values(card) if one.startswith("yes:"))
                await slack.press("URUI", card, yes)
                await wait_for(slack, lambda: not fake_slack.list_values(card))
                await wait_for(slack, lambda: any(name.startswith("DUANA/") for name in slack.messages))
            finally:
                process.send_signal(signal.SIGTERM)
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(process.wait)
    assert process.returncode == 0, log.read_text()
    assert "listens in slack" in log.read_text()
    assert "not-for-logs" not in log.read_text()
