"""Sessions of people in a browser, and sign-ins that have begun; only hashes of their cookies are stored.

A session has a new secret at every sign-in. It ends when the person signs out, after half an hour without use, after twelve
hours, and with its passkey or person; one that began at the provider, also when the person signs out there.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.audit import trail
from ix_tools.auth.passkeys import Passkey, find_usable_in
from ix_tools.auth.people import Person, end_sessions, find_person_in, hash_secret
from ix_tools.auth.webauthn import decode, encode
from ix_tools.storage.data_inventory import delete_aged
from ix_tools.storage.database import Store
from ix_tools.storage.schema import passkeys, sessions, sign_ins

SESSION_SECONDS = 12 * 3600.0
"""The longest time that a session lasts."""
IDLE_SECONDS = 1800.0
"""Seconds without use after which a session ends."""
LAST_USE_PRECISION = 60.0
"""Seconds between two updates of a session's last use."""
SIGN_IN_SECONDS = 600.0
"""Seconds in which a begun sign-in can be completed."""
MAX_SIGN_INS = 2000
"""Begun sign-ins that are stored; the oldest gives way, so that a flood neither fills the store nor locks anybody out."""

Purpose = Literal["sign_in", "enrol", "provider"]


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in."""

    secret: str
    """The cookie's value."""
    person: Person
    passkey: Passkey | None
    """The passkey that was used; None for a sign-in at the provider."""
    identity: str
    """Who it is at the provider, as [people] of the policy has it; empty for a sign-in with a passkey."""
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
        with self._store.writing() as connection:
            used = passkeys.update().where(passkeys.c.id == passkey.id)
            connection.execute(used.values(used_at=self._clock()))
            row = {"person": passkey.person, "passkey": passkey.id, "identity": "", "provider_session": ""}
            return self._insert(connection, row, f"with {passkey.id}")

    def start_at_provider(self, person: Person, identity: str, provider_session: str) -> str:
        """Start a session of a person who signed in at the provider, and return the cookie's value."""
        with self._store.writing() as connection:
            row = {"passkey": "", "identity": identity, "provider_session": provider_session}
            return self._insert(connection, {"person": person.name, **row}, f"as {identity}")

    def _insert(self, connection: Connection, row: dict[str, str], told: str) -> str:
        secret, now = secrets.token_urlsafe(32), self._clock()
        delete_aged(connection, sessions.name, now)
        moments = {"started_at": now, "used_at": now}
        connection.execute(sessions.insert().values(hash=hash_secret(secret), **row, **moments))
        entry = trail.Entry("signed in", principal=row["person"], face="page", outcome=told)
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
            found = find_usable_in(connection, passkeys.c.id == row.passkey) if not row.identity else None
            person = found[1] if found else find_person_in(connection, row.person)
        if person is None or person.name != row.person or (found is None and not row.identity):
            return None
        if now - row.used_at > LAST_USE_PRECISION:
            with self._store.writing(durable=False) as connection:
                connection.execute(sessions.update().where(mine).values(used_at=now))
        return Session(secret, person, found[0] if found else None, row.identity, row.started_at)

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

    def end_at_provider(self, identity: str, provider_session: str, before: float) -> int:
        """End the sessions of whoever signed out at the provider, and return how many they were.

        Args:
            identity: who it is; empty for whoever has this session of the provider.
            provider_session: hash of the provider's own session; empty for all sessions of the person.
            before: only sessions that started until then, so that an old notice ends no new session.
        """
        if not identity and not provider_session:
            return 0
        wanted = (
            sessions.c.ended_at.is_(None) & (sessions.c.started_at <= before) & (sessions.c.identity != "")
        )
        if identity:
            wanted &= sessions.c.identity == identity
        if provider_session:
            wanted &= sessions.c.provider_session == provider_session
        with self._store.writing() as connection:
            who = connection.execute(sql.select(sessions.c.person).where(wanted)).scalars().all()
            connection.execute(sessions.update().where(wanted).values(ended_at=self._clock()))
            for person in sorted(set(who)):
                told = f"at the provider ({who.count(person)})"
                trail.append(
                    connection, trail.Entry("signed out", principal=person, face="page", outcome=told)
                )
        return len(who)
