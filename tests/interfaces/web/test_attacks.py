"""Attacks on sign-in and inbox, each by its name: nothing gets through."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from ix_tools.approvals.links import ServerPages
from ix_tools.interfaces.server.main import find_people_address
from ix_tools.interfaces.server.workers import open_other_loopback
from ix_tools.interfaces.web.requests import Site
from tests.harness import Harness, document_arguments
from tests.interfaces.web.inbox_visitor import PEOPLE, Guest, Lobby, open_lobby, read_fields, read_options
from tests.interfaces.web.open_provider import OpenProvider
from tests.interfaces.web.test_provider_sign_in import begin, is_signed_in, sign_in, write_policy
from tests.interfaces.web.test_sign_in import ELSEWHERE, read_menu_token, session_cookie
from tests.interfaces.web.visitor import request_approval

ORIGINS = ("https://evil.example", "http://localhost:9999", "http://localhost", "http://127.0.0.1:8756",
           "http://[::1]:8756", "https://localhost:8756", "http://LOCALHOST:8756", "null", "", None)  # fmt: skip
Json = dict[str, Any]


@dataclass
class Siege:
    """A server with a person who is signed in, somebody who attacks, and approvals that wait."""

    lobby: Lobby
    provider: OpenProvider
    ana: Guest
    mallory: Guest
    own: str
    """An approval that Mallory may see; she is a reader there."""
    foreign: str
    """An approval of an account that Mallory may not see."""

    def plant(self, guest: Guest, cookies: dict[str, str]) -> None:
        """Set cookies in a browser, as a neighbour on the same host name could."""
        for name, value in cookies.items():
            guest.browser.cookies.set(name, value, domain="localhost.local", path="/inbox")

    def read_cookies(self, guest: Guest) -> dict[str, str]:
        return {one.name: str(one.value) for one in guest.browser.cookies.jar}


@asynccontextmanager
async def lay_siege(harness: Harness, folder: Path) -> AsyncIterator[Siege]:
    call = document_arguments(await harness.create_draft(), state="finalized")
    paper = Harness(harness.sandbox, replace(harness.context, page_host=ServerPages(PEOPLE)))
    asked = (await request_approval(paper, call)).id
    with OpenProvider() as provider:
        policy = write_policy(folder / "people.toml", ana=[provider.identity("ana-17")])
        async with open_lobby(harness, policy=policy, **provider.settings) as lobby:
            ana = await lobby.welcome("ana")
            await lobby.welcome("rita", role="reader")
            mallory = await lobby.welcome("mallory", accounts=("second",))
            yield Siege(lobby, provider, ana, mallory, asked, asked)


Attack = Callable[[Siege], Awaitable[list[str]]]


async def plant_a_session(siege: Siege) -> list[str]:
    """Session fixation: the attacker's own session, or a made-up one, is in the browser before its person signs in."""
    through = []
    for kind in ("passkey", "provider"):
        known = siege.read_cookies(siege.mallory)
        victim = siege.lobby.open_browser("ana")
        victim.authenticator = siege.ana.authenticator
        siege.plant(victim, {name: value for name, value in known.items() if "session" in name})
        if kind == "passkey":
            await victim.sign_in()
        else:
            await sign_in(victim, siege.provider)
        spy = siege.lobby.open_browser("mallory")
        siege.plant(spy, known)
        page = (await spy.get("/inbox")).text
        if "<bdi>ana</bdi>" in page:
            through.append(f"{kind}: the planted session became hers")
        await siege.mallory.sign_in()
    return through


async def plant_a_begun_sign_in(siege: Siege) -> list[str]:
    """Login CSRF: the victim's browser ends the attacker's sign-in, so that the victim works as the attacker."""
    query = siege.provider.visit(await begin(siege.mallory), "ana-17")
    victim = siege.lobby.open_browser()
    answer = await victim.get(f"/inbox/sign-in/answer?{query}")
    return ["the victim is somebody else"] if answer.status_code == 303 or await is_signed_in(victim) else []


async def send_forms_from_elsewhere(siege: Siege) -> list[str]:
    """CSRF: every form of the inbox, with the right token, from another origin."""
    through = []
    tokens = {
        "/inbox/sign-out": read_menu_token((await siege.ana.get("/inbox")).text),
        "/inbox/passkeys/add": read_fields((await siege.ana.get("/inbox/passkeys")).text)["csrf"],
        f"/inbox/approvals/{siege.own}": read_fields((await siege.ana.get(f"/inbox/approvals/{siege.own}")).text)["csrf"],
    }  # fmt: skip
    forms = {**tokens, "/inbox/passkeys/revoke": tokens["/inbox/passkeys/add"]}
    for path, token in forms.items():
        for origin in ORIGINS:
            given = {"csrf": token, "decision": "approve", "passkey": "00000000", "answer": ""}
            if (await siege.ana.post(path, given, origin)).status_code < 400:
                through.append(f"{path} from {origin}")
    return through


async def send_forms_with_another_token(siege: Siege) -> list[str]:
    """CSRF: the token of another form, another person, another session, or none."""
    approval = f"/inbox/approvals/{siege.own}"
    others = {
        "none": "",
        "made up": "0" * 64,
        "of another form": read_menu_token((await siege.ana.get("/inbox")).text),
        "of another person": read_menu_token((await siege.mallory.get("/inbox")).text),
    }
    return [
        name
        for name, token in others.items()
        if (await siege.ana.post(approval, {"csrf": token, "decision": "approve"})).status_code < 400
    ]


async def lead_elsewhere(siege: Siege) -> list[str]:
    """Open redirect: by the page that is wanted after signing in, both ways, and by what the number leads to."""
    through = []
    for target in (
        *ELSEWHERE,
        "/inbox?next=https://evil.example",
        "https:/evil.example",
        "/inbox/%2f%2fevil.example",
    ):
        guest = siege.lobby.open_browser()
        guest.authenticator = siege.ana.authenticator
        led = [
            (await guest.sign_in(f"/inbox/sign-in?{urlencode({'next': target})}")).headers.get(
                "location", ""
            ),
            (await sign_in(siege.lobby.open_browser(), siege.provider, wanted=target)).headers.get(
                "location", ""
            ),
        ]
        through += [
            f"{target} leads to {one}" for one in led if not re.fullmatch(r"/inbox(\?[\w=&.-]*)?", one)
        ]
    answer = await siege.mallory.get("/inbox/sign-in?left=https://evil.example&lang=//evil.example")
    return through + ["the page names it"] * ("evil.example" in answer.text.partition("<main>")[2])


async def reach_another_account(siege: Siege) -> list[str]:
    """The approvals, lists and stories of an account that a person may not see."""
    paths = (f"/inbox/approvals/{siege.foreign}", "/inbox", "/inbox/history", "/inbox/history.csv",
             "/inbox/documents/sandbox/invoices/1001")  # fmt: skip
    through = [path for path in paths if siege.foreign in (await siege.mallory.get(path)).text]
    token = read_menu_token((await siege.mallory.get("/inbox")).text)
    page = await siege.mallory.get(f"/inbox/approvals/{siege.foreign}")
    fields = read_fields(page.text)
    for given in (token, fields.get("csrf", "")):
        answer = await siege.mallory.post(
            f"/inbox/approvals/{siege.foreign}", {"csrf": given, "decision": "approve"}
        )
        through += ["decided"] if answer.status_code < 400 else []
    return through


async def use_links_twice(siege: Siege) -> list[str]:
    """Link reuse: an invitation, the answer of a passkey and that of the provider, each a second time."""
    through = []
    link = siege.lobby.invite("bruno")
    assert (await siege.lobby.open_browser().enrol(link)).status_code == 303
    if (await siege.lobby.open_browser().get(link)).status_code != 404:
        through.append("an invitation")
    guest = siege.lobby.open_browser()
    page = await guest.get("/inbox/sign-in")
    given = {**read_fields(page.text), "answer": siege.ana.authenticator.sign(read_options(page.text))}
    cookies = siege.read_cookies(guest)
    assert (await guest.post("/inbox/sign-in", given)).status_code == 303
    thief = siege.lobby.open_browser()
    siege.plant(thief, cookies)
    if (await thief.post("/inbox/sign-in", given)).status_code < 400:
        through.append("a passkey's answer")
    guest = siege.lobby.open_browser()
    query = siege.provider.visit(await begin(guest))
    cookies = siege.read_cookies(guest)
    assert (await guest.get(f"/inbox/sign-in/answer?{query}")).status_code == 303
    siege.plant(thief, cookies)
    if (await thief.get(f"/inbox/sign-in/answer?{query}")).status_code < 400:
        through.append("the provider's answer")
    return through


async def answer_from_a_neighbour(siege: Siege) -> list[str]:
    """A program at another port or address of this machine gets a passkey's answer, and passes it on."""
    through = []
    for origin in ("http://localhost:9999", "http://localhost", "http://[::1]:8756", "http://127.0.0.1:8756",
                   "https://localhost:8756", "http://localhost:8756.evil.example", "http://localhost:87560"):  # fmt: skip
        guest = siege.lobby.open_browser()
        page = await guest.get("/inbox/sign-in")
        signed = replace(siege.ana.authenticator, origin=origin).sign(read_options(page.text))
        if (
            await guest.post("/inbox/sign-in", {**read_fields(page.text), "answer": signed})
        ).status_code < 400:
            through.append(origin)
    return through


async def call_it_by_another_name(siege: Siege) -> list[str]:
    """DNS rebinding: another Host gets neither a page nor a cookie."""
    through = []
    for host in ("evil.example", "localhost:9999", "[::1]:8756", "localhost", "localhost:8756, evil.example"):
        for path in ("/inbox", "/inbox/sign-in", "/inbox/sign-in/provider", "/inbox/sign-in/answer"):
            answer = await siege.ana.get(path, headers={"Host": host})
            if answer.status_code not in {400, 403, 421} or "set-cookie" in answer.headers:
                through.append(f"{host} {path} {answer.status_code}")
    return through


async def put_it_into_a_frame(siege: Siege) -> list[str]:
    """Clickjacking: no page may stand in a frame, and none runs a script that is not ours."""
    through = []
    approval = f"/inbox/approvals/{siege.own}"
    link = siege.lobby.invite("carla")
    for path in ("/inbox", approval, "/inbox/history", "/inbox/passkeys", "/inbox/sign-in", link,
                 "/inbox/sign-in/answer", "/inbox/approvals/NONE2345"):  # fmt: skip
        headers = (await siege.ana.get(path)).headers
        policy = headers.get("content-security-policy", "")
        kept = (
            "frame-ancestors 'none'" in policy,
            "default-src 'none'" in policy,
            "unsafe" not in policy,
            headers.get("x-frame-options") == "DENY",
            headers.get("cache-control") == "no-store",
            headers.get("x-content-type-options") == "nosniff",
        )
        through += [] if all(kept) else [f"{path}: {kept}"]
    return through


async def read_the_cookie(siege: Siege) -> list[str]:
    """A script or another server reads a cookie: each is HttpOnly, for the inbox only, with a name of this server."""
    guest = siege.lobby.open_browser()
    guest.authenticator = siege.ana.authenticator
    answers = [
        await guest.get("/inbox/sign-in"),
        await guest.sign_in(),
        await guest.get("/inbox/sign-in/provider"),
    ]
    cookies = [one for answer in answers for one in answer.headers.get_list("set-cookie")]
    form = re.compile(
        r"ix_(begun|session|provider)_[0-9a-f]{8}=[\w-]*(\"\")?; HttpOnly;.* Path=/inbox; SameSite=lax"
    )
    names = {one.partition("=")[0] for one in cookies}
    ports = {Site(f"http://127.0.0.1:{port}").build_cookie_name("session") for port in range(8000, 8050)}
    through = [one.partition("=")[0] for one in cookies if not form.match(one)]
    through += ["two servers share a name"] if len(ports) != 50 else []
    over_https = Site("https://ix.example.pt").build_cookie_name("session")
    return through + ([] if over_https.startswith("__Host-") and len(names) == 3 else [over_https])


async def count_twice_as_one_person(siege: Siege) -> list[str]:
    """One person with a terminal and two invitations: neither of the two passkeys is anybody's but hers, too."""
    lobby, through = siege.lobby, []
    for name in ("eva", "rui"):
        await lobby.welcome(name, "terminal:mallory", "admin")
    eva, rui = (lobby.passkeys.list_usable(name)[0] for name in ("eva", "rui"))
    if "mallory" not in eva.find_holders() & rui.find_holders():
        through.append("two people")
    for found, by in ((eva, rui), (rui, eva), (eva, eva)):
        through += ["confirmed"] if lobby.passkeys.may_confirm(found, by) else []
    return through


async def ride_on_a_cookie(siege: Siege) -> list[str]:
    """A stolen session cookie adds no passkey and signs nothing, and ends with the sign-out of its person."""
    thief = siege.lobby.open_browser("mallory")
    victim = siege.lobby.open_browser("ana")
    victim.authenticator = siege.ana.authenticator
    await victim.sign_in()
    siege.plant(thief, siege.read_cookies(victim))
    through = []
    page = await thief.get("/inbox/passkeys")
    given = {
        "csrf": read_fields(page.text)["csrf"],
        "answer": thief.authenticator.sign(read_options(page.text)),
    }
    if (await thief.post("/inbox/passkeys/add", given)).status_code < 400:
        through.append("added a passkey")
    cookie = session_cookie(victim)
    await victim.post("/inbox/sign-out", {"csrf": read_menu_token((await victim.get("/inbox")).text)})
    if cookie and await is_signed_in(thief):
        through.append("outlived the sign-out")
    return through


ATTACKS: dict[str, Attack] = {
    "session fixation": plant_a_session,
    "login CSRF": plant_a_begun_sign_in,
    "CSRF from another origin": send_forms_from_elsewhere,
    "CSRF with another token": send_forms_with_another_token,
    "open redirect": lead_elsewhere,
    "another account": reach_another_account,
    "link reuse": use_links_twice,
    "neighbour at another port or address": answer_from_a_neighbour,
    "DNS rebinding": call_it_by_another_name,
    "clickjacking": put_it_into_a_frame,
    "cookies of others": read_the_cookie,
    "one person as two": count_twice_as_one_person,
    "stolen cookie": ride_on_a_cookie,
}


async def test_no_attack_on_sign_in_and_inbox_gets_through(harness: Harness, tmp_path: Path) -> None:
    async with lay_siege(harness, tmp_path) as siege:
        through = {name: await attack(siege) for name, attack in ATTACKS.items()}
        assert {name: found for name, found in through.items() if found} == {}
        assert harness.context.approvals.find(siege.own).state == "pending"
        assert (await siege.ana.decide(siege.own)).status_code == 303, "what they attacked works"


@pytest.fixture
def neighbour() -> Iterator[int]:
    """A program of another user at [::1], and its port, which is free at 127.0.0.1."""
    while True:
        try:
            held = socket.create_server(("::1", 0), family=socket.AF_INET6)
        except OSError:
            pytest.skip("this machine has no address ::1")
        with held:
            port = held.getsockname()[1]
            try:
                socket.create_server(("127.0.0.1", port)).close()
            except OSError:
                continue  # a connection of another test has it there
            yield port
            return


def test_nobody_signs_in_where_a_neighbour_has_the_other_address(neighbour: int) -> None:
    """Both address families of `localhost` are ours, or people do not sign in at all."""
    with socket.create_server(("127.0.0.1", neighbour)) as own:
        assert open_other_loopback("127.0.0.1", [own]) is None
    with socket.create_server(("127.0.0.1", 0)) as own:
        both = open_other_loopback("127.0.0.1", [own])
        assert both is not None
        for one in both:
            one.close()
    address = f"http://127.0.0.1:{neighbour}"
    assert find_people_address(address, owns_loopback=False) == ""
    assert find_people_address(address, owns_loopback=True) == f"http://localhost:{neighbour}"
    assert find_people_address("http://192.168.1.20:8756", owns_loopback=True) == ""
    assert find_people_address("https://ix.example.pt", owns_loopback=False) == "https://ix.example.pt"


def test_a_form_of_another_port_is_not_our_own() -> None:
    """Exactly our origin: the port is a part of it."""
    site = Site("http://127.0.0.1:8756", PEOPLE)

    def is_own(origin: str | None) -> bool:
        named = [] if origin is None else [(b"origin", origin.encode())]
        return site.is_own_form(Request({"type": "http", "headers": [(b"host", b"localhost:8756"), *named]}))

    assert [origin for origin in (*ORIGINS, PEOPLE) if is_own(origin)] == [PEOPLE]
