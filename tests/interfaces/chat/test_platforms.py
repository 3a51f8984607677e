"""The adapters with their real libraries, against imitations of Slack and Telegram on loopback."""

from __future__ import annotations

import hashlib
import hmac
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import anyio
import pytest

from faults import fake_slack, fake_telegram
from faults.fake_slack import FakeSlack
from faults.fake_telegram import TOKEN, FakeTelegram
from ix_tools.interfaces.chat.runtime import ChatRuntime, RunningAdapter, build_runtime
from ix_tools.interfaces.chat.slack import markup
from ix_tools.interfaces.chat.slack.adapter import SlackAccess, SlackAdapter
from ix_tools.interfaces.chat.telegram.adapter import TelegramAccess, TelegramAdapter, read_command
from tests.harness import Harness
from tests.interfaces.chat.conversation import POLICY, Conversation, RecordingAdapter, build_pool

Json = dict[str, Any]
INVOICE = 'ACME "Apoio técnico" 3x60 iva23 vence 30d'
PEOPLE = POLICY.replace('"terminal:asilva"]', '"telegram:11"]')
PATIENCE = 100


async def wait_for(world: FakeSlack | FakeTelegram, seen: Callable[[], Any]) -> Any:
    """Wait until something is seen, and return it."""
    with anyio.fail_after(PATIENCE):
        while not (found := seen()):
            await world.changed.wait()
    return found


@asynccontextmanager
async def run_chat(harness: Harness, folder: Path, adapter: RunningAdapter) -> AsyncIterator[Conversation]:
    """Run an adapter with the conversation; the test drives approved calls itself."""
    path = folder / "policy.toml"
    path.write_text(PEOPLE)
    path.chmod(0o600)
    settings = harness.context.settings.model_copy(update={"policy": path})
    runtime: ChatRuntime = build_runtime(settings, adapter, "sandbox", create_pool=build_pool(harness))
    started = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(adapter.run, runtime.service, started.set)
        with anyio.fail_after(PATIENCE):
            await started.wait()
        yield Conversation(harness, RecordingAdapter(), runtime, path)
        tasks.cancel_scope.cancel()


# --- Slack ---------------------------------------------------------------------------------------------


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().running() as world:
        yield world


def build_slack(world: FakeSlack) -> SlackAdapter:
    return SlackAdapter(SlackAccess("xoxb-example", "xapp-example", api_url=f"{world.url}/api/"))


def has_told(world: FakeSlack, said: str) -> bool:
    return any(said in fake_slack.read_text(one) for one in world.ephemeral)


def find_card(world: FakeSlack) -> Json | None:
    return next((one for one in world.messages.values() if fake_slack.list_values(one)), None)


async def test_slack_from_the_command_to_the_issued_invoice(
    harness: Harness, tmp_path: Path, slack: FakeSlack
) -> None:
    async with run_chat(harness, tmp_path, build_slack(slack)) as chat:
        sent = await slack.command("UANA", INVOICE)
        await wait_for(slack, lambda: sent in slack.acknowledged)
        card: Json = await wait_for(slack, lambda: find_card(slack))
        assert "ACME, Lda" in fake_slack.read_text(card)
        assert all(one["text"]["type"] == "plain_text" for one in card["blocks"] if "text" in one)
        yes = next(one for one in fake_slack.list_values(card) if one.startswith("yes:"))
        confirm = card["blocks"][-1]["elements"][0]["confirm"]
        assert len(confirm["text"]["text"]) <= 300

        for user, team, said in (
            ("UANA", "T1", "requester"),
            ("UEVIL", "T1", "UEVIL"),
            ("URUI", "T2", "T2.URUI"),
        ):
            await slack.press(user, card, yes, team)
            await wait_for(slack, partial(has_told, slack, said))
        await slack.press("URUI", card, yes)
        await slack.press("URUI", card, yes)
        await wait_for(slack, lambda: not fake_slack.list_values(card))
        await chat.drive()
        assert len(chat.list_issued()) == 1
        assert "1/2026" in fake_slack.read_text(card)
        news = await wait_for(
            slack, lambda: slack.messages and [m for k, m in slack.messages.items() if k.startswith("DUANA/")]
        )
        assert "1/2026" in fake_slack.read_text(news[-1])

        await slack.command("UANA", "pdf FT 1/2026", "/ix")
        await wait_for(slack, lambda: slack.files)
        assert b"%PDF" in slack.files[0]


async def test_slack_forms_shortcuts_redelivery_and_rate_limits(
    harness: Harness, tmp_path: Path, slack: FakeSlack
) -> None:
    async with run_chat(harness, tmp_path, build_slack(slack)) as chat:
        await slack.command("UANA", "")
        view: Json = await wait_for(slack, lambda: slack.views and slack.views[-1])
        assert len([one for one in view["blocks"] if one["block_id"].startswith("line")]) == 5
        values = {"client": "ACME", "line0": '"Peça" 1x10 iva23', "due": "30d"}
        slack.rate_limits = 2
        await slack.submit("UANA", view, values)
        card: Json = await wait_for(slack, lambda: find_card(slack))
        assert "12.30" in fake_slack.read_text(card)
        before = len(slack.messages)
        await slack.shortcut("UANA", "fatura <mailto:x@y.pt|ACME> “R&amp;D” 1x10 iva23 vence 30d")
        await wait_for(slack, lambda: len(slack.messages) > before)
        shown = [one for one in map(fake_slack.read_text, slack.messages.values()) if "R&D" in one]
        assert shown, "typed text, not Slack's markup"
        for _ in range(2):
            await slack.command("UANA", 'ACME "Outra" 1x20 iva23 vence 30d', trigger="same")
        await wait_for(
            slack, lambda: any("já espera" in fake_slack.read_text(one) for one in slack.ephemeral)
        )
        cards = [one for one in slack.messages.values() if "Outra" in fake_slack.read_text(one)]
        assert len(cards) == 1
        assert len([one for one in chat.harness.list_writes() if one["method"] == "POST"]) == 3


async def test_slack_disconnects_and_unreachable_rooms(
    harness: Harness, tmp_path: Path, slack: FakeSlack
) -> None:
    adapter = build_slack(slack)
    async with run_chat(harness, tmp_path, adapter):
        await slack.disconnect()
        opened = slack.calls.count("apps.connections.open")
        await wait_for(
            slack, lambda: slack.calls.count("apps.connections.open") > opened and slack.is_connected
        )
        slack.members.clear()
        await slack.command("UANA", "ajuda", "/ix")
        news = await wait_for(slack, lambda: list(slack.messages.values()))
        assert news[0]["channel"] == "DUANA", "where the app is no member, it answers in private"


async def test_slack_over_http_takes_only_signed_requests(
    harness: Harness, tmp_path: Path, slack: FakeSlack, port: int
) -> None:
    secret = "signing-secret-example"
    access = SlackAccess("xoxb-x", "", secret, port=port, api_url=f"{slack.url}/api/")
    url = f"http://127.0.0.1:{port}/slack/events"
    body = urlencode(slack.build_command("UANA", "ajuda", "/ix")).encode()
    now = int(time.time())
    async with run_chat(harness, tmp_path, SlackAdapter(access)), aiohttp.ClientSession() as http:

        async def post(key: str, stamp: int, content: bytes) -> int:
            signature = hmac.new(key.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
            headers = {
                "X-Slack-Request-Timestamp": str(stamp),
                "X-Slack-Signature": f"v0={signature}",
                "Content-Type": "application/x-www-form-urlencoded",
            }
            async with http.post(url, data=content, headers=headers) as answer:
                return answer.status

        assert await post("another-secret", now, body) == 401
        assert await post(secret, now - 360, body) == 401, "six minutes old"
        assert await post(secret, now, body.replace(b"UANA", b"URUI")) == 401
        assert not slack.ephemeral
        assert await post(secret, now, body) == 200
        await wait_for(slack, lambda: slack.ephemeral)


@pytest.fixture
def port() -> Iterator[int]:
    """A port that nobody else is given while the test runs: it is bound, and only somebody who names it may listen on it."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<mailto:a@b.pt|a@b.pt>", "a@b.pt"),
        ("<https://x.pt/?a=1&amp;b=2>", "https://x.pt/?a=1&b=2"),
        ("R&amp;D &lt;x&gt; &amp;lt;", "R&D <x> &lt;"),
        ("<@U1|ana> <!channel> <#C1|geral>", "@ana @channel @geral"),
        ("3 < 4 & &nbsp;", "3 < 4 & &nbsp;"),
    ],
)
def test_slack_text_is_read_as_it_was_typed(typed: str, read: str) -> None:
    assert markup.read_text(typed) == read
    assert "<" not in markup.escape(read)


# --- Telegram ------------------------------------------------------------------------------------------


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram().running() as world:
        yield world


def build_telegram(world: FakeTelegram) -> TelegramAdapter:
    return TelegramAdapter(TelegramAccess(TOKEN, world.url))


async def test_telegram_from_the_message_to_the_issued_invoice(
    harness: Harness, tmp_path: Path, telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    group = -5
    async with run_chat(harness, tmp_path, build_telegram(telegram)) as chat:
        telegram.write(11, f"/fatura@ix_bot {INVOICE}", group)
        card: Json = await wait_for(telegram, lambda: find_message(telegram, group))
        assert "ACME, Lda" in card["text"]
        assert card["entities"][0]["type"] == "pre", "no links, mentions or commands in names"
        yes = next(one for one in fake_telegram.list_values(card) if one.startswith("confirm:yes:"))
        telegram.press(11, card, yes)
        question = await wait_for(telegram, lambda: find_message(telegram, 11))
        telegram.press(11, question, fake_telegram.list_values(question)[0])
        await wait_for(
            telegram, lambda: any("requester" in one["text"] for one in telegram.messages.values())
        )
        telegram.press(33, card, yes)
        await wait_for(
            telegram, lambda: any("telegram:33" in one["text"] for one in telegram.messages.values())
        )
        telegram.rate_limits = 1
        telegram.press(22, card, yes)
        asked = await wait_for(telegram, lambda: find_message(telegram, 22))
        value = fake_telegram.list_values(asked)[0]
        telegram.press(22, asked, value)
        telegram.press(22, asked, value)
        await wait_for(telegram, lambda: not telegram.messages[card["message_id"]]["keyboard"])
        await chat.drive()
        assert len(chat.list_issued()) == 1
        assert "1/2026" in telegram.messages[card["message_id"]]["text"]
        told = [one["text"] for one in telegram.messages.values() if one["chat"]["id"] == 11]
        assert any("1/2026" in one for one in told)
        telegram.write(11, "pdf FT 1/2026")
        await wait_for(telegram, lambda: telegram.files)
        assert telegram.files[0].startswith(b"%PDF")
    assert TOKEN not in caplog.text


def find_message(world: FakeTelegram, chat: int) -> Json | None:
    return next(
        (one for one in world.messages.values() if one["chat"]["id"] == chat and one["keyboard"]), None
    )


async def test_telegram_redelivery_and_people_who_never_started_the_bot(
    harness: Harness, tmp_path: Path, telegram: FakeTelegram
) -> None:
    async with run_chat(harness, tmp_path, build_telegram(telegram)) as chat:
        telegram.write(11, f"fatura {INVOICE}")
        await wait_for(telegram, lambda: find_message(telegram, 11))
        telegram.write(11, f"fatura {INVOICE}", again=True)
        await wait_for(
            telegram, lambda: any("já espera" in one["text"] for one in telegram.messages.values())
        )
        assert len([one for one in chat.harness.list_writes() if one["method"] == "POST"]) == 1
        telegram.closed.add(22)
        telegram.write(22, "/pendentes", -5)
        await wait_for(telegram, lambda: any("Iniciar" in one["text"] for one in telegram.messages.values()))


@pytest.mark.parametrize(
    ("typed", "read"),
    [("/start", "ajuda"), ("/fatura@ix_bot ACME", "fatura ACME"), ("fatura /x", "fatura /x"), ("/", "")],
)
def test_telegram_commands_are_sentences(typed: str, read: str) -> None:
    assert read_command(typed) == read
