"""The adapter of Telegram, with python-telegram-bot. Texts are sent as code, in which Telegram finds no links or mentions."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from anyio.abc import TaskGroup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile, Message, MessageEntity, Update
from telegram.error import BadRequest, Forbidden, RetryAfter
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message, render
from ix_tools.interfaces.chat.conversation.cards import CONFIRM
from ix_tools.interfaces.chat.conversation.service import ChatService
from ix_tools.interfaces.chat.conversation.shapes import (
    Button,
    Card,
    Form,
    IncomingCommand,
    IncomingPress,
    ReplyPlace,
)

log = logging.getLogger(__name__)
# Waits that Telegram asks for are timedeltas, as every later version of the library has them.
os.environ.setdefault("PTB_TIMEDELTA", "1")

API_URL = "https://api.telegram.org/bot"
MAX_TEXT = 4000
"""Characters of one message; Telegram takes 4096 of its own counting."""
MAX_DATA = 64
"""Bytes of a button's value."""
RATE_LIMIT_RETRIES = 5
POLL_SECONDS = 10


@dataclass(frozen=True)
class TelegramAccess:
    """How Telegram is reached."""

    token: str
    api_url: str = API_URL
    language: Language = "pt"


class TelegramAdapter:
    """One bot."""

    platform = "telegram"

    def __init__(self, access: TelegramAccess) -> None:
        """Nothing is contacted yet."""
        self._access = access
        builder = Application.builder().token(access.token).base_url(access.api_url)
        self._application = builder.concurrent_updates(True).build()
        self._bot = self._application.bot
        self._tasks: TaskGroup | None = None

    # --- what goes out ---

    async def tell(self, place: ReplyPlace, text: str, buttons: Sequence[Button] = ()) -> None:
        """Tell a person in the private conversation with the bot; a group only hears that there is one to open."""
        try:
            await self._send(place.user, text, buttons)
        except Forbidden:
            said = message("Open a private conversation with this bot and press Start; I answer you there.")
            await self._send(place.room, render(said, self._access.language))

    async def post_card(self, room: str, card: Card) -> str:
        """Post a card."""
        posted = await self._send(room, f"{card.title}\n{card.text}", card.buttons)
        return f"{posted.chat_id}/{posted.message_id}"

    async def edit_card(self, room: str, message: str, card: Card) -> None:
        """Replace a card."""
        chat, _, number = message.partition("/")
        text = list(_split(f"{card.title}\n{card.text}"))[-1]
        try:
            await self._retry(
                lambda: self._bot.edit_message_text(
                    text,
                    chat_id=int(chat),
                    message_id=int(number),
                    entities=_as_code(text),
                    reply_markup=_build_keyboard(card.buttons),
                )
            )
        except (BadRequest, Forbidden) as refusal:
            log.info("a card can no longer be edited: %s", type(refusal).__name__)

    async def send_file(self, place: ReplyPlace, name: str, content: bytes, text: str) -> None:
        """Send a file in the private conversation."""
        file = InputFile(content, filename=name)
        caption = text[:1000]
        await self._retry(
            lambda: self._bot.send_document(
                int(place.user), file, caption=caption, caption_entities=_as_code(caption)
            )
        )

    async def open_form(self, place: ReplyPlace, form: Form) -> bool:
        """Return False: Telegram has no forms."""
        return False

    async def _send(self, chat: str, text: str, buttons: Sequence[Button] = ()) -> Message:
        parts = list(_split(text))
        for part in parts[:-1]:
            await self._send_part(chat, part, None)
        return await self._send_part(chat, parts[-1], _build_keyboard(buttons))

    async def _send_part(self, chat: str, text: str, keyboard: InlineKeyboardMarkup | None) -> Message:
        posted: Message = await self._retry(
            lambda: self._bot.send_message(int(chat), text, entities=_as_code(text), reply_markup=keyboard)
        )
        return posted

    async def _retry(self, send: Callable[[], Awaitable[Any]]) -> Any:
        """Send, and wait as long as Telegram says where it limits the rate."""
        for _ in range(RATE_LIMIT_RETRIES):
            try:
                return await send()
            except RetryAfter as limit:
                wait = limit.retry_after
                await anyio.sleep(wait if isinstance(wait, int | float) else wait.total_seconds())
        return await send()

    # --- what comes in ---

    async def run(self, service: ChatService, started: Callable[[], None]) -> None:
        """Poll until cancelled."""

        async def on_message(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
            written = update.message
            if written is None or written.from_user is None or written.from_user.is_bot or not written.text:
                return
            place = ReplyPlace(str(written.from_user.id), str(written.chat_id))
            key = f"{written.chat_id}/{written.message_id}"
            self._start(service.receive, IncomingCommand(place, read_command(written.text), key))

        async def on_press(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
            query = update.callback_query
            if query is None or not query.data:
                return
            room = str(query.message.chat.id) if query.message is not None else str(query.from_user.id)
            place = ReplyPlace(str(query.from_user.id), room, query.id)
            self._start(service.press, IncomingPress(place, query.data, query.id))
            await query.answer()

        self._application.add_handler(MessageHandler(filters.TEXT, on_message))
        self._application.add_handler(CallbackQueryHandler(on_press))
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            await self._poll(started)

    async def _poll(self, started: Callable[[], None]) -> None:
        updater = self._application.updater
        assert updater is not None
        await self._application.initialize()
        try:
            await self._application.start()
            # What was written while no process ran is answered too; the keys keep it from being done twice.
            await updater.start_polling(timeout=POLL_SECONDS, allowed_updates=["message", "callback_query"])
            started()
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(POLL_SECONDS + 5):
                for end in (updater.stop, self._application.stop, self._application.shutdown):
                    await _end_quietly(end)

    def _start(self, function: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        assert self._tasks is not None
        self._tasks.start_soon(function, *arguments)


async def _end_quietly(end: Callable[[], Awaitable[None]]) -> None:
    try:
        await end()
    except (RuntimeError, asyncio.CancelledError) as trouble:  # not running any more
        log.debug("the bot was ending already: %s", type(trouble).__name__)


def read_command(text: str) -> str:
    """Return the sentence of a message: `/fatura@bot ACME` is `fatura ACME`, and /start asks for help."""
    if not text.startswith("/"):
        return text
    word, blank, rest = text[1:].partition(" ")
    word = word.partition("@")[0]
    return "ajuda" if word == "start" else f"{word}{blank}{rest}"


def _split(text: str) -> Sequence[str]:
    parts = []
    while len(text) > MAX_TEXT:
        cut = text.rfind("\n", 1, MAX_TEXT)
        cut = cut if cut > 0 else MAX_TEXT
        parts.append(text[:cut])
        text = text[cut:].lstrip("\n")
    return [*parts, text or " "]


def _as_code(text: str) -> list[MessageEntity]:
    """Return the entity that makes a whole text code, counted as Telegram does."""
    return [MessageEntity(MessageEntity.PRE, 0, len(text.encode("utf-16-le")) // 2)]


def _build_keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    if not buttons:
        return None
    return InlineKeyboardMarkup([[_build_button(one)] for one in buttons])


def _build_button(button: Button) -> InlineKeyboardButton:
    if button.url:
        return InlineKeyboardButton(button.label, url=button.url)
    # Telegram shows no dialog before a press counts, so the conversation asks.
    value = f"{CONFIRM}:{button.value}" if button.confirmation is not None else button.value
    assert len(value.encode()) <= MAX_DATA
    return InlineKeyboardButton(button.label, callback_data=value)
