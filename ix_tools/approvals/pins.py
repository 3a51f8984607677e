"""PINs that approval pages ask for, with limits on guessing.

The person who set a PIN knows it, too, so the store records who set it. Where a policy asks who approves, an approval with
the PIN may be by either of them (`ApprovalRequirement.find_ineligibility`).

Guesses are counted by the store's clock across all processes. After a few wrong ones in a row each further attempt must
wait longer, and the wrong guesses of a year are limited. Decisions in a terminal never wait.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.audit import trail
from ix_tools.auth.identities import KnownIdentities, is_same_person
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import message
from ix_tools.storage.database import Store
from ix_tools.storage.schema import pin_guesses, pins

MIN_LENGTH = 6
"""Minimum number of characters."""
WRONG_GUESSES_WITHOUT_WAIT = 4
"""Wrong PINs in a row after which the next attempt needs no wait."""
FIRST_WAIT = 60.0
"""Seconds to wait after the next wrong one; each further one doubles the wait."""
MAX_WAIT = 86_400.0
YEAR = 365 * 86_400.0
MAX_WRONG_GUESSES_PER_YEAR = 100
"""Wrong PINs of one person in any 365 days; a right PIN does not reset the count."""
SCRYPT_COST = 2**14
"""Work and memory for one guess at a stored hash; a hash of another cost would not match any more."""


class Pins:
    """The PINs of a store."""

    def __init__(self, store: Store) -> None:
        """Nothing is opened yet."""
        self._store = store

    def has_pin(self, principal: str) -> bool:
        """Check if this person's pages ask for a PIN."""
        return self._find_row(principal) is not None

    def find_setter(self, principal: str) -> str | None:
        """Return who set a person's PIN, such as terminal:ana; empty if that is not recorded, None without a PIN."""
        kept = self._find_row(principal)
        return None if kept is None else str(kept.set_by)

    @staticmethod
    def is_own(principal: str, identity: str, same: KnownIdentities = ()) -> bool:
        """Check if an identity such as terminal:asilva is the owner of the PIN, by the policy's [people]."""
        return any(is_same_person(identity, f"{kind}:{principal}", same) for kind in ("page", "principal"))

    def set(
        self, principal: str, pin: str | None, *, by: str, same: KnownIdentities = (), old: str | None = None
    ) -> None:
        """Set a person's PIN, or remove it with None.

        Args:
            by: the identity of the person at the terminal.
            old: the existing PIN; needed unless `by` is its owner.
        """
        if pin is not None and len(pin) < MIN_LENGTH:
            raise ApprovalRefused(
                message("A PIN has at least {count} characters.", count=MIN_LENGTH),
                code="pin_too_short",
                next=message("choose a longer one"),
            )
        before = self._find_row(principal)
        if before is not None and not self.is_own(principal, by, same):
            if old is None:
                raise ApprovalRefused(
                    message(
                        "{principal} already has a PIN; changing or removing it needs the old PIN.",
                        principal=principal,
                    ),
                    code="pin_needed",
                    next=message(
                        "type the old PIN, or let {principal} do it, signed in to this machine as themselves",
                        principal=principal,
                    ),
                )
            self.check(principal, old, face="terminal")
        mine = pins.c.principal == principal
        with self._store.writing() as connection:
            now = self._store.now(connection)
            # Replace only the PIN that was just checked: somebody else may have changed it meanwhile.
            unchanged = mine if before is None else mine & (pins.c.hash == before.hash)
            replaced = connection.execute(pins.delete().where(unchanged)).rowcount
            if replaced != (before is not None):
                raise ApprovalRefused(
                    message("Somebody else changed the PIN at this moment."),
                    code="pin_changed",
                    next=message("try again"),
                )
            # Guesses at the old PIN say nothing about the new one.
            connection.execute(pin_guesses.delete().where(pin_guesses.c.principal == principal))
            if pin is not None:
                salt = secrets.token_hex(16)
                row = {"principal": principal, "salt": salt, "hash": _hash_pin(pin, salt), "failures": 0}
                connection.execute(pins.insert().values({**row, "set_by": by, "set_at": now}))
            event = "pin removed" if pin is None else "pin changed" if before is not None else "pin set"
            entry = trail.Entry(event=event, principal=principal, face="terminal", outcome=f"by {by}")
            trail.append(connection, entry)

    def check(self, principal: str, pin: str, *, face: str = "page", approval: str = "") -> str | None:
        """Check a PIN and return who set it: empty if that is not recorded, None if this person has no PIN.

        Raises:
            ApprovalRefused: the PIN is wrong, or the next attempt is not allowed yet.
        """
        mine = pins.c.principal == principal
        guess = secrets.token_hex(16)
        with self._store.writing() as connection:
            # Lock the row and count the guess before comparing, so that concurrent attempts are all counted.
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
                message("That is not the PIN."),
                code="pin_wrong",
                next=message("type the PIN set with `ix-tools approvals pin`"),
            )
        return str(kept.set_by)

    def find_next_attempt_time(self, principal: str) -> float:
        """Return when the next PIN may be tried, in seconds since 1970; 0 if now."""
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
    """Compute when this PIN may be tried again, by the wrong ones in a row and in the last year."""
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
    """Count a guess as wrong before it is compared; the caller removes it if it is right."""
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
        message("The PIN was wrong too often; the next attempt is possible later."),
        code="pin_locked",
        next=message(
            "wait until the time in `next_try`, or decide in a terminal with `ix-tools approvals approve`"
        ),
        details={"next_try": datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds")},
    )


def _hash_pin(pin: str, salt: str) -> str:
    return hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), n=SCRYPT_COST, r=8, p=1, dklen=32).hex()
