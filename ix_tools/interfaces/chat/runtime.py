"""A chat process: one platform and account, its people, its cards, and the driver that carries out what was approved."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import anyio

from ix_tools.approvals.links import ServerPages
from ix_tools.auth.principals import Principal
from ix_tools.config.settings import Settings
from ix_tools.errors import IxError, Problem, SettingsError
from ix_tools.i18n.messages import message, verbatim
from ix_tools.interfaces.chat.calls import LIST_TAXES
from ix_tools.interfaces.chat.conversation.card_posts import CardPosts
from ix_tools.interfaces.chat.conversation.people import SCOPES, ChatAskers, People
from ix_tools.interfaces.chat.conversation.service import ChatService
from ix_tools.interfaces.chat.conversation.shapes import Adapter
from ix_tools.interfaces.chat.words.parsing import load_parser
from ix_tools.interfaces.driver.driver import Driver
from ix_tools.pipeline.context import load_policy
from ix_tools.pipeline.context_pool import ContextPool
from ix_tools.pipeline.execute import CallOrigin, execute
from ix_tools.storage.chat_messages import ChatRepository

log = logging.getLogger(__name__)


class RunningAdapter(Adapter, Protocol):
    """An adapter that listens to its platform."""

    async def run(self, service: ChatService, started: Callable[[], None]) -> None:
        """Pass on messages and presses until cancelled; call `started` once the platform is reached."""
        ...


@dataclass
class ChatRuntime:
    """The parts of a chat process."""

    pool: ContextPool
    service: ChatService
    posts: CardPosts
    driver: Driver
    askers: ChatAskers


def choose_account(settings: Settings, wanted: str) -> str:
    """Return the account that a chat process serves, by its name in the settings.

    Raises:
        SettingsError: there are several and none is named, or no such account.
    """
    known = settings.by_account()
    if not known:
        settings.require_account()
    if wanted in known or (not wanted and len(known) == 1):
        return wanted or next(iter(known))
    raise SettingsError(
        message("A chat serves one account."),
        problems=[
            Problem("account", message("is none of the accounts in the settings"), verbatim(", ".join(known)))
        ],
        next=message("name one with --account"),
    )


def build_runtime(
    settings: Settings,
    adapter: Adapter,
    account: str,
    *,
    room: str = "",
    create_pool: Callable[[Settings], ContextPool] = ContextPool,
) -> ChatRuntime:
    """Build the parts of a chat process; nothing is contacted or opened yet.

    Args:
        room: the conversation for all cards; empty for the one in which each was asked for.
    """
    pool = create_pool(settings)
    if settings.public_url:
        # The pages are served by the HTTP server there, which shares the store.
        signing = settings.public_url if settings.public_url.startswith("https:") else ""
        pool.page_host = ServerPages(settings.public_url, signing_address=signing)
    policy = load_policy(settings)
    people = People(policy, adapter.platform, is_open=settings.sandbox and policy is None)
    askers = ChatAskers(pool, people, adapter.platform, account)
    repository = ChatRepository(pool.store, adapter.platform)
    own = pool.for_principal(Principal(f"chat-{adapter.platform}", SCOPES, (account,)), account)
    posts = CardPosts(adapter, own, repository, settings, people, room)
    service = ChatService(adapter, askers, people, repository, posts)
    return ChatRuntime(pool, service, posts, Driver(pool.store, [askers], settings), askers)


@asynccontextmanager
async def running(runtime: ChatRuntime) -> AsyncIterator[None]:
    """Drive approved calls and follow the events, for as long as the block lasts."""
    try:
        async with runtime.driver.running(), anyio.create_task_group() as tasks:
            tasks.start_soon(runtime.posts.watch)
            yield
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await runtime.pool.close()


async def _prepare(runtime: ChatRuntime) -> None:
    """Load what the first command would load, and see that the account answers; platforms wait three seconds for an answer."""
    await anyio.to_thread.run_sync(load_parser)
    try:
        await execute(
            runtime.posts.context, LIST_TAXES.operation, LIST_TAXES.arguments, origin=CallOrigin("chat")
        )
    except IxError as failure:
        log.warning("the account does not answer: %s", failure)


async def serve(runtime: ChatRuntime, adapter: RunningAdapter, started: Callable[[], None]) -> None:
    """Serve a chat until cancelled."""
    await _prepare(runtime)
    async with running(runtime):
        await adapter.run(runtime.service, started)
