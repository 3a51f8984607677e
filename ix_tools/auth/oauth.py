"""Validation of OAuth access tokens in JWT form (RFC 9068) against the issuer's keys."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ix_tools.auth.issuer_http import FAILURES, fetch_object
from ix_tools.auth.principals import OAUTH_PREFIX, Principal
from ix_tools.config.settings import Settings
from ix_tools.operations.scopes import Scope

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Algorithms with a public key. With a shared secret or none, a reader of the keys could issue tokens."""
ACCOUNTS_CLAIM = "ix_accounts"
"""The claim that lists the accounts a caller may use."""
LEEWAY = 30
"""Seconds by which the clocks may differ."""
KEYS_LIFETIME = 600.0
"""Seconds for which fetched keys are used without fetching them again."""
MIN_REFRESH_INTERVAL = 30.0
"""Seconds between two fetches, however many tokens name unknown keys."""
MIN_RSA_BITS = 2048
"""Bits of an RSA key (RFC 7518, 3.3)."""
MOST_KEYS, LONGEST_TOKEN, LONGEST_NAME = 64, 8192, 190


class KeysUnavailable(Exception):
    """The issuer's keys cannot be read, so tokens cannot be validated now."""


class IssuerKeys:
    """The issuer's published keys, fetched on demand with a minimum interval."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember the address; nothing is fetched yet."""
        self._url = url
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = self._asked_at = -float("inf")
        self._asking = anyio.Lock()

    async def find(self, name: str) -> jwt.PyJWK | None:
        """Return the key with this id, or None.

        Raises:
            KeysUnavailable: the keys could not be read for too long.
        """
        if not self._is_fresh(name):
            async with self._asking:
                if not self._is_fresh(name):
                    await self._refresh()
        # A short outage of the issuer locks nobody out; after a long one its keys can no longer be trusted.
        if self._clock() - self._read_at > 2 * KEYS_LIFETIME:
            raise KeysUnavailable
        return self._keys.get(name)

    async def count(self) -> int:
        """Return the number of usable keys.

        Raises:
            KeysUnavailable: the keys could not be read.
        """
        await self.find("")
        return len(self._keys)

    def _is_fresh(self, name: str) -> bool:
        return name in self._keys and self._clock() - self._read_at < KEYS_LIFETIME

    async def _refresh(self) -> None:
        now = self._clock()
        if now - self._asked_at < MIN_REFRESH_INTERVAL:
            return
        self._asked_at = now
        try:
            self._keys = _select_usable_keys(await self._fetch_published())
            self._read_at = now
        except FAILURES as trouble:
            log.error("the keys of the issuer cannot be read: %s", type(trouble).__name__)

    async def _fetch_published(self) -> Sequence[Mapping[str, Any]]:
        keys = (await fetch_object(self._url)).get("keys")
        if not isinstance(keys, list):
            raise ValueError("no keys")
        return keys[:MOST_KEYS]


def _select_usable_keys(published: Sequence[Mapping[str, Any]]) -> dict[str, jwt.PyJWK]:
    """Return the keys that may sign tokens, by id. A faulty key does not invalidate the others."""
    found = {}
    for one in published:
        try:
            key = _parse_signing_key(one)
        except Exception as trouble:  # noqa: BLE001 - the library raises TypeError, OverflowError and others for faulty keys
            log.warning("a key of the issuer cannot be used: %s", type(trouble).__name__)
            continue
        if key is not None:
            found[one["kid"]] = key
    return found


def _parse_signing_key(one: Any) -> jwt.PyJWK | None:
    """Parse a key that may sign tokens; None for another purpose, an unused kind or a weak key."""
    if not isinstance(one, dict) or one.get("use", "sig") != "sig" or not isinstance(one.get("kid"), str):
        return None
    if "d" in one:
        log.warning("a key of the issuer is not used: its private half is published")
        return None
    try:
        key = jwt.PyJWK.from_dict(one)
    except jwt.PyJWTError:
        return None  # a kind that is not used here
    if key.algorithm_name not in ALGORITHMS:
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < MIN_RSA_BITS:
        log.warning("a key of the issuer is not used: RSA with %d bits", key.key.key_size)
        return None
    return key


class Issuer:
    """The authorization server that this server trusts."""

    def __init__(
        self, settings: Settings, audience: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Remember the settings; `audience` is the value that tokens must carry in `aud`."""
        self._issuer = settings.oauth_issuer
        self._audience = audience
        self._accounts = tuple(settings.by_account())
        self._keys = IssuerKeys(settings.oauth_keys_url, clock)

    async def authenticate(self, token: str) -> Principal | None:
        """Return the principal of a token, or None if the token is invalid.

        Raises:
            KeysUnavailable: the token cannot be validated now.
        """
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            name = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.find(name) if isinstance(name, str) else None
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        # A token can have content of any shape and depth.
        except (jwt.PyJWTError, TypeError, ValueError, OverflowError, RecursionError) as why:
            log.info("a token was refused: %s", type(why).__name__)
            return None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_NAME or not subject.isprintable():
            return None
        return Principal(
            f"{OAUTH_PREFIX}{subject}",
            _read_scopes(claims),
            self._select_granted_accounts(claims),
            f"oauth:{int(claims['exp'])}",
        )

    def _select_granted_accounts(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the accounts of this server that the token lists. If there is only one, the claim may be missing.

        A claim of another type grants no account.
        """
        if ACCOUNTS_CLAIM not in claims:
            return self._accounts if len(self._accounts) == 1 else ()
        words = _read_words(claims[ACCOUNTS_CLAIM])
        return tuple(name for name in self._accounts if name in words)


def _read_scopes(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """Return the known scopes of a token from `scope` (RFC 9068), or `scp` as some issuers write it."""
    words = _read_words(claims.get("scope", claims.get("scp", "")))
    return frozenset(one for one in Scope if str(one) in words)


def _read_words(claim: Any) -> frozenset[str]:
    """Return the words of a claim that is a text or a list of texts; none for any other type."""
    if isinstance(claim, str):
        return frozenset(claim.split())
    if isinstance(claim, list) and all(isinstance(one, str) for one in claim):
        return frozenset(claim)
    return frozenset()
