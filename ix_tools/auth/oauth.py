"""Access tokens of an authorization server (RFC 9068): signed by its keys, meant for this server, still good."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio
import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ix_tools.auth.principals import OAUTH_PREFIX, Principal
from ix_tools.config.settings import Settings
from ix_tools.operations.scopes import Scope
from ix_tools.telemetry import pause_instrumentation

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a public key. A shared secret, or none, would let whoever reads the keys write the tokens."""
ACCOUNTS_CLAIM = "ix_accounts"
"""The claim that lists the accounts a caller may use."""
LEEWAY = 30
"""Seconds by which two clocks may disagree."""
KEYS_LIFETIME = 600.0
"""Seconds for which keys are used without asking for them again."""
MIN_REFRESH_INTERVAL = 30.0
"""Seconds between two requests for keys, however many tokens name keys that nobody knows."""
MIN_RSA_BITS = 2048
"""Bits of an RSA key (RFC 7518, 3.3)."""
MOST_BYTES, MOST_KEYS, LONGEST_TOKEN, LONGEST_NAME = 256 * 1024, 64, 8192, 190


class KeysUnavailable(Exception):
    """The issuer's keys cannot be read now, so nobody can tell whether a token is good."""


class IssuerKeys:
    """The keys that an issuer publishes, asked for when needed and not too often."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is contacted yet."""
        self._url = url
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = self._asked_at = -float("inf")
        self._asking = anyio.Lock()

    async def find(self, name: str) -> jwt.PyJWK | None:
        """The key of that name; KeysUnavailable when none could be read for too long."""
        if not self._is_fresh(name):
            async with self._asking:
                if not self._is_fresh(name):
                    await self._refresh()
        # An issuer that is down for a moment locks nobody out; one that is down for long must not be vouched for.
        if self._clock() - self._read_at > 2 * KEYS_LIFETIME:
            raise KeysUnavailable
        return self._keys.get(name)

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
        except (httpx2.HTTPError, ValueError, RecursionError, TimeoutError) as trouble:
            log.error("the keys of the issuer cannot be read: %s", type(trouble).__name__)

    async def _fetch_published(self) -> Sequence[Mapping[str, Any]]:
        with pause_instrumentation(), anyio.fail_after(10):
            async with (
                httpx2.AsyncClient(follow_redirects=False, trust_env=False, timeout=5) as client,
                client.stream("GET", self._url, headers={"accept": "application/json"}) as answer,
            ):
                content = b""
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > MOST_BYTES:
                        raise ValueError("too long")
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        found = json.loads(content)
        keys = found.get("keys") if isinstance(found, dict) else None
        if not isinstance(keys, list):
            raise ValueError("no keys")
        return keys[:MOST_KEYS]


def _select_usable_keys(published: Sequence[Mapping[str, Any]]) -> dict[str, jwt.PyJWK]:
    """The keys that tokens may be signed with, by name. What is wrong with one of them says nothing about the others."""
    found = {}
    for one in published:
        try:
            key = _parse_signing_key(one)
        except Exception as trouble:  # noqa: BLE001 - the library raises what it meets in a key: TypeError, OverflowError, ...
            log.warning("a key of the issuer cannot be used: %s", type(trouble).__name__)
            continue
        if key is not None:
            found[one["kid"]] = key
    return found


def _parse_signing_key(one: Any) -> jwt.PyJWK | None:
    """A published key with which a token may be signed; None for one of another purpose or kind, or one that is too weak."""
    if not isinstance(one, dict) or one.get("use", "sig") != "sig" or not isinstance(one.get("kid"), str):
        return None
    if "d" in one:
        log.warning("a key of the issuer is not used: its private half is published")
        return None
    try:
        key = jwt.PyJWK.from_dict(one)
    except jwt.PyJWTError:
        return None  # of a kind that is not used here
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
        """`audience`: what tokens must be meant for."""
        self._issuer = settings.oauth_issuer
        self._audience = audience
        self._accounts = tuple(settings.by_account())
        self._keys = IssuerKeys(settings.oauth_keys_url, clock)

    async def authenticate(self, token: str) -> Principal | None:
        """Whoever a token speaks for; None when it is not good; KeysUnavailable when nobody can tell."""
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
        # What a token says can be of any shape and depth, whoever signed it.
        except (jwt.PyJWTError, TypeError, ValueError, OverflowError, RecursionError) as why:
            log.info("a token was refused: %s", type(why).__name__)
            return None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_NAME or not subject.isprintable():
            return None
        return Principal(
            f"{OAUTH_PREFIX}{subject}", _read_scopes(claims), self._select_granted_accounts(claims)
        )

    def _select_granted_accounts(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        """The accounts of this server that the token lists; where there is one only, tokens need not name it.

        A claim that is no list of names, or not wholly one, grants none.
        """
        if ACCOUNTS_CLAIM not in claims:
            return self._accounts if len(self._accounts) == 1 else ()
        words = _read_words(claims[ACCOUNTS_CLAIM])
        return tuple(name for name in self._accounts if name in words)


def _read_scopes(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """The scopes among a token's: `scope` as words (RFC 9068), or `scp` as some issuers write it. Others are not ours."""
    words = _read_words(claims.get("scope", claims.get("scp", "")))
    return frozenset(one for one in Scope if str(one) in words)


def _read_words(claim: Any) -> frozenset[str]:
    """The words of a claim, given as a text or as a list of texts; none where it is anything else."""
    if isinstance(claim, str):
        return frozenset(claim.split())
    if isinstance(claim, list) and all(isinstance(one, str) for one in claim):
        return frozenset(claim)
    return frozenset()
