"""Several accounts everywhere: on the command line, in doctor, and over standard input and output."""

from __future__ import annotations

import json

import pytest

from ix_tools.config.loading import load_settings
from ix_tools.config.settings import Settings
from ix_tools.errors import NotPermitted, SettingsError
from ix_tools.interfaces.mcp.lazy_context import open_lazy_context
from ix_tools.interfaces.mcp.stdio import build_parser
from ix_tools.schemas.account_parameter import add_account_parameter
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection
from tests.interfaces.cli.conftest import Cli


def add_account(monkeypatch: pytest.MonkeyPatch, cli: Cli, name: str, key: str = "") -> None:
    """Put an account into the settings, at the same sandbox."""
    for setting, value in {
        "ACCOUNT": name,
        "API_KEY": key or cli.box.api_key,
        "BASE_URL": cli.box.base_url,
    }.items():
        monkeypatch.setenv(f"INVOICEXPRESS_ACCOUNTS__{name.upper()}__{setting}", value)


def remove_main_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only the named accounts."""
    for name in ("ACCOUNT", "API_KEY", "BASE_URL"):
        monkeypatch.delenv(f"INVOICEXPRESS_{name}")


def test_the_command_line_acts_in_the_account_that_is_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_main_account(monkeypatch)
    add_account(monkeypatch, cli, "padaria")
    assert cli("list-taxes").code == 0, "the only one needs no name"
    add_account(monkeypatch, cli, "garagem")
    several = cli("list-taxes")
    assert several.code == 2
    assert "--account: padaria, garagem" in several.out
    for words in (("--account", "garagem", "list-taxes"), ("list-taxes", "--account", "garagem")):
        assert cli(*words).code == 0
    waiting = cli("--account", "garagem", *cli.finalize(_draft(cli, "garagem")))
    assert waiting.body["approval"]["account"] == "garagem"
    unknown = cli("list-taxes", "--account", "loja")
    assert (unknown.code, "no account called 'loja'" in unknown.out) == (2, True)
    assert "padaria, garagem" in unknown.out


def _draft(cli: Cli, account: str) -> int:
    line = "name=Revisão,unit_price=100,quantity=1,tax=IVA23"
    words = ("--date", "2026-11-20", "--due-date", "+30d", "--client.code", "ACME", "--items", line)
    return int(cli("--account", account, "create-invoice", *words).body["document"]["id"])


def test_doctor_looks_at_every_account(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    add_account(monkeypatch, cli, "padaria")
    add_account(monkeypatch, cli, "garagem", key="wrong")
    ran = cli("doctor")
    named = [one for one in ran.body["checks"] if one["check"] == "account"]
    assert [one["message"].split(" at ")[0] for one in named] == [cli.box.account, "padaria", "garagem"]
    assert [one["level"] for one in ran.body["checks"] if one["check"] == "access"] == ["ok", "ok", "problem"]
    assert cli("--account", "padaria", "doctor").code == 0


async def test_calls_over_standard_input_name_one_of_several_accounts(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_account(monkeypatch, cli, "padaria")
    settings = load_settings()
    async with open_lazy_context(settings) as contexts:
        with pytest.raises(NotPermitted) as unnamed:
            await contexts.open()
        assert unnamed.value.details["accounts"] == [cli.box.account, "padaria"]
        with pytest.raises(NotPermitted):
            await contexts.open(None, "loja")
        bakery = await contexts.open(None, "padaria")
        main = await contexts.open(None, cli.box.account)
        assert (bakery.account.name, bakery.account_label) != (main.account.name, main.account_label)
        assert bakery.store is main.store
        assert await contexts.open(None, "padaria") is bakery
    async with open_lazy_context(settings.for_account("padaria").alone()) as contexts:
        assert (await contexts.open()).settings.account == "padaria"


def test_the_tools_of_several_accounts_require_the_account() -> None:
    tool = list_chosen_tools(ToolSelection())[0]
    schema = add_account_parameter(tool, ["a", "b"])["inputSchema"]
    assert schema["properties"]["account"]["enum"] == ["a", "b"]
    assert schema["required"][0] == "account"
    assert add_account_parameter(tool, ["a"]) == tool


def test_the_server_takes_the_account_and_strict_schemas_as_options() -> None:
    options = build_parser().parse_args(["--account", "padaria", "--strict-schemas"])
    assert (options.account, options.strict_schemas) == ("padaria", True)
    with pytest.raises(SettingsError):
        Settings().for_account("padaria")


def test_strict_schemas_require_every_parameter_and_let_the_optional_ones_be_null() -> None:
    for tool in list_chosen_tools(ToolSelection(strict_schemas=True)):
        schema = tool["inputSchema"]
        assert schema["required"] == list(schema["properties"])
        assert schema["additionalProperties"] is False
    (create,) = [
        one
        for one in list_chosen_tools(ToolSelection(strict_schemas=True))
        if one["name"] == "create_invoice"
    ]
    assert "null" in json.dumps(create["inputSchema"]["properties"]["series"])


def test_output_names_a_file_or_a_folder_and_overwrites_nothing(cli: Cli) -> None:
    number = cli.run_approved(*cli.finalize(cli.draft()))["document"]["id"]
    folder = cli.store.parent
    ran = cli("get-pdf", "--document-id", number, "--output", str(folder / "fatura.pdf"))
    assert ran.body["file"] == str(folder / "fatura.pdf")
    assert (folder / "fatura.pdf").read_bytes().startswith(b"%PDF")
    again = cli("get-pdf", "--document-id", number, "--output", str(folder / "fatura.pdf"))
    assert (again.code, "exists" in again.out + again.err) == (2, True)
    into = cli("get-pdf", "--document-id", number, "--output", f"{folder}/")
    assert into.body["file"] == str(folder / "FT-2026-1.pdf")
    nowhere = cli("get-pdf", "--document-id", number, "--output", str(folder / "missing" / "x.pdf"))
    assert nowhere.code == 2
    none = cli("list-taxes", "--output", "taxes.json")
    assert (none.code, "saves no file" in none.out + none.err) == (2, True)
