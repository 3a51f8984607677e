"""People who may sign in, and the one-time links that invite them.

invite ──▶ link (15 minutes, once) ──▶ passkey, which counts as the inviter's too ──▶ confirmed ──▶ theirs alone
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.audit import trail
from ix_tools.auth.names import require_name
from ix_tools.errors import InvalidArguments, IxError, Problem
from ix_tools.i18n.messages import message
from ix_tools.storage.data_inventory import delete_aged
from ix_tools.storage.database import Store
from ix_tools.storage.schema import invitations, passkeys, people, sessions

Role = Literal["admin", "approver", "reader"]
"""An admin also confirms other people's passkeys; a reader decides nothing."""
ROLES: Mapping[str, Role] = {one: one for one in get_args(Role)}
INVITATION_SECONDS = 900.0
"""Seconds for which an invitation can be used."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in."""

    name: str
    handle: str
    role: Role
    accounts: tuple[str, ...]
    """Names of accounts in the settings; empty for every account."""
    created_at: float
    created_by: str
    ended_at: float | None

    @property
    def may_decide(self) -> bool:
        """Check if the person may approve and reject."""
        return self.role != "reader"

    @property
    def identity(self) -> str:
        """The identity on pages, as the policy's [people] names it."""
        return f"page:{self.name}"

    def may_see(self, account: str) -> bool:
        """Check if the person may see an account, by its name in the settings."""
        return not self.accounts or account in self.accounts


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link by which a person adds a passkey."""

    person: str
    invited_by: str
    expires_at: float
    used_at: float | None


class People:
    """The people of a store."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._clock = clock

    def add(self, name: str, role: Role, accounts: Sequence[str], by: str) -> Person:
        """Add a person, or give one who is there this role and these accounts.

        Args:
            by: the identity of whoever adds them, such as terminal:ana.

        Raises:
            InvalidArguments: the name cannot be used.
        """
        require_name(
            name,
            message("'{name}' cannot be the name of a person.", name=name),
            message("give another name, as the policy's [people] has it"),
        )
        values: dict[str, Any] = {"role": role, "accounts": sorted(set(accounts)), "ended_at": None}
        with self._store.writing() as connection:
            # The policy compares names without case, so two people may not differ by case only.
            known = connection.execute(
                sql.select(people).where(sql.func.lower(people.c.name) == name.lower())
            ).one_or_none()
            if known is not None and known.name != name:
                raise _build_name_refusal(name, known.name)
            if known is None:
                row = {"name": name, "handle": secrets.token_urlsafe(32), "created_at": self._clock()}
                connection.execute(people.insert().values({**row, "created_by": by, **values}))
            else:
                connection.execute(people.update().where(people.c.name == name).values(values))
            granted = ", ".join([role, *(f"account {one}" for one in values["accounts"])])
            event = "person added" if known is None else "person changed"
            trail.append(
                connection, trail.Entry(event, principal=name, face="terminal", outcome=f"by {by}: {granted}")
            )
        return self.find(name)

    def find(self, name: str) -> Person:
        """Return a person, also one who was removed.

        Raises:
            IxError: there is none of this name.
        """
        with self._store.reading() as connection:
            row = connection.execute(sql.select(people).where(people.c.name == name)).one_or_none()
        if row is None:
            raise IxError(
                message("There is no person {name}.", name=name),
                code="person_unknown",
                next=message("list them with `ix-tools people list`"),
            )
        return build_person(row)

    def list_all(self) -> list[Person]:
        """Return all people, also removed ones, by name."""
        with self._store.reading() as connection:
            rows = connection.execute(sql.select(people).order_by(people.c.name)).all()
        return [build_person(row) for row in rows]

    def has_people(self) -> bool:
        """Check if anybody was ever invited."""
        with self._store.reading() as connection:
            return connection.execute(sql.select(people.c.name).limit(1)).first() is not None

    def remove(self, name: str, by: str) -> Person:
        """Remove a person: their passkeys, sessions and invitations end now. Their name stays in the audit trail."""
        found, now = self.find(name), self._clock()
        with self._store.writing() as connection:
            connection.execute(people.update().where(people.c.name == name).values(ended_at=now))
            mine = (passkeys.c.person == name) & passkeys.c.revoked_at.is_(None)
            connection.execute(passkeys.update().where(mine).values(revoked_at=now, revoked_by=by))
            connection.execute(invitations.delete().where(invitations.c.person == name))
            end_sessions(connection, name, now)
            trail.append(
                connection,
                trail.Entry("person removed", principal=name, face="terminal", outcome=f"by {by}"),
            )
        return self.find(found.name)

    # --- invitations ---

    def invite(self, name: str, by: str) -> tuple[str, Invitation]:
        """Invite a person to add a passkey, and return the link's secret, which is not stored, and the invitation."""
        found = self.find(name)
        secret, now = secrets.token_urlsafe(24), self._clock()
        values = {"person": found.name, "invited_by": by, "expires_at": now + INVITATION_SECONDS}
        with self._store.writing() as connection:
            delete_aged(connection, invitations.name, now)
            connection.execute(invitations.insert().values(hash=hash_secret(secret), **values))
            trail.append(
                connection,
                trail.Entry("person invited", principal=found.name, face="terminal", outcome=f"by {by}"),
            )
        return secret, Invitation(found.name, by, now + INVITATION_SECONDS, None)

    def find_invitation(self, secret: str) -> Invitation | None:
        """Return the invitation of a link, usable or not; None for an unknown secret."""
        wanted = sql.select(invitations).where(invitations.c.hash == hash_secret(secret))
        with self._store.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return Invitation(row.person, row.invited_by, row.expires_at, row.used_at) if row else None

    def is_usable(self, invitation: Invitation | None) -> bool:
        """Check that an invitation was neither used nor has expired."""
        return invitation is not None and invitation.used_at is None and invitation.expires_at > self._clock()


def use_invitation(connection: Connection, secret: str, now: float) -> Invitation | None:
    """Use an invitation inside the caller's transaction; None if it was used before or has expired."""
    mine = invitations.c.hash == hash_secret(secret)
    usable = mine & invitations.c.used_at.is_(None) & (invitations.c.expires_at > now)
    if connection.execute(invitations.update().where(usable).values(used_at=now)).rowcount != 1:
        return None
    row = connection.execute(sql.select(invitations).where(mine)).one()
    return Invitation(row.person, row.invited_by, row.expires_at, row.used_at)


def find_person_in(connection: Connection, name: str) -> Person | None:
    """Return a person who was not removed, inside the caller's transaction."""
    wanted = sql.select(people).where(people.c.name == name, people.c.ended_at.is_(None))
    row = connection.execute(wanted).one_or_none()
    return build_person(row) if row is not None else None


def end_sessions(connection: Connection, person: str, now: float) -> int:
    """End every session of a person inside the caller's transaction, and return how many they were."""
    open_ones = (sessions.c.person == person) & sessions.c.ended_at.is_(None)
    return connection.execute(sessions.update().where(open_ones).values(ended_at=now)).rowcount


def hash_secret(secret: str) -> str:
    """Return the stored form of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def build_person(row: Row[Any]) -> Person:
    """Build a person from a row."""
    return Person(
        name=row.name,
        handle=row.handle,
        role=row.role if row.role in ROLES else "reader",
        accounts=tuple(row.accounts),
        created_at=row.created_at,
        created_by=row.created_by,
        ended_at=row.ended_at,
    )


def _build_name_refusal(name: str, known: str) -> InvalidArguments:
    return InvalidArguments(
        message("'{name}' is too similar to '{known}', who is a person already.", name=name, known=known),
        problems=[Problem("name", message("differs from another name by capitals only"))],
        next=message("use the name {known}, or give another one", known=known),
    )
