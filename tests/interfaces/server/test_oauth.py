"""Access tokens of an authorization server: taken when they are meant for this server, signed and still good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from jwt.warnings import InsecureKeyLengthWarning
from pydantic import ValidationError

from ix_tools.auth.issuer_http import MOST_BYTES
from ix_tools.auth.oauth import (
    KEYS_LIFETIME,
    MIN_REFRESH_INTERVAL,
    Issuer,
    IssuerKeys,
    KeysUnavailable,
)
from ix_tools.auth.principals import Principal
from ix_tools.config.settings import AccountSettings, Settings
from ix_tools.operations.scopes import Scope
from tests.harness import Harness
from tests.interfaces.server.in_process_server import ADDRESS, build_bearer, serve_in_process
from tests.interfaces.server.issuer import (
    TestIssuer,
    create_ec_key,
    create_ed_key,
    create_rsa_key,
    sign_claims,
)

Json = dict[str, Any]
AUDIENCE = "https://invoices.example.com/mcp"


def trusting(issuer: TestIssuer, *accounts: str, clock: Callable[[], float] = time.monotonic) -> Issuer:
    settings = Settings(
        oauth_issuer=issuer.url,
        oauth_keys_url=f"{issuer.url}/keys",
        accounts={name: AccountSettings(account=name, api_key="x" * 20) for name in accounts or ("padaria",)},  # type: ignore[arg-type]
    )
    return Issuer(settings, AUDIENCE, clock)


async def test_a_good_token_says_who_calls_and_how_far_they_go(issuer: TestIssuer) -> None:
    found = await trusting(issuer).authenticate(sign_claims(issuer.build_claims(AUDIENCE)))
    assert found == Principal("oauth:ana", frozenset({Scope.READ, Scope.DRAFT}), ("padaria",))


async def test_tokens_are_taken_in_every_form_that_issuers_give_them(issuer: TestIssuer) -> None:
    ours = trusting(issuer)
    good = issuer.build_claims(AUDIENCE)
    tokens = [
        sign_claims({**good, "aud": ["https://other.example.com", AUDIENCE]}),
        sign_claims(good, create_ec_key(), "ES256", kid="ec"),
        sign_claims(good, create_ed_key(), "EdDSA", kid="ed"),
        sign_claims(good, typ="JWT"),
        sign_claims(good, typ=None),
        sign_claims({**good, "exp": int(time.time()) - 5}),  # clocks differ a little
        sign_claims(issuer.build_claims(AUDIENCE, scope=None, scp=["read", "draft"])),
        sign_claims(issuer.build_claims(AUDIENCE, scope=None, scp="read draft openid")),
    ]
    found = [await ours.authenticate(token) for token in tokens]
    assert {one.scopes for one in found if one} == {frozenset({Scope.READ, Scope.DRAFT})}
    assert None not in found


@pytest.mark.parametrize("path", ["", "/", "/realms/acme", "/common/v2.0/"])
async def test_an_issuer_is_the_one_of_the_settings_letter_by_letter(issuer: TestIssuer, path: str) -> None:
    """Some issuers end in a slash and others in a path; a token of a near miss is somebody else's."""
    named = f"{issuer.url}{path}"
    ours = Issuer(
        Settings(
            oauth_issuer=named,
            oauth_keys_url=f"{issuer.url}/keys",
            accounts={"padaria": AccountSettings(account="padaria", api_key="x" * 20)},  # type: ignore[arg-type]
        ),
        AUDIENCE,
    )
    good = issuer.build_claims(AUDIENCE)
    assert await ours.authenticate(sign_claims({**good, "iss": named})) is not None
    for other in (f"{named}/", named.rstrip("/") if path.endswith("/") else f"{named}x", named.upper()):
        assert await ours.authenticate(sign_claims({**good, "iss": other})) is None, other


def by_hand(header: Json, claims: Json, key: bytes = b"") -> str:
    """A token that no library would make."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    mark = hmac.new(key, b".".join(parts), hashlib.sha256).digest() if key else b""
    return b".".join([*parts, base64.urlsafe_b64encode(mark).rstrip(b"=")]).decode()


def public_pem() -> bytes:
    return (
        create_rsa_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def bad_tokens(issuer: TestIssuer) -> dict[str, str]:
    good = issuer.build_claims(AUDIENCE)
    now = int(time.time())
    whole = sign_claims(good)
    head, body, mark = whole.split(".")
    other_body = sign_claims({**good, "scope": "admin"}).split(".")[1]
    return {
        "unsigned": by_hand({"alg": "none", "kid": "rsa"}, good),
        "unsigned in capitals": by_hand({"alg": "NONE", "kid": "rsa"}, good),
        "the public key as a shared secret": by_hand({"alg": "HS256", "kid": "rsa"}, good, public_pem()),
        "no name of a key": sign_claims(good, kid=None),
        "a key nobody knows": sign_claims(good, kid="other"),
        "another key under the same name": sign_claims(good, create_rsa_key(1)),
        "a key it brings along": sign_claims(good, create_rsa_key(1), kid="own", jwk={"kty": "RSA"}),
        "keys it says are elsewhere": sign_claims(good, create_rsa_key(1), jku="http://127.0.0.1:9/keys"),
        "a name of a key that is no text": by_hand({"alg": "RS256", "kid": 7}, good),
        "another algorithm than the key's": sign_claims(good, create_ec_key(), "ES256", kid="rsa"),
        "other claims under the same mark": f"{head}.{other_body}.{mark}",
        "no mark": f"{head}.{body}.",
        "expired": sign_claims({**good, "exp": now - 120}),
        "not yet": sign_claims({**good, "nbf": now + 120}),
        "issued later": sign_claims({**good, "iat": now + 3600}),
        "another issuer": sign_claims({**good, "iss": "https://evil.com"}),
        "almost the issuer": sign_claims({**good, "iss": f"{issuer.url}/"}),
        "another audience": sign_claims({**good, "aud": "https://other.example.com/mcp"}),
        "almost the audience": sign_claims({**good, "aud": f"{AUDIENCE}/"}),
        "a part of the audience": sign_claims({**good, "aud": "https://invoices.example.com"}),
        "no audience": sign_claims(issuer.build_claims(AUDIENCE, aud=None)),
        "no end": sign_claims(issuer.build_claims(AUDIENCE, exp=None)),
        "no issuer": sign_claims(issuer.build_claims(AUDIENCE, iss=None)),
        "nobody": sign_claims(issuer.build_claims(AUDIENCE, sub=None)),
        "an empty name": sign_claims({**good, "sub": ""}),
        "a name with a line in it": sign_claims({**good, "sub": "ana\nlocal"}),
        "a long name": sign_claims({**good, "sub": "a" * 191}),
        "a long token": sign_claims({**good, "more": "x" * 10_000}),
        "no token": "eyJ",
        "dots": "..",
        "words": "a.b.c",
        "not text": "\x00.\x01.\x02",
    }


async def test_a_token_that_is_not_good_opens_nothing(issuer: TestIssuer) -> None:
    ours = trusting(issuer)
    taken = {why for why, token in bad_tokens(issuer).items() if await ours.authenticate(token) is not None}
    assert taken == set()


@pytest.mark.parametrize(
    ("listed", "accounts", "granted"),
    [
        (None, ("padaria",), ("padaria",)),  # the only one there is
        (None, ("padaria", "talho"), ()),
        (["talho"], ("padaria", "talho"), ("talho",)),
        ("talho padaria", ("padaria", "talho"), ("padaria", "talho")),
        (["other"], ("padaria",), ()),
        ([], ("padaria",), ()),
        ("*", ("padaria", "talho"), ()),
        (7, ("padaria",), ()),
        ({"padaria": True}, ("padaria",), ()),
        ([["padaria"]], ("padaria",), ()),
        ([{"padaria": True}, "padaria"], ("padaria",), ()),
        (["padaria", None], ("padaria",), ()),
        ([7, "talho"], ("padaria", "talho"), ()),
        (["padaria talho"], ("padaria", "talho"), ()),
        (True, ("padaria",), ()),
        (1.5, ("padaria",), ()),
        ("", ("padaria",), ()),
    ],
)
async def test_a_token_lists_the_accounts_it_is_good_for(
    issuer: TestIssuer, listed: Any, accounts: tuple[str, ...], granted: tuple[str, ...]
) -> None:
    found = await trusting(issuer, *accounts).authenticate(
        sign_claims(issuer.build_claims(AUDIENCE, ix_accounts=listed))
    )
    assert found is not None
    assert found.accounts == granted


async def test_accounts_that_are_null_are_none(issuer: TestIssuer) -> None:
    """Not left out, which would mean the only one there is."""
    claims = {**issuer.build_claims(AUDIENCE), "ix_accounts": None}
    found = await trusting(issuer).authenticate(sign_claims(claims))
    assert found is not None
    assert found.accounts == ()


@pytest.mark.parametrize(
    "scope",
    [
        [["read"]],
        [{}, "read"],
        [None, "read"],
        "",
        "READ",
        "reader",
        "read,draft",
        "admin:read",
        7,
        {"read": 1},
        None,
    ],
)
async def test_scopes_that_are_not_ours_are_none(issuer: TestIssuer, scope: Any) -> None:
    found = await trusting(issuer).authenticate(sign_claims(issuer.build_claims(AUDIENCE, scope=scope)))
    assert found is not None
    assert found.scopes == frozenset()


# --- keys ---


class Clock:
    """Stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_keys_are_asked_for_once(issuer: TestIssuer) -> None:
    ours = trusting(issuer)
    for _ in range(20):
        assert await ours.authenticate(sign_claims(issuer.build_claims(AUDIENCE)))
    assert issuer.request_count == 1


async def test_tokens_with_unknown_keys_do_not_become_requests_for_keys(issuer: TestIssuer) -> None:
    """Otherwise whoever sends rubbish would have us knock at the issuer's door."""
    clock = Clock()
    ours = trusting(issuer, clock=clock)
    for number in range(20):
        assert await ours.authenticate(sign_claims(issuer.build_claims(AUDIENCE), kid=f"k{number}")) is None
    assert issuer.request_count == 1
    clock.now += MIN_REFRESH_INTERVAL + 1
    assert await ours.authenticate(sign_claims(issuer.build_claims(AUDIENCE), kid="k")) is None
    assert issuer.request_count == 2


async def test_a_new_key_is_found_when_it_is_first_used(issuer: TestIssuer) -> None:
    clock = Clock()
    ours = trusting(issuer, clock=clock)
    new, issuer.keys = issuer.keys, issuer.keys[1:]
    assert await ours.authenticate(sign_claims(issuer.build_claims(AUDIENCE))) is None
    issuer.keys = new
    clock.now += MIN_REFRESH_INTERVAL + 1
    assert await ours.authenticate(sign_claims(issuer.build_claims(AUDIENCE)))


async def test_a_key_that_was_withdrawn_is_not_used_for_long(issuer: TestIssuer) -> None:
    clock = Clock()
    ours = trusting(issuer, clock=clock)
    token = sign_claims(issuer.build_claims(AUDIENCE))
    assert await ours.authenticate(token)
    issuer.keys = issuer.keys[1:]
    clock.now += KEYS_LIFETIME + 1
    assert await ours.authenticate(token) is None


async def test_an_issuer_that_is_down_for_a_moment_locks_nobody_out(issuer: TestIssuer) -> None:
    clock = Clock()
    ours = trusting(issuer, clock=clock)
    token = sign_claims(issuer.build_claims(AUDIENCE))
    assert await ours.authenticate(token)
    issuer.status = 500
    clock.now += KEYS_LIFETIME + 1
    assert await ours.authenticate(token)
    clock.now += KEYS_LIFETIME + MIN_REFRESH_INTERVAL + 1
    with pytest.raises(KeysUnavailable):
        await ours.authenticate(token)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": 500},
        {"status": 404},
        {"status": 302, "headers": {"location": "http://127.0.0.1:9/keys"}},
        {"body": b"<html>"},
        {"body": b"[]"},
        {"body": b"{}"},
        {"body": b'{"keys": 7}'},
        {"body": b"{" + b" " * MOST_BYTES + b"}"},
        {"body": b"\xff\xfe"},
        {"body": b"[" * 100_000},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
async def test_keys_that_cannot_be_read_open_nothing(issuer: TestIssuer, wrong: Json) -> None:
    """And that is told apart from a token that is not good: the caller may try again."""
    for name, value in wrong.items():
        setattr(issuer, name, value)
    with pytest.raises(KeysUnavailable):
        await trusting(issuer).authenticate(sign_claims(issuer.build_claims(AUDIENCE)))


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [7],
        [{}],
        [{"kid": "rsa"}],
        [{"kid": "rsa", "kty": "oct", "k": "c2VjcmV0"}],
        [{"kid": "rsa", "kty": "RSA", "n": "!", "e": "AQAB"}],
        [{"kid": "rsa", "kty": "XYZ"}],
    ],
    ids=str,
)
async def test_keys_of_another_kind_are_passed_over(issuer: TestIssuer, keys: Any) -> None:
    issuer.keys = keys
    shared = by_hand({"alg": "HS256", "kid": "rsa"}, issuer.build_claims(AUDIENCE), b"secret")
    ours = trusting(issuer)
    assert await ours.authenticate(sign_claims(issuer.build_claims(AUDIENCE))) is None
    assert await ours.authenticate(shared) is None


MALFORMED: list[Any] = [
    {"alg": ["RS256"]},
    {"alg": {"RS256": 1}},
    {"alg": 7},
    {"alg": "RS\x00"},
    {"kty": ["RSA"]},
    {"kty": {}},
    {"kty": "EC", "crv": ["P-256"]},
    {"kty": "OKP", "crv": {}},
    {"use": ["sig"]},
    {"kid": ["rsa"]},
    {"kid": None},
    {"n": 7},
    {"n": ["x"]},
    {"n": ""},
    {"e": ""},
    {"e": "AQ"},
    {"e": None},
    {"oth": [{}]},
]


@pytest.mark.parametrize("wrong", MALFORMED, ids=str)
async def test_a_malformed_key_stops_nobody_who_uses_another(issuer: TestIssuer, wrong: Json) -> None:
    """One key at a time: the others sign as before, wherever the malformed one stands."""
    first = issuer.keys[0]
    claims = issuer.build_claims(AUDIENCE)
    for keys in (
        [{**first, "kid": "odd", **wrong}, *issuer.keys],
        [*issuer.keys, {**first, "kid": "odd", **wrong}],
    ):
        issuer.keys = keys
        ours = trusting(issuer)
        assert await ours.authenticate(sign_claims(claims)) is not None
        assert await ours.authenticate(sign_claims(claims, create_ec_key(), "ES256", kid="ec")) is not None


async def test_an_rsa_key_has_at_least_2048_bits(issuer: TestIssuer) -> None:
    good = issuer.keys
    claims = issuer.build_claims(AUDIENCE)
    for bits in (1024, 2040, 2048):
        weak = rsa.generate_private_key(65537, bits)
        shown = {**RSAAlgorithm.to_jwk(weak.public_key(), as_dict=True), "kid": "weak", "use": "sig"}
        issuer.keys = [shown, *good]
        ours = trusting(issuer)
        with warnings.catch_warnings():  # of the library that signs here
            warnings.simplefilter("ignore", InsecureKeyLengthWarning)
            token = sign_claims(claims, weak, kid="weak")
        found = await ours.authenticate(token)
        assert (found is not None) is (bits >= 2048), bits
        assert await ours.authenticate(sign_claims(claims)) is not None


async def test_a_key_whose_private_half_is_published_signs_nothing(issuer: TestIssuer) -> None:
    """Anybody could have signed with it."""
    issuer.keys = [{**RSAAlgorithm.to_jwk(create_rsa_key(), as_dict=True), "kid": "rsa"}, *issuer.keys[1:]]
    ours = trusting(issuer)
    assert await ours.authenticate(sign_claims(issuer.build_claims(AUDIENCE))) is None
    assert (
        await ours.authenticate(
            sign_claims(issuer.build_claims(AUDIENCE), create_ec_key(), "ES256", kid="ec")
        )
        is not None
    )


async def test_a_signed_token_of_any_shape_is_taken_or_refused(issuer: TestIssuer) -> None:
    """An issuer that writes odd claims makes odd tokens, and no fault of ours."""
    ours = trusting(issuer)
    odd: list[Any] = [7, -1, 1e308, True, None, [], {}, [["x"]], {"x": []}, "\ud800", "x" * 3000]
    for claim in ("exp", "nbf", "iat", "iss", "aud", "sub", "scope", "scp", "ix_accounts", "jti", "typ"):
        for value in odd:
            claims = {**issuer.build_claims(AUDIENCE), claim: value}
            await ours.authenticate(resigned(claims))
    for text in (
        json.dumps({**issuer.build_claims(AUDIENCE), "exp": float("inf")}),
        json.dumps({**issuer.build_claims(AUDIENCE), "exp": float("nan")}),
        json.dumps(issuer.build_claims(AUDIENCE)).replace("}", ', "nbf": ' + "9" * 5000 + "}"),
        '{"ix_accounts": ' + "[" * 3000 + "]" * 3000 + "}",
        "[" * 3000,
        "7",
        "null",
    ):
        assert await ours.authenticate(resigned(text)) is None, text[:60]


def resigned(claims: Json | str) -> str:
    """A token with claims that the library would not write, signed with the issuer's key."""
    text = claims if isinstance(claims, str) else json.dumps(claims)
    parts = [
        base64.urlsafe_b64encode(part.encode()).rstrip(b"=")
        for part in ('{"alg": "RS256", "kid": "rsa"}', text)
    ]
    mark = RSAAlgorithm(RSAAlgorithm.SHA256).sign(b".".join(parts), create_rsa_key())
    return b".".join([*parts, base64.urlsafe_b64encode(mark).rstrip(b"=")]).decode()


async def test_a_key_for_encrypting_signs_nothing(issuer: TestIssuer) -> None:
    issuer.keys = [{**one, "use": "enc"} for one in issuer.keys]
    assert await trusting(issuer).authenticate(sign_claims(issuer.build_claims(AUDIENCE))) is None


async def test_a_host_that_is_not_there_opens_nothing() -> None:
    with pytest.raises(KeysUnavailable):
        await IssuerKeys("http://127.0.0.1:1/keys").find("rsa")


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com/keys",
        "ftp://login.example.com/keys",
        "https://user:pw@login.example.com/keys",
        "https://login.example.com/keys#x",
        "https:///keys",
        "//login.example.com/keys",
        "login.example.com",
        "https://login.example.com:0/keys",
        "https://login.example.com\\@evil.com/keys",
        "https://login.example.com/ke ys",
    ],
)
def test_keys_come_over_https_or_from_this_machine(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(oauth_issuer="https://login.example.com", oauth_keys_url=url)


def test_an_issuer_without_keys_is_no_setting() -> None:
    with pytest.raises(ValidationError, match="together"):
        Settings(oauth_issuer="https://login.example.com")


# --- on the server ---


async def test_the_server_says_where_tokens_come_from(harness: Harness, issuer: TestIssuer) -> None:
    """RFC 9728; and a signed token then opens the same door as a static one."""
    async with serve_in_process(
        harness, oauth_issuer=issuer.url, oauth_keys_url=f"{issuer.url}/keys"
    ) as served:
        refused = await served.client.post("/mcp", json={})
        where = f"{ADDRESS}/.well-known/oauth-protected-resource/mcp"
        assert refused.status_code == 401
        assert f'resource_metadata="{where}"' in refused.headers["www-authenticate"]
        described = (await served.client.get(where)).json()
        assert described["resource"] == f"{ADDRESS}/mcp"
        assert described["authorization_servers"] == [issuer.url]
        assert described["scopes_supported"] == [str(one) for one in Scope]
        token = sign_claims(issuer.build_claims(f"{ADDRESS}/mcp", ix_accounts=["sandbox"]))
        answer = await served.call("list_taxes", {}, token)
        assert answer.json()["result"]["structuredContent"]["ok"]
        other = sign_claims(issuer.build_claims("https://other.example.com/mcp"))
        refused = await served.client.post("/mcp", headers=build_bearer(other), json={})
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        assert (await served.call("list_taxes", {}, served.create_token())).status_code == 200


async def test_a_server_without_an_issuer_names_none(harness: Harness) -> None:
    async with serve_in_process(harness) as served:
        refused = await served.client.post("/mcp", json={})
        assert refused.headers["www-authenticate"] == "Bearer"
        token = sign_claims({"iss": "x", "aud": f"{ADDRESS}/mcp", "sub": "ana"})
        assert (await served.client.post("/mcp", headers=build_bearer(token), json={})).status_code == 401


async def test_keys_that_cannot_be_read_are_the_servers_trouble(harness: Harness, issuer: TestIssuer) -> None:
    issuer.status = 500
    async with serve_in_process(
        harness, oauth_issuer=issuer.url, oauth_keys_url=f"{issuer.url}/keys"
    ) as served:
        token = sign_claims(issuer.build_claims(f"{ADDRESS}/mcp"))
        answer = await served.client.post("/mcp", headers=build_bearer(token), json={})
        assert (answer.status_code, answer.json()["code"]) == (503, "keys_unavailable")


@pytest.mark.parametrize("listed", [[["sandbox"]], [{}], [None, "sandbox"], {"sandbox": 1}, 7, True])
async def test_odd_accounts_in_a_token_are_refused_and_no_fault(
    harness: Harness, issuer: TestIssuer, listed: Any
) -> None:
    async with serve_in_process(
        harness, oauth_issuer=issuer.url, oauth_keys_url=f"{issuer.url}/keys"
    ) as served:
        token = sign_claims(issuer.build_claims(f"{ADDRESS}/mcp", ix_accounts=listed))
        answer = await served.client.post("/tools/list_taxes", headers=build_bearer(token), json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "account_not_permitted")
        assert served.harness.sandbox.requests() == []
