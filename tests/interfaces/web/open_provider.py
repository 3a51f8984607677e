"""An OpenID provider on a port of this machine that does everything right, or one thing wrong."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from tests.authenticator import encode
from tests.interfaces.server.issuer import create_rsa_key, list_public_keys, sign_claims

CLIENT_ID, CLIENT_SECRET = "ix-tools", "a-secret-of-this-client"
Json = dict[str, Any]


@dataclass
class Grant:
    """A code that was given, and what it was given for."""

    subject: str
    nonce: str
    challenge: str
    redirect_uri: str
    is_used: bool = False


class OpenProvider:
    """Serves discovery, keys and tokens; `visit` is what a browser finds at the authorization endpoint."""

    def __init__(self) -> None:
        self.grants: dict[str, Grant] = {}
        self.requests: list[str] = []
        self.forms: list[Json] = []
        self.claims: Callable[[Json], Json] = lambda claims: claims
        """Changes the claims of the next ID tokens; a claim of None is left out."""
        self.sign: Callable[[Json], str] = lambda claims: sign_claims(claims, typ="JWT")
        self.description: Json = {}
        """Changes of the description; None leaves an entry out."""
        self.answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        """Other answers by path: status, body, headers."""
        self.keys: Any = list_public_keys()
        self.checks_pkce = True
        self.subject = "ana-17"
        """Who is signed in at the provider, for a browser that goes there."""
        self.held: set[str] = set()
        """Paths that are never answered."""
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._respond({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
                self._respond({name: values[0] for name, values in parse_qs(body).items()})

            def _respond(self, form: Json) -> None:
                path = urlsplit(self.path).path
                provider.requests.append(path)
                if path in provider.held:
                    provider._ended.wait()
                    return
                status, content, headers = provider._answer(
                    self.path, form, self.headers.get("authorization", "")
                )
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                except OSError:  # the server read as much as it wants to
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def settings(self) -> Json:
        """The settings of a server that trusts this provider."""
        from pydantic import SecretStr

        secret = SecretStr(CLIENT_SECRET)
        return {"oidc_issuer": self.url, "oidc_client_id": CLIENT_ID, "oidc_client_secret": secret}

    def identity(self, subject: str) -> str:
        return f"oidc:{self.url}#{subject}"

    def visit(
        self, location: str, subject: str = "ana-17", changes: Mapping[str, str | None] | None = None
    ) -> str:
        """Sign in as somebody at the authorization endpoint, and return the query with which the browser is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert location.startswith(f"{self.url}/authorize?"), location
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
        assert (asked["code_challenge_method"], asked["scope"]) == ("S256", "openid")
        code = token_urlsafe(16)
        self.grants[code] = Grant(subject, asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        answer = {"code": code, "state": asked["state"], "iss": self.url, **(changes or {})}
        return urlencode({name: value for name, value in answer.items() if value is not None})

    def sign_logout(self, **changes: Any) -> str:
        """Return a logout token."""
        now = int(time.time())
        events: Json = {"http://schemas.openid.net/event/backchannel-logout": {}}
        good = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": "1", "events": events}
        claims = {name: value for name, value in {**good, **changes}.items() if value is not None}
        return self.sign(claims)

    def _answer(self, target: str, form: Json, authorization: str) -> tuple[int, bytes, dict[str, str]]:
        path = urlsplit(target).path
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return _as_json(200, self._describe())
        if path == "/authorize":  # as a browser finds it: somebody is signed in there
            where = f"{self.url}{target}"
            back = parse_qs(urlsplit(where).query)["redirect_uri"][0]
            return 302, b"", {"location": f"{back}?{self.visit(where, self.subject)}"}
        if path == "/jwks":
            return _as_json(200, {"keys": self.keys})
        if path == "/token":
            self.forms.append(form)
            return self._give_token(form, authorization)
        return _as_json(404, {"error": "not_found"})

    def _describe(self) -> Json:
        good = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/leave",
            "authorization_response_iss_parameter_supported": True,
            "code_challenge_methods_supported": ["S256"],
        }
        return {name: value for name, value in {**good, **self.description}.items() if value is not None}

    def _give_token(self, form: Json, authorization: str) -> tuple[int, bytes, dict[str, str]]:
        known = b64decode(authorization.removeprefix("Basic ")).decode()
        grant = self.grants.get(form.get("code", ""))
        if known != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return _as_json(401, {"error": "invalid_client"})
        if grant is None or grant.is_used or form.get("redirect_uri") != grant.redirect_uri:
            return _as_json(400, {"error": "invalid_grant"})
        proved = encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if self.checks_pkce and proved != grant.challenge:
            return _as_json(400, {"error": "invalid_grant"})
        grant.is_used = True
        now = int(time.time())
        good = {"iss": self.url, "aud": CLIENT_ID, "sub": grant.subject, "nonce": grant.nonce}
        claims = self.claims({**good, "iat": now, "exp": now + 300, "sid": f"session of {grant.subject}"})
        token = self.sign({name: value for name, value in claims.items() if value is not None})
        return _as_json(200, {"access_token": "unused", "token_type": "Bearer", "id_token": token})


def _as_json(status: int, body: Json) -> tuple[int, bytes, dict[str, str]]:
    return status, json.dumps(body).encode(), {"content-type": "application/json"}


def sign_with_public_key(claims: Json) -> str:
    """Sign with the provider's public key as if it were a shared secret."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = create_rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = encode(json.dumps({"alg": "HS256", "kid": "rsa", "typ": "JWT"}).encode())
    body = f"{header}.{encode(json.dumps(claims).encode())}"
    import hmac

    return f"{body}.{encode(hmac.new(key, body.encode(), hashlib.sha256).digest())}"


def sign_with_nothing(claims: Json) -> str:
    """Write a token of the algorithm `none`."""
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "rsa"})
