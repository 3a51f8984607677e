"""Decisions about approvals in a chat: by the same rules as on the page and in a terminal."""

import anyio

from ix_tools.approvals.models import Approval
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import Message, join_messages, message, render
from ix_tools.interfaces.chat.conversation.card_posts import CardPosts
from ix_tools.interfaces.chat.conversation.cards import LINK, build_card, can_be_pressed
from ix_tools.interfaces.chat.conversation.command_context import CommandContext
from ix_tools.interfaces.chat.conversation.shapes import Adapter, Button
from ix_tools.pipeline.context import CallContext
from ix_tools.text.sanitize import sanitize_line

MAX_PENDING = 10
"""Approvals that `pending` lists."""


class ApprovalCommands:
    """What people do with approvals: list, show, approve, reject, get a link."""

    def __init__(self, adapter: Adapter, posts: CardPosts) -> None:
        """Keep the parts."""
        self._adapter = adapter
        self._posts = posts
        self._settings = posts.settings

    async def _tell(self, asked: CommandContext, said: Message) -> None:
        await self._adapter.tell(asked.place, render(said, asked.language))

    async def find(self, context: CallContext, identifier: str) -> Approval:
        """Return an approval of the account.

        Raises:
            ApprovalRefused: there is none.
        """
        found = await anyio.to_thread.run_sync(context.approvals.find, identifier)
        if found.account != context.account.name:
            raise ApprovalRefused(
                message("There is no approval {identifier}.", identifier=identifier),
                code="approval_unknown",
                next=message("list what waits with the command pending"),
            )
        return found

    async def decide(
        self,
        asked: CommandContext,
        found: Approval,
        *,
        approve: bool,
        accept_differences: bool = False,
        reason: str = "",
    ) -> None:
        """Record a decision; the same rules as on the page and in a terminal say whether it counts."""
        if approve and not can_be_pressed(found, self._settings):
            await self.send_link(asked, found)
            return
        try:
            decided = await anyio.to_thread.run_sync(
                lambda: asked.context.approvals.decide(
                    found.id,
                    approve=approve,
                    accept_differences=accept_differences,
                    reason=reason,
                    by=asked.identity,
                    place="chat",
                )
            )
        finally:
            await self._posts.refresh(found.id)
        if decided.state == "pending":
            await self._tell(
                asked,
                message("Your approval of {id} counts. Another person must approve it too.", id=found.id),
            )
        elif not approve:
            await self._tell(asked, message("{id} is rejected. Nothing was sent.", id=found.id))
        else:
            await self._tell(asked, message("{id} is approved.", id=found.id))

    async def send_link(self, asked: CommandContext, found: Approval) -> None:
        """Give a person their own link to the page, which asks them for their PIN or passkey."""
        elsewhere = message(
            "The rules want {id} approved on the approval page or in a terminal, not in a chat.", id=found.id
        )
        requirement = ApprovalRequirement.from_json(found.terms)
        if not found.page or requirement.where == "terminal":
            how = message("In a terminal: ix-tools approvals approve {id}", id=found.id)
            await self._tell(asked, join_messages([elsewhere, how], " "))
            return
        # A passkey says who signs; any other link is for this person, whose PIN the page asks for.
        person = "" if requirement.where == "signed" else asked.person
        url = await anyio.to_thread.run_sync(asked.context.links.create, found, "message", person)
        said = join_messages([elsewhere, message("The link is yours alone.")], " ")
        open_page = Button(render(message("Open the page"), asked.language), LINK, url=url)
        await self._adapter.tell(asked.place, render(said, asked.language), (open_page,))

    async def confirm(self, asked: CommandContext, found: Approval, value: str) -> None:
        """Ask the person who pressed to confirm it, on a platform that does not ask by itself."""
        state = await anyio.to_thread.run_sync(self._posts.load_state, found.id)
        card = build_card(state, self._settings)
        pressed = next((one for one in card.buttons if one.value == value), None)
        if pressed is None or pressed.confirmation is None:
            await self._adapter.tell(asked.place, card.text)
            return
        asks = pressed.confirmation
        yes = Button(asks.yes, value, pressed.style)
        await self._adapter.tell(asked.place, f"{asks.title}\n{asks.text}", (yes,))

    async def list_waiting(self, asked: CommandContext) -> None:
        """List what waits for an approval."""
        waiting = await anyio.to_thread.run_sync(asked.context.approvals.list_waiting)
        mine = [one for one in waiting if one.account == asked.context.account.name]
        if not mine:
            await self._tell(asked, message("Nothing waits for an approval."))
            return
        lines = [f"• {one.id}: {sanitize_line(one.summary)}" for one in mine[:MAX_PENDING]]
        if len(mine) > MAX_PENDING:
            more = message("… and {more} more", more=len(mine) - MAX_PENDING)
            lines.append(render(more, asked.language))
        lines.append(render(message("approve ID shows one with its buttons."), asked.language))
        await self._adapter.tell(asked.place, "\n".join(lines))

    async def show(self, asked: CommandContext, identifier: str) -> None:
        """Show an approval with its buttons, to this person alone."""
        found = await self.find(asked.context, identifier)
        state = await anyio.to_thread.run_sync(self._posts.load_state, found.id)
        card = build_card(state, self._settings)
        await self._adapter.tell(asked.place, f"{card.title}\n{card.text}", card.buttons)
