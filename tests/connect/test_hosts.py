"""Each host gets its own form, in its own place; what cannot be edited without loss is shown instead."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ix_tools.connect.connecting import carry_out_plan, plan_connection
from ix_tools.connect.entries import Server
from ix_tools.connect.hosts import HOSTS, Host, Machine, list_found

LOCAL = Server(command=("/opt/my tools/ix-tools", "serve"), environment={"INVOICEXPRESS_ACCOUNT": "acme"})
REMOTE = Server(url="https://invoices.example.com/mcp", token="s3cret")
KEYS = [one.key for one in HOSTS]
READERS: dict[str, Callable[[str], Any]] = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}


def find(key: str) -> Host:
    return next(one for one in HOSTS if one.key == key)


def machine(home: Path, system: str = "linux") -> Machine:
    return Machine(home, system, {"PATH": ""})


@pytest.mark.parametrize("server", [LOCAL, REMOTE], ids=["local", "remote"])
@pytest.mark.parametrize("key", KEYS)
def test_what_is_shown_can_be_read_in_the_hosts_language(key: str, server: Server) -> None:
    host = find(key)
    found: Any = READERS[host.syntax](host.render(server))
    for name in [*host.path, server.name]:
        found = found[name]
    assert found == host.form(server)
    assert "s3cret" not in json.dumps(host.form(LOCAL))


@pytest.mark.parametrize("key", [one.key for one in HOSTS if one.syntax == "json"])
def test_a_file_of_plain_json_is_written(key: str, tmp_path: Path) -> None:
    host, here = find(key), machine(tmp_path)
    plan = plan_connection(host, LOCAL, here)
    assert not plan.is_by_hand
    outcome = carry_out_plan(plan)
    assert outcome.written
    found = json.loads(host.locate(here).read_text(encoding="utf-8"))
    for name in [*host.path, "invoicexpress"]:
        found = found[name]
    assert found == host.form(LOCAL)
    assert plan_connection(host, LOCAL, here).is_there


PUBLISHED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vendor" / "hosts" / "forms.json").read_text(encoding="utf-8")
)["hosts"]


@pytest.mark.parametrize("server", [LOCAL, REMOTE], ids=["local", "remote"])
@pytest.mark.parametrize("key", sorted(PUBLISHED))
def test_a_file_is_what_the_host_publishes_that_it_takes(key: str, server: Server, tmp_path: Path) -> None:
    host, here = find(key), machine(tmp_path)
    plan = plan_connection(host, server, here)
    text = host.locate(here).read_text(encoding="utf-8") if carry_out_plan(plan).written else plan.entry
    schema = jsonschema.Draft202012Validator(PUBLISHED[key]["schema"])
    assert [one.message for one in schema.iter_errors(READERS[host.syntax](text))] == []


@pytest.mark.parametrize("server", [LOCAL, REMOTE], ids=["local", "remote"])
@pytest.mark.parametrize("key", sorted(PUBLISHED))
def test_the_form_of_another_host_is_not_what_it_takes(key: str, server: Server) -> None:
    schema = jsonschema.Draft202012Validator(PUBLISHED[key]["schema"])
    other = {"invoicexpress": find("opencode").form(server) | {"type": "other", "url": None}}
    assert list(schema.iter_errors({find(key).path[0]: other})) != []


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("text", ['{\n  // mine\n  "a": 1,\n}\n', "broken {", "extensions: # mine\n  a: 1\n"])
def test_a_file_with_comments_is_not_touched_and_the_entry_is_shown(
    key: str, text: str, tmp_path: Path
) -> None:
    host, here = find(key), machine(tmp_path)
    file = host.locate(here)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    plan = plan_connection(host, LOCAL, here)
    assert plan.is_by_hand
    assert plan.entry
    assert not carry_out_plan(plan).written
    assert file.read_text(encoding="utf-8") == text
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_every_host_has_a_place_on_every_system(system: str, tmp_path: Path) -> None:
    here = Machine(
        tmp_path,
        system,
        {"PATH": "", "APPDATA": str(tmp_path / "Roaming"), "LOCALAPPDATA": str(tmp_path / "Local")},
    )
    places = [one.locate(here) for one in HOSTS]
    assert len(set(places)) == len(places)
    assert all(place.is_relative_to(tmp_path) for place in places)


def test_a_host_is_found_by_its_folder_its_file_or_its_program(tmp_path: Path) -> None:
    assert list(list_found(machine(tmp_path))) == []
    (tmp_path / ".cursor").mkdir()
    (tmp_path / ".claude.json").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "codex").touch(0o755)
    here = Machine(tmp_path, "linux", {"PATH": str(tmp_path / "bin")})
    assert [one.key for one in list_found(here)] == ["claude-code", "cursor", "codex"]


def test_the_store_build_of_claude_desktop_has_its_own_place(tmp_path: Path) -> None:
    here = Machine(tmp_path, "win32", {"APPDATA": str(tmp_path / "R"), "LOCALAPPDATA": str(tmp_path / "L")})
    host = find("claude-desktop")
    (tmp_path / "R" / "Claude").mkdir(parents=True)
    assert host.locate(here) == tmp_path / "R" / "Claude" / "claude_desktop_config.json"
    store = tmp_path / "L" / "Packages" / "Claude_pzs8sxrjxfjjc" / "LocalCache" / "Roaming" / "Claude"
    store.mkdir(parents=True)
    assert host.locate(here).parent == store


def test_claude_desktop_takes_no_address_in_its_file(tmp_path: Path) -> None:
    plan = plan_connection(find("claude-desktop"), REMOTE, machine(tmp_path))
    assert plan.is_by_hand
    assert "Connectors" in str(plan.reason)


def write_program(folder: Path, name: str, script: str) -> Machine:
    folder.mkdir()
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return Machine(folder.parent, "linux", {"PATH": str(folder)})


def test_the_hosts_own_program_is_used_where_there_is_one(tmp_path: Path) -> None:
    here = write_program(
        tmp_path / "bin", "codex", f'for word in "$@"; do echo "$word"; done >> {tmp_path}/said'
    )
    plan = plan_connection(find("codex"), LOCAL, here)
    assert carry_out_plan(plan).written
    assert (tmp_path / "said").read_text().splitlines() == [
        "mcp", "add", "invoicexpress", "--env", "INVOICEXPRESS_ACCOUNT=acme", "--", "/opt/my tools/ix-tools", "serve",
    ]  # fmt: skip


def test_a_program_that_refuses_leaves_the_entry_to_the_person(tmp_path: Path) -> None:
    here = write_program(tmp_path / "bin", "claude", "echo 'not signed in' >&2; exit 3")
    outcome = carry_out_plan(plan_connection(find("claude-code"), LOCAL, here))
    assert not outcome.written
    assert "not signed in" in str(outcome.reason)


@pytest.mark.parametrize("key", [one.key for one in HOSTS if one.commands])
def test_a_token_is_no_argument_of_a_command(key: str, tmp_path: Path) -> None:
    """Other users of a machine can read the arguments of its processes."""
    host = find(key)
    here = write_program(tmp_path / "bin", host.program, "exit 0")
    plan = plan_connection(host, REMOTE, here)
    assert plan.commands == ()
    assert plan.is_by_hand or plan.new_text


def test_what_its_own_program_drops_is_in_a_copy(tmp_path: Path) -> None:
    here = write_program(tmp_path / "bin", "codex", f"echo 'ours = 1' > {tmp_path}/.codex/config.toml")
    file = tmp_path / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text("a = 1  # mine\n", encoding="utf-8")
    outcome = carry_out_plan(plan_connection(find("codex"), LOCAL, here))
    assert outcome.written
    assert outcome.copy is not None
    assert outcome.copy.read_text(encoding="utf-8") == "a = 1  # mine\n"
    assert outcome.copy.stat().st_mode & 0o777 == 0o600


def test_a_program_that_changes_nothing_leaves_no_copy(tmp_path: Path) -> None:
    here = write_program(tmp_path / "bin", "codex", "exit 3")
    file = tmp_path / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text("a = 1  # mine\n", encoding="utf-8")
    outcome = carry_out_plan(plan_connection(find("codex"), LOCAL, here))
    assert (outcome.written, outcome.copy) == (False, None)
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("name", ["codex.cmd", "codex.BAT"])
def test_a_batch_file_of_windows_shows_the_host_and_is_not_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its arguments would be read once more by the system's shell."""
    monkeypatch.setattr("ix_tools.connect.hosts.shutil.which", lambda *_, **__: rf"C:\npm\{name}")
    host, here = find("codex"), Machine(tmp_path, "win32", {"PATH": r"C:\npm"})
    assert host.is_found(here)
    assert plan_connection(host, LOCAL, here).is_by_hand
