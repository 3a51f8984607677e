"""Measure a chat process: its start, its memory, and how soon it acknowledges fifty commands at once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio

from bench.report import Row, Table
from bench.stdio import ROOT
from faults.fake_slack import FakeSlack, list_values

AT_ONCE = 50
TARGET_SECONDS = 1.0
PATIENCE = 300


def measure(rounds: int) -> Table:
    """Measure one process over so many rounds of fifty commands."""
    return anyio.run(_measure, rounds)


async def _measure(rounds: int) -> Table:
    with tempfile.TemporaryDirectory(prefix="ix-bench-") as name:
        async with FakeSlack().running() as slack:
            env = {key: value for key, value in os.environ.items() if not key.startswith("INVOICEXPRESS_")}
            env |= {"XDG_DATA_HOME": name, "XDG_CONFIG_HOME": name, "HOME": name, "PYTHONPATH": str(ROOT)}
            env |= {"INVOICEXPRESS_SLACK_BOT_TOKEN": "xoxb-x", "INVOICEXPRESS_SLACK_APP_TOKEN": "xapp-x"}
            command = [
                sys.executable,
                "-m",
                "ix_tools",
                "chat",
                "slack",
                "--sandbox",
                "--api-url",
                f"{slack.url}/api/",
            ]
            began = time.perf_counter()
            process = await anyio.open_process(
                command, env=env, cwd=name, stdout=subprocess.DEVNULL, stderr=None
            )
            try:
                await _wait(slack, lambda: slack.is_connected)
                started = time.perf_counter() - began
                seconds, answered = await _send_rounds(slack, rounds)
                memory = _read_memory(process.pid)
            finally:
                process.terminate()
                await process.wait()
    ordered = sorted(seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    rows = (
        Row("start until Slack is connected", f"{started:.2f} s"),
        Row("memory afterwards", f"{memory:.0f} MB"),
        Row(f"{AT_ONCE} commands at once: acknowledged p50", f"{p50 * 1000:.0f} ms"),
        Row("  p99", f"{p99 * 1000:.0f} ms", f"≤ {TARGET_SECONDS * 1000:.0f} ms", p99 <= TARGET_SECONDS),
        Row("  the last card posted", f"{answered:.1f} s"),
    )
    notes = ("Imitation of Slack on loopback; the sandbox runs in the chat's own process.",)
    return Table("A chat process", rows, notes, details={"seconds": ordered})


async def _send_rounds(slack: FakeSlack, rounds: int) -> tuple[list[float], float]:
    sent: list[str] = []
    began = time.perf_counter()
    for number in range(rounds):
        cards = len(slack.messages)
        async with anyio.create_task_group() as together:

            async def send(one: int, number: int = number) -> None:
                text = f'ACME "Bench {number}-{one}" 1x10 iva23 vence 30d'
                sent.append(await slack.command(f"U{one}", text))

            for one in range(AT_ONCE):
                together.start_soon(send, one)
        await _wait(slack, lambda: all(one in slack.acknowledged for one in sent))
        wanted = cards + AT_ONCE
        await _wait(
            slack, lambda wanted=wanted: sum(map(bool, map(list_values, slack.messages.values()))) >= wanted
        )
    return [slack.acknowledged[one] for one in sent], (time.perf_counter() - began) / rounds


async def _wait(slack: FakeSlack, seen: object) -> None:
    assert callable(seen)
    with anyio.fail_after(PATIENCE):
        while not seen():
            await slack.changed.wait()


def _read_memory(process: int) -> float:
    """Return the resident memory in MB; Linux only."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
