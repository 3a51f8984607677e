"""A conversation over an adapter that records what people see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ix_tools.approvals.parked_queue import ParkedQueue
from ix_tools.config.settings import Settings
from ix_tools.idempotency.process_identity import process_id
from ix_tools.interfaces.chat.conversation.shapes import (
    Button,
    Card,
    Form,
    IncomingCommand,
    IncomingPress,
    ReplyPlace,
)
from ix_tools.interfaces.chat.runtime import ChatRuntime, build_runtime
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ContextPool
from tests.harness import Harness

POLICY = """
[people]
ana = ["slack:T1.UANA", "terminal:asilva"]
rui = ["slack:T1.URUI", "telegram:22"]
eva = ["slack:T1.UEVA"]

[[rules]]
name = "colleague"
decision = "person"
asker_may_approve = false
"""
FOUR_EYES = POLICY.replace('decision = "person"\nasker_may_approve = false', 'decision = "four-eyes"')
INVOICE = 'fatura ACME "Apoio técnico" 3x60 iva23 vence 30d'


@dataclass
class Told:
    """A private answer."""

    user: str
    text: str
    buttons: tuple[Button, ...] = ()


@dataclass
class RecordingAdapter:
    """A platform on which nothing is lost."""

    platform: str = "slack"
    told: list[Told] = field(default_factory=list)
    cards: dict[str, Card] = field(default_factory=dict)
    """The cards as they look now, by message."""
    edits: int = 0
    files: list[tuple[str, bytes]] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    has_forms: bool = False

    async def tell(self, place: ReplyPlace, text: str, buttons: Sequence[Button] = ()) -> None:
        self.told.append(Told(place.user, text, tuple(buttons)))

    async def post_card(self, room: str, card: Card) -> str:
        message = f"{room}/{len(self.cards)}"
        self.cards[message] = card
        return message

    async def edit_card(self, room: str, message: str, card: Card) -> None:
        self.edits += 1
        self.cards[message] = card

    async def send_file(self, place: ReplyPlace, name: str, content: bytes, text: str) -> None:
        self.files.append((name, content))

    async def open_form(self, place: ReplyPlace, form: Form) -> bool:
        self.forms.append(form)
        return self.has_forms


@dataclass
class Conversation:
    """People in a chat with a sandbox account."""

    harness: Harness
    adapter: RecordingAdapter
    runtime: ChatRuntime
    policy: Path
    deliveries: int = 0

    @property
    def context(self) -> CallContext:
        return self.runtime.posts.context

    async def say(self, user: str, text: str, key: str = "") -> Told:
        """Write a sentence; return the last private answer."""
        self.deliveries += 1
        place = ReplyPlace(f"T1.{user}", "C1")
        await self.runtime.service.receive(IncomingCommand(place, text, key or f"d{self.deliveries}"))
        return self.adapter.told[-1] if self.adapter.told else Told("", "")

    async def press(self, user: str, value: str) -> Told:
        """Press a button by its value; return the last private answer."""
        self.deliveries += 1
        place = ReplyPlace(f"T1.{user}", "C1")
        await self.runtime.service.press(IncomingPress(place, value, f"p{self.deliveries}"))
        return self.adapter.told[-1]

    async def ask(self, user: str, text: str) -> Card:
        """Write a sentence that needs an approval; return its card."""
        before = len(self.adapter.cards)
        await self.say(user, text)
        assert len(self.adapter.cards) == before + 1, self.adapter.told[-1].text
        return self.card

    @property
    def card(self) -> Card:
        """The newest card as it looks now."""
        return list(self.adapter.cards.values())[-1]

    async def drive(self) -> None:
        """Carry out what is due and bring the cards up to date, as the process does every second."""
        queue = ParkedQueue(self.harness.context.store, lambda owner: owner == process_id())
        for call in queue.list_due():
            if self.runtime.askers.drives(call):
                await self.runtime.driver.carry_out(call.id)
        await self.runtime.posts.catch_up()

    def list_issued(self) -> list[Any]:
        """Return the irreversible requests that reached InvoiceXpress."""
        return [one for one in self.harness.list_writes() if one["path"].endswith("/change-state.json")]


def open_conversation(
    harness: Harness, folder: Path, policy: str = POLICY, *, room: str = "", **changes: Any
) -> Conversation:
    """Open the chat of a new process on the harness's store."""
    path = folder / "policy.toml"
    path.write_text(policy)
    path.chmod(0o600)
    settings = harness.context.settings.model_copy(update={"policy": path, **changes})
    adapter = RecordingAdapter()
    runtime = build_runtime(settings, adapter, "sandbox", room=room, create_pool=build_pool(harness))
    return Conversation(harness, adapter, runtime, path)


def build_pool(harness: Harness) -> Any:
    """Return a factory of pools whose contexts use the harness's store and sandbox."""

    def create(settings: Settings) -> ContextPool:
        def open_context(own: Settings, **kept: Any) -> CallContext:
            fresh = CallContext.open(own, store=harness.context.store)
            return replace(
                fresh,
                account=harness.context.account,
                now=harness.context.now,
                journal=harness.context.journal,
            )

        pool = ContextPool(settings, open_context)
        pool.store.close()
        pool.store = harness.context.store
        return pool

    return create


def get_button(card: Card | Told, kind: str) -> Button:
    """Return the button of a card by the first part of its value."""
    return next(one for one in card.buttons if one.value.startswith(f"{kind}:"))
