"""The mailer: queues an e-mail for each event that an approver waits for, and sends what is due."""

import logging
import time
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import anyio
from sqlalchemy.engine import Connection

from ix_tools.approvals.links import ApprovalLinks
from ix_tools.approvals.models import Approval
from ix_tools.approvals.queries import find_approval
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.config.mail_settings import parse_mail_address
from ix_tools.config.settings import Settings
from ix_tools.errors import StoreUnavailable
from ix_tools.events.models import Event
from ix_tools.events.repository import EventFilter, Events
from ix_tools.notifications import smtp
from ix_tools.notifications.mail_queue import (
    Mail,
    MailDraft,
    MailKind,
    MailQueue,
    get_event_id,
    insert_mail,
)
from ix_tools.notifications.mail_text import MailContent, build_message, build_notice
from ix_tools.notifications.passkey_news import PasskeyReporter
from ix_tools.notifications.recipients import choose_recipients
from ix_tools.storage.database import Store

if TYPE_CHECKING:
    from aiosmtplib import SMTP

log = logging.getLogger(__name__)

READER = "mail"
"""The name under which the store keeps how far the events were read."""
ASKING: tuple[MailKind, ...] = ("request", "reminder")
ABOUT_PASSKEYS: tuple[MailKind, ...] = ("key_added", "key_confirmed")
NEWS: tuple[MailKind, ...] = ("expired", "unused", *ABOUT_PASSKEYS)
WANTED = EventFilter(types=("approval.requested", "approval.expired", "webhook.disabled"))
LOOK_SECONDS = 1.0
"""Seconds between two looks for events and due e-mails."""
CLEANING_LOOKS = 3600
"""Looks after which old e-mails are deleted."""
REMINDED_FROM_SECONDS = 3600.0
"""Seconds that an approval must last so that a reminder is sent."""
REMINDER_SHARE = 0.75
"""Share of its time after which an approval that still waits is reminded of."""
NEWS_SECONDS = 86_400.0
"""Seconds for which an e-mail about an end is tried."""


class Mailer:
    """Sends e-mails to approvers, beside any number of other processes that share the store."""

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._store = store
        self._events = Events(store, settings.events_days)
        self._queue = MailQueue(store)
        self._approvals = ApprovalRepository(store, settings.approval_minutes, clock)
        self._links = ApprovalLinks(store, clock)
        self._passkey_news = PasskeyReporter(store, settings)
        self._sender = parse_mail_address(settings.mail_from)

    async def run(self) -> NoReturn:
        """Send until cancelled. A trouble is logged once for each e-mail and attempt."""
        looks = 0
        while True:
            try:
                await self.work()
                if looks % CLEANING_LOOKS == 0:
                    await anyio.to_thread.run_sync(self._queue.delete_old)
                looks += 1
            except StoreUnavailable as trouble:
                log.warning("the store could not be looked at for e-mails: %s", trouble.message)
            except Exception:
                log.exception("e-mails to approvers were not looked at")
            await anyio.sleep(LOOK_SECONDS)

    async def work(self) -> None:
        """Queue what the events tell, and send what is due."""
        while await anyio.to_thread.run_sync(
            partial(self._events.consume, READER, self._enqueue, wanted=WANTED)
        ):
            pass
        await anyio.to_thread.run_sync(self._passkey_news.enqueue)
        while mails := await anyio.to_thread.run_sync(self._queue.take_due):
            await self._send_all(mails)

    def _enqueue(self, connection: Connection, event: Event) -> None:
        if event.type == "webhook.disabled":
            self._enqueue_notice(connection, event)
            return
        approval = find_approval(connection, str(event.data.get("approval", "")))
        if approval is None or event.data.get("place") == "form":
            return  # in the host's form the person is asked at once
        now = self._store.now(connection)
        dues: list[tuple[MailKind, float, float]] = []
        if event.type == "approval.requested":
            dues.append(("request", now, approval.expires_at))
            lasts = approval.expires_at - approval.created_at
            if lasts >= REMINDED_FROM_SECONDS:
                dues.append(("reminder", approval.created_at + lasts * REMINDER_SHARE, approval.expires_at))
        elif event.data.get("state") == "expired":
            kind: MailKind = "expired" if approval.decided_at is None else "unused"
            dues.append((kind, now, now + NEWS_SECONDS))
        requirement = ApprovalRequirement.from_json(approval.terms)
        for to in choose_recipients(self._settings, requirement, approval.principal):
            for kind, due_at, give_up_at in dues:
                language = to.language or self._settings.language
                insert_mail(
                    connection, MailDraft(event.id, kind, approval.id, to, language, due_at, give_up_at), now
                )

    def _enqueue_notice(self, connection: Connection, event: Event) -> None:
        """Tell everybody whom the settings name, since a flow has stopped that nobody may be looking at."""
        now = self._store.now(connection)
        for to in map(parse_mail_address, self._settings.mail_to):
            language = to.language or self._settings.language
            draft = MailDraft(event.id, "webhook", "", to, language, now, now + NEWS_SECONDS)
            insert_mail(connection, draft, now)

    async def _send_all(self, mails: list[Mail]) -> None:
        wanted = [one for one in mails if await anyio.to_thread.run_sync(self._is_wanted, one)]
        if not wanted:
            return
        try:
            async with smtp.connect(self._settings) as client:
                for mail in wanted:
                    await self._send(client, mail)
        except smtp.MailNotSent as trouble:  # the server as a whole
            for mail in wanted:
                await self._postpone(mail, trouble)

    async def _send(self, client: "SMTP", mail: Mail) -> None:
        built = await anyio.to_thread.run_sync(self._build, mail)
        try:
            await smtp.send(client, built, self._sender.address, mail.address)
        except smtp.MailNotSent as trouble:
            await self._postpone(mail, trouble)
            return
        await anyio.to_thread.run_sync(self._queue.finish, mail, "sent")

    async def _postpone(self, mail: Mail, trouble: smtp.MailNotSent) -> None:
        log.warning("the e-mail %s about %s was not sent: %s", mail.id, mail.approval, trouble)
        if trouble.is_final:
            await anyio.to_thread.run_sync(self._queue.finish, mail, "failed", str(trouble))
        else:
            await anyio.to_thread.run_sync(self._queue.postpone, mail, str(trouble))

    def _is_wanted(self, mail: Mail) -> bool:
        """Tell whether an e-mail is still of use; one about a request that was decided meanwhile is left out."""
        if mail.kind == "webhook" and self._events.find(get_event_id(mail)) is not None:
            return True
        if mail.kind in NEWS or self._links.is_pending(mail.approval):
            return True
        self._queue.finish(mail, "skipped")
        return False

    def _build(self, mail: Mail) -> EmailMessage:
        if mail.kind == "webhook":
            event = self._events.find(get_event_id(mail))
            assert event is not None
            return build_notice(mail, event, self._sender)
        if mail.kind in ABOUT_PASSKEYS:
            return self._passkey_news.build_message(mail, self._sender)
        approval = self._approvals.find(mail.approval)
        content = MailContent(
            self._sender,
            self._create_link(mail, approval) if mail.kind in ASKING else "",
            self._settings.mail_details,
            self._queue.find_first(mail),
        )
        return build_message(mail, approval, content)

    def _create_link(self, mail: Mail, approval: Approval) -> str:
        """Create a link of the recipient's own: the page asks for their PIN, or for the requester's, where one is set."""
        if not approval.page:
            return ""
        has_pin = self._links.pins.has_pin
        person = next((one for one in (mail.person, mail.person.casefold()) if one and has_pin(one)), "")
        return self._links.create(approval, "message", person)
