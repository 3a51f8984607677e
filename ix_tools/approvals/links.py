"""Links to approval pages, each for one approval and stored only as a hash.

    result     in the call's result: the model reads it, so the page must ask for something that the model does not have
    host       handed to the host, which shows it to the person (URL elicitation)
    browser    opened in the browser of this machine
    terminal   printed by `ix-tools approvals link`

A page without PIN or sign-in accepts a decision from anybody with its link, so the model must not see such a link.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import anyio
import sqlalchemy as sql

from ix_tools.approvals.pins import Pins
from ix_tools.approvals.repository import Approval
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.config.launch_command import format_launch_command
from ix_tools.config.settings import Settings
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import NO_MESSAGE, Message, message
from ix_tools.storage.data_inventory import delete_aged, find_age
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, links

DeliveryMethod = Literal["result", "host", "browser", "terminal", "message"]
PAGE_PATH = "/approve/"
"""The path of approval pages; the link's secret follows."""
ENDED_LINK_RETENTION = find_age(links.name).seconds
"""Seconds for which an ended link still shows how its approval ended."""


class PageHost(Protocol):
    """The part of this process that serves approval pages."""

    @property
    def requires_sign_in(self) -> bool:
        """A page needs a sign-in besides its link."""
        ...

    @property
    def signing_address(self) -> str:
        """Where people sign approvals with a passkey; empty where signatures do not count or cannot be given."""
        ...

    async def start_and_locate(self) -> str:
        """Start serving if needed, and return the address such as https://ix.example.pt; empty if that fails."""
        ...

    async def open_in_browser(self, url: str) -> bool:
        """Open a page in this machine's browser; return False if nobody would see it."""
        ...


@dataclass(frozen=True, slots=True)
class ServerPages:
    """Pages served by an HTTP server at its own address, with nobody at its machine."""

    base_url: str
    requires_sign_in: bool = False
    signing_address: str = ""

    async def start_and_locate(self) -> str:
        """Return the server's address."""
        return self.base_url

    async def open_in_browser(self, url: str) -> bool:
        """Return False: nobody sits at the server's machine."""
        return False


@dataclass(frozen=True, slots=True)
class LinkDelivery:
    """The way in which the person reaches the page, as far as the caller may know."""

    url: str = ""
    """The link; empty if the caller must not have it."""
    how: Message = NO_MESSAGE
    """A sentence part that the caller can pass on to the person."""
    is_open: bool = False
    """This machine's browser was just opened at the page, so the person has it before them."""


class ApprovalLinks:
    """The links to approval pages in one store."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._clock = clock
        self.pins = Pins(store)
        """The PINs that protect these pages."""

    def create(self, approval: Approval, way: DeliveryMethod, person: str = "") -> str:
        """Create a link to an approval's page; several links may lead to one page.

        Args:
            person: the person for whom the link is and whose PIN the page asks for, if not the requester.
        """
        if person and not self.pins.has_pin(person):
            raise ApprovalRefused(
                message(
                    "{person} has no PIN, so the page could not tell them from anybody else with the link.",
                    person=person,
                ),
                code="pin_missing",
                next=message(
                    "{person} sets one with `ix-tools approvals pin --principal {person}`, in a terminal",
                    person=person,
                ),
            )
        if not approval.page:
            raise ApprovalRefused(
                message("{id} has no page: the program that requested it serves no pages.", id=approval.id),
                code="approval_without_page",
                next=message(
                    "decide it with `ix-tools approvals approve {id}` in a terminal", id=approval.id
                ),
            )
        secret = secrets.token_urlsafe(24)
        with self._store.writing() as connection:
            delete_aged(connection, links.name, self._clock())
            row = {"hash": _hash_secret(secret), "approval": approval.id, "expires_at": approval.expires_at}
            made_at = self._store.now(connection)
            connection.execute(links.insert().values(**row, way=way, person=person, made_at=made_at))
        return f"{approval.page}{PAGE_PATH}{secret}"

    def resolve(self, secret: str) -> tuple[str, str] | None:
        """Return the id of a link's approval, decided or not, and the person it is for; None for an unknown secret."""
        wanted = sql.select(links.c.approval, links.c.person).where(
            links.c.hash == _hash_secret(secret), links.c.expires_at > self._clock() - ENDED_LINK_RETENTION
        )
        with self._store.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return (row.approval, row.person) if row else None

    def hash_url(self, url: str) -> str:
        """Return a hash that identifies a link without revealing it."""
        return _hash_secret(url.rpartition("/")[2])

    def find_by_hash(self, mark: str) -> tuple[str, float] | None:
        """Return the id of the approval of a link, and the time of the link's creation by the store's clock."""
        wanted = sql.select(links.c.approval, links.c.made_at).where(links.c.hash == mark)
        with self._store.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return (row.approval, row.made_at or 0.0) if row else None

    def is_pending(self, identifier: str) -> bool:
        """Check if this approval waits for a person."""
        wanted = sql.select(approvals.c.state, approvals.c.expires_at).where(approvals.c.id == identifier)
        with self._store.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return row is not None and row.state == "pending" and row.expires_at > self._clock()


async def deliver_link(
    pages: PageHost, kept: ApprovalLinks, approval: Approval, settings: Settings
) -> LinkDelivery:
    """Deliver a link to the page in the way that the settings choose."""
    needs_more = pages.requires_sign_in or ApprovalRequirement.from_json(approval.terms).where == "signed"
    guarded = needs_more or await anyio.to_thread.run_sync(kept.pins.has_pin, approval.principal)
    way = settings.approval_link
    if way == "auto":
        # The model can read a link in a result, so that link alone must not be enough.
        way = "result" if guarded else "browser" if settings.approval_channel == "page" else "terminal"
    if way != "terminal":
        url = await anyio.to_thread.run_sync(kept.create, approval, way)
        if way == "result":
            return LinkDelivery(url, message("a person opens approval.url and decides there"))
        if await pages.open_in_browser(url):
            return LinkDelivery(
                "",
                message("a person decides on the page that is now open in this machine's browser"),
                is_open=True,
            )
    command = format_launch_command("approvals", "link", approval.id)
    return LinkDelivery(
        "", message("a person types `{command}` in a terminal to get a link to the page", command=command)
    )


async def wait_for_decision(kept: ApprovalLinks, identifier: str, patience: float) -> None:
    """Wait at most `patience` seconds for a decision; return at once if there is no such approval."""
    with anyio.move_on_after(patience):
        # Another process may make the decision, so only the store can be polled.
        while await anyio.to_thread.run_sync(kept.is_pending, identifier):  # noqa: ASYNC110
            await anyio.sleep(POLL_INTERVAL)


POLL_INTERVAL = 0.5
"""Seconds between two polls."""


def _hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
