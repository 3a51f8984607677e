"""Public names are kept: what a released version had exists, and an old name works for one version, with a warning."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ix_tools import errors, version
from ix_tools.config.loading import load_settings
from ix_tools.config.settings import Settings
from ix_tools.error_codes import ERROR_CODES
from ix_tools.errors import InvalidArguments, IxError, SettingsError
from ix_tools.interfaces.cli import approvals
from ix_tools.interfaces.cli.commands import UTILITY_COMMANDS
from ix_tools.interfaces.rest import batches, events
from ix_tools.operations.client_search import FindClient
from ix_tools.operations.documents import GetDocument
from ix_tools.operations.registry import catalogue
from ix_tools.policy.file import PolicyFile
from ix_tools.policy.rules import Rule
from ix_tools.renames import Address, Renamed, RenamedWord
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection, UnknownName
from tests.harness import Harness, execute, invoice
from tests.interfaces.rest.caller import ADDRESS, build_served_app
from tests.programs.in_this_process import run_program
from tools import names

RELEASED = sorted(names.FOLDER.glob("*.json"))
MAJOR, MINOR = map(int, version.__version__.split(".")[:2])
NOW, BEFORE = f"{MAJOR}.{MINOR}", f"{MAJOR}.{MINOR - 1}" if MINOR else f"{MAJOR - 1}.99"
RULE = '[[rules]]\nname = "no looking"\ndecision = "deny"\n'
Rename = Callable[[str], None]


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_name_that_a_version_had_is_taken(path: Path) -> None:
    """Until 0.2.0 is released, `python -m tools.names write` takes the names as they are."""
    present = names.list_names()
    had = json.loads(path.read_text(encoding="utf-8"))
    gone = {kind: sorted(set(listed) - set(present[kind])) for kind, listed in had.items()}
    minor = tuple(map(int, path.stem.split(".")[:2]))
    # A version later than the next one may have dropped what was renamed meanwhile.
    if minor < (MAJOR, MINOR):
        gone = {kind: [name for name in listed if name not in allowed(kind)] for kind, listed in gone.items()}
    assert {kind: listed for kind, listed in gone.items() if listed} == {}


def allowed(kind: str) -> set[str]:
    """Return the old names whose time is over: they are still marked."""
    if kind == "settings":
        return {
            mark.old
            for info in Settings.model_fields.values()
            for mark in info.metadata
            if isinstance(mark, Renamed)
        }
    if kind == "tools":
        return {mark.old for one in catalogue().values() for mark in one.spec.renamed}
    return set()


def test_the_present_version_has_its_names() -> None:
    assert f"{version.__version__}.json" in [path.name for path in RELEASED]


@pytest.fixture
def rename(monkeypatch: pytest.MonkeyPatch) -> Rename:
    """Made-up renames of each kind, made in a version."""

    def mark(since: str) -> None:
        spec = replace(FindClient.spec, renamed=(Renamed("look_up_client", since),))
        monkeypatch.setattr(FindClient, "spec", spec)
        for model, name, old in (
            (FindClient, "code", "words"),
            (Settings, "read_only", "only_reading"),
            (Rule, "operations", "calls"),
        ):
            info = model.model_fields[name]
            monkeypatch.setattr(info, "metadata", [*info.metadata, Renamed(old, since)])
        command = UTILITY_COMMANDS["settings"]
        monkeypatch.setitem(
            UTILITY_COMMANDS, "settings", replace(command, renamed=(Renamed("config", since),))
        )
        row = ERROR_CODES["refused"]
        monkeypatch.setitem(ERROR_CODES, "refused", replace(row, renamed=Renamed("not_allowed", since)))

    return mark


def rename_words(monkeypatch: pytest.MonkeyPatch, since: str) -> None:
    """Let words of a policy, of a setting and of an argument have old forms."""
    for model, name, old, new in (
        (Rule, "decision", "forbid", "deny"),
        (Rule, "through", "terminal", "cli"),
        (Settings, "approval_channel", "browser", "page"),
        (GetDocument, "document_type", "bills", "invoices"),
    ):
        info = model.model_fields[name]
        monkeypatch.setattr(info, "metadata", [*info.metadata, RenamedWord(old, since, new)])


def described(old: str, new: str) -> str:
    return f"“{old}” is called “{new}” now; the old name works until version {NOW}."


async def test_a_tool_and_an_argument_are_taken_by_their_old_names(harness: Harness, rename: Rename) -> None:
    rename(NOW)
    found = await execute(harness.context, "look_up_client", {"words": "ACME"})
    usual = await execute(harness.context, "find_client", {"code": "ACME"})
    assert [one["problem"] for one in found.pop("warnings")] == [
        described("look_up_client", "find_client"),
        described("words", "code"),
    ]
    assert found == usual


async def test_after_its_version_an_old_name_is_unknown(harness: Harness, rename: Rename) -> None:
    rename(BEFORE)
    with pytest.raises(InvalidArguments) as unknown:
        await execute(harness.context, "look_up_client", {"code": "ACME"})
    assert unknown.value.code == "unknown_tool"
    with pytest.raises(InvalidArguments) as refused:
        await execute(harness.context, "find_client", {"words": "ACME"})
    assert "words" in [one.field for one in refused.value.problems]


async def test_an_old_name_beside_its_present_one_is_refused(harness: Harness, rename: Rename) -> None:
    rename(NOW)
    with pytest.raises(InvalidArguments) as refused:
        await execute(harness.context, "find_client", {"code": "ACME", "words": "Gama"})
    assert [one.field for one in refused.value.problems] == ["words"]


async def test_over_rest_the_old_address_answers(harness: Harness, rename: Rename) -> None:
    rename(NOW)
    transport = httpx2.ASGITransport(app=build_served_app(harness))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        answer = await client.post("/tools/look_up_client", json={"code": "ACME"})
        assert answer.status_code == 200
        assert answer.json()["warnings"][0]["problem"] == described("look_up_client", "find_client")
        assert (await client.get("/tools/look_up_clients")).status_code == 404


async def test_what_excludes_or_denies_a_tool_by_its_old_name_still_does(
    harness: Harness, rename: Rename, tmp_path: Path
) -> None:
    """Neither may open what somebody closed."""
    rename(NOW)
    settings = harness.context.settings.model_copy(update={"exclude": ("look_up_client",)})
    excluded = replace(harness.context, settings=settings)
    with pytest.raises(SettingsError) as refused:
        await execute(excluded, "find_client", {"code": "ACME"})
    assert refused.value.code == "operation_excluded"
    assert "find_client" not in [
        tool["name"] for tool in list_chosen_tools(ToolSelection(exclude=("look_up_client",)))
    ]
    for operations in (
        'operations = ["look_up_client"]',
        'operations = ["look_*"]',
        'calls = ["find_client"]',
    ):
        file = tmp_path / "policy.toml"
        file.write_text(f"{RULE}{operations}\n")
        file.chmod(0o600)
        with pytest.raises(IxError) as denied:
            await execute(replace(harness.context, policy=PolicyFile(file)), "find_client", {"code": "ACME"})
        assert denied.value.code == "denied_by_policy"


def test_after_its_version_an_old_name_in_a_list_is_refused(rename: Rename, tmp_path: Path) -> None:
    rename(BEFORE)
    with pytest.raises(UnknownName):
        list_chosen_tools(ToolSelection(exclude=("look_up_client",)))
    for operations in ('operations = ["look_up_client"]', 'calls = ["find_client"]'):
        file = tmp_path / "policy.toml"
        file.write_text(f"{RULE}{operations}\n")
        file.chmod(0o600)
        with pytest.raises(SettingsError):
            PolicyFile(file).load_rules()


@pytest.mark.parametrize("in_file", [True, False])
def test_a_setting_is_taken_by_its_old_name(
    rename: Rename, tmp_path: Path, caplog: pytest.LogCaptureFixture, in_file: bool
) -> None:
    rename(NOW)
    file = tmp_path / "config.toml"
    file.write_text("only_reading = true" if in_file else "")
    env = {"IX_TOOLS_CONFIG": str(file), **({} if in_file else {"INVOICEXPRESS_ONLY_READING": "true"})}
    with caplog.at_level(logging.WARNING):
        assert load_settings(env).read_only
    assert described("only_reading", "read_only") in caplog.text


def test_commands_and_options_are_taken_by_their_old_names(rename: Rename, tmp_path: Path) -> None:
    rename(NOW)
    env = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "INVOICEXPRESS_LANGUAGE": "en"}
    done = run_program(tmp_path, env, "--sandbox", "look-up-client", "--words", "ACME", "--output", "json")
    assert json.loads(done.stdout)["ok"] is True, done.stderr
    assert done.stderr.splitlines() == [
        described("look_up_client", "find_client"),
        described("words", "code"),
    ]
    other = run_program(tmp_path, env, "config")
    assert (other.returncode, other.stderr.splitlines()) == (0, [described("config", "settings")])


def test_an_error_keeps_its_old_code_for_one_version(rename: Rename) -> None:
    rename(NOW)
    refused = errors.Refused(errors.NOTHING_SENT)
    assert {name: refused.as_dict()[name] for name in ("code", "new_code")} == {
        "code": "not_allowed",
        "new_code": "refused",
    }
    assert refused.dump()["code"] == "refused"  # what is stored has the present name


def test_after_its_version_an_error_has_its_new_code_alone(rename: Rename) -> None:
    rename(BEFORE)
    shown = errors.Refused(errors.NOTHING_SENT).as_dict()
    assert (shown["code"], "new_code" in shown) == ("refused", False)


def test_only_present_names_are_listed(rename: Rename) -> None:
    rename(NOW)
    assert "look_up_client" not in list(catalogue())
    taken: dict[str, Any] = names.list_names()
    assert "look_up_client" in taken["tools"]
    assert "look_up_client.words" in taken["arguments"]
    assert {"look-up-client", "find-client --words", "config"} <= set(taken["commands"])
    assert "POST /tools/look_up_client" in taken["addresses"]
    assert "not_allowed" in taken["error codes"]
    assert "only_reading" in taken["settings"]
    assert "calls" in taken["rules of a policy"]


def write_policy(folder: Path, text: str) -> PolicyFile:
    file = folder / "policy.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return PolicyFile(file)


def test_a_word_of_a_policy_is_taken_by_its_old_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rename_words(monkeypatch, NOW)
    text = '[[rules]]\nname = "no looking"\ndecision = "forbid"\nthrough = ["mcp", "terminal"]\n'
    with caplog.at_level(logging.WARNING):
        (rule,) = write_policy(tmp_path, text).load_rules().rules
    assert (rule.decision, rule.through) == ("deny", ("mcp", "cli"))
    assert described("forbid", "deny") in caplog.text
    assert described("terminal", "cli") in caplog.text


@pytest.mark.parametrize("line", ['decision = "forbid"', 'decision = "deny"\nthrough = ["terminal"]'])
def test_after_its_version_an_old_word_is_refused(
    line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rename_words(monkeypatch, BEFORE)
    with pytest.raises(SettingsError):
        write_policy(tmp_path, f'[[rules]]\nname = "no looking"\n{line}\n').load_rules()


def test_a_word_of_a_setting_is_taken_by_its_old_form(monkeypatch: pytest.MonkeyPatch) -> None:
    rename_words(monkeypatch, NOW)
    env = {"IX_TOOLS_CONFIG": "", "INVOICEXPRESS_APPROVAL_CHANNEL": "browser"}
    assert load_settings(env).approval_channel == "page"


async def test_a_word_of_an_argument_is_taken_by_its_old_form(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename_words(monkeypatch, NOW)
    made = await harness.call("create_invoice", invoice())
    found = await execute(
        harness.context, "get_document", {"document_type": "bills", "document_id": made["document"]["id"]}
    )
    assert described("bills", "invoices") in [one["problem"] for one in found["warnings"]]


@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_subcommand_is_taken_by_its_old_name(
    language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listing = approvals.command.commands["list"]
    monkeypatch.setattr(listing, "renamed", (Renamed("ls", NOW),), raising=False)
    env = {
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "INVOICEXPRESS_LANGUAGE": language,
    }
    done = run_program(tmp_path, env, "approvals", "ls", "--output", "json")
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True), done.stderr
    assert "“ls”" in done.stderr if language == "en" else "«ls»" in done.stderr
    assert "approvals ls" in names.list_names()["commands"]
    monkeypatch.setattr(listing, "renamed", (Renamed("ls", BEFORE),))
    assert run_program(tmp_path, env, "approvals", "ls").returncode == 2


async def test_an_address_of_rest_and_what_lies_below_it_answer_at_the_old_place(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PATH", Address("/batches", Renamed("/piles", NOW)))
    monkeypatch.setattr(events, "PATH", Address("/events", Renamed("/news", BEFORE)))
    transport = httpx2.ASGITransport(app=build_served_app(harness))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        there, old = await client.get("/batches"), await client.get("/piles")
        assert (there.status_code, old.status_code) == (200, 200)
        assert old.json() == there.json()
        assert "warning" not in there.headers
        assert "/piles is called /batches now" in old.headers["warning"]
        below = await client.get("/piles/nothing")
        assert (below.status_code, below.json()["code"]) == (
            404,
            (await client.get("/batches/nothing")).json()["code"],
        )
        assert (await client.get("/news")).status_code == 404
    taken = names.list_names()["addresses"]
    assert {"POST /piles", "GET /piles/{id}"} <= set(taken)
    assert "GET /news" not in taken
