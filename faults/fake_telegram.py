"""An imitation of the Telegram Bot API on loopback, as its documentation shows: long polling, messages, buttons and files."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from aiohttp import web

Json = dict[str, Any]
TOKEN = "12345:only-an-example-token"
BOT = {"id": 1, "is_bot": True, "first_name": "ix", "username": "ix_bot"}


class FakeTelegram:
    """One bot's world."""

    def __init__(self) -> None:
        self.url = ""
        self.messages: dict[int, Json] = {}
        """By id, as they look now."""
        self.answered: list[str] = []
        self.files: list[bytes] = []
        self.closed: set[int] = set()
        """People who never pressed Start."""
        self.rate_limits = 0
        self.changed = anyio.Event()
        self.polls = 0
        self._updates: list[Json] = []
        self._numbers = 0
        self._last = 0

    # --- what people do ---

    def write(self, user: int, text: str, chat: int = 0, again: bool = False) -> None:
        """Write a message; `again` delivers the last one once more under a new update id."""
        if not again:
            self._numbers += 1
            self._last = self._numbers
        message = {
            "message_id": self._last, "date": int(time.time()), "text": text, "from": _person(user), "chat": _chat(chat or user),
        }  # fmt: skip
        self._deliver({"message": message})

    def deliver_as(self, user: int, text: str, number: int, times: int) -> None:
        """Deliver a message of a given id so many times."""
        message = {
            "message_id": number,
            "date": int(time.time()),
            "text": text,
            "from": _person(user),
            "chat": _chat(user),
        }
        for _ in range(times):
            self._deliver({"message": message})

    def press(self, user: int, message: Json, value: str) -> None:
        """Press a button."""
        self._numbers += 1
        query = {
            "id": str(self._numbers), "from": _person(user), "chat_instance": "x", "data": value,
            "message": {name: message[name] for name in ("message_id", "date", "chat", "text")},
        }  # fmt: skip
        self._deliver({"callback_query": query})

    def _deliver(self, update: Json) -> None:
        self._updates.append({"update_id": len(self._updates) + 1, **update})
        self._notice()

    def _notice(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    # --- what the bot sees ---

    async def _api(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN:
            return web.json_response(
                {"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401
            )
        method = request.match_info["method"]
        if method == "getUpdates":
            return await self._get_updates(await _read(request))
        if self.rate_limits and method.startswith(("send", "edit")):
            self.rate_limits -= 1
            limited = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1"}
            return web.json_response({**limited, "parameters": {"retry_after": 1}}, status=429)
        answer = getattr(self, f"_{method}", None)
        result = answer(await _read(request)) if answer else True
        self._notice()
        if isinstance(result, tuple):
            return web.json_response(
                {"ok": False, "error_code": result[0], "description": result[1]}, status=result[0]
            )
        return web.json_response({"ok": True, "result": result})

    async def _get_updates(self, given: Json) -> web.Response:
        self.polls += 1
        after = int(given.get("offset") or 0)
        self._notice()
        with anyio.move_on_after(min(float(given.get("timeout") or 0), 2)):
            while not any(one["update_id"] >= after for one in self._updates):
                await self.changed.wait()
        return web.json_response(
            {"ok": True, "result": [one for one in self._updates if one["update_id"] >= after]}
        )

    def _getMe(self, given: Json) -> Json:  # noqa: N802 - Telegram's name
        return {
            **BOT,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _sendMessage(self, given: Json) -> Json | tuple[int, str]:  # noqa: N802 - Telegram's name
        chat = int(given["chat_id"])
        if chat in self.closed:
            return 403, "Forbidden: bot can't initiate conversation with a user"
        self._numbers += 1
        return self._keep(self._numbers, chat, given)

    def _editMessageText(self, given: Json) -> Json | tuple[int, str]:  # noqa: N802 - Telegram's name
        number = int(given["message_id"])
        if number not in self.messages:
            return 400, "Bad Request: message to edit not found"
        return self._keep(number, int(given["chat_id"]), given)

    def _sendDocument(self, given: Json) -> Json:  # noqa: N802 - Telegram's name
        self.files.append(given["document"])
        self._numbers += 1
        return {"message_id": self._numbers, "date": int(time.time()), "chat": _chat(int(given["chat_id"]))}

    def _answerCallbackQuery(self, given: Json) -> bool:  # noqa: N802 - Telegram's name
        self.answered.append(given["callback_query_id"])
        return True

    def _keep(self, number: int, chat: int, given: Json) -> Json:
        keyboard = given.get("reply_markup") or {}
        kept = {
            "message_id": number, "date": int(time.time()), "chat": _chat(chat), "from": BOT, "text": given["text"],
            "entities": given.get("entities") or [], "keyboard": keyboard.get("inline_keyboard", []),
        }  # fmt: skip
        self.messages[number] = kept
        return {name: value for name, value in kept.items() if name != "keyboard"}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeTelegram]:
        """Serve on a free port."""
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/bot{token}/{method}", self._api)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/bot"
        try:
            yield self
        finally:
            with anyio.CancelScope(shield=True):
                await runner.cleanup()


async def _read(request: web.Request) -> Json:
    posted = await request.post()
    given: Json = {}
    for name, value in posted.items():
        if isinstance(value, web.FileField):
            given["document"] = value.file.read()
        else:
            given[name] = (
                json.loads(str(value))
                if str(value)[:1] in "[{" and name in {"reply_markup", "entities"}
                else value
            )
    if "document" not in given and "attached" in given:
        given["document"] = given["attached"]
    return given


def _person(number: int) -> Json:
    return {"id": number, "is_bot": False, "first_name": "Whoever", "language_code": "pt"}


def _chat(number: int) -> Json:
    return {
        "id": number,
        "type": "private" if number > 0 else "group",
        **({"title": "Faturas"} if number < 0 else {}),
    }


def list_values(message: Json) -> list[str]:
    """Return the values of a message's buttons."""
    return [one.get("callback_data", "") for row in message["keyboard"] for one in row]
