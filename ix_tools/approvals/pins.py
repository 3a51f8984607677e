"""PINs: what a person knows and a model does not, asked for on the page of an approval.

A PIN proves that somebody knows it, and whoever set it knows it too. So who set it is kept with it: where a policy asks
who approves, an approval under the PIN is one by either of them (`Terms.against`).

Guesses are counted by the store's clock, over all processes: after a few wrong ones in a row each next try must wait,
longer every time, and no more than so many may be wrong in a year. Nothing else waits: a terminal decides at any time.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.approvals.requirements import KnownIdentities, is_same_person
from ix_tools.audit import trail
from ix_tools.errors import ApprovalRefused
from ix_tools.storage.database import Store
from ix_tools.storage.schema import pin_guesses, pins

MIN_LENGTH = 6
"""Characters of a PIN at least."""
WRONG_GUESSES_WITHOUT_WAIT = 4
"""How many wrong PINs in a row cost no waiting."""
FIRST_WAIT = 60.0
"""Seconds to wait after the next one; each further one doubles them."""
MAX_WAIT = 86_400.0
YEAR = 365 * 86_400.0
MAX_WRONG_GUESSES_PER_YEAR = 100
"""How many wrong PINs one person has in any 365 days, whatever is typed rightly in between."""


class Pins:
    """The PINs of a store."""

    def __init__(self, store: Store) -> None:
        """Nothing is opened yet."""
        self._store = store

    def has_pin(self, principal: str) -> bool:
        """Whether this person's pages ask for a PIN."""
        return self._find_row(principal) is not None

    def find_setter(self, principal: str) -> str | None:
        """Who set a person's PIN, such as terminal:ana; empty where nobody noted it, None where there is no PIN."""
        kept = self._find_row(principal)
        return None if kept is None else str(kept.set_by)

    @staticmethod
    def is_own(principal: str, identity: str, same: KnownIdentities = ()) -> bool:
        """Whether an identity such as terminal:asilva is the person whose PIN it is, as the policy's [people] say."""
        return any(is_same_person(identity, f"{kind}:{principal}", same) for kind in ("page", "principal"))

    def set(
        self, principal: str, pin: str | None, *, by: str, same: KnownIdentities = (), old: str | None = None
    ) -> None:
        """Set a person's PIN, or take it away (None). `by`: who does it, as the system knows them.

        A PIN that is there is changed by whoever knows it (`old`), or by its own person's sign-in.
        """
        if pin is not None and len(pin) < MIN_LENGTH:
            raise ApprovalRefused(
                f"A PIN has at least {MIN_LENGTH} characters.",
                code="pin_too_short",
                next="choose a longer one",
            )
        before = self._find_row(principal)
        if before is not None and not self.is_own(principal, by, same):
            if old is None:
                raise ApprovalRefused(
                    f"{principal} has a PIN; changing or removing it wants that PIN.",
                    code="pin_needed",
                    next=f"type the old PIN, or let {principal} do it, signed in to this machine as themselves",
                )
            self.check(principal, old, face="terminal")
        mine = pins.c.principal == principal
        with self._store.writing() as connection:
            now = self._store.now(connection)
            # Only what was just proved may be replaced: somebody else may have changed it meanwhile.
            unchanged = mine if before is None else mine & (pins.c.hash == before.hash)
            replaced = connection.execute(pins.delete().where(unchanged)).rowcount
            if replaced != (before is not None):
                raise ApprovalRefused(
                    "The PIN was changed by somebody else at this moment.",
                    code="pin_changed",
                    next="try again",
                )
            # What was guessed about the old one says nothing about the new one.
            connection.execute(pin_guesses.delete().where(pin_guesses.c.principal == principal))
            if pin is not None:
                salt = secrets.token_hex(16)
                row = {"principal": principal, "salt": salt, "hash": _hash_pin(pin, salt), "failures": 0}
                connection.execute(pins.insert().values({**row, "set_by": by, "set_at": now}))
            event = "pin removed" if pin is None else "pin changed" if before is not None else "pin set"
            entry = trail.Entry(event=event, principal=principal, face="terminal", outcome=f"by {by}")
            trail.append(connection, entry)

    def check(self, principal: str, pin: str, *, face: str = "page", approval: str = "") -> str | None:
        """Who set the PIN that was typed rightly (empty: nobody noted it); None where this person has none.

        A wrong one is refused, and so is every one that comes before the next try is allowed.
        """
        mine = pins.c.principal == principal
        guess = secrets.token_hex(16)
        with self._store.writing() as connection:
            # Locked, and counted before it is compared: many tries at once are still so many tries.
            kept = connection.execute(sql.select(pins).where(mine).with_for_update()).one_or_none()
            if kept is None:
                return None
            now = self._store.now(connection)
            wait_until = _compute_next_attempt_time(connection, kept, now)
            if wait_until <= now:
                _count_wrong_guess(connection, kept, guess, now)
        if wait_until > now:
            raise _build_locked_refusal(wait_until)
        right = hmac.compare_digest(_hash_pin(pin, kept.salt), kept.hash)
        with self._store.writing() as connection:
            if right:
                connection.execute(pins.update().where(mine).values(failures=0, locked_until=0.0))
                connection.execute(pin_guesses.delete().where(pin_guesses.c.id == guess))
            else:
                entry = trail.Entry(event="pin wrong", principal=principal, face=face, approval=approval)
                trail.append(connection, entry)
        if not right:
            raise ApprovalRefused(
                "That is not the PIN.",
                code="pin_wrong",
                next="type the PIN set with `ix-tools approvals pin`",
            )
        return str(kept.set_by)

    def find_next_attempt_time(self, principal: str) -> float:
        """When the next PIN may be tried, in seconds since 1970; 0 where it may be now."""
        with self._store.reading() as connection:
            wanted = sql.select(pins).where(pins.c.principal == principal)
            kept = connection.execute(wanted).one_or_none()
            if kept is None:
                return 0.0
            now = self._store.now(connection)
            found = _compute_next_attempt_time(connection, kept, now)
        return found if found > now else 0.0

    def _find_row(self, principal: str) -> Row[Any] | None:
        with self._store.reading() as connection:
            return connection.execute(sql.select(pins).where(pins.c.principal == principal)).one_or_none()


def _compute_next_attempt_time(connection: Connection, kept: Row[Any], now: float) -> float:
    """When this PIN may be tried again: after the wait for those in a row, and once the year has room."""
    wrong = (
        sql.select(pin_guesses.c.at)
        .where(pin_guesses.c.principal == kept.principal, pin_guesses.c.at > now - YEAR)
        .order_by(pin_guesses.c.at.desc())
        .offset(MAX_WRONG_GUESSES_PER_YEAR - 1)
        .limit(1)
    )
    oldest = connection.execute(wrong).scalar_one_or_none()
    return max(float(kept.locked_until), oldest + YEAR if oldest is not None else 0.0)


def _count_wrong_guess(connection: Connection, kept: Row[Any], guess: str, now: float) -> None:
    """Count a guess as wrong; a right one is taken back."""
    failures = kept.failures + 1
    waits = failures - WRONG_GUESSES_WITHOUT_WAIT
    wait = min(FIRST_WAIT * 2 ** (waits - 1), MAX_WAIT) if waits > 0 else 0.0
    counted = {"failures": failures, "locked_until": now + wait}
    connection.execute(pins.update().where(pins.c.principal == kept.principal).values(counted))
    mine = pin_guesses.c.principal == kept.principal
    connection.execute(pin_guesses.delete().where(mine, pin_guesses.c.at <= now - YEAR))
    connection.execute(pin_guesses.insert().values(id=guess, principal=kept.principal, at=now))


def _build_locked_refusal(until: float) -> ApprovalRefused:
    return ApprovalRefused(
        "The PIN was wrong too often; another may be tried later.",
        code="pin_locked",
        next="wait until the time in `next_try`, or decide in a terminal with `ix-tools approvals approve`",
        details={"next_try": datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds")},
    )


def _hash_pin(pin: str, salt: str) -> str:
    return hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32).hex()
