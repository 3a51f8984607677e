"""An imitation of Slack on loopback: the Web API over HTTP and Socket Mode over WebSocket, as documentation and recorded envelopes show.

It holds the messages, ephemeral answers, modals and files of a workspace, and sends envelopes as the platform does when people act.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import anyio
from aiohttp import WSMsgType, web

Json = dict[str, Any]
TEAM = "T1"


class FakeSlack:
    """One workspace."""

    def __init__(self) -> None:
        self.url = ""
        self.messages: dict[str, Json] = {}
        """By channel/ts, as they look now."""
        self.ephemeral: list[Json] = []
        self.views: list[Json] = []
        self.files: list[bytes] = []
        self.calls: list[str] = []
        self.rate_limits = 0
        """The next so many calls are answered with 429."""
        self.members = {"C1"}
        """Channels in which the app is."""
        self.acknowledged: dict[str, float] = {}
        self.sent: dict[str, float] = {}
        self._sockets: list[web.WebSocketResponse] = []
        self._stamp = 1_700_000_000.0
        self.changed = anyio.Event()

    # --- what people do ---

    async def command(self, user: str, text: str, command: str = "/fatura", trigger: str = "") -> str:
        """Type a slash command."""
        return await self.envelope("slash_commands", self.build_command(user, text, command, trigger))

    def build_command(self, user: str, text: str, command: str = "/fatura", trigger: str = "") -> Json:
        """Return what Slack sends of a slash command."""
        return {
            "token": "verification", "team_id": TEAM, "team_domain": "acme", "channel_id": "C1", "channel_name": "faturas",
            "user_id": user, "user_name": "whatever", "command": command, "text": text, "api_app_id": "A1",
            "is_enterprise_install": "false", "response_url": f"{self.url}/response", "trigger_id": trigger or uuid4().hex,
        }  # fmt: skip

    async def press(self, user: str, message: Json, value: str, team: str = TEAM) -> str:
        """Press a button of a message."""
        payload = {
            "type": "block_actions", "team": {"id": team, "domain": "acme"}, "user": {"id": user, "username": "x", "team_id": team},
            "api_app_id": "A1", "token": "verification", "container": {"type": "message", "message_ts": message["ts"], "channel_id": "C1"},
            "trigger_id": uuid4().hex, "channel": {"id": message["channel"], "name": "faturas"}, "message": message,
            "response_url": f"{self.url}/response",
            "actions": [{"action_id": "ix-0", "block_id": "b", "type": "button", "value": value, "action_ts": str(time.time())}],
        }  # fmt: skip
        return await self.envelope("interactive", payload)

    async def submit(self, user: str, view: Json, values: dict[str, str]) -> str:
        """Submit a modal."""
        state = {
            name: {"value": {"type": "plain_text_input", "value": value}} for name, value in values.items()
        }
        payload = {
            "type": "view_submission", "team": {"id": TEAM, "domain": "acme"}, "user": {"id": user, "team_id": TEAM}, "api_app_id": "A1",
            "token": "verification", "trigger_id": uuid4().hex, "response_urls": [],
            "view": {**view, "id": uuid4().hex, "state": {"values": state}},
        }  # fmt: skip
        return await self.envelope("interactive", payload)

    async def shortcut(self, user: str, text: str) -> str:
        """Use the message shortcut on somebody's message."""
        payload = {
            "type": "message_action", "callback_id": "ix-message", "trigger_id": uuid4().hex, "message_ts": "1.1", "token": "verification",
            "response_url": f"{self.url}/response", "team": {"id": TEAM}, "user": {"id": user, "team_id": TEAM},
            "channel": {"id": "C1", "name": "faturas"}, "message": {"type": "message", "user": "UX", "ts": "1.1", "text": text},
        }  # fmt: skip
        return await self.envelope("interactive", payload)

    async def envelope(self, kind: str, payload: Json) -> str:
        """Deliver a payload in an envelope over the newest connection."""
        identifier = str(uuid4())
        body = {"envelope_id": identifier, "type": kind, "accepts_response_payload": True, "payload": payload}
        self.sent[identifier] = time.monotonic()
        await self._sockets[-1].send_str(json.dumps(body))
        return identifier

    async def disconnect(self) -> None:
        """End every connection, as Slack does every few hours."""
        for one in list(self._sockets):
            await one.close()

    @property
    def is_connected(self) -> bool:
        return any(not one.closed for one in self._sockets)

    # --- what the app sees ---

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.calls.append(method)
        if self.rate_limits:
            self.rate_limits -= 1
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "0"}
            )
        given = await _read(request)
        answer = getattr(self, f"_{method.replace('.', '_')}", None)
        body = answer(given) if answer else {}
        self._notice()
        return web.json_response({"ok": "error" not in body, **body})

    def _notice(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    def _auth_test(self, given: Json) -> Json:
        return {
            "url": "https://acme.slack.com/",
            "team": "acme",
            "team_id": TEAM,
            "user": "ix",
            "user_id": "UBOT",
            "bot_id": "B1",
        }

    def _apps_connections_open(self, given: Json) -> Json:
        return {"url": f"{self.url.replace('http', 'ws')}/socket"}

    def _chat_postMessage(self, given: Json) -> Json:  # noqa: N802 - Slack's name
        channel = given["channel"]
        if channel.startswith("C") and channel not in self.members:
            return {"error": "not_in_channel"}
        channel = channel if channel.startswith("C") else f"D{channel}"
        self._stamp += 1
        stamp = f"{self._stamp:.6f}"
        self.messages[f"{channel}/{stamp}"] = {**given, "channel": channel, "ts": stamp}
        return {"channel": channel, "ts": stamp, "message": given}

    def _chat_postEphemeral(self, given: Json) -> Json:  # noqa: N802 - Slack's name
        if given["channel"] not in self.members:
            return {"error": "not_in_channel"}
        self.ephemeral.append(given)
        return {"message_ts": "1.1"}

    def _chat_update(self, given: Json) -> Json:
        known = self.messages.get(f"{given['channel']}/{given['ts']}")
        if known is None:
            return {"error": "message_not_found"}
        known.update(given)
        return {"channel": given["channel"], "ts": given["ts"], "text": given.get("text", "")}

    def _views_open(self, given: Json) -> Json:
        self.views.append(given["view"] if isinstance(given["view"], dict) else json.loads(given["view"]))
        return {"view": {"id": "V1"}}

    def _conversations_open(self, given: Json) -> Json:
        return {"channel": {"id": f"D{given['users']}"}}

    def _files_getUploadURLExternal(self, given: Json) -> Json:  # noqa: N802 - Slack's name
        return {"upload_url": f"{self.url}/upload", "file_id": "F1"}

    def _files_completeUploadExternal(self, given: Json) -> Json:  # noqa: N802 - Slack's name
        return {"files": [{"id": "F1", "title": "x"}]}

    async def _upload(self, request: web.Request) -> web.Response:
        self.files.append(await request.read())
        self._notice()
        return web.Response(text="OK")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        await socket.send_str(
            json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        )
        self._notice()
        async for received in socket:
            if received.type is WSMsgType.TEXT:
                identifier = json.loads(received.data).get("envelope_id", "")
                self.acknowledged[identifier] = time.monotonic() - self.sent.get(identifier, time.monotonic())
                self._notice()
        self._sockets.remove(socket)
        return socket

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeSlack]:
        """Serve on a free port."""
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/upload", self._upload)
        app.router.add_get("/socket", self._socket)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            with anyio.CancelScope(shield=True):
                await runner.cleanup()


async def _read(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(await request.json())
    posted = {**request.query, **await request.post()}
    return {
        name: json.loads(str(value)) if name in {"blocks", "view"} else value
        for name, value in posted.items()
    }


def read_text(message: Json) -> str:
    """Return what a person reads of a message or view: the texts of its blocks."""
    return "\n".join(block["text"]["text"] for block in message.get("blocks", ()) if "text" in block)


def list_values(message: Json) -> list[str]:
    """Return the values of a message's buttons."""
    return [one.get("value", "") for block in message.get("blocks", ()) for one in block.get("elements", ())]
