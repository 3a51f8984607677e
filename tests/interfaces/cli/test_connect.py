"""`ix-tools connect` shows what it would do, proves that it works, and only then writes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ix_tools.sandbox.server import Sandbox
from tests.interfaces.server.processes import run_server
from tests.programs.in_this_process import run_program


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(
        "ix_tools.interfaces.cli.connect.list_launch_words",
        lambda *words: (sys.executable, "-m", "ix_tools", *words),
    )
    (tmp_path / ".cursor").mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


def connect(home: Path, *words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    env = {"HOME": str(home), "PATH": os.defpath, "INVOICEXPRESS_LANGUAGE": "en", **environment}
    done = run_program(home, env, "connect", *words)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def read_entry(home: Path) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads((home / ".cursor" / "mcp.json").read_text())["mcpServers"][
        "invoicexpress"
    ]
    return entry


def test_without_a_host_those_that_are_found_are_listed(home: Path) -> None:
    status, body, _ = connect(home)
    assert status == 0
    assert [one["host"] for one in body["hosts"] if one["found"]] == ["cursor"]


def test_the_sandbox_is_connected_without_an_account(home: Path) -> None:
    status, body, _ = connect(home, "cursor", "--sandbox", "--yes")
    assert (status, body["written"], body["tools"] > 5) == (0, True, True)
    assert read_entry(home) == {
        "command": sys.executable,
        "args": ["-m", "ix_tools", "serve", "--sandbox"],
        "env": {"INVOICEXPRESS_APPROVAL_CHANNEL": "page"},
    }


def test_without_a_person_nothing_is_written_unless_that_is_asked_for(home: Path) -> None:
    status, body, _ = connect(home, "cursor", "--sandbox")
    assert (status, body["code"]) == (1, "no_person")
    assert "--yes" in str(body["next"])
    assert not (home / ".cursor" / "mcp.json").exists()


def name_sandbox(home: Path, box: Sandbox) -> dict[str, str]:
    file = home / "settings.toml"
    file.write_text(f'base_url = "{box.base_url}"\n', encoding="utf-8")
    return {"IX_TOOLS_CONFIG": str(file)}


def test_the_key_is_kept_by_us_and_is_not_in_the_hosts_file(home: Path, box: Sandbox) -> None:
    env = name_sandbox(home, box)
    status, body, told = connect(
        home,
        "cursor",
        "--yes",
        "--account",
        "https://Acme.app.invoicexpress.com/",
        INVOICEXPRESS_API_KEY=box.api_key,
        **env,
    )
    assert (status, body.get("written")) == (0, True), (body, told)
    assert box.api_key not in (home / ".cursor" / "mcp.json").read_text() + told + json.dumps(body)
    assert read_entry(home)["env"] == {
        "INVOICEXPRESS_ACCOUNT": "acme",
        "INVOICEXPRESS_APPROVAL_CHANNEL": "page",
        **env,
    }
    keys = home / "keys.json"
    assert json.loads(keys.read_text()) == {"acme": box.api_key}
    assert keys.stat().st_mode & 0o777 == 0o600
    assert (home / "settings.toml").read_text().startswith('account = "acme"\n')
    # From now on the account and the key are known.
    status, body, _ = connect(home, "zed", "--yes", **env)
    assert (status, body["written"]) == (0, True)


def test_a_wrong_key_is_told_and_neither_kept_nor_written(home: Path, box: Sandbox) -> None:
    env = name_sandbox(home, box)
    status, body, _ = connect(
        home, "cursor", "--yes", "--account", "acme", INVOICEXPRESS_API_KEY="wrong" * 8, **env
    )
    assert (status, body["code"]) == (2, "not_connected")
    assert "API key" in body["message"]
    assert not (home / ".cursor" / "mcp.json").exists()
    assert json.loads((home / "keys.json").read_text()) == {}


def test_a_program_that_does_not_start_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ix_tools.interfaces.cli.connect.list_launch_words", lambda *words: ("/nowhere/ix-tools", *words)
    )
    status, body, _ = connect(home, "cursor", "--sandbox", "--yes")
    assert (status, body["code"]) == (2, "not_connected")
    assert "does not start" in body["message"]


@pytest.mark.parametrize("account", ["two words", "a.b/c", "", "xn--abc"])
def test_what_is_no_account_is_refused(account: str, home: Path) -> None:
    status, body, _ = connect(home, "cursor", "--yes", "--account", account, INVOICEXPRESS_API_KEY="k" * 40)
    assert status in {1, 2}
    assert body["ok"] is False


@pytest.mark.parametrize(
    "url", ["ftp://x/mcp", "invoices.example.com/mcp", "http://invoices.example.com/mcp", "https://a b/mcp"]
)
def test_what_is_no_address_is_refused(url: str, home: Path) -> None:
    status, body, _ = connect(home, "cursor", "--yes", "--url", url)
    assert (status, body["code"]) == (2, "settings")


def test_a_server_at_an_address_is_asked_and_its_token_is_for_the_host_alone(home: Path) -> None:
    env = {"HOME": str(home), "PATH": os.defpath, "INVOICEXPRESS_STORE": str(home / "box.db")}
    made = run_program(home, env, "tokens", "create", "ana", "--account", "sandbox")
    token = json.loads(made.stdout)["token"]
    with run_server(home, env, "--sandbox") as server:
        url = f"{server.url}/mcp"
        status, body, told = connect(home, "cursor", "--yes", "--url", url, IX_TOOLS_TOKEN=token)
        assert (status, body.get("written")) == (0, True), (body, told)
        assert read_entry(home) == {"url": url, "headers": {"Authorization": f"Bearer {token}"}}
        assert (home / ".cursor" / "mcp.json").stat().st_mode & 0o777 == 0o600
        assert token not in told + json.dumps(body)
        status, body, _ = connect(home, "kiro", "--yes", "--url", url, IX_TOOLS_TOKEN="wrong")
        assert (status, body["code"]) == (2, "not_connected")
        assert "does not accept the token" in body["message"]
    status, body, _ = connect(home, "kiro", "--yes", "--url", url, IX_TOOLS_TOKEN=token)
    assert "cannot be reached" in body["message"]
