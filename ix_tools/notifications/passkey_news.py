"""News of passkeys by e-mail: its person and the administrators learn of every one that was added or confirmed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

import sqlalchemy as sql

from ix_tools.auth.identities import KnownIdentities, find_people
from ix_tools.auth.passkeys import Passkey, Passkeys
from ix_tools.auth.people import People
from ix_tools.config.mail_settings import MailAddress, parse_mail_address
from ix_tools.config.settings import Settings
from ix_tools.errors import SettingsError
from ix_tools.i18n import formats
from ix_tools.i18n.messages import message, message_template, render
from ix_tools.notifications.mail_queue import Mail, MailDraft, MailKind, insert_mail
from ix_tools.notifications.mail_text import build_envelope, format_pairs
from ix_tools.policy.file import PolicyFile
from ix_tools.storage.database import Store
from ix_tools.storage.schema import mails
from ix_tools.text.sanitize import sanitize_line

TOLD_SECONDS = 86_400.0
"""Seconds after which nobody is told any more; what became of an e-mail is stored for longer, so nobody is told twice."""
SUBJECTS = {
    "key_added": message_template("New passkey of {person}"),
    "key_confirmed": message_template("Passkey of {person} confirmed"),
}
OPENINGS = {
    "key_added": message_template("A passkey was added with which {person} signs in and signs approvals."),
    "key_confirmed": message_template(
        "A passkey was confirmed: it belongs to {person} alone, and no longer counts as that of whoever invited them."
    ),
}
PERSON, PASSKEY, INVITED_BY = message("Person"), message("Passkey"), message("Invited by")
CONFIRMED_BY, WHEN, PAGE = message("Confirmed by"), message("When"), message("See all passkeys")
NOT_THEM = message_template("If it was not {person}, end it now: {command}")
NEWS_ONLY = message("This e-mail was sent by ix-tools to the person and the administrators.")


@dataclass(frozen=True, slots=True)
class PasskeyNews:
    """What happened to a passkey."""

    kind: MailKind
    passkey: Passkey
    moment: float


class PasskeyReporter:
    """Queues and writes the e-mails about passkeys."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Nothing is opened yet."""
        self._store, self._settings = store, settings
        self._passkeys, self._people = Passkeys(store), People(store)

    def enqueue(self) -> None:
        """Queue what nobody was told yet; whoever gets an address later is not told of what others were told already."""
        with self._store.reading() as connection:
            now = self._store.now(connection)
            told = sql.select(mails.c.approval, mails.c.kind).where(mails.c.kind.in_(SUBJECTS))
            known = {(row.approval, row.kind) for row in connection.execute(told)}
        fresh = [one for one in self._list_news(now) if (one.passkey.id, one.kind) not in known]
        drafts = [draft for news in fresh for draft in self._draft(news)]
        if drafts:
            with self._store.writing() as connection:
                for one in drafts:
                    insert_mail(connection, one, now)

    def build_message(self, mail: Mail, sender: MailAddress) -> EmailMessage:
        """Build the e-mail."""
        found, language = self._passkeys.find(mail.approval), mail.language
        person = sanitize_line(found.person)
        moment = (
            found.confirmed_at if mail.kind == "key_confirmed" and found.confirmed_at else found.created_at
        )
        facts = (
            (PERSON, person),
            (PASSKEY, found.id),
            (INVITED_BY, sanitize_line(found.invited_by)),
            (CONFIRMED_BY, sanitize_line(found.confirmed_by) if mail.kind == "key_confirmed" else ""),
            (WHEN, formats.format_timestamp(moment)),
            (PAGE, f"{self._settings.public_url}/inbox/passkeys" if self._settings.public_url else ""),
        )
        parts = (
            render(OPENINGS[mail.kind].fill(person=person), language),
            format_pairs(facts, language),
            render(NOT_THEM.fill(person=person, command=f"ix-tools people revoke {found.id}"), language),
            render(NEWS_ONLY, language),
        )
        built = build_envelope(mail, sender, render(SUBJECTS[mail.kind].fill(person=person), language))
        built.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
        return built

    # --- internals ---

    def _list_news(self, now: float) -> Iterator[PasskeyNews]:
        since = now - TOLD_SECONDS
        for one in self._passkeys.list_all():
            if one.created_at > since:
                yield PasskeyNews("key_added", one, one.created_at)
            if one.confirmed_at is not None and one.confirmed_at > since:
                yield PasskeyNews("key_confirmed", one, one.confirmed_at)

    def _draft(self, news: PasskeyNews) -> Iterator[MailDraft]:
        end = news.moment + TOLD_SECONDS
        for to in self._choose_recipients(news.passkey):
            language = to.language or self._settings.language
            event = f"key-{news.passkey.id}"
            yield MailDraft(event, news.kind, news.passkey.id, to, language, news.moment, end)

    def _choose_recipients(self, found: Passkey) -> Sequence[MailAddress]:
        """Return the addresses of its person and of the administrators; everybody's, if none of them has one."""
        everybody = [parse_mail_address(one) for one in self._settings.mail_to]
        same = self._load_identities()
        told = [
            one.identity for one in self._people.list_all() if one.role == "admin" and one.ended_at is None
        ]
        named = {who for identity in (found.identity, *told) for who in find_people(identity, same)}
        chosen = [one for one in everybody if one.name and find_people(f"page:{one.name}", same) & named]
        return chosen or everybody

    def _load_identities(self) -> KnownIdentities:
        try:
            return PolicyFile(self._settings.policy).load_rules().identities if self._settings.policy else ()
        except SettingsError:  # every call is refused meanwhile; people are told nevertheless
            return ()
