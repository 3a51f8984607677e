"""The whole way through a certified OpenID provider, in a process of its own: sign-in, sign-out there, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest
from pydantic import SecretStr

from ix_tools.auth.openid import OpenIdProvider
from tests.harness import Harness
from tests.interfaces.web.inbox_visitor import PEOPLE, Guest, open_lobby
from tests.interfaces.web.test_provider_sign_in import begin, is_signed_in, write_policy

SOURCE = Path(__file__).parent / "real_provider"
INSTALLED = Path(__file__).parents[3] / ".venv" / "test-providers"
CLIENT = {
    "client_id": "ix-tools",
    "client_secret": "a-secret-of-this-client",
    "redirect_uris": [f"{PEOPLE}/inbox/sign-in/answer"],
    "post_logout_redirect_uris": [f"{PEOPLE}/inbox/sign-in"],
    "id_token_signed_response_alg": "RS256",
    "backchannel_logout_session_required": True,
}
INSTALL_SECONDS = 150


@dataclass
class CertifiedProvider:
    """A running provider, and the notices that it sent."""

    url: str
    notices: SimpleQueue[str]


@pytest.fixture(scope="module")
def certified() -> Iterator[CertifiedProvider]:
    folder = install()
    notices: SimpleQueue[str] = SimpleQueue()

    class Ears(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            notices.put(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    ears = ThreadingHTTPServer(("127.0.0.1", 0), Ears)
    threading.Thread(target=ears.serve_forever, args=(0.02,), daemon=True).start()
    client = {**CLIENT, "backchannel_logout_uri": f"http://localhost:{ears.server_port}/ended"}
    command = [str(shutil.which("node")), "serve.js", json.dumps(client)]
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        try:
            yield CertifiedProvider(running.stdout.readline().strip(), notices)
        finally:
            running.stdin.close()  # it ends with its input
            running.wait(30)
            ears.shutdown()
            ears.server_close()


def install() -> Path:
    """Install the provider of the lock file once for this checkout, and return its folder."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = INSTALLED / hashlib.sha256(lock).hexdigest()[:12]
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("there is no npm and node (Debian: apt-get install npm)")
    if not folder.exists():
        beside = folder.with_name(f"{folder.name}.{threading.get_native_id()}")
        shutil.copytree(SOURCE, beside)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            done = subprocess.run(
                command, check=False, cwd=beside, capture_output=True, text=True, timeout=INSTALL_SECONDS
            )
            trouble = done.stderr[-300:] if done.returncode else ""
        except subprocess.TimeoutExpired:
            trouble = "it took too long"
        if trouble:
            shutil.rmtree(beside)
            pytest.skip(f"npm cannot install the provider: {trouble}")
        with suppress(OSError):  # another process was faster
            beside.rename(folder)
        shutil.rmtree(beside, ignore_errors=True)
    shutil.copy(SOURCE / "serve.js", folder)
    return folder


@asynccontextmanager
async def open_browser() -> AsyncIterator[httpx2.AsyncClient]:
    """A person's browser at the provider, which keeps its cookies."""
    async with httpx2.AsyncClient(trust_env=False) as there:
        yield there


async def pass_through(there: httpx2.AsyncClient, location: str, name: str) -> str:
    """Sign in and consent at the provider's pages, and return where they lead back to."""
    answer = await there.get(location)
    for _ in range(12):
        if answer.is_redirect:
            location = urljoin(str(answer.url), answer.headers["location"])
            if location.startswith(PEOPLE):
                return location.removeprefix(PEOPLE)
            answer = await there.get(location)
            continue
        form = re.search(r'<form[^>]*action="([^"]+)"(.*?)</form>', answer.text, re.DOTALL)
        if form is None:
            return answer.text
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[2]))
        named = {"login": name, "password": "any"} if 'name="login"' in form[2] else {}
        answer = await there.post(urljoin(str(answer.url), form[1]), data={**hidden, **named})
    raise AssertionError("the provider goes round in circles")


@pytest.fixture
def settings(certified: CertifiedProvider, tmp_path: Path) -> dict[str, Any]:
    policy = write_policy(tmp_path / "policy.toml", ana=[f"oidc:{certified.url}#ana-17"])
    secret = SecretStr(str(CLIENT["client_secret"]))
    named = {"oidc_client_id": CLIENT["client_id"], "oidc_client_secret": secret}
    return {"policy": policy, "oidc_issuer": certified.url, **named}


async def sign_in(guest: Guest, there: httpx2.AsyncClient, name: str) -> int:
    back = await pass_through(there, await begin(guest), name)
    return (await guest.get(back)).status_code


async def test_a_person_signs_in_at_a_certified_provider_and_out_there(
    harness: Harness, certified: CertifiedProvider, settings: dict[str, Any]
) -> None:
    async with open_lobby(harness, **settings) as lobby, open_browser() as there, open_browser() as elsewhere:
        lobby.people.add("ana", "approver", (), "terminal:rui")
        ana, eve = lobby.open_browser("ana"), lobby.open_browser("eve")
        assert await sign_in(ana, there, "ana-17") == 303
        assert await is_signed_in(ana)
        assert await sign_in(eve, elsewhere, "eve-66") == 403
        assert not await is_signed_in(eve)
        # A second browser: the provider remembers the person, and gives another code.
        second = lobby.open_browser("ana")
        assert await sign_in(second, there, "") == 303
        # Ana signs out at the provider: its page asks, then tells every server.
        leaving = await ana.get("/inbox/sign-in/leave")
        assert await is_signed_in(ana), "the link alone ends nothing"
        page = await there.get(leaving.headers["location"])
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        action = re.findall(r'<form[^>]*action="([^"]+)"', page.text)[0]
        done = await there.post(urljoin(str(page.url), action), data={**fields, "logout": "yes"})
        assert done.headers["location"].partition("?")[0] == f"{PEOPLE}/inbox/sign-in"
        notice = certified.notices.get(timeout=60)
        told = await ana.browser.post(
            "/inbox/sign-in/ended",
            content=notice,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert told.status_code == 200
        assert [await is_signed_in(one) for one in (ana, second)] == [False, False]


async def test_a_certified_provider_refuses_what_does_not_belong_to_the_code(
    harness: Harness, settings: dict[str, Any]
) -> None:
    """The same code twice, another verifier, another address, a wrong secret: the provider's refusal lets nobody in."""
    async with open_lobby(harness, **settings) as lobby, open_browser() as there:
        lobby.people.add("ana", "approver", (), "terminal:rui")
        ana, mallory = lobby.open_browser("ana"), lobby.open_browser("mallory")
        stolen = await pass_through(there, await begin(ana), "ana-17")
        code = re.findall(r"code=([^&]+)", stolen)[0]
        own = await pass_through(there, await begin(mallory), "ana-17")
        assert (await mallory.get(re.sub(r"code=[^&]+", f"code={code}", own))).status_code == 403
        assert not await is_signed_in(mallory)
    wrong = {**settings, "oidc_client_secret": SecretStr("wrong")}
    async with open_lobby(harness, **wrong) as lobby, open_browser() as there:
        guest = lobby.open_browser()
        assert await sign_in(guest, there, "ana-17") == 403
        assert not await is_signed_in(guest)


async def test_doctor_finds_a_certified_provider_in_order(harness: Harness, settings: dict[str, Any]) -> None:
    found = harness.context.settings.model_copy(update=settings)
    assert await OpenIdProvider(found).check() == 1
