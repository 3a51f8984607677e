"""The commands around the operations: settings, tools, sandboxes, and Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ix_tools.config.settings import Settings
from ix_tools.operations.registry import catalogue
from ix_tools.schemas.bundles import BUNDLES, build_bundle
from ix_tools.schemas.json_schema import build_tool
from ix_tools.schemas.openapi import build_openapi
from ix_tools.schemas.openapi2 import convert_to_swagger
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection
from tests.interfaces.cli.conftest import Cli

DRAFT = ("create-invoice", "--date", "2026-11-20", "--due-date", "+30d", "--client.code", "ACME",
         "--items", "name=Revisão,unit_price=100,quantity=1,tax=IVA23")  # fmt: skip


# --- settings -----------------------------------------------------------------------------------------------


def test_every_setting_is_shown_with_its_source_and_the_key_with_none_of_its_letters(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text('principal = "ana"\nlanguage = "pt"\n')
    monkeypatch.setenv("IX_TOOLS_CONFIG", str(tmp_path / "config.toml"))
    rows = {one["setting"]: one for one in cli("settings").body["settings"]}
    assert set(rows) == set(Settings.model_fields)
    assert (rows["principal"]["source"], rows["principal"]["value"]) == ("file", "ana")
    assert (rows["language"]["source"], rows["language"]["value"]) == ("environment", "en"), (
        "the environment wins"
    )
    assert (rows["timeout_seconds"]["source"], rows["timeout_seconds"]["value"]) == ("default", 30)
    assert rows["api_key"]["value"] == "••••"
    assert rows["base_url"]["value"] == cli.box.base_url
    text = cli.text("settings")
    assert cli.box.api_key not in text
    assert re.search(r"^timeout_seconds +30$", text, re.MULTILINE), (
        "the values stay, however narrow the terminal"
    )
    monkeypatch.setenv("COLUMNS", "240")
    assert "INVOICEXPRESS_TIMEOUT_SECONDS" in cli.text("settings")


def test_what_the_settings_close_is_closed_on_the_command_line_too(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICEXPRESS_READ_ONLY", "true")
    monkeypatch.setenv("INVOICEXPRESS_EXCLUDE", "get_client, send_email")
    assert (cli(*DRAFT).code, cli(*DRAFT).body["code"]) == (2, "read_only")
    assert cli("get-client", "--client-id", 501).body["code"] == "operation_excluded"
    run = ("run-operation", "--operation")
    assert cli(*run, "get_client", "--arguments", '{"client_id": 501}').body["code"] == "operation_excluded"
    assert cli(*run, "create_invoice", "--arguments", "{}").body["code"] == "read_only", "before any argument"
    assert cli(*run, "list_taxes").body["taxes"]
    assert cli(*run, "list_taxes", "--arguments", "client_id=501").code == 2, "pairs have no types here"
    assert cli.writes() == []


# --- tools --------------------------------------------------------------------------------------------------


def test_tools_are_listed_with_what_they_cost(cli: Cli) -> None:
    body = cli("tools").body
    assert [one["name"] for one in body["tools"]] == list(catalogue())
    assert body["bytes"] == sum(one["bytes"] for one in body["tools"])
    assert "Finalize, cancel," in cli.text("tools")


def test_the_list_itself_is_the_one_that_assistants_get(cli: Cli) -> None:
    assert cli("tools", "--json").body == {
        "tools": [build_tool(operation) for operation in catalogue().values()]
    }


def test_a_toolset_is_shown_as_the_server_lists_it(cli: Cli) -> None:
    body = cli("tools", "--toolsets", "core,saft").body
    assert {one["toolset"] for one in body["tools"]} == {"core", "saft"}
    assert cli("tools", "--json", "--toolsets", "core,saft").body["tools"] == list_chosen_tools(
        ToolSelection(("core", "saft"))
    )
    reading = cli("tools", "--read-only", "--exclude", "run_operation,get_pdf").body["tools"]
    assert {one["effect"] for one in reading} == {"local", "reads"}
    assert "get_pdf" not in [one["name"] for one in reading]
    wrong = cli("tools", "--toolsets", "core,nothing")
    assert (wrong.code, "treasury" in wrong.body["message"]) == (2, True)


def test_the_http_server_is_described_as_it_describes_itself(cli: Cli) -> None:
    server = "https://invoices.example.com"
    assert cli("openapi", "--server", server).body == build_openapi(server)
    some = cli("openapi", "--version", "2", "--toolsets", "core, payments", "--server", server).body
    assert some == convert_to_swagger(build_openapi(server, ["core", "payments"]))
    wrong = cli("openapi", "--toolsets", "core,nothing")
    assert (wrong.code, "treasury" in wrong.body["message"]) == (2, True)


# --- sandboxes ----------------------------------------------------------------------------------------------


def test_a_sandbox_file_keeps_what_one_command_made_for_the_next(cli: Cli, tmp_path: Path) -> None:
    box = ("--sandbox-file", str(tmp_path / "box.db"))
    made = cli(*box, *DRAFT)
    assert made.body["sandbox"]
    number = made.body["document"]["id"]
    done = cli.run_approved(*cli.finalize(number), *box)
    assert done["document"]["status"] == "final", "an approval survives the restart of its sandbox"
    text = cli("--output", "text", *box, "list-invoices")
    assert "no fiscal value" in text.out
    assert cli.box.requests() == [], "the account was never called"


def test_next_steps_lead_to_the_same_sandbox(cli: Cli, tmp_path: Path) -> None:
    box = ("--sandbox-file", str(tmp_path / "my box.db"))
    text = cli.text(*DRAFT, *box)
    assert f"ix-tools --sandbox-file '{tmp_path / 'my box.db'}' change-state" in text


def test_a_sandbox_without_a_file_is_forgotten(cli: Cli) -> None:
    assert cli("--sandbox", *DRAFT).body["document"]["id"] == 1001
    assert cli("list-invoices", "--sandbox").body["invoices"] == []


def test_a_file_that_is_no_sandbox_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    ran = cli("list-taxes", "--sandbox-file", str(tmp_path / "notes.txt"))
    assert (ran.code, ran.body["code"]) == (2, "sandbox_not_started")


@pytest.mark.parametrize("host", ["0.0.0.0", "example.com"])
def test_a_sandbox_stays_on_this_machine(cli: Cli, host: str) -> None:
    ran = cli("sandbox", "--host", host)
    assert (ran.code, ran.body["code"]) == (2, "sandbox_not_started")


@contextmanager
def started(*argv: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs until it is interrupted."""
    with subprocess.Popen(
        [sys.executable, "-m", "ix_tools", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_sandbox_says_how_to_use_it_and_ends_with_ctrl_c(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with started("sandbox", "--port", "0") as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            said += process.stdout.readline()
        for name, value in re.findall(r"export (\w+)=(\S+)", said):
            monkeypatch.setenv(name, value)
        assert cli("list-taxes").code == 0
        assert cli.box.requests() == []
        process.send_signal(signal.SIGINT)
        rest, complaints = process.communicate(timeout=120)
    assert (process.returncode, rest, complaints) == (0, "", "")


# --- Ctrl-C -------------------------------------------------------------------------------------------------


def wait_for_line(process: subprocess.Popen[str], text: str) -> None:
    """Read standard error up to a line with this text; a warning of the log may come before it."""
    assert process.stderr is not None
    assert any(text in line for line in iter(process.stderr.readline, ""))


def test_ctrl_c_before_anything_was_sent_says_so(cli: Cli) -> None:
    cli.box.fault("GET", r"/taxes\.json", delay=60)
    with started("list-taxes", "--output", "text") as process:
        assert cli.box.wait_for_request("GET", "/taxes.json", 100)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert "Nothing was sent" in err
    assert "Traceback" not in err
    cli.box.clear_faults()


def test_ctrl_c_during_a_write_waits_for_the_answer(cli: Cli) -> None:
    cli.box.fault("POST", r"/invoices\.json", delay=60)
    with started(*DRAFT) as process:
        assert cli.box.wait_for_request("POST", "/invoices.json", 100)
        process.send_signal(signal.SIGINT)
        wait_for_line(process, "The request was sent")
        cli.box.clear_faults()
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert json.loads(out)["document"]["id"] == 1001


def test_a_second_ctrl_c_gives_up_and_says_that_it_does_not_know(cli: Cli) -> None:
    cli.box.fault("POST", r"/invoices\.json", delay=60)
    with started(*DRAFT) as process:
        assert cli.box.wait_for_request("POST", "/invoices.json", 100)
        process.send_signal(signal.SIGINT)
        wait_for_line(process, "The request was sent")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    cli.box.clear_faults()
    assert process.returncode == 130
    assert "unknown" in err
    assert "Traceback" not in err


def test_ctrl_c_at_the_question_sends_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    number = cli.draft()
    # A server that another test ran in this process may have taken the signal for itself, and left it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupted(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("ix_tools.interfaces.cli.prompt._discard_typed_input", interrupted)
    ran = cli.run_in_terminal(*cli.finalize(number))
    assert ran.code == 130
    assert "Nothing was sent" in ran.plain
    assert len(cli.writes()) == 1


@pytest.mark.parametrize("form", list(BUNDLES))
def test_the_chosen_tools_are_printed_in_a_vendors_form(cli: Cli, form: str) -> None:
    ran = cli("tools", "--for", form, "--tools", "get_pdf,list_taxes", "--exclude", "get_pdf")
    assert ran.code == 0
    assert json.loads(ran.out) == build_bundle(form, [build_tool(catalogue()["list_taxes"])])
