"""A test authorization server: publishes keys on a port of this machine and signs any claims."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

Json = dict[str, Any]


@cache
def create_rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Create a key; the same number gives the same key."""
    return rsa.generate_private_key(65537, 2048)


@cache
def create_ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def create_ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def list_public_keys() -> list[Json]:
    """Return the public keys."""
    return [
        {**RSAAlgorithm.to_jwk(create_rsa_key().public_key(), as_dict=True), "kid": "rsa", "use": "sig"},
        {**ECAlgorithm.to_jwk(create_ec_key().public_key(), as_dict=True), "kid": "ec", "use": "sig"},
        {**OKPAlgorithm.to_jwk(create_ed_key().public_key(), as_dict=True), "kid": "ed"},
    ]


class TestIssuer:
    """Serves the keys and counts requests."""

    __test__ = False

    def __init__(self) -> None:
        self.keys: Any = list_public_keys()
        self.status, self.body = 200, b""
        self.headers: dict[str, str] = {}
        self.request_count = 0

    def __enter__(self) -> Self:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.request_count += 1
                content = issuer.body or json.dumps({"keys": issuer.keys}).encode()
                self.send_response(issuer.status)
                for name, value in issuer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def build_claims(self, audience: str, **changes: Any) -> Json:
        """Build the claims of a valid token; a change to None leaves the claim out."""
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": audience,
            "sub": "ana",
            "iat": now,
            "exp": now + 300,
            "scope": "read draft",
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}


def sign_claims(claims: Mapping[str, Any], key: Any = None, alg: str = "RS256", **header: Any) -> str:
    """Sign claims as a token."""
    headers = {
        name: value for name, value in {"kid": "rsa", "typ": "at+jwt", **header}.items() if value is not None
    }
    return jwt.encode(
        dict(claims), key if key is not None else create_rsa_key(), algorithm=alg, headers=headers
    )
