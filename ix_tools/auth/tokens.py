"""Bearer tokens for the HTTP server, with scopes, accounts, expiry and revocation; only hashes are stored.

A token has 256 random bits and cannot be guessed, so one round of SHA-256 protects it as well as a slow hash.
"""

import hashlib
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.audit import trail
from ix_tools.auth.names import require_name
from ix_tools.auth.principals import Principal
from ix_tools.errors import IxError
from ix_tools.i18n.messages import message
from ix_tools.operations.scopes import Scope
from ix_tools.storage.database import Store
from ix_tools.storage.schema import tokens

TOKEN_PREFIX = "ixt_"  # noqa: S105 - no secret
"""Prefix of every token, by which secret scanners recognise a leaked one."""
TOKEN_PATTERN = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{43}}")
SECONDS_PER_DAY = 86400.0
LAST_USE_PRECISION = 60.0
"""Seconds between two updates of a token's last use; an update per call would add a write to every read."""
CACHE_SIZE = 4096
"""Tokens in the cache of a process."""


@dataclass(frozen=True, slots=True)
class Token:
    """A stored token, without its secret text."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    accounts: tuple[str, ...]
    created_at: float
    expires_at: float
    used_at: float | None
    revoked_at: float | None

    @property
    def principal(self) -> Principal:
        """The caller with this token. Tokens of the same name belong to one caller."""
        return Principal(self.name, frozenset(self.scopes), self.accounts, f"token:{self.id}")

    def is_usable(self, now: float) -> bool:
        """Check that the token is neither revoked nor expired."""
        return self.revoked_at is None and now < self.expires_at


class Tokens:
    """The tokens of a store."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._clock = clock
        self._read: OrderedDict[str, tuple[tuple[int, int], Token]] = OrderedDict()

    def create(
        self, name: str, scopes: Sequence[Scope], accounts: Sequence[str], days: int
    ) -> tuple[Token, str]:
        """Create a token and return it with its secret text, which is not stored.

        Raises:
            InvalidArguments: the name cannot be used.
        """
        require_name(
            name,
            message("'{name}' cannot be the name of a caller.", name=name),
            message("give another name"),
        )
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        now = self._clock()
        row = {
            "id": secrets.token_hex(4),
            "name": name,
            "digest": _hash_secret(secret),
            "scopes": [str(one) for one in Scope if one in scopes],
            "accounts": sorted(set(accounts)),
            "created_at": now,
            "expires_at": now + days * SECONDS_PER_DAY,
        }
        with self._store.writing() as connection:
            connection.execute(tokens.insert().values(row))
            shown = ", ".join([*scopes, *(f"account {one}" for one in sorted(set(accounts)))])
            trail.append(
                connection,
                trail.Entry(
                    event="token created", principal=name, face="cli", outcome=f"{row['id']}: {shown}"
                ),
            )
        return self._get(str(row["id"])), secret

    def list_all(self) -> list[Token]:
        """Return all tokens, also ended ones, newest first."""
        with self._store.reading() as connection:
            rows = connection.execute(sql.select(tokens).order_by(tokens.c.created_at.desc())).all()
        return [_build_token(row) for row in rows]

    def revoke(self, identifier: str) -> Token:
        """Revoke a token; every worker refuses it from the next request on."""
        found = self._get(identifier)
        with self._store.writing() as connection:
            changed = connection.execute(
                tokens.update()
                .where(tokens.c.id == found.id, tokens.c.revoked_at.is_(None))
                .values(revoked_at=self._clock())
            ).rowcount
            if changed:
                trail.append(
                    connection,
                    trail.Entry(event="token revoked", principal=found.name, face="cli", outcome=found.id),
                )
        return self._get(found.id)

    def has_usable_tokens(self) -> bool:
        """Check if there is a usable token."""
        now = self._clock()
        return any(token.is_usable(now) for token in self.list_all())

    def has_tokens(self) -> bool:
        """Check if a token was ever created. Then callers must authenticate, even after all tokens have ended."""
        with self._store.reading() as connection:
            return connection.execute(sql.select(tokens.c.id).limit(1)).first() is not None

    def find_cached(self, secret: str) -> Token | None:
        """Return the usable token with this secret from the cache; None if the store must be asked with `find`.

        The cache is valid until somebody writes to the store, and the look-up does not block.
        """
        kept = self._read.get(_hash_secret(secret))
        if kept is None or kept[0] != self._store.read_write_counter():
            return None
        token, now = kept[1], self._clock()
        return token if token.is_usable(now) and not _is_last_use_outdated(token, now) else None

    def find(self, secret: str) -> Token | None:
        """Return the usable token with this secret, or None."""
        if not TOKEN_PATTERN.fullmatch(secret):
            return None
        digest, now = _hash_secret(secret), self._clock()
        stamp = self._store.read_write_counter()  # before reading, so that a write in between is not missed
        with self._store.reading() as connection:
            row = connection.execute(_SELECT_BY_DIGEST, {"digest": digest}).one_or_none()
        token = _build_token(row) if row is not None else None
        if token is None or not token.is_usable(now):
            return None
        if stamp is not None:
            self._add_to_cache(digest, stamp, token)
        if _is_last_use_outdated(token, now):
            with self._store.writing(durable=False) as connection:
                connection.execute(tokens.update().where(tokens.c.id == token.id).values(used_at=now))
        return token

    def _add_to_cache(self, digest: str, stamp: tuple[int, int], token: Token) -> None:
        self._read[digest] = (stamp, token)
        if len(self._read) > CACHE_SIZE:
            self._read.popitem(last=False)

    def find_by_id(self, identifier: str) -> Token | None:
        """Return the usable token with this id, or None."""
        row = self._store.find_row(tokens, identifier)
        token = _build_token(row) if row is not None else None
        return token if token is not None and token.is_usable(self._clock()) else None

    def _get(self, identifier: str) -> Token:
        row = self._store.find_row(tokens, identifier.lower())
        if row is None:
            raise IxError(
                message("There is no token {identifier}.", identifier=identifier),
                code="token_unknown",
                next=message("list them with `ix-tools tokens list`"),
            )
        return _build_token(row)


def has_lost_scope(connection: Connection, name: str, scope: Scope, now: float) -> bool:
    """Tell whether a caller who has or had tokens has no usable one with a scope now; a caller without any is known otherwise."""
    held = [
        _build_token(row) for row in connection.execute(sql.select(tokens).where(tokens.c.name == name)).all()
    ]
    return bool(held) and not any(one.is_usable(now) and scope in one.scopes for one in held)


_SELECT_BY_DIGEST = sql.select(tokens).where(tokens.c.digest == sql.bindparam("digest"))


def _is_last_use_outdated(token: Token, now: float) -> bool:
    return token.used_at is None or now - token.used_at >= LAST_USE_PRECISION


def _hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _build_token(row: Row[Any]) -> Token:
    known = {str(one): one for one in Scope}
    return Token(
        id=row.id,
        name=row.name,
        scopes=tuple(known[word] for word in row.scopes if word in known),
        accounts=tuple(row.accounts),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
