"""One command per operation, made from the operation's own schema."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from ix_tools.interfaces.cli import line_syntax
from ix_tools.interfaces.cli.command_options import SETTINGS, global_options
from ix_tools.interfaces.cli.commands import UTILITY_COMMANDS
from ix_tools.interfaces.cli.operation_command import OperationCommand, render_example
from ix_tools.interfaces.cli.options import build_call, build_words, find_flag, list_slots
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.execute import parse
from ix_tools.schemas.json_schema import build_input_schema, get_source
from tests.interfaces.cli.conftest import Cli, Json, run_piped

OPERATIONS = list(catalogue().values())
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.spec.name)


def typed(operation: type[Operation[Any]], words: list[str]) -> Json:
    """The call that options make."""
    command = OperationCommand(operation, SETTINGS)
    context = command.make_context("x", list(words))
    return build_call(command.schema, context.params, context.params["json_file"])


# --- options and help ---------------------------------------------------------------------------------------


@every_operation
def test_the_worked_example_is_a_command_line_that_means_the_example(operation: type[Operation[Any]]) -> None:
    words = shlex.split(render_example(operation).replace("\\\n", ""))
    assert words[:2] == ["ix-tools", operation.spec.name.replace("_", "-")]
    assert parse(operation.spec.name, typed(operation, words[2:])) == parse(
        operation.spec.name, operation.spec.example
    )


@every_operation
def test_help_says_everything_there_is_to_say_about_an_operation(
    operation: type[Operation[Any]], cli: Cli
) -> None:
    helped = " ".join(cli(operation.spec.name.replace("_", "-"), "--help").out.split())
    schema = build_input_schema(operation)
    for slot in list_slots(schema):
        assert slot.flag in helped
        assert " ".join(slot.schema.get("description", "").split()) in helped
    for required in schema.get("required", ()):
        assert "(required)" in helped, required
    assert get_source(operation) in helped
    assert "ix-tools help exit-codes" in helped
    assert ("a person approves" in helped) or not operation.spec.effect.needs_approval
    assert " ".join(render_example(operation).split()) in helped


def test_no_parameter_hides_an_option_that_every_command_has() -> None:
    ours = {flag for one in [*global_options(), click.Option(["--json"])] for flag in one.opts} | {
        "--help",
        "-h",
    }
    taken = {
        (operation.spec.name, slot.flag)
        for operation in OPERATIONS
        for slot in list_slots(build_input_schema(operation))
        if slot.flag in ours
    }
    assert taken == set()


def test_no_operation_hides_another_command() -> None:
    assert {name.replace("_", "-") for name in catalogue()} & set(UTILITY_COMMANDS) == set()


def test_the_first_page_lists_every_command_under_a_heading(cli: Cli) -> None:
    page = cli("--help").out
    assert [
        name for name in [*catalogue(), *UTILITY_COMMANDS] if f"  {name.replace('_', '-')} " not in page
    ] == []
    headings = [
        "Documents:",
        "Payments:",
        "Guides:",
        "Series and numbers:",
        "Clients and taxes:",
        "Treasury:",
        "Accounts:",
    ]
    headings.append("Server and tools:")
    places = [page.index(heading) for heading in headings]
    assert places == sorted(places)
    assert "More:" not in page, "an operation stands in a room that has no heading"


def test_a_command_without_words_shows_its_help_and_is_a_mistake(cli: Cli) -> None:
    ran = cli()
    assert ran.code == 2
    assert "Usage: ix-tools" in ran.err


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("list-tax", "list-taxes"), ("create-invoce", "create-invoice"), ("docter", "doctor")],
)
def test_a_misspelt_command_names_the_one_that_was_meant(cli: Cli, wrong: str, meant: str) -> None:
    ran = cli("--output", "text", wrong)
    assert ran.code == 2
    assert f"Did you mean {meant}" in ran.err
    assert ran.out == ""


def test_a_misspelt_option_is_a_mistake_that_says_so_in_the_form_that_was_asked_for(cli: Cli) -> None:
    ran = cli("list-invoices", "--texto", "ACME")
    assert ran.code == 2
    assert ran.body["code"] == "usage"
    assert "--text" in ran.body["message"]
    assert cli.box.requests() == []


def test_underscores_are_as_good_as_hyphens(cli: Cli) -> None:
    assert cli("lookup_exemption_codes", "--code", "M07").code == 0
    assert (
        cli("get-document", "--document_type", "credit-notes", "--document_id", 1).body["code"] == "not_found"
    )


def test_help_for_a_command_and_for_exit_codes(cli: Cli) -> None:
    assert cli("help", "list-taxes").out == cli("list-taxes", "--help").out
    assert "130" in cli("help", "exit-codes").out
    assert "ix-tools demo --help" in cli("help", "demo").out
    assert cli("help", "nothing-of-the-kind").code == 2
    assert cli("help").out == cli("--help").out


@pytest.mark.parametrize("name", ["serve", "demo"])
def test_what_starts_elsewhere_must_be_the_first_word(cli: Cli, name: str) -> None:
    ran = cli("--sandbox", name)
    assert ran.code == 2
    assert f"ix-tools {name}" in ran.body["message"]


# --- values -------------------------------------------------------------------------------------------------

LINE = build_input_schema(catalogue()["create_invoice"])["properties"]["items"]["items"]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("name=Consultoria,unit_price=50,quantity=3,tax=IVA23",
         {"name": "Consultoria", "unit_price": "50", "quantity": "3", "tax": "IVA23"}),
        ("name=Pão de forma, unit-price=0.85 ,quantity=2",
         {"name": "Pão de forma", "unit_price": "0.85", "quantity": "2"}),
        ("name=a=b,unit_price=1,quantity=1", {"name": "a=b", "unit_price": "1", "quantity": "1"}),
        ('{"name": "Pão, fatiado", "unit_price": 1, "quantity": 2}',
         {"name": "Pão, fatiado", "unit_price": 1, "quantity": 2}),
        ('  {"name": "x"}', {"name": "x"}),
    ],
)  # fmt: skip
def test_a_line_of_a_document_is_pairs_or_json(text: str, content: Json) -> None:
    assert line_syntax.parse_line(text, LINE) == content


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name=Pão, fatiado,unit_price=1", "'fatiado' has no '='"),
        ("name=Pão,unit_price=0,85", "decimals are written with a point"),
        ("name=Pão,price=1", "there is no field 'price'; there are 'name"),
        ("name=Pão,name=Leite", "'name' appears twice"),
        ('{"name": "Pão"', "is not JSON"),
        ('{"name": ' * 20_000, "is not JSON"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(cli: Cli, text: str, said: str) -> None:
    ran = cli("create-invoice", "--items", text)
    assert ran.code == 2
    assert said in ran.body["message"]
    assert "--items" in ran.body["message"]


@pytest.mark.parametrize(
    "content",
    [
        {"name": "Pão", "quantity": 3, "unit_price": 0.85},
        {"name": "Pão, fatiado", "quantity": 3},
        {"name": " com espaço ", "quantity": 1},
        {"name": "a=b"},
    ],
)
def test_what_is_written_as_pairs_reads_back_the_same(content: Json) -> None:
    read = line_syntax.parse_line(line_syntax.format_line(content), LINE)
    assert {name: str(value) for name, value in read.items()} == {
        name: str(value) for name, value in content.items()
    }


def test_lists_flags_and_nested_fields_land_where_the_schema_has_them() -> None:
    invoices = typed(catalogue()["list_invoices"], shlex.split(
        "--types invoices --types credit_notes --no-non-archived --archived --page 2"))  # fmt: skip
    assert invoices == {
        "types": ["invoices", "credit_notes"],
        "non_archived": False,
        "archived": True,
        "page": 2,
    }
    draft = typed(catalogue()["create_invoice"], shlex.split(
        "--client.postal-code 1000-001 --global-discount.value 5 --accept a --accept b"))  # fmt: skip
    assert draft == {
        "client": {"postal_code": "1000-001"},
        "global_discount": {"value": "5"},
        "accept": ["a", "b"],
    }
    assert typed(catalogue()["get_pdf"], []) == {}


def test_a_call_becomes_options_and_options_the_call() -> None:
    operation = catalogue()["update_sequence"]
    call = {"sequence_id": 70020, "serie": "B 2026", "current_invoice_number": 0, "default_sequence": 1}
    assert typed(operation, build_words(call, build_input_schema(operation))) == call


def test_a_word_that_is_no_choice_is_refused_with_the_choices(cli: Cli) -> None:
    ran = cli("get-document", "--document-type", "invoice", "--document-id", 1)
    assert ran.code == 2
    assert "is not one of invoices, simplified_invoices, " in ran.body["message"]


def test_errors_name_fields_as_they_were_typed() -> None:
    schema = build_input_schema(catalogue()["create_invoice"])
    assert find_flag("due_date", schema) == "--due-date"
    assert find_flag("client.postal_code", schema) == "--client.postal-code"
    assert find_flag("items.1.tax", schema) == "--items (2) tax"
    assert find_flag("client", schema) == "--client.*"
    assert find_flag("(document)", schema) == "(document)"


# --- a whole call as JSON -----------------------------------------------------------------------------------


def test_options_override_the_fields_of_a_call_given_as_json(cli: Cli, tmp_path: Path) -> None:
    call = {"code": "NOBODY", "name": None}
    (tmp_path / "call.json").write_text(json.dumps(call))
    assert cli("find-client", "--json", "call.json").code == 4
    assert cli("find-client", "--json", "call.json", "--code", "ACME").body["client"]["id"] == 501
    assert cli("find-client", "--json", "-", stdin='{"code": "ACME"}').body["client"]["id"] == 501


def test_a_nested_option_changes_one_field_of_the_json_and_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"client": {"name": "Ana", "city": "Braga"}, "retention": 11.5}')
    call = typed(
        catalogue()["create_invoice"], ["--json", str(tmp_path / "c.json"), "--client.city", "Porto"]
    )
    assert call["client"] == {"name": "Ana", "city": "Porto"}
    assert str(call["retention"]) == "11.5", "never through a binary float"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("[1]", 1, "one JSON object"),
        ("{", 2, "not JSON"),
        ("[" * 20_000, 2, "not JSON"),
        (None, 2, "No such file"),
    ],
)
def test_json_that_is_no_call_is_refused(cli: Cli, content: str | None, code: int, said: str) -> None:
    file = "-" if content is not None else "nowhere.json"
    ran = cli("list-taxes", "--json", file, stdin=content or "")
    assert ran.code == code
    assert said in ran.body["message"]
    assert cli.box.requests() == []


def test_an_unknown_field_of_the_json_is_refused_like_everywhere(cli: Cli) -> None:
    ran = cli("list-taxes", "--json", "-", stdin='{"region": "PT"}')
    assert ran.code == 1
    assert ran.body["problems"][0]["field"] == "region"


# --- start --------------------------------------------------------------------------------------------------


def test_a_call_loads_neither_the_mcp_sdk_nor_what_it_does_not_show(cli: Cli) -> None:
    code = (
        "import sys; from ix_tools.interfaces.cli.main import run_command; code = run_command(['list-taxes']);"
        "heavy = {'mcp', 'mcp_types', 'rich', 'starlette', 'uvicorn', 'pydyf', 'babel'} & set(sys.modules);"
        "print(code, sorted(heavy), file=sys.stderr)"
    )
    import subprocess
    import sys

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert ran.stderr.split("\n")[0] == "0 []"
    assert json.loads(ran.stdout)["ok"]


def test_the_version(cli: Cli) -> None:
    from ix_tools import __version__

    assert cli("--version").out == f"ix-tools {__version__}\n"
    assert run_piped("--version").returncode == 0


def test_a_json_list_is_taken_where_an_option_may_be_repeated(cli: Cli) -> None:
    lines = '[{"name": "X", "unit_price": 10, "quantity": 1}, {"name": "Y, dois", "unit_price": 1, "quantity": 2}]'
    common = ("create-invoice", "--date", "today", "--due-date", "30 dias", "--client.code", "ACME")
    made = cli(*common, "--items", lines, "--items", "name=Z,unit_price=1,quantity=1").body
    assert [line["name"] for line in made["document"]["lines"]] == ["X", "Y, dois", "Z"]


@pytest.mark.parametrize("text", ["[1", "[{]", '["X"]'])
def test_a_list_that_is_no_json_or_holds_no_lines_is_refused(cli: Cli, text: str) -> None:
    ran = cli("create-invoice", "--date", "today", "--due-date", "+30d", "--items", text)
    assert ran.code in {1, 2}
    assert "items" in json.dumps(ran.body)


def test_an_object_is_taken_whole_where_its_fields_are_options(cli: Cli) -> None:
    """As a program writes it; one option more changes one field of it."""
    common = (
        "create-invoice",
        "--date",
        "today",
        "--due-date",
        "a 30 dias",
        "--items",
        "name=Z,unit_price=1,quantity=1",
    )
    made = cli(*common, "--client", '{"code": "ACME"}').body
    assert made["document"]["client"]["code"] == "ACME"
    operation = catalogue()["create_invoice"]
    words = ["--client", '{"code": "ACME", "name": "X"}', "--client.name", "ACME, Lda"]
    assert typed(operation, words) == {"client": {"code": "ACME", "name": "ACME, Lda"}}
    assert typed(operation, ["--client", "code=ACME"]) == {"client": {"code": "ACME"}}
    assert "--client" in json.dumps(cli(*common, "--client", "ACME").body)
