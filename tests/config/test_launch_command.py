"""Commands in results run exactly as they are shown."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

from ix_tools.config import launch_command
from ix_tools.config.settings import AccountSettings
from tests.harness import Harness, execute, invoice
from tests.interfaces.web.visitor import build_finalization, with_pages

VENV = Path("/opt/books")
UVX = Path("/var/cache/uv/archive-v0/k3Xw")


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        ("/opt/books/bin/ix-tools", ("/opt/books/bin/ix-tools",)),
        ("/opt/books/Scripts/ix-tools.exe", ("/opt/books/Scripts/ix-tools.exe",)),
        ("/opt/books/lib/ix_tools/__main__.py", ("/opt/books/bin/python", "-m", "ix_tools")),
        ("/opt/books/bin/other-program", ("/opt/books/bin/python", "-m", "ix_tools")),
        ("/opt/books/lib/other/__main__.py", ("/opt/books/bin/python", "-m", "ix_tools")),
        ("", ("/opt/books/bin/python", "-m", "ix_tools")),
    ],
)
def test_what_starts_it_is_told_by_how_it_was_started(started: str, expected: tuple[str, ...]) -> None:
    assert launch_command.find_launch_prefix(started, VENV, VENV / "bin" / "python", {}) == expected


def test_a_script_that_was_named_from_its_folder_is_told_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = launch_command.find_launch_prefix("./ix-tools", VENV, VENV / "bin" / "python", {})
    assert found == (str(tmp_path / "ix-tools"),)


def test_a_program_that_uses_it_as_a_library_tells_the_script_beside_its_python(tmp_path: Path) -> None:
    script = tmp_path / ("ix-tools.exe" if os.name == "nt" else "ix-tools")
    script.touch()
    assert launch_command.find_launch_prefix("/opt/flow.py", VENV, tmp_path / "python", {}) == (str(script),)


class Installed:
    """Metadata of an installed ix-tools with its origin (PEP 610)."""

    version = "1.2.3"

    def __init__(self, origin: Any) -> None:
        self.origin = origin

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return self.origin if isinstance(self.origin, str) or self.origin is None else json.dumps(self.origin)


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        (None, "ix-tools==1.2.3"),
        ({"url": "file:///srv/my%20wheels/ix_tools.whl", "archive_info": {}}, "/srv/my wheels/ix_tools.whl"),
        (
            {"url": "https://example.com/ix.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "git+https://example.com/ix.git@abc",
        ),
        ({"url": "https://user:secret@example.com/ix.whl", "archive_info": {}}, ""),
        ("no json", ""),
    ],
)
def test_through_uvx_it_is_the_same_version_again(
    monkeypatch: pytest.MonkeyPatch, origin: Any, source: str
) -> None:
    """When the source could contain a secret or is unknown, the command uses the present environment."""
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(origin))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    script = str(UVX / "bin" / "ix-tools")
    found = launch_command.find_launch_prefix(script, UVX, UVX / "bin" / "python", {})
    assert found == (("uvx", "--from", source, "ix-tools") if source else (script,))


def test_uvx_that_is_on_nobodys_path_is_named_by_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(None))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = launch_command.find_launch_prefix(
        str(UVX / "bin" / "ix-tools"), UVX, UVX / "bin" / "python", {"UV": "/opt/uv"}
    )
    assert found == ("/opt/uv", "tool", "run", "--from", "ix-tools==1.2.3", "ix-tools")


@pytest.mark.skipif(os.name == "nt", reason="quoted for another shell")
@pytest.mark.parametrize("name", ["change_state", "issue_invoice"])
async def test_the_command_of_an_answer_runs_as_it_is_shown(
    harness: Harness, tmp_path: Path, name: str
) -> None:
    """From any folder, with an empty PATH; without a terminal it reports that it needs one."""
    call = invoice() if name == "issue_invoice" else await build_finalization(harness)
    waiting = await execute(harness.context, name, call)
    command = waiting["approval"]["command"]
    assert command in waiting["next"][0]["why"]
    env = {"HOME": str(tmp_path), "INVOICEXPRESS_STORE": str(harness.context.store.file)}
    ran = await anyio.run_process(
        shlex.split(command), env=env, cwd="/", stdin=subprocess.DEVNULL, check=False
    )
    assert json.loads(ran.stdout)["code"] == "no_person", ran.stderr


@pytest.mark.parametrize("pin", [True, False])
@pytest.mark.parametrize("several", [True, False])
async def test_every_call_that_waits_answers_in_one_way(harness: Harness, pin: bool, several: bool) -> None:
    """A workflow returns page, command and next step like the call in it."""
    shop = AccountSettings(account="shop", api_key=SecretStr("k" * 20))
    paper = with_pages(harness, accounts={"shop": shop} if several else {}, sandbox=not several)
    if pin:
        paper.context.links.pins.set("local", "bacalhau", by="terminal:local")
    alone = await execute(paper.context, "change_state", await build_finalization(paper))
    whole = await execute(paper.context, "issue_invoice", invoice())
    assert whole["approval"].keys() == alone["approval"].keys()
    assert ("url" in whole["approval"]) is pin
    assert ("account" in whole["approval"]) is several
    (step,), (wanted,) = whole["next"], alone["next"]
    assert step.keys() == wanted.keys() == {"tool", "why"}
    assert step["tool"] == "issue_invoice"
    assert ("approval.url" in step["why"]) is pin
    assert "repeat this same call" in step["why"]
    for one in (alone, whole):
        assert one["approval"]["expires_at"][10] == "T"
        assert one["approval"]["expires_at"][-6] in "+-"
        assert f"until {one['approval']['expires_at'][11:16]} (Lisbon time)" in one["next"][0]["why"]


def test_this_process_can_be_started_again() -> None:
    words = shlex.split(launch_command.format_launch_command("--version"))
    assert Path(words[0]).is_absolute()
    ran = subprocess.run(words, capture_output=True, encoding="utf-8", cwd="/", env={"HOME": "/"}, check=True)
    assert ran.stdout.startswith("ix-tools ")
    assert Path(words[0]).parent == Path(sys.executable).parent
