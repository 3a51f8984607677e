"""People sign in with a passkey, invited by a link that works once; nothing else lets anybody in."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sql

from ix_tools.auth.passkeys import Passkey
from ix_tools.auth.people import INVITATION_SECONDS, People
from ix_tools.auth.sessions import IDLE_SECONDS, MAX_SIGN_INS, SESSION_SECONDS, Sessions
from ix_tools.errors import IxError
from ix_tools.storage.schema import audit, invitations, sessions, sign_ins
from tests.authenticator import USER_PRESENT
from tests.harness import Harness
from tests.interfaces.web.inbox_visitor import PEOPLE, Guest, Lobby, open_lobby, read_fields, read_options
from tests.interfaces.web.test_provider_sign_in import write_policy as write_people


@pytest.fixture
async def lobby(harness: Harness) -> AsyncIterator[Lobby]:
    async with open_lobby(harness) as opened:
        yield opened


async def test_an_invited_person_adds_a_passkey_and_signs_in_with_it(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    assert (await ana.get("/inbox")).status_code == 200
    signed_out = await ana.post("/inbox/sign-out", {"csrf": read_menu_token((await ana.get("/inbox")).text)})
    assert signed_out.status_code == 303
    away = await ana.get("/inbox")
    assert (away.status_code, away.headers["location"].partition("?")[0]) == (303, "/inbox/sign-in")
    back = await ana.sign_in()
    assert (back.status_code, back.headers["location"]) == (303, "/inbox?lang=en")
    assert "ana" in (await ana.get("/inbox")).text


async def test_the_store_keeps_hashes_and_the_trail_says_who_invited(lobby: Lobby) -> None:
    link = lobby.invite("bruno", "terminal:ana")
    bruno = lobby.open_browser("bruno")
    await bruno.enrol(link)
    cookie = session_cookie(bruno)
    with lobby.harness.context.store.reading() as connection:
        kept = [
            str(row) for table in (invitations, sessions) for row in connection.execute(sql.select(table))
        ]
        trail = [
            (row.event, row.principal, row.outcome)
            for row in connection.execute(sql.select(audit).order_by(audit.c.seq))
        ]
    assert not [row for row in kept if cookie in row or link.rpartition("/")[2] in row]
    assert ("person invited", "bruno", "by terminal:ana") in trail
    (added,) = [json.loads(told) for event, _, told in trail if event == "passkey added"]
    assert added["invited_by"] == "terminal:ana"


# --- links


async def test_a_link_works_once_and_a_look_does_not_use_it_up(lobby: Lobby) -> None:
    link = lobby.invite("ana")
    scanner = lobby.open_browser()
    for _ in range(3):
        assert (await scanner.get(link)).status_code == 200
    first, second = lobby.open_browser("ana"), lobby.open_browser("mallory")
    page = await second.get(link)
    assert (await first.enrol(link)).status_code == 303
    late = {**read_fields(page.text), "answer": second.authenticator.create(read_options(page.text))}
    assert (await second.post(link, late)).status_code == 404
    assert (await second.get(link)).status_code == 404
    assert len(lobby.passkeys.list_usable("ana")) == 1


async def test_a_link_ends_after_a_quarter_of_an_hour(lobby: Lobby) -> None:
    link = lobby.invite("ana")
    with lobby.harness.context.store.writing() as connection:
        connection.execute(
            invitations.update().values(expires_at=invitations.c.expires_at - INVITATION_SECONDS)
        )
    assert (await lobby.open_browser().get(link)).status_code == 404


async def test_nobody_can_make_a_link_up(lobby: Lobby) -> None:
    for guess in ("x" * 32, "%2e%2e", "a" * 5000):
        assert (await lobby.open_browser().get(f"/inbox/invitation/{guess}")).status_code == 404


# --- passkeys that must not count


async def test_another_passkey_site_port_or_an_unverified_person_is_refused(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    right = ana.authenticator

    def change(**values: object) -> Guest:
        guest = lobby.open_browser("ana")
        guest.authenticator = type(right)(
            **{name: getattr(right, name) for name in right.__dataclass_fields__} | values
        )
        return guest

    for name, wrong in {
        "unknown": lobby.open_browser("mallory"),
        "other key": change(key=lobby.open_browser().authenticator.key),
        "other origin": change(origin="http://localhost:9999"),
        "other family": change(origin="http://[::1]:8756"),
        "address": change(origin="http://127.0.0.1:8756"),
        "https": change(origin="https://localhost:8756"),
        "other site": change(party="evil.example"),
        "not verified": change(flags=USER_PRESENT),
        "not present": change(flags=4),
    }.items():
        answer = await wrong.sign_in()
        assert answer.status_code == 403, name
        assert (await wrong.get("/inbox")).status_code == 303, name
    assert (await change().sign_in()).status_code == 303


async def test_an_answer_counts_once_and_for_its_own_browser(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    victim, thief = lobby.open_browser("ana"), lobby.open_browser("mallory")
    page, other = await victim.get("/inbox/sign-in"), await thief.get("/inbox/sign-in")
    answer = ana.authenticator.sign(read_options(page.text))
    stolen = await thief.post("/inbox/sign-in", {**read_fields(other.text), "answer": answer})
    assert stolen.status_code == 403, "made for the challenge of another browser"
    given = {**read_fields(page.text), "answer": answer}
    begun = {one.name: str(one.value) for one in victim.browser.cookies.jar}
    assert (await victim.post("/inbox/sign-in", given)).status_code == 303
    again = lobby.open_browser()
    for name, value in begun.items():
        again.browser.cookies.set(name, value)
    assert (await again.post("/inbox/sign-in", given)).status_code == 403, "used up"


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", "x", '{"rawId": 1}', '{"rawId": "é", "response": {}}', "[" * 5000, "9" * 5000,
     json.dumps({"id": "AA", "rawId": "AA", "type": "public-key",
                 "response": {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA"}}),
     json.dumps({"id": "AA", "rawId": "AA", "type": "public-key",
                 "response": {"clientDataJSON": "e30", "attestationObject": "_____w"}})],
)  # fmt: skip
async def test_nonsense_of_an_authenticator_is_one_plain_refusal(lobby: Lobby, answer: str) -> None:
    ana = await lobby.welcome("ana")
    page = await ana.get("/inbox/sign-in")
    assert (await ana.post("/inbox/sign-in", {**read_fields(page.text), "answer": answer})).status_code == 403
    link = lobby.invite("bruno")
    page = await ana.get(link)
    assert (await ana.post(link, {**read_fields(page.text), "answer": answer})).status_code == 403
    assert lobby.passkeys.list_usable("bruno") == []


# --- sessions


async def test_a_session_has_a_new_secret_at_every_sign_in(lobby: Lobby) -> None:
    """Session fixation: a cookie that somebody planted means nothing, before and after."""
    ana = await lobby.welcome("ana")
    name = next(one.name for one in ana.browser.cookies.jar if "session" in one.name)
    planted = lobby.open_browser("mallory")
    secret = "m" * 43
    for guest in (planted, ana):
        guest.browser.cookies.clear()
        guest.browser.cookies.set(name, secret, domain="localhost.local", path="/inbox")
    assert (await ana.sign_in()).status_code == 303
    assert (await planted.get("/inbox")).status_code == 303
    first = session_cookie(ana)
    assert secret != first
    await ana.sign_in()
    assert session_cookie(ana) != first
    planted.browser.cookies.clear()
    planted.browser.cookies.set(name, first, domain="localhost.local", path="/inbox")
    assert (await planted.get("/inbox")).status_code == 303, "the former session of that browser has ended"


@pytest.mark.parametrize(("what", "seconds"), [("used_at", IDLE_SECONDS), ("started_at", SESSION_SECONDS)])
async def test_a_session_ends_by_itself(lobby: Lobby, what: str, seconds: float) -> None:
    ana = await lobby.welcome("ana")
    for shift, status in ((-seconds + 20, 200), (-seconds - 1, 303)):
        with lobby.harness.context.store.writing() as connection:
            connection.execute(sessions.update().values({what: sessions.c[what] + shift}))
        assert (await ana.get("/inbox/passkeys")).status_code == status


async def test_signing_out_everywhere_and_revoking_end_every_session(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    phone = lobby.open_browser("ana")
    phone.authenticator = ana.authenticator
    await phone.sign_in()
    page = await ana.get("/inbox/passkeys")
    token = read_menu_token(page.text)
    await ana.post("/inbox/sign-out", {"csrf": token, "everywhere": "yes"})
    for guest in (ana, phone):
        assert (await guest.get("/inbox")).status_code == 303
    await ana.sign_in()
    lobby.passkeys.revoke(lobby.passkeys.list_usable("ana")[0].id, "terminal:root")
    assert (await ana.get("/inbox")).status_code == 303
    assert (await ana.sign_in()).status_code == 403


async def test_a_removed_person_is_out_at_once(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    pending = lobby.invite("ana")
    lobby.people.remove("ana", "terminal:root")
    assert (await ana.get("/inbox")).status_code == 303
    assert (await ana.sign_in()).status_code == 403
    assert (await ana.get(pending)).status_code == 404


async def test_cookies_are_this_servers_own_and_go_to_the_inbox_only(lobby: Lobby) -> None:
    page = await lobby.open_browser().get("/inbox/sign-in")
    assert re.fullmatch(
        r"ix_begun_[0-9a-f]{8}=[\w-]+; HttpOnly; Max-Age=600; Path=/inbox; SameSite=lax",
        page.headers["set-cookie"],
    )


# --- other sites


async def test_another_site_can_neither_sign_in_nor_out(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    token = read_menu_token((await ana.get("/inbox")).text)
    for origin in ("https://evil.example", "http://localhost:9999", "http://127.0.0.1:8756", "null", None):
        answer = await ana.post("/inbox/sign-out", {"csrf": token}, origin)
        assert answer.status_code == 403, origin
        page = await ana.get("/inbox/sign-in")
        given = {**read_fields(page.text), "answer": ana.authenticator.sign(read_options(page.text))}
        assert (await ana.post("/inbox/sign-in", given, origin)).status_code == 403, origin
    for wrong in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        assert (await ana.post("/inbox/sign-out", wrong)).status_code in {400, 403}
    assert (await ana.get("/inbox")).status_code == 200


ELSEWHERE = (
    "https://evil.example", "//evil.example", "/\\evil.example", "/inbox/../../evil", "/inbox//evil.example",
    "/inbox@evil.example", "javascript:alert(1)", "/approve/x", "/inbox\r\nX: y", "/inboxx", "/inbox?x=//evil.example",
)  # fmt: skip


async def test_a_sign_in_leads_to_the_inbox_and_nowhere_else(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    for target in ELSEWHERE:
        page = await ana.browser.get("/inbox/sign-in", params={"next": target})
        given = {**read_fields(page.text), "answer": ana.authenticator.sign(read_options(page.text))}
        done = await ana.post("/inbox/sign-in", given)
        assert done.headers["location"] == "/inbox?lang=en", target
        page = await ana.get("/inbox/sign-in")
        answer = ana.authenticator.sign(read_options(page.text))
        done = await ana.post("/inbox/sign-in", {**read_fields(page.text), "next": target, "answer": answer})
        assert done.headers["location"] == "/inbox?lang=en", target


async def test_a_sign_in_leads_back_to_the_page_that_was_wanted(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    await ana.post("/inbox/sign-out", {"csrf": read_menu_token((await ana.get("/inbox")).text)})
    away = await ana.get("/inbox/approvals/ABCD2345?lang=en")
    done = await ana.sign_in(away.headers["location"])
    assert done.headers["location"] == "/inbox/approvals/ABCD2345?lang=en"


async def test_the_number_of_this_machine_leads_to_its_name(lobby: Lobby) -> None:
    """Passkeys are bound to a host name; a request under another address is not answered with a sign-in."""
    guest = lobby.open_browser()
    for path in ("/inbox/sign-in", "/inbox", "/inbox/passkeys"):
        moved = await guest.get(f"http://127.0.0.1:8756{path}")
        assert (moved.status_code, moved.headers["location"]) == (307, f"{PEOPLE}{path}")
    assert (await guest.get("http://[::1]:8756/inbox/sign-in")).status_code == 421


async def test_without_a_safe_address_nobody_signs_in(harness: Harness) -> None:
    async with open_lobby(harness) as opened:
        opened.served.app.state.server_context.people_address = ""
        for path in ("/inbox", "/inbox/sign-in", opened.invite("ana")):
            answer = await opened.open_browser().get(f"http://127.0.0.1:8756{path}")
            assert answer.status_code == 421
            assert "set-cookie" not in answer.headers


# --- who a passkey stands for


def confirm(lobby: Lobby, found: Passkey, by: Passkey) -> str:
    try:
        lobby.passkeys.confirm(found.id, by)
    except IxError as refusal:
        return refusal.code
    return "confirmed"


async def test_a_passkey_counts_as_the_inviters_until_somebody_else_vouches_for_it(lobby: Lobby) -> None:
    await lobby.welcome("ana", role="admin")
    await lobby.welcome("rui", role="admin")
    await lobby.welcome("bruno", "terminal:ana")
    ana, rui, bruno = (lobby.passkeys.list_usable(name)[0] for name in ("ana", "rui", "bruno"))
    assert (ana.find_holders(), bruno.find_holders()) == (
        frozenset({"ana"}),
        frozenset({"ana", "bruno"}),
    )
    assert confirm(lobby, bruno, ana) == "passkey_not_confirmed", "the inviter"
    assert confirm(lobby, bruno, bruno) == "passkey_not_confirmed", "itself"
    assert confirm(lobby, bruno, rui) == "confirmed"
    assert lobby.passkeys.find(bruno.id).find_holders() == {"bruno"}


async def test_one_person_with_a_terminal_and_two_invitations_stays_one_person(lobby: Lobby) -> None:
    """Also as two administrators who vouch for each other, with a second passkey, or as a person who is there already."""
    for name in ("eva", "rui"):
        await lobby.welcome(name, "terminal:mallory", "admin")
    eva, rui = (lobby.passkeys.list_usable(name)[0] for name in ("eva", "rui"))
    await lobby.welcome("mallory", role="admin")
    own = lobby.passkeys.list_usable("mallory")[0]
    await lobby.welcome("eva", "terminal:mallory", "admin")
    later = lobby.passkeys.list_usable("eva")[0]
    for found in (eva, rui, later):
        for by in (eva, rui, later, own):
            assert confirm(lobby, found, by) == "passkey_not_confirmed", (found.person, by.person)
        with pytest.raises(IxError, match="Whoever sent the invitation"):
            lobby.passkeys.confirm_in_terminal(found.id, "terminal:mallory")
    assert eva.find_holders() & rui.find_holders() == {"mallory"}


async def test_a_stolen_cookie_adds_no_passkey(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    thief = lobby.open_browser("mallory")
    thief.browser.cookies = ana.browser.cookies
    page = await thief.get("/inbox/passkeys")
    token = read_fields(page.text)["csrf"]
    options = read_options(page.text)
    answer = await thief.post(
        "/inbox/passkeys/add", {"csrf": token, "answer": thief.authenticator.sign(options)}
    )
    assert answer.status_code == 403
    assert (await thief.post("/inbox/passkeys/new", {"csrf": token, "answer": "x"})).status_code == 403
    assert len(lobby.passkeys.list_usable("ana")) == 1


async def test_a_person_adds_a_second_passkey_with_the_first(lobby: Lobby) -> None:
    ana = await lobby.welcome("ana")
    page = await ana.get("/inbox/passkeys")
    signed = ana.authenticator.sign(read_options(page.text))
    form = await ana.post("/inbox/passkeys/add", {"csrf": read_fields(page.text)["csrf"], "answer": signed})
    phone = lobby.open_browser("ana")
    phone.authenticator.origin = PEOPLE
    made = phone.authenticator.create(read_options(form.text))
    added = await ana.post("/inbox/passkeys/new", {**read_fields(form.text), "answer": made})
    assert added.status_code == 303, added.text
    assert (await phone.sign_in()).status_code == 303
    assert [one.find_holders() for one in lobby.passkeys.list_usable("ana")] == [{"ana"}, {"ana"}]


async def test_people_are_told_of_a_new_passkey_and_confirm_it_on_the_page(lobby: Lobby) -> None:
    eva = await lobby.welcome("eva", role="admin")
    bruno = await lobby.welcome("bruno", "terminal:ana")
    assert "bruno" in (await eva.get("/inbox?lang=en")).text
    assert "counts as ana too" in (await bruno.get("/inbox?lang=en")).text
    page = await eva.get("/inbox/passkeys?lang=en")
    found = lobby.passkeys.list_usable("bruno")[0]
    given = {
        "csrf": read_fields(page.text)["csrf"],
        "passkey": found.id,
        "answer": eva.authenticator.sign(read_options(page.text, 1)),
    }
    wrong = {**given, "answer": bruno.authenticator.sign(read_options(page.text, 1))}
    assert (await eva.post("/inbox/passkeys/confirm", wrong)).status_code == 403
    assert (await eva.post("/inbox/passkeys/confirm", given)).status_code == 303
    assert lobby.passkeys.find(found.id).confirmed_by == "page:eva"
    assert "counts as" not in (await bruno.get("/inbox?lang=en")).text


async def test_nobody_confirms_a_passkey_while_the_policy_cannot_say_who_is_one_person(
    harness: Harness, tmp_path: Path
) -> None:
    """Eva invited Bruno as another user of the machine; only the policy says that both are her."""
    policy = write_people(tmp_path / "policy.toml", eva=["terminal:eva-desk", "page:eva"])
    async with open_lobby(harness, policy=policy) as lobby:
        eva = await lobby.welcome("eva", role="admin")
        await lobby.welcome("bruno", "terminal:eva-desk")
        found = lobby.passkeys.list_usable("bruno")[0]
        whole = policy.read_text()
        for broken in ("[people", None):
            policy.write_text(broken) if broken else policy.chmod(0o666)
            page = await eva.get("/inbox/passkeys?lang=en")
            given = {
                "csrf": read_fields(page.text)["csrf"],
                "passkey": found.id,
                "answer": eva.authenticator.sign(read_options(page.text, 1)),
            }
            refused = await eva.post("/inbox/passkeys/confirm", given)
            assert (refused.status_code, "policy" in refused.text) == (403, True), broken
            policy.write_text(whole)
        assert lobby.passkeys.find(found.id).confirmed_at is None


# --- bounds


async def test_a_flood_of_begun_sign_ins_fills_nothing_and_locks_nobody_out(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ix_tools.auth.sessions.MAX_SIGN_INS", 20)
    assert MAX_SIGN_INS > 20
    ana = await lobby.welcome("ana")
    kept = Sessions(lobby.harness.context.store)
    for _ in range(60):
        kept.begin_sign_in("sign_in")
    with lobby.harness.context.store.reading() as connection:
        assert connection.execute(sql.select(sql.func.count()).select_from(sign_ins)).scalar_one() <= 21
    assert (await ana.sign_in()).status_code == 303


@pytest.mark.parametrize("name", ["", "a b", "ána", "x" * 101, "-", "<b>"])
def test_a_name_is_one_that_the_policy_can_hold(harness: Harness, name: str) -> None:
    with pytest.raises(IxError, match="cannot be the name"):
        People(harness.context.store).add(name, "approver", (), "terminal:ana")


def test_two_people_do_not_differ_by_capitals_only(harness: Harness) -> None:
    people = People(harness.context.store)
    people.add("ana", "approver", (), "terminal:ana")
    with pytest.raises(IxError, match="too similar"):
        people.add("Ana", "admin", (), "terminal:ana")


def read_menu_token(page: str) -> str:
    found = re.search(
        r'action="/inbox/sign-out[^"]*"><input type="hidden" name="csrf" value="([0-9a-f]+)"', page
    )
    return found[1] if found else "none"


def session_cookie(guest: Guest) -> str:
    return next(one.value or "" for one in guest.browser.cookies.jar if "session" in one.name)
