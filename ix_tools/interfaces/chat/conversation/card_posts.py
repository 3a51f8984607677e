"""Posts the cards of approvals, keeps them up to date, and tells the asker how it ended."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from ix_tools.approvals.call_outcomes import find_call_outcome
from ix_tools.approvals.models import Approval
from ix_tools.approvals.parked_queue import ParkedQueue
from ix_tools.config.settings import Settings
from ix_tools.events.repository import EventFilter, Events
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message, render
from ix_tools.idempotency.process_identity import is_owner_running
from ix_tools.interfaces.chat.conversation.answers import describe_result, describe_stored_failure
from ix_tools.interfaces.chat.conversation.cards import ANSWER, CORRECT, CardState, build_card
from ix_tools.interfaces.chat.conversation.people import People
from ix_tools.interfaces.chat.conversation.shapes import Adapter, Button, ReplyPlace
from ix_tools.pipeline.context import CallContext
from ix_tools.storage.chat_messages import ChatRepository, StoredCard

log = logging.getLogger(__name__)

REQUESTED = "approval.requested"
WATCHED = (
    REQUESTED,
    "approval.decided",
    "approval.expired",
    "parked_call.done",
    "parked_call.failed",
    "parked_call.unknown",
    "parked_call.returned",
    "call.done",
    "call.failed",
    "call.unknown",
)
TELLING = {"done", "failed", "returned", "ended"}
"""Ends of a call of which its asker is told."""


@dataclass
class CardPosts:
    """The cards of one platform and account."""

    adapter: Adapter
    context: CallContext
    """Of the process itself: to read approvals and parked calls."""
    repository: ChatRepository
    settings: Settings
    people: People
    room: str = ""
    """The conversation in which every card is posted, of requests through other programs too; empty for the one in which each was
    asked for.
    """
    _has_looked: bool = field(init=False, default=False)
    """True once the approvals that waited before the start of this process have their cards."""
    _events: Events = field(init=False)
    _queue: ParkedQueue = field(init=False)

    def __post_init__(self) -> None:
        self._events = Events(self.context.store, self.settings.events_days)
        self._queue = ParkedQueue(self.context.store, is_owner_running)

    @property
    def reader(self) -> str:
        """The name under which the store keeps the position of the last event that was handled."""
        return f"chat {self.adapter.platform} {self.context.account.name}"[:200]

    async def post(
        self, approval: Approval, asker: str, place: ReplyPlace, language: Language, afterwards: str = ""
    ) -> bool:
        """Post the card of an approval; return False if it has one already, such as after a redelivery."""
        card = StoredCard(
            approval.id,
            self.adapter.platform,
            self.room or place.room,
            "",
            asker,
            place.room,
            language,
            afterwards,
            "",
            "",
        )
        if not await anyio.to_thread.run_sync(self.repository.claim, card):
            return False
        await self._post_claimed(card)
        return True

    async def _post_claimed(self, card: StoredCard) -> None:
        state = await anyio.to_thread.run_sync(self.load_state, card.approval)
        reference = await self.adapter.post_card(card.room, build_card(state, self.settings))
        await anyio.to_thread.run_sync(
            lambda: self.repository.update(card.approval, message=reference, shown=state.name)
        )
        # It may have been decided while it was posted.
        await self.refresh(card.approval)

    def load_state(self, identifier: str) -> CardState:
        """Return the present state of an approval."""
        approvals = self.context.approvals
        found = approvals.find(identifier)
        known, parked, now = (
            self.people.name_approvers(approvals.load_approvers(identifier)),
            self._queue.find(identifier),
            approvals.clock(),
        )
        # A call that its asker repeats has no parked call, which would tell how it ended.
        repeated = found.state == "used" and parked is None
        outcome = find_call_outcome(self.context.store, found, now) if repeated else None
        return CardState(found, known, parked, outcome, now)

    async def refresh(self, identifier: str) -> None:
        """Edit the card of an approval if it shows an older state, and tell the asker of the end."""
        card = await anyio.to_thread.run_sync(self.repository.find, identifier)
        if card is None or not card.message:
            return
        state = await anyio.to_thread.run_sync(self.load_state, identifier)
        if state.name != card.shown:
            await self.adapter.edit_card(card.room, card.message, build_card(state, self.settings))
            await anyio.to_thread.run_sync(lambda: self.repository.update(identifier, shown=state.name))
        await self._tell_end(card, state)

    async def _tell_end(self, card: StoredCard, state: CardState) -> None:
        parked = state.parked
        # Whoever asked through another program is told there.
        if not card.asker or parked is None or parked.state not in TELLING or card.told == parked.state:
            return
        text = self._describe_end(card, state, parked.result or {})
        place = ReplyPlace(card.asker.partition(":")[2], card.asker_room)
        await self.adapter.tell(
            place, text, await self._offer_afterwards(card, parked.state, parked.result or {})
        )
        await anyio.to_thread.run_sync(lambda: self.repository.update(card.approval, told=parked.state))
        if parked.state == "returned" and parked.follow_up:
            follow_up = await anyio.to_thread.run_sync(self.context.approvals.find, parked.follow_up)
            await self.post(follow_up, card.asker, place, card.language, card.afterwards)

    def _describe_end(self, card: StoredCard, state: CardState, result: Mapping[str, Any]) -> str:
        assert state.parked is not None
        language = card.language
        if state.parked.state == "done":
            return describe_result(result, language)
        if state.parked.state == "returned":
            said = message("{id}: the document changed, so a person is asked again.", id=card.approval)
        elif state.approval.state == "rejected":
            reason = state.approval.reason
            said = (
                message("{id} was rejected: {reason}. Nothing was issued.", id=card.approval, reason=reason)
                if reason
                else message("{id} was rejected. Nothing was issued.", id=card.approval)
            )
        elif state.parked.state == "ended":
            said = message("{id} expired: nobody decided in time. Nothing was issued.", id=card.approval)
        else:
            why = describe_stored_failure(result, language)
            said = message("{id} was approved, but not carried out: {why}", id=card.approval, why=why)
        return render(said, language)

    async def _offer_afterwards(
        self, card: StoredCard, end: str, result: Mapping[str, Any]
    ) -> tuple[Button, ...]:
        """Return the buttons that correct the request, and the one that deletes the remaining draft."""
        if not card.afterwards or end not in {"ended", "failed"}:
            return ()
        *commands, deletion = card.afterwards.splitlines()
        question = await anyio.to_thread.run_sync(
            self.repository.ask, card.asker, f"{card.approval}-afterwards", [*commands, deletion]
        )
        correct, delete = message("Correct it"), message("Delete the draft")
        return (
            *(
                Button(render(correct, card.language), f"{CORRECT}:{question}:{at}")
                for at in range(len(commands))
            ),
            Button(render(delete, card.language), f"{ANSWER}:{question}:{len(commands)}", "danger"),
        )

    # --- events ---

    async def watch(self, pause: float = 1.0) -> None:
        """Follow the events of the account for ever: cards are edited whoever decides, wherever."""
        while True:
            try:
                await self.catch_up()
            except Exception:
                # The position is not confirmed, so the next turn gets the same events.
                log.exception("the cards could not be brought up to date")
            await anyio.sleep(pause)

    async def catch_up(self) -> None:
        """Handle the new events, and post the cards that an ended process did not post."""
        wanted = EventFilter(account=self.context.account.name, types=WATCHED)
        batch = await anyio.to_thread.run_sync(lambda: self._events.read_for(self.reader, 100, wanted))
        if self.room and (not self._has_looked or any(one.type == REQUESTED for one in batch.events)):
            await self._post_waiting()
            self._has_looked = True
        named = {str(one.data.get("approval") or "") for one in batch.events if one.type != REQUESTED}
        for identifier in await anyio.to_thread.run_sync(self.repository.list_with_card, named):
            await self.refresh(identifier)
        if batch.events:
            await anyio.to_thread.run_sync(self._events.confirm, self.reader, batch.next)
        for card in await anyio.to_thread.run_sync(self.repository.take_unposted):
            await self._post_claimed(card)

    async def _post_waiting(self) -> None:
        """Post the card of everything that waits in the account and was not asked for in this chat, which posts its own."""
        for approval in await anyio.to_thread.run_sync(self.context.approvals.list_waiting):
            is_own = (approval.face, approval.host) == ("chat", self.adapter.platform)
            if approval.account != self.context.account.name or is_own:
                continue
            if await anyio.to_thread.run_sync(self.repository.find, approval.id) is None:
                await self.post(approval, "", ReplyPlace("", self.room), self.settings.language)
