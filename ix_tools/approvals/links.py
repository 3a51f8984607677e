"""How a person gets to the page of an approval: by a link of its own, which ends with it and is kept as a hash only.

    result     in the call's result: the model reads it, so the page must ask for something that the model does not have
    host       handed to the host, which shows it to the person (URL elicitation)
    browser    opened in the browser of this machine
    terminal   printed by `ix-tools approvals link`

Whoever has the link of a page that asks for nothing more can decide; so such a link is kept out of a model's sight.
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
from ix_tools.config.launch_command import format_launch_command
from ix_tools.config.settings import Settings
from ix_tools.errors import ApprovalRefused
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, links

DeliveryMethod = Literal["result", "host", "browser", "terminal", "message"]
PAGE_PATH = "/approve/"
"""Where pages are: what follows is the secret of the link."""
ENDED_LINK_RETENTION = 86_400.0
"""Seconds for which an ended link still says how it ended."""


class PageHost(Protocol):
    """Whoever shows the pages of approvals in this process."""

    @property
    def requires_sign_in(self) -> bool:
        """Whether a page wants a sign-in of its own, besides the link."""

    async def start_and_locate(self) -> str:
        """Where they are shown, such as https://ix.example.pt; begun when first asked for. Empty where that fails."""

    async def open_in_browser(self, url: str) -> bool:
        """Open a page before the person who sits at this machine; False where nobody does."""


@dataclass(frozen=True, slots=True)
class ServerPages:
    """Pages that a server shows at its own address, where nobody sits at its machine."""

    base_url: str
    requires_sign_in: bool = False

    async def start_and_locate(self) -> str:
        """The server's."""
        return self.base_url

    async def open_in_browser(self, url: str) -> bool:
        """Nobody would see it."""
        return False


@dataclass(frozen=True, slots=True)
class LinkDelivery:
    """How the person is sent to the page, as far as the caller may know."""

    url: str = ""
    """The link; empty where the caller must not have it."""
    how: str = ""
    """What the caller can tell the person."""


class ApprovalLinks:
    """The links of this store."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._clock = clock
        self.pins = Pins(store)
        """What guards the pages that the links lead to."""

    def create(self, approval: Approval, way: DeliveryMethod, person: str = "") -> str:
        """A new link to an approval's page; several may lead there, and the decision is one all the same.

        `person`: whom it is for, and whose PIN the page asks for, where it is not for whoever asked.
        """
        if person and not self.pins.has_pin(person):
            raise ApprovalRefused(
                f"{person} has no PIN, so nothing would tell them from anybody else with the link.",
                code="pin_missing",
                next=f"{person} sets one with `ix-tools approvals pin --principal {person}`, in a terminal",
            )
        if not approval.page:
            raise ApprovalRefused(
                f"{approval.id} has no page: the program that asked shows none.",
                code="approval_without_page",
                next=f"decide it with `ix-tools approvals approve {approval.id}` in a terminal",
            )
        secret = secrets.token_urlsafe(24)
        with self._store.writing() as connection:
            connection.execute(
                links.delete().where(links.c.expires_at < self._clock() - ENDED_LINK_RETENTION)
            )
            row = {"hash": _hash_secret(secret), "approval": approval.id, "expires_at": approval.expires_at}
            made_at = self._store.now(connection)
            connection.execute(links.insert().values(**row, way=way, person=person, made_at=made_at))
        return f"{approval.page}{PAGE_PATH}{secret}"

    def resolve(self, secret: str) -> tuple[str, str] | None:
        """The id of the approval that a link leads to, decided or not, and whom it is for; None for an unknown secret."""
        wanted = sql.select(links.c.approval, links.c.person).where(
            links.c.hash == _hash_secret(secret), links.c.expires_at > self._clock() - ENDED_LINK_RETENTION
        )
        with self._store.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return (row.approval, row.person) if row else None

    def hash_url(self, url: str) -> str:
        """What names a link without leading anywhere."""
        return _hash_secret(url.rpartition("/")[2])

    def find_by_hash(self, mark: str) -> tuple[str, float] | None:
        """The id of the approval that a marked link leads to, and when the link was made, by the store's clock."""
        wanted = sql.select(links.c.approval, links.c.made_at).where(links.c.hash == mark)
        with self._store.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return (row.approval, row.made_at or 0.0) if row else None

    def is_pending(self, identifier: str) -> bool:
        """Whether an approval of that id waits for a person."""
        wanted = sql.select(approvals.c.state, approvals.c.expires_at).where(approvals.c.id == identifier)
        with self._store.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return row is not None and row.state == "pending" and row.expires_at > self._clock()


async def deliver_link(
    pages: PageHost, kept: ApprovalLinks, approval: Approval, settings: Settings
) -> LinkDelivery:
    """Send the person to the page in the way that the settings say."""
    guarded = pages.requires_sign_in or await anyio.to_thread.run_sync(kept.pins.has_pin, approval.principal)
    way = settings.approval_link
    if way == "auto":
        # A link that a model can read must not be enough by itself.
        way = "result" if guarded else "browser" if settings.approval_channel == "page" else "terminal"
    if way != "terminal":
        url = await anyio.to_thread.run_sync(kept.create, approval, way)
        if way == "result":
            return LinkDelivery(url, "a person opens approval.url")
        if await pages.open_in_browser(url):
            return LinkDelivery(
                "", "a person decides on the page that was opened in the browser of this machine"
            )
    command = format_launch_command("approvals", "link", approval.id)
    return LinkDelivery("", f"a person gets a link to its page with `{command}` in a terminal")


async def wait_for_decision(kept: ApprovalLinks, identifier: str, patience: float) -> None:
    """Wait until an approval is not pending any more, or so many seconds have passed; not at all if there is none."""
    with anyio.move_on_after(patience):
        # The decision may be made in another process: there is nothing to wait on but the store.
        while await anyio.to_thread.run_sync(kept.is_pending, identifier):  # noqa: ASYNC110
            await anyio.sleep(POLL_INTERVAL)


POLL_INTERVAL = 0.5
"""Seconds between two looks."""


def _hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
