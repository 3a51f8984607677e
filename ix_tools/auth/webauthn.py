"""Passkeys as the browser and its authenticator speak of them (WebAuthn), through the fido2 library.

An answer comes from outside and may be anything; whatever is wrong with it is one refusal, `passkey_refused`.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ix_tools.errors import IxError
from ix_tools.i18n.messages import message

if TYPE_CHECKING:
    from fido2.server import Fido2Server

NAME = "ix-tools"
ANSWER_SECONDS = 300
"""Seconds in which the browser waits for the person's authenticator."""
MAX_ANSWER_LENGTH = 12_000
"""Characters of an answer; real ones have one to three thousand."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The server that passkeys belong to, by the origin under which people reach it."""

    origin: str

    @property
    def id(self) -> str:
        """The host name that every passkey is bound to."""
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that an authenticator just made."""

    credential: str
    """Attested credential data in base64url: the credential's id and its public key."""
    credential_hash: str
    synced: bool


@dataclass(frozen=True, slots=True)
class Assertion:
    """An authenticator's answer to a challenge, each part in base64url."""

    credential_id: str
    client_data: str
    authenticator_data: str
    signature: str

    @property
    def credential_hash(self) -> str:
        """The hash by which the passkey is found."""
        return hash_credential_id(decode(self.credential_id))

    @classmethod
    def parse(cls, answer: str) -> "Assertion":
        """Parse what the page's script sends.

        Raises:
            IxError: it is no answer of an authenticator.
        """
        with _translate_errors():
            given = _load(answer)
            response = given["response"]
            parts = (
                given["rawId"],
                response["clientDataJSON"],
                response["authenticatorData"],
                response["signature"],
            )
            for part in parts:
                decode(part)
            return cls(*parts)

    def as_dict(self) -> dict[str, str]:
        """Return the parts by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def hash_credential_id(credential_id: bytes) -> str:
    """Return the hash of a credential's id, in hexadecimal."""
    return hashlib.sha256(credential_id).hexdigest()


def build_registration_options(
    party: RelyingParty, challenge: bytes, person: str, handle: str, existing: Sequence[str]
) -> dict[str, Any]:
    """Build what the browser needs to make a passkey.

    Args:
        existing: the person's credentials, whose authenticators need no second one.
    """
    from fido2.webauthn import (
        AttestedCredentialData,
        PublicKeyCredentialUserEntity,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    user = PublicKeyCredentialUserEntity(name=person, display_name=person, id=decode(handle))
    options, _ = _create_server(party).register_begin(
        user,
        [AttestedCredentialData(decode(one)) for one in existing],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
    )
    return dict(options)["publicKey"]  # type: ignore[no-any-return]


def build_assertion_options(
    party: RelyingParty, challenge: bytes, credentials: Sequence[str] = ()
) -> dict[str, Any]:
    """Build what the browser needs to answer a challenge with one of these passkeys; with any of its own if none is named."""
    from fido2.webauthn import AttestedCredentialData, UserVerificationRequirement

    known = [AttestedCredentialData(decode(one)) for one in credentials]
    options, _ = _create_server(party).authenticate_begin(
        known or None, UserVerificationRequirement.REQUIRED, challenge
    )
    return dict(options)["publicKey"]  # type: ignore[no-any-return]


def verify_registration(party: RelyingParty, challenge: bytes, answer: str) -> NewPasskey:
    """Verify a new passkey: made for this challenge, on a page of this server, by a person who was verified.

    Raises:
        IxError: it was not.
    """
    with _translate_errors():
        made = _create_server(party).register_complete(_build_state(challenge), _load(answer))
        data = made.credential_data
        if data is None:
            raise ValueError("no credential")
        return NewPasskey(
            encode(bytes(data)), hash_credential_id(data.credential_id), bool(made.is_backup_eligible())
        )


def verify_assertion(party: RelyingParty, challenge: bytes, credential: str, given: Assertion) -> None:
    """Verify an answer: for this challenge, on a page of this server, by this passkey, by a person who was verified.

    Raises:
        IxError: it is not.
    """
    from fido2.webauthn import AttestedCredentialData

    response = {
        "clientDataJSON": given.client_data,
        "authenticatorData": given.authenticator_data,
        "signature": given.signature,
    }
    whole = {
        "id": given.credential_id,
        "rawId": given.credential_id,
        "type": "public-key",
        "response": response,
        "clientExtensionResults": {},
    }
    with _translate_errors():
        known = [AttestedCredentialData(decode(credential))]
        _create_server(party).authenticate_complete(_build_state(challenge), known, whole)


def encode(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of a text in base64url without padding.

    Raises:
        ValueError: it has other characters.
    """
    data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError("not base64url")
    return data


def _create_server(party: RelyingParty) -> "Fido2Server":
    from fido2.server import Fido2Server
    from fido2.webauthn import PublicKeyCredentialRpEntity

    entity = PublicKeyCredentialRpEntity(name=NAME, id=party.id)
    # Exactly our origin, with its port: other servers of this machine share the host name.
    server = Fido2Server(entity, verify_origin=lambda origin: origin == party.origin)
    server.timeout = ANSWER_SECONDS * 1000  # type: ignore[assignment]  # declared as None by its default
    return server


def _build_state(challenge: bytes) -> dict[str, Any]:
    return {"challenge": encode(challenge), "user_verification": "required"}


def _load(answer: str) -> Mapping[str, Any]:
    if len(answer) > MAX_ANSWER_LENGTH:
        raise ValueError("too long")
    given = json.loads(answer)
    if not isinstance(given, dict):
        raise TypeError("not an object")
    return given


@contextmanager
def _translate_errors() -> Iterator[None]:
    failed = False
    try:
        yield
    except Exception:  # noqa: BLE001 - the answer is arbitrary bytes; the library raises whatever its parts do
        failed = True
    if failed:
        raise IxError(
            message("The passkey's answer does not fit what was asked."),
            code="passkey_refused",
            next=message("open the page again and use a passkey of this server"),
        )
