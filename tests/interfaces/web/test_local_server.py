"""The browser of this machine is opened at the page, and no other user of the machine learns the link, or the key."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
import pytest

from ix_tools.interfaces.web import browser
from ix_tools.interfaces.web.local_server import LocalPageServer
from tests.harness import Harness, execute
from tests.interfaces.mcp.test_stdio import SERVE, Process, environment
from tests.interfaces.web.visitor import build_finalization, with_pages

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="there is no /proc to look at"
)
KEY = "the-key-of-the-account-0123456789"


class Fake:
    """A browser that notes what it was given, and stays open until it is closed."""

    def __init__(self, folder: Path) -> None:
        self.seen, self.closed = folder / "seen", folder / "closed"
        self.script = folder / "browser"
        self.script.write_text(
            f"""#!/bin/sh
printf '%s\\n' "$1" > {self.seen}.part
env > {folder}/environment
ls -ld "$(dirname "${{1#file://}}")" > {folder}/modes
mv {self.seen}.part {self.seen}
while [ -e {self.script} ] && [ ! -e {self.closed} ]; do sleep 0.05; done
"""
        )
        self.script.chmod(0o755)
        self.environment = folder / "environment"

    def file(self) -> Path:
        """The file that it was told to open."""
        deadline = time.monotonic() + 100
        while not self.seen.exists():
            assert time.monotonic() < deadline, "the browser was not opened"
            time.sleep(0.02)
        url = self.seen.read_text().strip()
        assert url.startswith("file:///")
        return Path(unquote(urlsplit(url).path))

    def link(self) -> str:
        """Where that leads."""
        found = re.search(r'url=([^"]+)"', self.file().read_text())
        assert found
        return unescape(found[1])


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """The browser of whoever sits here."""
    made = Fake(tmp_path)
    monkeypatch.setenv("BROWSER", f"{made.script} %s &")
    yield made
    made.closed.touch()


def everywhere(name: str) -> bytes:
    """The command lines, or the environments, of all processes but this one."""
    found = b""
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                found += (process / name).read_bytes() + b"\n"
            except OSError:
                continue  # it ended, or is somebody else's
    return found


async def test_the_browser_opens_and_no_command_line_or_environment_tells(
    harness: Harness, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICEXPRESS_API_KEY", KEY)
    monkeypatch.setenv("SOME_OTHER_TOKEN", KEY)
    paper = with_pages(harness)  # `auto`, with approval_channel page and no PIN
    pages = LocalPageServer(paper.context)
    paper.context.page_host = pages
    try:
        body = await execute(paper.context, "change_state", await build_finalization(paper))
        file, link = fake.file(), fake.link()
        assert link.startswith(f"{await pages.start_and_locate()}/approve/")
        assert link not in str(body)
        assert "this machine's browser" in body["next"][0]["why"]
        secret = link.rsplit("/", 1)[1].encode()
        lines = everywhere("cmdline")
        assert file.as_uri().encode() in lines or str(fake.script).encode() in lines, (
            "looked at the right time"
        )
        assert secret not in lines
        assert KEY not in fake.environment.read_text()
        assert "INVOICEXPRESS" not in fake.environment.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    finally:
        pages.close()
    assert not file.parent.exists(), "and nothing is left behind"


def test_the_file_is_removed_while_the_server_runs(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "FILE_SECONDS", 0.2)
    redirects = browser.RedirectFiles()
    assert redirects.open("http://127.0.0.1:1/approve/x")
    deadline = time.monotonic() + 100
    while fake.file().exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not fake.file().parent.exists()


def test_a_server_on_standard_input_keeps_its_key_to_itself(tmp_path: Path, fake: Fake) -> None:
    """The real process, as a host starts it: what `ps` and /proc show of it and of what it starts."""
    settings = {"approval_channel": "page", "language": "en", "api_key": KEY, "approval_wait_seconds": "0"}
    with Process(
        *SERVE, "--sandbox", env={**environment(tmp_path, **settings), "BROWSER": f"{fake.script} %s &"}
    ) as server:
        server.hello()
        items = [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}]
        draft = {"date": "today", "due_date": "today", "client": {"code": "ACME"}, "items": items}
        number = server.call("create_invoice", **draft)["document"]["id"]
        call = {"document_type": "invoices", "document_id": number, "state": "finalized"}
        told = server.call("change_state", **call)
        link = fake.link()
        assert "€123.00" in httpx2.get(link, trust_env=False, timeout=100).text
        assert link not in str(told)
        assert link.rsplit("/", 1)[1].encode() not in everywhere("cmdline")
        assert KEY not in fake.environment.read_text()
        file = fake.file()
        server.ended()
    assert not file.exists()


@pytest.mark.parametrize("command", ["", "/nowhere/browser %s"])
def test_where_no_browser_starts_nobody_is_told_that_one_did(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("BROWSER", command)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform in {"win32", "darwin"}:
        pytest.skip("a window can always appear here")
    monkeypatch.setenv("PATH", "/nowhere")
    redirects = browser.RedirectFiles()
    assert redirects.open("http://127.0.0.1:1/approve/x") is False
    assert redirects._folders == {}, "and no file is left"
