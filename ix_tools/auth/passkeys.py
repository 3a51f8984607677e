"""The passkeys of people: added by invitation, confirmed by somebody other than the inviter, revoked.

Whoever sent an invitation could have opened it as well. So a passkey that was added by invitation counts as the inviter's
own, too, until somebody else vouches for it: an older passkey of the same person, or another administrator.
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.audit import trail
from ix_tools.auth.identities import KnownIdentities, find_people
from ix_tools.auth.people import Person, build_person, find_person_in, use_invitation
from ix_tools.auth.webauthn import NewPasskey
from ix_tools.errors import IxError
from ix_tools.i18n.messages import Message, message
from ix_tools.storage.database import Store
from ix_tools.storage.schema import passkeys, people, sessions

MAX_PASSKEYS = 10
"""Usable passkeys of one person."""
NEWS_SECONDS = 14 * 86_400.0
"""Seconds for which people are told of a new passkey; an unconfirmed one is shown until it is confirmed or revoked."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A person's passkey."""

    id: str
    person: str
    credential: str
    invited_by: str
    synced: bool
    created_at: float
    confirmed_at: float | None
    confirmed_by: str
    used_at: float | None
    revoked_at: float | None
    revoked_by: str

    @property
    def identity(self) -> str:
        """The identity of its person on pages."""
        return f"page:{self.person}"

    @property
    def shared_with(self) -> str | None:
        """Who else may hold it: the person who sent the invitation, until it is confirmed; empty afterwards."""
        return self.invited_by if self.confirmed_at is None else None

    def find_holders(self, same: KnownIdentities = ()) -> frozenset[str]:
        """Return the people who may hold it.

        Args:
            same: the identities in the policy's [people].
        """
        known = [self.identity, *([self.shared_with] if self.shared_with else [])]
        return frozenset(who for one in known for who in find_people(one, same))


class Passkeys:
    """The passkeys of a store."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._clock = clock

    def add_invited(self, secret: str, new: NewPasskey) -> Passkey:
        """Add the passkey of somebody who opened an invitation, and use the invitation up.

        Raises:
            IxError: the invitation was used or has expired, or the passkey is known already.
        """
        now = self._clock()
        with self._store.writing() as connection:
            invitation = use_invitation(connection, secret, now)
            if invitation is None:
                raise build_invitation_refusal()
            return _insert(connection, invitation.person, invitation.invited_by, new, now)

    def add_own(self, existing: Passkey, new: NewPasskey) -> Passkey:
        """Add a further passkey of a person who signed in with one; it is confirmed only if that one is."""
        with self._store.writing() as connection:
            by = existing.shared_with or existing.identity
            return _insert(connection, existing.person, by, new, self._clock())

    def confirm(self, identifier: str, by: Passkey, same: KnownIdentities = ()) -> Passkey:
        """Confirm that a passkey belongs to its person alone.

        Args:
            by: the passkey that vouches for it: an older one of the same person, or one of an administrator who did not invite.
            same: the identities in the policy's [people].

        Raises:
            IxError: it may not be confirmed by this passkey.
        """
        found = self.find(identifier)
        with self._store.writing() as connection:
            voucher = build_person(
                connection.execute(sql.select(people).where(people.c.name == by.person)).one()
            )
            why = _find_obstacle(found, by, voucher, same)
            if why:
                raise IxError(
                    message("{passkey} was not confirmed: {why}.", passkey=found.id, why=why),
                    code="passkey_not_confirmed",
                    next=message(
                        "its person confirms it with an older passkey, or another administrator confirms it"
                    ),
                )
            _set_confirmed(connection, found, by.identity, by.id, self._clock())
        return self.find(identifier)

    def may_confirm(self, found: Passkey, by: Passkey, same: KnownIdentities = ()) -> bool:
        """Check if one passkey may confirm another."""
        with self._store.reading() as connection:
            owner = connection.execute(sql.select(people).where(people.c.name == by.person)).one()
        return _find_obstacle(found, by, build_person(owner), same) is None

    def confirm_in_terminal(self, identifier: str, by: str, same: KnownIdentities = ()) -> Passkey:
        """Confirm a passkey at a terminal of the server, as another user than the one who invited.

        Raises:
            IxError: this user sent the invitation.
        """
        found = self.find(identifier)
        if find_people(by, same) & find_people(found.invited_by, same):
            raise IxError(
                message("Whoever sent the invitation may not confirm the passkey."),
                code="passkey_not_confirmed",
                next=message("another administrator confirms it"),
            )
        with self._store.writing() as connection:
            _set_confirmed(connection, found, by, "", self._clock())
        return self.find(identifier)

    def revoke(self, identifier: str, by: str) -> Passkey:
        """Revoke a passkey and end its sessions; what it signed stays proved."""
        found, now = self.find(identifier), self._clock()
        with self._store.writing() as connection:
            usable = (passkeys.c.id == found.id) & passkeys.c.revoked_at.is_(None)
            changed = connection.execute(
                passkeys.update().where(usable).values(revoked_at=now, revoked_by=by)
            ).rowcount
            if changed:
                started = (sessions.c.passkey == found.id) & sessions.c.ended_at.is_(None)
                connection.execute(sessions.update().where(started).values(ended_at=now))
                entry = trail.Entry(
                    "passkey revoked", principal=found.person, face="page", outcome=f"{found.id} by {by}"
                )
                trail.append(connection, entry)
        return self.find(identifier)

    def note_use(self, identifier: str) -> None:
        """Record that a passkey was used now."""
        with self._store.writing(durable=False) as connection:
            connection.execute(
                passkeys.update().where(passkeys.c.id == identifier).values(used_at=self._clock())
            )

    # --- queries ---

    def find(self, identifier: str) -> Passkey:
        """Return a passkey by id, also a revoked one.

        Raises:
            IxError: there is none.
        """
        row = self._store.find_row(passkeys, identifier.lower())
        if row is None:
            raise IxError(
                message("There is no passkey {identifier}.", identifier=identifier),
                code="passkey_unknown",
                next=message("list them with `ix-tools people list`"),
            )
        return _build_passkey(row)

    def find_usable(self, credential_hash: str) -> tuple[Passkey, Person] | None:
        """Return the usable passkey with this credential and its person; None if there is none."""
        with self._store.reading() as connection:
            return find_usable_in(connection, passkeys.c.credential_hash == credential_hash)

    def list_all(self) -> list[Passkey]:
        """Return every passkey, also revoked ones, newest first."""
        with self._store.reading() as connection:
            rows = connection.execute(sql.select(passkeys).order_by(passkeys.c.created_at.desc())).all()
        return [_build_passkey(row) for row in rows]

    def list_usable(self, person: str) -> list[Passkey]:
        """Return the usable passkeys of a person, newest first."""
        return [one for one in self.list_all() if one.person == person and one.revoked_at is None]

    def list_news(self) -> list[Passkey]:
        """Return the passkeys that all people are shown: unconfirmed ones and new ones."""
        since = self._clock() - NEWS_SECONDS
        return [
            one
            for one in self.list_all()
            if one.revoked_at is None and (one.confirmed_at is None or one.created_at > since)
        ]


def find_usable_in(connection: Connection, which: sql.ColumnElement[bool]) -> tuple[Passkey, Person] | None:
    """Return a usable passkey and its person inside the caller's transaction."""
    usable = which & passkeys.c.revoked_at.is_(None)
    row = connection.execute(sql.select(passkeys).where(usable)).one_or_none()
    if row is None:
        return None
    owner = find_person_in(connection, row.person)
    return (_build_passkey(row), owner) if owner is not None else None


def build_invitation_refusal() -> IxError:
    """Build the refusal of an invitation that cannot be used."""
    return IxError(
        message("This invitation was used already, or has expired."),
        code="invitation_ended",
        next=message("ask for a new one: `ix-tools people invite NAME`"),
    )


def _find_obstacle(found: Passkey, by: Passkey, voucher: Person, same: KnownIdentities) -> Message | None:
    """Return why a passkey may not be confirmed by this one; None if it may."""
    if found.revoked_at is not None or by.revoked_at is not None or voucher.ended_at is not None:
        return message("one of the two passkeys is revoked")
    if found.id == by.id:
        return message("a passkey cannot confirm itself")
    holders = by.find_holders(same)
    if len(holders) != 1:
        return message("the passkey that should confirm it is not confirmed itself")
    if holders == find_people(found.identity, same):
        return None if by.created_at < found.created_at else message("the other passkey is newer")
    if voucher.role != "admin":
        return message("only the person themselves or an administrator can do so")
    if holders & find_people(found.invited_by, same):
        return message("whoever sent the invitation may not confirm the passkey")
    return None


def _set_confirmed(connection: Connection, found: Passkey, by: str, voucher: str, now: float) -> None:
    waiting = (
        (passkeys.c.id == found.id) & passkeys.c.confirmed_at.is_(None) & passkeys.c.revoked_at.is_(None)
    )
    values = {"confirmed_at": now, "confirmed_by": by}
    if connection.execute(passkeys.update().where(waiting).values(values)).rowcount:
        outcome = f"{found.id} by {by}" + (f" with {voucher}" if voucher else "")
        entry = trail.Entry("passkey confirmed", principal=found.person, face="page", outcome=outcome)
        trail.append(connection, entry)


def _insert(connection: Connection, person: str, by: str, new: NewPasskey, now: float) -> Passkey:
    known = passkeys.c.credential_hash == new.credential_hash
    mine = (passkeys.c.person == person) & passkeys.c.revoked_at.is_(None)
    many = connection.execute(sql.select(sql.func.count()).select_from(passkeys).where(mine)).scalar_one()
    if many >= MAX_PASSKEYS or connection.execute(sql.select(passkeys.c.id).where(known)).first() is not None:
        raise IxError(
            message(
                "This passkey cannot be added: it is known already, or {person} has too many.", person=person
            ),
            code="passkey_refused",
            next=message("revoke one that is not needed any more, or use another device"),
        )
    row = {
        "id": secrets.token_hex(4),
        "person": person,
        "credential_hash": new.credential_hash,
        "credential": new.credential,
        "invited_by": by,
        "synced": new.synced,
        "created_at": now,
        "confirmed_by": "",
        "revoked_by": "",
    }
    connection.execute(passkeys.insert().values(row))
    # The whole credential: the trail alone must show later whose key signed an approval.
    outcome = {"passkey": row["id"], "invited_by": by, "credential": new.credential}
    entry = trail.Entry("passkey added", principal=person, face="page", outcome=json.dumps(outcome))
    trail.append(connection, entry)
    return _build_passkey(connection.execute(sql.select(passkeys).where(passkeys.c.id == row["id"])).one())


def _build_passkey(row: Row[Any]) -> Passkey:
    return Passkey(**{name: getattr(row, name) for name in Passkey.__slots__})
