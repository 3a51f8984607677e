"""People sign in at an OpenID provider; a provider that answers nonsense lets nobody in."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sql

from ix_tools.approvals.links import ServerPages
from ix_tools.auth.issuer_http import MOST_BYTES
from ix_tools.auth.oauth import LEEWAY
from ix_tools.auth.openid import TOKEN_SECONDS
from ix_tools.auth.sessions import SIGN_IN_SECONDS
from ix_tools.storage.schema import audit, sign_ins
from tests.harness import Harness, document_arguments
from tests.interfaces.server.issuer import create_ec_key, create_rsa_key, sign_claims
from tests.interfaces.web.inbox_visitor import PEOPLE, Guest, Lobby, open_lobby, read_fields
from tests.interfaces.web.open_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    OpenProvider,
    sign_with_nothing,
    sign_with_public_key,
)
from tests.interfaces.web.visitor import request_approval
from tests.pipeline.test_policy_check import under

Json = dict[str, Any]


@pytest.fixture
def provider() -> Iterator[OpenProvider]:
    with OpenProvider() as running:
        yield running


@pytest.fixture
def policy(tmp_path: Path, provider: OpenProvider) -> Path:
    return write_policy(tmp_path / "policy.toml", ana=[provider.identity("ana-17"), "terminal:asilva"])


@pytest.fixture
async def lobby(harness: Harness, provider: OpenProvider, policy: Path) -> AsyncIterator[Lobby]:
    async with open_lobby(harness, policy=policy, **provider.settings) as opened:
        opened.people.add("ana", "approver", (), "terminal:rui")
        yield opened


def write_policy(path: Path, **people: list[str]) -> Path:
    named = "\n".join(f"{name} = {ids!r}".replace("'", '"') for name, ids in people.items())
    path.write_text(f"[people]\n{named}\n", "utf-8")
    path.chmod(0o600)
    return path


async def begin(guest: Guest, wanted: str = "/inbox") -> str:
    """Follow the link to the provider, and return where it leads."""
    answer = await guest.get(f"/inbox/sign-in/provider?{urlencode({'next': wanted})}")
    return str(answer.headers.get("location", "")) if answer.status_code == 303 else answer.text


async def sign_in(
    guest: Guest, provider: OpenProvider, subject: str = "ana-17", wanted: str = "/inbox"
) -> Any:
    return await guest.get(f"/inbox/sign-in/answer?{provider.visit(await begin(guest, wanted), subject)}")


async def is_signed_in(guest: Guest) -> bool:
    return (await guest.get("/inbox")).status_code == 200


# --- the way in


async def test_a_person_of_the_policy_signs_in_at_the_provider(lobby: Lobby, provider: OpenProvider) -> None:
    ana = lobby.open_browser("ana")
    page = await ana.get("/inbox/sign-in?lang=en&next=/inbox/history")
    (link,) = re.findall(r'href="(/inbox/sign-in/provider[^"]*)"', page.text)
    sent = await ana.get(link.replace("&amp;", "&"))
    done = await ana.get(f"/inbox/sign-in/answer?{provider.visit(sent.headers['location'])}")
    assert (done.status_code, done.headers["location"]) == (303, "/inbox/history?lang=en")
    shown = await ana.get("/inbox?lang=en")
    assert (shown.status_code, "<bdi>ana</bdi>" in shown.text) == (200, True)
    (form,) = provider.forms
    assert (form["grant_type"], "client_secret" in form) == ("authorization_code", False)


async def test_the_button_stands_there_only_where_a_provider_is_set(harness: Harness, lobby: Lobby) -> None:
    page = (await lobby.open_browser().get("/inbox/sign-in?lang=en")).text
    assert f"Sign in with {lobby.served.app.state.server_context.settings.oidc_issuer[7:]}" in page
    async with open_lobby(harness) as plain:
        guest = plain.open_browser()
        assert "/inbox/sign-in/provider" not in (await guest.get("/inbox/sign-in")).text
        for path in ("provider", "answer", "leave"):
            assert (await guest.get(f"/inbox/sign-in/{path}")).status_code in {401, 404}


async def test_a_stranger_is_told_their_number_and_becomes_nobody(
    lobby: Lobby, provider: OpenProvider
) -> None:
    eve = lobby.open_browser("eve")
    refused = await sign_in(eve, provider, "eve-66")
    assert refused.status_code == 403
    assert provider.identity("eve-66") in refused.text
    assert not await is_signed_in(eve)
    assert [one.name for one in lobby.people.list_all()] == ["ana"]


@pytest.mark.parametrize(
    "people",
    [
        {},
        {"rui": ["{ana}"]},
        {"ana": ["page:ana@acme.example"]},
        {"ana": ["{ana}", "page:ana-laptop"], "page": ["terminal:x"]},
    ],
    ids=[
        "nobody is named",
        "the named person was never added",
        "another identity",
        "one who was added twice",
    ],
)
async def test_only_one_person_whom_the_policy_names_and_somebody_added(
    lobby: Lobby, provider: OpenProvider, policy: Path, people: Json
) -> None:
    named = {
        name: [one.format(ana=provider.identity("ana-17")) for one in ids] for name, ids in people.items()
    }
    if "page" in named:
        lobby.people.add("ana-laptop", "admin", (), "terminal:rui")
    write_policy(policy, **named)
    ana = lobby.open_browser()
    assert (await sign_in(ana, provider)).status_code == 403
    assert not await is_signed_in(ana)


async def test_the_number_counts_letter_by_letter_and_for_its_issuer_only(
    lobby: Lobby, provider: OpenProvider, policy: Path
) -> None:
    for subject in ("ANA-17", "ana-1", "ana-17 ", "ana-17#", "a", "ana", "page:ana"):
        guest = lobby.open_browser()
        assert (await sign_in(guest, provider, subject)).status_code == 403, subject
    write_policy(policy, ana=["oidc:http://127.0.0.1:1#ana-17", f"oidc:{provider.url}/#ana-17"])
    guest = lobby.open_browser()
    assert (await sign_in(guest, provider)).status_code == 403


async def test_two_people_may_differ_by_the_case_of_their_number(
    lobby: Lobby, provider: OpenProvider, policy: Path
) -> None:
    write_policy(policy, ana=[provider.identity("aB")], rui=[provider.identity("Ab")])
    lobby.people.add("rui", "reader", (), "terminal:ana")
    rui = lobby.open_browser()
    assert (await sign_in(rui, provider, "Ab")).status_code == 303
    assert "<bdi>rui</bdi>" in (await rui.get("/inbox")).text


# --- the way out


async def test_a_session_ends_with_the_person_the_policy_and_everywhere(
    lobby: Lobby, provider: OpenProvider, policy: Path
) -> None:
    ana, phone = lobby.open_browser(), lobby.open_browser()
    for guest in (ana, phone):
        await sign_in(guest, provider)
    for named, is_kept in (
        (["terminal:asilva"], False),
        (["not an identity"], False),
        ([provider.identity("ana-17")], True),
    ):
        write_policy(policy, ana=named)
        assert await is_signed_in(ana) is is_kept, named
    page = await ana.get("/inbox/passkeys?lang=en")
    token = re.findall(r'name="csrf" value="([0-9a-f]+)"><input type="hidden" name="everywhere"', page.text)
    left = await ana.post("/inbox/sign-out?lang=en", {"csrf": token[0], "everywhere": "yes"})
    assert left.headers["location"] == "/inbox/sign-in?lang=en&left=provider"
    assert [await is_signed_in(one) for one in (ana, phone)] == [False, False]
    assert "/inbox/sign-in/leave" in (await ana.get(left.headers["location"])).text
    leaving = await ana.get("/inbox/sign-in/leave")
    asked = parse_qs(urlsplit(leaving.headers["location"]).query)
    assert leaving.headers["location"].startswith(f"{provider.url}/leave?")
    assert asked == {"client_id": [CLIENT_ID], "post_logout_redirect_uri": [f"{PEOPLE}/inbox/sign-in"]}
    await sign_in(ana, provider)
    lobby.people.remove("ana", "terminal:rui")
    assert not await is_signed_in(ana)


LOGOUTS: dict[str, tuple[Json, bool]] = {
    "of the person": ({"sub": "ana-17"}, True),
    "of the provider's session": ({"sid": "session of ana-17"}, True),
    "of both": ({"sub": "ana-17", "sid": "session of ana-17"}, True),
    "without an end": ({"sub": "ana-17", "exp": None}, True),
    "of another person": ({"sub": "rui-18"}, False),
    "of another session": ({"sub": "ana-17", "sid": "another"}, False),
    "of nobody": ({}, False),
    "for another server": ({"sub": "ana-17", "aud": "other"}, False),
    "of another provider": ({"sub": "ana-17", "iss": "http://127.0.0.1:1"}, False),
    "an ID token": ({"sub": "ana-17", "nonce": "n"}, False),
    "without the event": ({"sub": "ana-17", "events": {}}, False),
    "of long ago": ({"sub": "ana-17", "iat": int(time.time() - TOKEN_SECONDS - 60), "exp": None}, False),
    "from before the session": ({"sub": "ana-17", "iat": int(time.time()) - 3 * LEEWAY}, False),
}


async def test_the_provider_tells_that_a_person_signed_out_there(
    lobby: Lobby, provider: OpenProvider
) -> None:
    for name, (changes, ends) in LOGOUTS.items():
        ana = lobby.open_browser()
        await sign_in(ana, provider)
        given = {"logout_token": provider.sign_logout(**changes)}
        told = await ana.browser.post("/inbox/sign-in/ended", data=given)
        assert (told.status_code in {200, 400}, told.headers["cache-control"]) == (True, "no-store"), name
        assert await is_signed_in(ana) is not ends, name


async def test_a_forged_notice_ends_nothing(lobby: Lobby, provider: OpenProvider) -> None:
    ana = lobby.open_browser()
    await sign_in(ana, provider)
    for sign in (sign_with_nothing, sign_with_public_key, lambda claims: "x.y.z", lambda claims: ""):
        provider.sign = sign
        forged = {"logout_token": provider.sign_logout(sub="ana-17")}
        assert (await ana.browser.post("/inbox/sign-in/ended", data=forged)).status_code == 400
    assert (await ana.browser.post("/inbox/sign-in/ended", content=b"x")).status_code == 400
    assert await is_signed_in(ana)


# --- nonsense of a provider


def claims(**changes: Any) -> Callable[[OpenProvider], None]:
    """Return what changes the ID token's claims."""

    def spoil(provider: OpenProvider) -> None:
        provider.claims = lambda good: {**good, **changes}

    return spoil


def signing(sign: Callable[[Json], str]) -> Callable[[OpenProvider], None]:
    return lambda provider: setattr(provider, "sign", sign)


def describing(**changes: Any) -> Callable[[OpenProvider], None]:
    return lambda provider: provider.description.update(changes)


def answering(
    path: str, status: int = 200, body: bytes = b"", **headers: str
) -> Callable[[OpenProvider], None]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda provider: provider.answers.update({path: (status, body, named)})


NOW = int(time.time())
DISCOVERY = "/.well-known/openid-configuration"
HUGE = b"{" + b" " * MOST_BYTES + b"}"
NESTED = b"[" * 100_000
NONSENSE: dict[str, Callable[[OpenProvider], None]] = {
    "another issuer in the token": claims(iss="http://127.0.0.1:1"),
    "the issuer with a slash": lambda one: claims(iss=f"{one.url}/")(one),
    "no issuer": claims(iss=None),
    "a list of issuers": lambda one: claims(iss=[one.url])(one),
    "another audience": claims(aud="another-client"),
    "no audience": claims(aud=None),
    "several audiences and no party": claims(aud=[CLIENT_ID, "another-client"]),
    "another authorized party": claims(azp="another-client"),
    "several audiences for another party": claims(aud=[CLIENT_ID, "another-client"], azp="another-client"),
    "another nonce": claims(nonce="another"),
    "no nonce": claims(nonce=None),
    "an empty nonce": claims(nonce=""),
    "a list of nonces": claims(nonce=["a"]),
    "expired": claims(exp=NOW - LEEWAY - 60),
    "no end": claims(exp=None),
    "an end that is no number": claims(exp="never"),
    "issued in the future": claims(iat=NOW + LEEWAY + 600),
    "issued long ago": claims(iat=NOW - int(TOKEN_SECONDS) - 60),
    "no time of issue": claims(iat=None),
    "not valid yet": claims(nbf=NOW + LEEWAY + 86400),
    "another person": claims(sub="rui-18"),
    "no person": claims(sub=None),
    "an empty person": claims(sub=""),
    "a number as the person": claims(sub=17),
    "a list of people": claims(sub=["ana-17"]),
    "a person of 300 letters": claims(sub="a" * 300),
    "a person with a line break": claims(sub="ana-17\n"),
    "the e-mail address of a person": claims(sub="x", email="ana@acme.example", preferred_username="ana"),
    "no algorithm": signing(sign_with_nothing),
    "the public key as a secret": signing(sign_with_public_key),
    "an unknown key": signing(lambda given: sign_claims(given, create_rsa_key(1))),
    "a key of another id": signing(lambda given: sign_claims(given, create_rsa_key(1), kid="ec")),
    "an unknown id": signing(lambda given: sign_claims(given, kid="nobody")),
    "no id": signing(lambda given: sign_claims(given, kid=None)),
    "another key's algorithm": signing(lambda given: sign_claims(given, create_ec_key(), "ES256", kid="rsa")),
    "a token of 20,000 letters": claims(more="x" * 20_000),
    "no token": signing(lambda given: ""),
    "a token that is none": signing(lambda given: "a.b.c"),
    "not JSON instead of a token": answering("/token", body=b"<html>"),
    "a list instead of a token": answering("/token", body=b"[]"),
    "nothing instead of a token": answering("/token"),
    "a refusal": answering("/token", 400, b'{"error": "invalid_grant"}'),
    "a strange refusal": answering("/token", 400, b'{"error": {"a": ["<script>"]}}'),
    "a breakdown": answering("/token", 500, b"down"),
    "a huge token": answering("/token", body=HUGE),
    "a nested token": answering("/token", body=NESTED),
    "a compressed token": answering("/token", body=b"\x1f\x8b", content_encoding="gzip"),
    "a token elsewhere": answering("/token", 302, location="http://127.0.0.1:1/token"),
    "another issuer in the description": describing(issuer="http://127.0.0.1:1"),
    "no issuer in the description": describing(issuer=None),
    "tokens at another host": describing(token_endpoint="https://evil.example/token"),
    "tokens at another port": describing(token_endpoint="http://127.0.0.1:1/token"),
    "keys at another host": describing(jwks_uri="https://evil.example/jwks"),
    "the way to another host": describing(authorization_endpoint="https://evil.example/authorize"),
    "tokens at a host with a user": lambda one: describing(token_endpoint=f"http://x@{one.url[7:]}/token")(one),
    "a file instead of keys": describing(jwks_uri="file:///etc/passwd"),
    "a script instead of the way": describing(authorization_endpoint="javascript:alert(1)"),
    "no tokens": describing(token_endpoint=None),
    "an address that is none": describing(token_endpoint=["http://[::1"]),
    "an address that cannot be read": describing(token_endpoint="http://[::1"),
    "no PKCE": describing(code_challenge_methods_supported=["plain"]),
    "no secret": describing(token_endpoint_auth_methods_supported=["private_key_jwt"]),
    "not JSON instead of the description": answering(DISCOVERY, body=b"<html>"),
    "a list instead of the description": answering(DISCOVERY, body=b"[]"),
    "a nested description": answering(DISCOVERY, body=NESTED),
    "a huge description": answering(DISCOVERY, body=HUGE),
    "the description elsewhere": answering(DISCOVERY, 302, location="http://127.0.0.1:1/"),
    "no description": answering(DISCOVERY, 404),
    "no keys": answering("/jwks", 404),
    "keys elsewhere": answering("/jwks", 302, location="http://127.0.0.1:1/"),
    "keys that are none": answering("/jwks", body=b'{"keys": "rsa"}'),
    "huge keys": answering("/jwks", body=HUGE),
}  # fmt: skip


async def test_a_provider_that_answers_nonsense_lets_nobody_in(
    lobby: Lobby, provider: OpenProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One server for all cases: each one reads the description and the keys anew."""
    monkeypatch.setattr("ix_tools.auth.openid.DISCOVERY_SECONDS", -1.0)
    right, let_in = (provider.claims, provider.sign), []
    for number, (name, spoil) in enumerate({**NONSENSE, "nothing wrong": lambda provider: None}.items()):
        (provider.claims, provider.sign), provider.answers = right, {}
        provider.description = {"jwks_uri": f"{provider.url}/jwks?{number}"}
        spoil(provider)
        guest = lobby.open_browser()
        where = await begin(guest)
        if where.startswith(provider.url):
            answer = await guest.get(f"/inbox/sign-in/answer?{provider.visit(where)}")
            assert answer.status_code in {303, 403, 503}, name
            assert not [
                one for one in (CLIENT_SECRET, "<script>", "<html>") if one in body_of(answer.text)
            ], name
        else:
            assert "<main>" in where, name
        if await is_signed_in(guest):
            let_in.append(name)
    assert let_in == ["nothing wrong"]


def body_of(page: str) -> str:
    return page.partition("<main>")[2]


ANSWERS: dict[str, dict[str, str | None]] = {
    "another state": {"state": "x"},
    "no state": {"state": None},
    "a state with letters that are none": {"state": "\u00e1.\u00e1"},
    "another issuer": {"iss": "http://127.0.0.1:1"},
    "no issuer although the provider names itself": {"iss": None},
    "an empty issuer": {"iss": ""},
    "no code": {"code": None},
    "a made-up code": {"code": "x"},
    "an error beside a code": {"error": "access_denied"},
    "an error with markup": {"error": "<script>", "error_description": "<script>alert(1)</script>"},
}


async def test_an_answer_with_one_thing_wrong_lets_nobody_in(lobby: Lobby, provider: OpenProvider) -> None:
    for name, changes in ANSWERS.items():
        guest = lobby.open_browser()
        answer = await guest.get(
            f"/inbox/sign-in/answer?{provider.visit(await begin(guest), changes=changes)}"
        )
        assert (answer.status_code, "<script>" in body_of(answer.text)) == (403, False), name
        assert not await is_signed_in(guest), name


async def test_a_provider_that_does_not_name_itself_needs_no_issuer_in_the_answer(
    lobby: Lobby, provider: OpenProvider
) -> None:
    provider.description = {"authorization_response_iss_parameter_supported": None}
    for issuer, status in ((None, 303), ("http://127.0.0.1:1", 403), (provider.url, 303)):
        guest = lobby.open_browser()
        answer = await guest.get(
            f"/inbox/sign-in/answer?{provider.visit(await begin(guest), changes={'iss': issuer})}"
        )
        assert answer.status_code == status, issuer


async def test_an_answer_counts_once_in_the_browser_that_began_and_in_time(
    lobby: Lobby, provider: OpenProvider
) -> None:
    ana, mallory = lobby.open_browser("ana"), lobby.open_browser("mallory")
    query = provider.visit(await begin(ana))
    assert (await mallory.get(f"/inbox/sign-in/answer?{query}")).status_code == 403
    await begin(mallory)
    assert (await mallory.get(f"/inbox/sign-in/answer?{query}")).status_code == 403, "another begun sign-in"
    assert not provider.forms, "the code went nowhere"
    twice = f"{query}&code=second"
    assert (await ana.get(f"/inbox/sign-in/answer?{twice}")).status_code == 403
    query = provider.visit(await begin(ana))
    assert (await ana.get(f"/inbox/sign-in/answer?{query}")).status_code == 303
    assert (await ana.get(f"/inbox/sign-in/answer?{query}")).status_code == 403
    late = lobby.open_browser()
    query = provider.visit(await begin(late))
    with lobby.harness.context.store.writing() as connection:
        connection.execute(sign_ins.update().values(expires_at=sign_ins.c.expires_at - SIGN_IN_SECONDS))
    assert (await late.get(f"/inbox/sign-in/answer?{query}")).status_code == 403


async def test_a_stolen_code_is_worth_nothing_without_its_browser(
    lobby: Lobby, provider: OpenProvider
) -> None:
    """PKCE: a code that was given for one begun sign-in is refused by the provider for another one."""
    ana, mallory = lobby.open_browser("ana"), lobby.open_browser("mallory")
    stolen = parse_qs(provider.visit(await begin(ana)))["code"][0]
    answer = await mallory.get(
        f"/inbox/sign-in/answer?{provider.visit(await begin(mallory), 'eve', {'code': stolen})}"
    )
    assert (answer.status_code, await is_signed_in(mallory)) == (403, False)
    provider.checks_pkce = False
    fresh = parse_qs(provider.visit(await begin(ana)))["code"][0]
    answer = await mallory.get(
        f"/inbox/sign-in/answer?{provider.visit(await begin(mallory), changes={'code': fresh})}"
    )
    assert (answer.status_code, await is_signed_in(mallory)) == (403, False), "the nonce is another one"


async def test_two_providers_are_not_mixed_up(lobby: Lobby, provider: OpenProvider) -> None:
    """A code of one provider, sent back as if another had given it, is shown to neither."""
    with OpenProvider() as other:
        guest = lobby.open_browser()
        query = provider.visit(await begin(guest), changes={"iss": other.url})
        assert (await guest.get(f"/inbox/sign-in/answer?{query}")).status_code == 403
        assert (provider.forms, other.requests) == ([], [])
        asked = await begin(guest)
        other.sign = provider.sign = lambda given: sign_claims({**given, "iss": other.url})
        assert (await guest.get(f"/inbox/sign-in/answer?{provider.visit(asked)}")).status_code == 403


async def test_a_provider_that_never_ends_its_answer_is_left(
    lobby: Lobby, provider: OpenProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for held in ("/.well-known/openid-configuration", "/token"):
        guest = lobby.open_browser()
        query = "" if held != "/token" else provider.visit(await begin(guest))
        provider.held.add(held)
        with monkeypatch.context() as hurried:
            hurried.setattr("ix_tools.auth.issuer_http.ANSWER_SECONDS", 0.1)
            path = f"answer?{query}" if query else "provider"
            assert (await guest.get(f"/inbox/sign-in/{path}")).status_code == 503, held
        provider.held.clear()
        assert not await is_signed_in(guest)


async def test_a_key_is_rotated_without_a_restart(
    lobby: Lobby, provider: OpenProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = lobby.open_browser()
    assert (await sign_in(guest, provider)).status_code == 303
    provider.keys = [{**one, "kid": f"new-{one['kid']}"} for one in provider.keys]
    provider.sign = lambda given: sign_claims(given, kid="new-rsa")
    assert (await sign_in(guest, provider)).status_code == 403, "not asked again at once"
    monkeypatch.setattr("ix_tools.auth.oauth.MIN_REFRESH_INTERVAL", -1.0)
    assert (await sign_in(guest, provider)).status_code == 303
    provider.sign = lambda given: sign_claims(given, kid="rsa")
    assert (await sign_in(guest, provider)).status_code == 403, "the old key is gone"


async def test_a_sign_in_at_the_provider_leads_to_the_inbox_and_nowhere_else(
    lobby: Lobby, provider: OpenProvider
) -> None:
    for target in (
        "https://evil.example",
        "//evil.example",
        "/inbox//evil.example",
        "/approve/x",
        "/inbox" + "a" * 600,
    ):
        done = await sign_in(lobby.open_browser(), provider, wanted=target)
        assert done.headers["location"] == "/inbox?lang=en", target


# --- what it is worth


async def test_it_neither_adds_nor_confirms_a_passkey(lobby: Lobby, provider: OpenProvider) -> None:
    await lobby.welcome("bruno", "terminal:rui")
    found = lobby.passkeys.list_usable("bruno")[0]
    lobby.people.add("ana", "admin", (), "terminal:rui")
    ana = lobby.open_browser("ana")
    await sign_in(ana, provider)
    page = await ana.get("/inbox/passkeys?lang=en")
    assert "data-passkey=" not in page.text
    assert provider.identity("ana-17") in page.text
    token = read_fields(page.text)["csrf"]
    signed = ana.authenticator.sign({"challenge": "AAAA"})
    for path, fields in (("add", {}), ("confirm", {"passkey": found.id}), ("new", {})):
        answer = await ana.post(f"/inbox/passkeys/{path}", {"csrf": token, "answer": signed, **fields})
        assert answer.status_code == 403, path
    assert lobby.passkeys.list_usable("ana") == []
    assert lobby.passkeys.find(found.id).confirmed_at is None


async def test_it_approves_as_the_policy_says_and_never_where_a_signature_is_asked_for(
    harness: Harness, provider: OpenProvider, tmp_path: Path
) -> None:
    named = {"ana": [provider.identity("ana-17")], "bruno": [provider.identity("bruno-18")]}
    policy = write_policy(tmp_path / "who.toml", **named)
    calls = [document_arguments(await harness.create_draft(), state="finalized") for _ in range(3)]
    pages = replace(harness.context, page_host=ServerPages(PEOPLE, signing_address=PEOPLE))
    paper = Harness(harness.sandbox, pages)
    async with open_lobby(harness, policy=policy, **provider.settings) as lobby:
        guests = {}
        for name, subject in (("ana", "ana-17"), ("bruno", "bruno-18")):
            lobby.people.add(name, "approver", (), "terminal:rui")
            guests[name] = lobby.open_browser(name)
            assert (await sign_in(guests[name], provider, subject)).status_code == 303
        under(paper, tmp_path, 'otherwise = "person"', "n8n")
        plain = await request_approval(paper, calls[0])
        assert (await guests["ana"].decide(plain.id)).status_code == 303
        under(paper, tmp_path, 'otherwise = "four-eyes"', "n8n")
        double = await request_approval(paper, calls[1])
        assert (await guests["ana"].decide(double.id)).status_code == 200, "another person is missing"
        assert (await guests["ana"].decide(double.id)).status_code == 403, "one person is one"
        assert (await guests["bruno"].decide(double.id)).status_code == 303
        under(paper, tmp_path, 'otherwise = "signed"', "n8n")
        signed = await request_approval(paper, calls[2])
        page = await guests["ana"].get(f"/inbox/approvals/{signed.id}?lang=en")
        assert 'value="approve"' not in page.text
        assert "you have none for this server" in page.text
        token = read_fields(page.text)["csrf"]
        refused = await guests["ana"].post(
            f"/inbox/approvals/{signed.id}", {"csrf": token, "decision": "approve"}
        )
        assert refused.status_code == 403
        states = [harness.context.approvals.find(one.id).state for one in (plain, double, signed)]
        assert states == ["approved", "approved", "pending"]
    with harness.context.store.reading() as connection:
        told = connection.execute(sql.select(audit.c.outcome).where(audit.c.approval == plain.id)).scalars()
        assert any(provider.identity("ana-17") in one for one in told)
