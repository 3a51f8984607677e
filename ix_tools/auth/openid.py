"""Sign-in at an OpenID provider: its description, the way there, and all that its answers must say.

browser ──▶ provider (state, nonce, PKCE) ──▶ browser with a code ──▶ token endpoint ──▶ ID token: `sub`, a person of this issuer

Nothing else is asked of the provider than who this is: no name, no e-mail address, and its access token is thrown away.
Source: OpenID Connect Core 1.0, Discovery 1.0, Back-Channel Logout 1.0; RFC 7636 (PKCE), RFC 9207 (`iss` in the answer).
"""

import hashlib
import hmac
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from ix_tools.auth.issuer_http import (
    CLIENT_OPTIONS,
    FAILURES,
    BoundedTransport,
    fetch_object,
    limit_request,
)
from ix_tools.auth.oauth import ALGORITHMS, LEEWAY, IssuerKeys, KeysUnavailable
from ix_tools.auth.people import hash_secret
from ix_tools.auth.webauthn import decode, encode
from ix_tools.config.setting_checks import is_loopback
from ix_tools.config.settings import Settings
from ix_tools.errors import IxError
from ix_tools.i18n.messages import Message, message

log = logging.getLogger(__name__)

IDENTITY_PREFIX = "oidc:"
DISCOVERY_PATH = "/.well-known/openid-configuration"
DISCOVERY_SECONDS = 600.0
"""Seconds for which the provider's description is used without fetching it again."""
TOKEN_SECONDS = 600.0
"""Seconds since which an ID token or a logout token may have been issued."""
LONGEST_SUBJECT = 255
"""Characters of `sub`, all ASCII (OpenID Connect Core, 2)."""
LONGEST_TOKEN = 16_384
LONGEST_ADDRESS = 1000
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_SUBJECT = re.compile(r"[\x20-\x7e]+")
_ERROR = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class ProviderDescription:
    """The parts of the provider's description that are used."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str
    """Address at which a browser signs out; empty if the provider has none."""
    names_itself: bool
    """Every answer names the provider (RFC 9207)."""
    token_methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignedInThere:
    """Who signed in at the provider."""

    identity: str
    """As [people] of the policy has it: oidc:ISSUER#SUB."""
    session: str
    """Hash of the provider's own session; empty if it names none."""


@dataclass(frozen=True, slots=True)
class SignedOutThere:
    """Who signed out at the provider, and when: everybody who fits all that is given."""

    identity: str
    session: str
    moment: float


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """A sign-in on its way to the provider and back: everything follows from one secret that only the store has."""

    secret: bytes
    issuer: str
    client_id: str

    def build_state(self, target: str) -> str:
        """Return `state`, which carries the page that is wanted and proves that it was sent for this sign-in."""
        return f"{self._derive('state', target)}.{encode(target.encode())}"

    def read_state(self, state: str) -> str | None:
        """Return the page that is wanted; None if this is not the state of this sign-in."""
        try:
            target = decode(state.partition(".")[2]).decode()
        except ValueError:
            return None
        fits = hmac.compare_digest(self.build_state(target).encode(), state.encode("utf-8", "replace"))
        return target if fits else None

    @property
    def nonce(self) -> str:
        return self._derive("nonce")

    @property
    def code_verifier(self) -> str:
        return self._derive("code verifier")

    def _derive(self, *purpose: str) -> str:
        told = "\n".join((*purpose, self.issuer, self.client_id))
        return encode(hmac.new(self.secret, told.encode(), hashlib.sha256).digest())


class OpenIdProvider:
    """The provider of the settings."""

    def __init__(self, settings: Settings) -> None:
        """Fetch nothing yet."""
        self.issuer = settings.oidc_issuer
        self.name = settings.oidc_name or urlsplit(settings.oidc_issuer).netloc
        self.client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._hosts = frozenset(
            (urlsplit(self.issuer).netloc.lower(), *(one.lower() for one in settings.oidc_hosts))
        )
        self._description: ProviderDescription | None = None
        self._read_at = -float("inf")
        self._keys: tuple[str, IssuerKeys] | None = None

    @property
    def is_set(self) -> bool:
        """Check if the settings name a provider."""
        return bool(self.issuer)

    def build_identity(self, subject: str) -> str:
        """Return the identity of a person of this provider."""
        return f"{IDENTITY_PREFIX}{self.issuer}#{subject}"

    def is_of_provider(self, identity: str) -> bool:
        """Check if an identity is one of this provider."""
        return self.is_set and identity.startswith(self.build_identity(""))

    def resume(self, secret: bytes) -> BegunSignIn:
        """Return a sign-in by its secret."""
        return BegunSignIn(secret, self.issuer, self.client_id)

    async def discover(self) -> ProviderDescription:
        """Return the provider's description; it is fetched again after a while.

        Raises:
            IxError: it cannot be read, or names what may not be used.
        """
        if self._description is not None and time.monotonic() - self._read_at < DISCOVERY_SECONDS:
            return self._description
        try:
            found = await fetch_object(self.issuer.rstrip("/") + DISCOVERY_PATH)
        except FAILURES as trouble:
            log.error("the OpenID provider cannot be read: %s", type(trouble).__name__)
            found = None
        if found is None:
            raise _build_unavailable(self.name)
        described = self._parse_description(found)
        self._description, self._read_at = described, time.monotonic()
        return described

    async def build_authorization_url(self, begun: BegunSignIn, target: str, redirect_uri: str) -> str:
        """Return where the browser goes to sign in.

        Args:
            target: the page that is wanted afterwards.
            redirect_uri: where the provider sends the browser back to.
        """
        described = await self.discover()
        async with self._open_client(described, redirect_uri) as client:
            url, _ = client.create_authorization_url(
                described.authorization_endpoint,
                state=begun.build_state(target),
                code_verifier=begun.code_verifier,
                nonce=begun.nonce,
            )
        return str(url)

    async def complete(
        self, begun: BegunSignIn, answer: Sequence[tuple[str, str]], redirect_uri: str
    ) -> SignedInThere:
        """Return who signed in, from the answer with which the browser came back, whose state was checked.

        Raises:
            IxError: the provider cannot be reached, refused, or said anything that does not fit.
        """
        described = await self.discover()
        given = dict(answer)
        if len(given) != len(answer):
            raise _build_refusal(message("a parameter is given twice"))
        if given.get("iss", "" if described.names_itself else self.issuer) != self.issuer:
            raise _build_refusal(message("it comes from another provider"))
        if "error" in given:
            error = given["error"] if _ERROR.fullmatch(given["error"]) else "error"
            raise _build_refusal(message("the provider refused ({error})", error=error))
        if not given.get("code"):
            raise _build_refusal(message("it has no code"))
        token = await self._exchange(described, begun, given["code"], redirect_uri)
        return await self._read_identity(described, token, begun.nonce)

    async def read_logout(self, token: str) -> SignedOutThere:
        """Return who signed out at the provider, from the token that it sent.

        Raises:
            IxError: the token is not a logout token of this provider for this server.
        """
        claims = await self._verify(await self.discover(), token, ["iss", "aud", "iat", "events"])
        events, subject, session = claims["events"], claims.get("sub"), claims.get("sid")
        if (
            not isinstance(events, dict)
            or not isinstance(events.get(LOGOUT_EVENT), dict)
            or "nonce" in claims
        ):
            raise _build_refusal(message("it is no notice of a sign-out"))
        if not _is_subject(subject) and not _is_text(session):
            raise _build_refusal(message("it does not say who signed in"))
        return SignedOutThere(
            self.build_identity(str(subject)) if _is_subject(subject) else "",
            self._hash_session(session),
            float(claims["iat"]),
        )

    async def build_end_url(self, return_uri: str) -> str:
        """Return where the browser goes to sign out at the provider; empty if there is no such address."""
        end = (await self.discover()).end_session_endpoint
        query = urlencode({"client_id": self.client_id, "post_logout_redirect_uri": return_uri})
        return f"{end}{'&' if '?' in end else '?'}{query}" if end else ""

    async def check(self) -> int:
        """Check the provider for `ix-tools doctor`, and return the number of its usable keys.

        Raises:
            IxError: nobody can sign in there.
        """
        keys = self._find_keys(await self.discover())
        try:
            return await keys.count()
        except KeysUnavailable:
            pass
        raise _build_unavailable(self.name)

    # --- internals ---

    def _parse_description(self, found: Mapping[str, Any]) -> ProviderDescription:
        if found.get("issuer") != self.issuer:
            raise _build_refusal(message("it names another issuer"))
        challenges = _read_words(found, "code_challenge_methods_supported")
        if challenges and "S256" not in challenges:
            raise _build_refusal(message("it has no PKCE with S256"))
        methods = _read_words(found, "token_endpoint_auth_methods_supported") or ("client_secret_basic",)
        return ProviderDescription(
            authorization_endpoint=self._check_endpoint(found, "authorization_endpoint"),
            token_endpoint=self._check_endpoint(found, "token_endpoint"),
            jwks_uri=self._check_endpoint(found, "jwks_uri"),
            end_session_endpoint=self._check_endpoint(found, "end_session_endpoint")
            if found.get("end_session_endpoint")
            else "",
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
            token_methods=methods,
        )

    def _check_endpoint(self, found: Mapping[str, Any], name: str) -> str:
        """Return an address of the description: https, of a host that the settings name, so that the secret goes nowhere else."""
        url = found.get(name)
        if (
            not isinstance(url, str)
            or not url.isascii()
            or not url.isprintable()
            or len(url) > LONGEST_ADDRESS
        ):
            raise _build_refusal(message("{name} is no address", name=name))
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            parts, host = urlsplit(""), ""
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
        if not is_safe or not host or parts.fragment or "\\" in url or " " in url:
            raise _build_refusal(message("{name} is not an https address", name=name))
        if parts.netloc.lower() not in self._hosts:
            raise _build_refusal(
                message("{name} is at {host}, which is not in oidc_hosts", name=name, host=parts.netloc)
            )
        return url

    def _open_client(self, described: ProviderDescription, redirect_uri: str) -> Any:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        return AsyncOAuth2Client(
            self.client_id,
            self._secret.get_secret_value() or None,
            token_endpoint_auth_method=self._choose_method(described),
            scope="openid",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            transport=BoundedTransport(),
            **CLIENT_OPTIONS,
        )

    def _choose_method(self, described: ProviderDescription) -> str:
        if not self._secret.get_secret_value():
            return "none"
        known = [
            one for one in ("client_secret_basic", "client_secret_post") if one in described.token_methods
        ]
        if not known:
            raise _build_refusal(message("it takes no client secret"))
        return known[0]

    async def _exchange(
        self, described: ProviderDescription, begun: BegunSignIn, code: str, redirect_uri: str
    ) -> str:
        """Exchange a code, which is good once, for the ID token."""
        from authlib.common.errors import AuthlibBaseError

        refused, answer = "", None
        try:
            with limit_request():
                async with self._open_client(described, redirect_uri) as client:
                    answer = await client.fetch_token(
                        described.token_endpoint,
                        grant_type="authorization_code",
                        code=code,
                        code_verifier=begun.code_verifier,
                    )
        except AuthlibBaseError as refusal:
            refused = str(refusal.error)
        except (*FAILURES, TypeError) as trouble:
            log.error("the OpenID provider did not exchange a code: %s", type(trouble).__name__)
        if refused:
            error = refused if _ERROR.fullmatch(refused) else "error"
            raise _build_refusal(message("the provider refused ({error})", error=error))
        if answer is None:
            raise _build_unavailable(self.name)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _build_refusal(message("it has no ID token"))
        return token

    async def _read_identity(self, described: ProviderDescription, token: str, nonce: str) -> SignedInThere:
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        claims = await self._verify(described, token, ["iss", "aud", "exp", "iat", "sub", "nonce"])
        wrong = ""
        try:
            CodeIDToken(claims, {}, params={"nonce": nonce, "client_id": self.client_id}).validate(
                leeway=LEEWAY
            )
        except (JoseError, TypeError, ValueError) as why:
            wrong = type(why).__name__
        if wrong:
            log.warning("an ID token was refused: %s", wrong)
            raise _build_refusal(message("its token belongs to another sign-in or another server"))
        if not _is_subject(claims["sub"]):
            raise _build_refusal(message("it does not say who signed in"))
        return SignedInThere(self.build_identity(claims["sub"]), self._hash_session(claims.get("sid")))

    async def _verify(
        self, described: ProviderDescription, token: str, required: Sequence[str]
    ) -> dict[str, Any]:
        """Return the claims of a token: signed with a key of the provider, for this server, and fresh."""
        claims, wrong, is_unavailable = None, "", False
        try:
            if len(token) > LONGEST_TOKEN:
                raise ValueError("too long")
            name = jwt.get_unverified_header(token).get("kid")
            key = await self._find_keys(described).find(name) if isinstance(name, str) else None
            if key is None:
                raise ValueError("unknown key")
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.client_id,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={"require": list(required)},
            )
            if not time.time() - TOKEN_SECONDS <= float(claims["iat"]):
                raise ValueError("too old")
        except KeysUnavailable:
            is_unavailable = True
        # A token can have content of any shape and depth.
        except (jwt.PyJWTError, TypeError, ValueError, OverflowError, RecursionError) as why:
            wrong = type(why).__name__
        if is_unavailable:
            raise _build_unavailable(self.name)
        if wrong or claims is None:
            log.warning("a token of the OpenID provider was refused: %s", wrong)
            raise _build_refusal(message("its token is not valid"))
        return claims

    def _find_keys(self, described: ProviderDescription) -> IssuerKeys:
        if self._keys is None or self._keys[0] != described.jwks_uri:
            self._keys = (described.jwks_uri, IssuerKeys(described.jwks_uri))
        return self._keys[1]

    def _hash_session(self, session: object) -> str:
        return hash_secret(f"{self.issuer}#{session}") if _is_text(session) else ""


def _is_text(given: object) -> bool:
    return isinstance(given, str) and 0 < len(given) <= LONGEST_ADDRESS


def _is_subject(given: object) -> bool:
    return isinstance(given, str) and len(given) <= LONGEST_SUBJECT and bool(_SUBJECT.fullmatch(given))


def _read_words(found: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = found.get(name)
    return tuple(one for one in given if isinstance(one, str)) if isinstance(given, list) else ()


def _build_refusal(why: Message) -> IxError:
    return IxError(
        message("The provider's answer cannot be used: {why}.", why=why),
        code="provider_refused",
        next=message("begin the sign-in again; `ix-tools doctor` checks the provider"),
    )


def _build_unavailable(name: str) -> IxError:
    return IxError(
        message("{provider} cannot be reached, or does not answer as an OpenID provider.", provider=name),
        code="provider_unavailable",
        next=message("try again in a minute; `ix-tools doctor` checks the provider"),
    )
