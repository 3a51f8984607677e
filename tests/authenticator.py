"""An authenticator in software: makes passkeys and answers challenges as a browser would, or with one thing wrong."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, ATTESTED = 0x01, 0x04, 0x08, 0x40

Json = dict[str, Any]


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey of one person."""

    origin: str
    """Where the browser is; the page's script cannot choose another."""
    party: str
    """The host name that the passkey is for."""
    flags: int = USER_PRESENT | USER_VERIFIED
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))

    def create(self, options: Json) -> str:
        """Make the passkey that these options ask for, and return the answer."""
        public = ES256.from_cryptography_key(self.key.public_key())
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor.encode(public)
        data = self._build_data(self.flags | ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        response = {
            "clientDataJSON": encode(self._build_client_data("webauthn.create", options["challenge"])),
            "attestationObject": encode(cbor.encode(statement)),
        }
        return self._build_answer(response)

    def sign(self, options: Json) -> str:
        """Answer the challenge of these options."""
        client_data = self._build_client_data("webauthn.get", options["challenge"])
        data = self._build_data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": encode(client_data),
            "authenticatorData": encode(data),
            "signature": encode(signature),
        }
        return self._build_answer(response)

    def _build_data(self, flags: int) -> bytes:
        return hashlib.sha256(self.party.encode()).digest() + bytes([flags]) + bytes(4)

    def _build_client_data(self, kind: str, challenge: str) -> bytes:
        given = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(given).encode()

    def _build_answer(self, response: Json) -> str:
        identifier = encode(self.credential_id)
        whole = {"id": identifier, "rawId": identifier, "type": "public-key", "response": response}
        return json.dumps({**whole, "clientExtensionResults": {}})
