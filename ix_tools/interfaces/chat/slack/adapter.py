"""The adapter of Slack, with slack_bolt: everything is acknowledged at once, and answered in a task of its own."""

import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from anyio.abc import TaskGroup
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from ix_tools.interfaces.chat.conversation.service import ChatService
from ix_tools.interfaces.chat.conversation.shapes import (
    Button,
    Card,
    Form,
    IncomingCommand,
    IncomingPress,
    ReplyPlace,
)
from ix_tools.interfaces.chat.slack import blocks
from ix_tools.interfaces.chat.slack.manifest import COMMANDS, SHORTCUT
from ix_tools.interfaces.chat.slack.markup import escape, read_text

log = logging.getLogger(__name__)

API_URL = "https://slack.com/api/"
RATE_LIMIT_RETRIES = 5
GONE = {"message_not_found", "channel_not_found", "cant_update_message", "is_archived", "not_in_channel"}
"""Errors after which a card cannot be edited."""
UNREACHABLE = {"not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived", "invalid_channel"}
"""Errors after which a person is told in a direct message."""
IN_FORM = "form"
Body = Mapping[str, Any]


@dataclass(frozen=True)
class SlackAccess:
    """How Slack is reached."""

    bot_token: str
    app_token: str = ""
    """For Socket Mode."""
    signing_secret: str = ""
    """For signed HTTP requests."""
    host: str = "127.0.0.1"
    port: int = 0
    """The port for signed HTTP requests; 0 for Socket Mode."""
    api_url: str = API_URL


class SlackAdapter:
    """One workspace's app."""

    platform = "slack"

    def __init__(self, access: SlackAccess) -> None:
        """Nothing is contacted yet."""
        self._access = access
        self._client = AsyncWebClient(token=access.bot_token, base_url=access.api_url)
        self._client.retry_handlers.append(
            AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)
        )
        self._tasks: TaskGroup | None = None

    # --- what goes out ---

    async def tell(self, place: ReplyPlace, text: str, buttons: Sequence[Button] = ()) -> None:
        """Send a text to a person: beside their command, visible to them only, otherwise as a direct message."""
        user = place.user.rpartition(".")[2]
        shown: dict[str, Any] = {
            "blocks": blocks.build_text(text, buttons),
            "text": escape(text[:200]),
            "unfurl_links": False,
        }
        if place.hook and place.room.startswith(("C", "G")):
            try:
                await self._client.chat_postEphemeral(channel=place.room, user=user, **shown)
            except SlackApiError as refusal:
                if refusal.response.get("error") not in UNREACHABLE:
                    raise
            else:
                return
        await self._client.chat_postMessage(channel=user, **shown)

    async def post_card(self, room: str, card: Card) -> str:
        """Post a card; in a conversation without this app it cannot be."""
        text = escape(card.title)
        posted = await self._client.chat_postMessage(
            channel=room, blocks=blocks.build_card(card), text=text, unfurl_links=False, unfurl_media=False
        )
        return f"{posted['channel']}/{posted['ts']}"

    async def edit_card(self, room: str, message: str, card: Card) -> None:
        """Replace a card."""
        channel, _, stamp = message.partition("/")
        try:
            await self._client.chat_update(
                channel=channel, ts=stamp, blocks=blocks.build_card(card), text=escape(card.title)
            )
        except SlackApiError as refusal:
            if refusal.response.get("error") not in GONE:
                raise
            log.info("a card can no longer be edited: %s", refusal.response.get("error"))

    async def send_file(self, place: ReplyPlace, name: str, content: bytes, text: str) -> None:
        """Send a file in a direct message."""
        opened = await self._client.conversations_open(users=place.user.rpartition(".")[2])
        channel: dict[str, Any] = opened["channel"] or {}
        await self._client.files_upload_v2(
            channel=channel["id"], filename=name, content=content, initial_comment=escape(text)
        )

    async def open_form(self, place: ReplyPlace, form: Form) -> bool:
        """Open a modal; Slack takes it only within three seconds of the command."""
        if not place.hook or place.hook == IN_FORM:
            return False
        try:
            await self._client.views_open(trigger_id=place.hook, view=blocks.build_modal(form, place.room))
        except SlackApiError as refusal:
            log.info("a form could not be opened: %s", refusal.response.get("error"))
            return False
        return True

    # --- what comes in ---

    async def run(self, service: ChatService, started: Callable[[], None]) -> None:
        """Listen until cancelled."""
        app = AsyncApp(client=self._client, signing_secret=self._access.signing_secret or None)
        self.register(app, service)
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            run = self._run_http if self._access.port else self._run_socket
            await run(app, started)

    async def _run_socket(self, app: AsyncApp, started: Callable[[], None]) -> None:
        handler: Any = AsyncSocketModeHandler(app, self._access.app_token)
        try:
            await handler.connect_async()
            started()
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await handler.close_async()

    async def _run_http(self, app: AsyncApp, started: Callable[[], None]) -> None:
        """Serve `/slack/events`; bolt checks the signature and the clock of every request."""
        from aiohttp import web

        runner = web.AppRunner(app.web_app(), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._access.host, self._access.port).start()
            started()
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await runner.cleanup()

    def register(self, app: AsyncApp, service: ChatService) -> None:
        """Register the listeners. Each acknowledges first, and hands over to a task of its own."""

        async def on_command(ack: Callable[..., Awaitable[Any]], body: dict[str, Any]) -> None:
            await ack()
            self._receive(service, _read_command(body))

        async def on_shortcut(ack: Callable[..., Awaitable[Any]], body: dict[str, Any]) -> None:
            await ack()
            place = ReplyPlace(_identify(body), body["channel"]["id"], body["trigger_id"])
            text = read_text(body["message"].get("text") or "")
            self._receive(service, IncomingCommand(place, text, body["trigger_id"]))

        async def on_message(event: dict[str, Any], body: dict[str, Any]) -> None:
            if event.get("subtype") or event.get("bot_id") or not event.get("user"):
                return
            user = f"{event.get('team') or body.get('team_id')}.{event['user']}"
            place = ReplyPlace(user, event["channel"])
            key = f"{event['channel']}/{event['ts']}"
            self._receive(service, IncomingCommand(place, read_text(event.get("text") or ""), key))

        async def on_press(ack: Callable[..., Awaitable[Any]], body: dict[str, Any]) -> None:
            await ack()
            room = (body.get("channel") or {}).get("id") or body["user"]["id"]
            place = ReplyPlace(_identify(body), room, body.get("trigger_id", ""))
            for action in body["actions"]:
                if action.get("value") and not action.get("url"):
                    press = IncomingPress(
                        place, action["value"], f"{body.get('trigger_id')}/{action['action_ts']}"
                    )
                    self._start(service.press, press)

        async def on_form(ack: Callable[..., Awaitable[Any]], body: dict[str, Any]) -> None:
            await ack()
            values, kept, room = blocks.read_modal(body["view"])
            place = ReplyPlace(_identify(body), room, IN_FORM)
            self._start(service.submit, place, values, kept, f"view/{body['view']['id']}")

        for command in COMMANDS:
            app.command(command)(on_command)
        app.shortcut(SHORTCUT)(on_shortcut)
        app.event("message")(on_message)
        app.action(re.compile(f"^{blocks.ACTION}"))(on_press)
        app.view(blocks.FORM)(on_form)

    def _receive(self, service: ChatService, command: IncomingCommand) -> None:
        self._start(service.receive, command)

    def _start(self, function: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        assert self._tasks is not None
        self._tasks.start_soon(function, *arguments)


def _read_command(body: Body) -> IncomingCommand:
    place = ReplyPlace(f"{body['team_id']}.{body['user_id']}", body["channel_id"], body["trigger_id"])
    word = COMMANDS.get(body["command"], "")
    text = f"{word} {read_text(body.get('text') or '')}".strip() or "ajuda"
    return IncomingCommand(place, text, body["trigger_id"])


def _identify(body: Body) -> str:
    """Return who acts: with their own workspace, which in a shared channel is another one."""
    user = body["user"]
    team = user.get("team_id") or (body.get("team") or {}).get("id")
    return f"{team}.{user['id']}"
