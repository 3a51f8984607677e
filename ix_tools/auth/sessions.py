"""Sessions of people in a browser, and sign-ins that have begun; only hashes of their cookies are stored.

A session has a new secret at every sign-in. It ends when the person signs out, after half an hour without use, after twelve
hours, and with its passkey or person.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sql

from ix_tools.audit import trail
from ix_tools.auth.passkeys import Passkey, find_usable_in
from ix_tools.auth.people import Person, end_sessions, hash_secret
from ix_tools.auth.webauthn import decode, encode
from ix_tools.storage.database import Store
from ix_tools.storage.schema import passkeys, sessions, sign_ins

SESSION_SECONDS = 12 * 3600.0
"""The longest time that a session lasts."""
IDLE_SECONDS = 1800.0
"""Seconds without use after which a session ends."""
LAST_USE_PRECISION = 60.0
"""Seconds between two updates of a session's last use."""
SESSION_RETENTION = 30 * 86_400.0
"""Seconds after its start for which the row of an ended session is stored."""
SIGN_IN_SECONDS = 600.0
"""Seconds in which a begun sign-in can be completed."""
MAX_SIGN_INS = 2000
"""Begun sign-ins that are stored; the oldest gives way, so that a flood neither fills the store nor locks anybody out."""

Purpose = Literal["sign_in", "enrol"]


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in."""

    secret: str
    """The cookie's value."""
    person: Person
    passkey: Passkey
    started_at: float


class Sessions:
    """The sessions of a store."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._clock = clock

    def begin_sign_in(self, purpose: Purpose, person: str = "") -> tuple[str, bytes]:
        """Begin a sign-in or an enrolment, and return the secret for the browser's cookie and the challenge."""
        secret, challenge, now = secrets.token_urlsafe(24), secrets.token_bytes(32), self._clock()
        row = {
            "hash": hash_secret(secret),
            "purpose": purpose,
            "challenge": encode(challenge),
            "person": person,
            "expires_at": now + SIGN_IN_SECONDS,
        }
        with self._store.writing(durable=False) as connection:
            newest = (
                sql.select(sign_ins.c.expires_at)
                .order_by(sign_ins.c.expires_at.desc())
                .offset(MAX_SIGN_INS - 1)
                .limit(1)
            )
            oldest_kept = connection.execute(newest).scalar_one_or_none() or now
            connection.execute(sign_ins.delete().where(sign_ins.c.expires_at <= max(now, oldest_kept)))
            connection.execute(sign_ins.insert().values(row))
        return secret, challenge

    def take_sign_in(self, secret: str, purpose: Purpose, person: str = "") -> bytes | None:
        """Use up a begun sign-in and return its challenge; None if there is none for this browser and purpose."""
        mine = (
            (sign_ins.c.hash == hash_secret(secret))
            & (sign_ins.c.purpose == purpose)
            & (sign_ins.c.person == person)
        )
        with self._store.writing() as connection:
            row = connection.execute(sql.select(sign_ins).where(mine)).one_or_none()
            if row is None or connection.execute(sign_ins.delete().where(mine)).rowcount != 1:
                return None
        return decode(row.challenge) if row.expires_at > self._clock() else None

    def start(self, passkey: Passkey) -> str:
        """Start a session of a person who used this passkey, and return the cookie's value."""
        secret, now = secrets.token_urlsafe(32), self._clock()
        row = {
            "hash": hash_secret(secret),
            "person": passkey.person,
            "passkey": passkey.id,
            "started_at": now,
            "used_at": now,
        }
        with self._store.writing() as connection:
            connection.execute(sessions.delete().where(sessions.c.started_at < now - SESSION_RETENTION))
            connection.execute(sessions.insert().values(row))
            connection.execute(passkeys.update().where(passkeys.c.id == passkey.id).values(used_at=now))
            entry = trail.Entry(
                "signed in", principal=passkey.person, face="page", outcome=f"with {passkey.id}"
            )
            trail.append(connection, entry)
        return secret

    def find(self, secret: str) -> Session | None:
        """Return the session of a cookie, and record its use; None if it has ended."""
        now = self._clock()
        mine = sessions.c.hash == hash_secret(secret)
        with self._store.reading() as connection:
            row = connection.execute(sql.select(sessions).where(mine)).one_or_none()
            if row is None or row.ended_at is not None:
                return None
            if now - row.used_at > IDLE_SECONDS or now - row.started_at > SESSION_SECONDS:
                return None
            found = find_usable_in(connection, passkeys.c.id == row.passkey)
        if found is None or found[1].name != row.person:
            return None
        if now - row.used_at > LAST_USE_PRECISION:
            with self._store.writing(durable=False) as connection:
                connection.execute(sessions.update().where(mine).values(used_at=now))
        return Session(secret, found[1], found[0], row.started_at)

    def end(self, session: Session) -> None:
        """Sign a person out of one browser."""
        with self._store.writing() as connection:
            mine = (sessions.c.hash == hash_secret(session.secret)) & sessions.c.ended_at.is_(None)
            connection.execute(sessions.update().where(mine).values(ended_at=self._clock()))
            trail.append(connection, trail.Entry("signed out", principal=session.person.name, face="page"))

    def end_all(self, person: str, by: str) -> int:
        """Sign a person out everywhere, and return the number of ended sessions."""
        with self._store.writing() as connection:
            many = end_sessions(connection, person, self._clock())
            entry = trail.Entry(
                "signed out", principal=person, face="page", outcome=f"everywhere ({many}) by {by}"
            )
            trail.append(connection, entry)
        return many
