"""What a person reads, and what a program gets."""

from __future__ import annotations

import json
import shlex

import pytest

from ix_tools.interfaces.cli.column_labels import format_label
from ix_tools.interfaces.cli.invocation import find_own_command
from ix_tools.interfaces.cli.value_formats import format_value
from ix_tools.interfaces.cli.value_names import format_kind, format_state
from tests.interfaces.cli.conftest import Cli, run_piped

DRAFT = """\
Invoice #1001  draft
Client      ACME, Lda · Portugal
Date        20/11/2026
Due date    20/12/2026
Exemption   M07 – Isento artigo 9.º do CIVA
Reference   PO-7

Description        Qty     Price    Disc.   VAT              Net
────────────────────────────────────────────────────────────────
Consultoria          3    €50.00     10%    IVA23 23%    €135.00
Curso              1.5   €100.00            Isento 0%    €150.00

IVA23 23%  net  €135.00  VAT  €31.05
Isento 0%  net  €150.00  VAT   €0.00

Discounts            €15.00
Total before VAT    €285.00
VAT                  €31.05
Total               €316.05
Withholding tax 25%  €71.25
"""
TWO_LINES = (
    "create-invoice", "--date", "2026-11-20", "--due-date", "+30d", "--client.code", "ACME", "--reference", "PO-7",
    "--items", "name=Consultoria,unit_price=50,quantity=3,discount=10,tax=IVA23",
    "--items", "name=Curso,unit_price=100,quantity=1.5,tax=Isento", "--tax-exemption", "M07", "--retention", "25",
    "--accept", "overwrite_items",
)  # fmt: skip


def squeezed(text: str) -> list[str]:
    """Lines, with spaces counted once: columns may get wider."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip() and set(line) != {"─"}]


def test_a_document_is_shown_with_its_lines_the_vat_of_each_rate_and_what_it_comes_to(cli: Cli) -> None:
    made = cli(*TWO_LINES)
    number = made.body["document"]["id"]
    text = cli.text("get-document", "--document-type", "invoices", "--document-id", number)
    document, steps = text.split("\nNext\n")
    assert squeezed(document) == [*squeezed(DRAFT), "To pay €244.80", "Withheld by the client €71.25"]
    assert f"ix-tools change-state --document-type invoices --document-id {number} --state finalized" in steps


def test_in_portuguese_amounts_dates_and_words_are_portuguese(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICEXPRESS_LANGUAGE", "pt")
    number = cli.draft()
    text = cli.text("get-document", "--document-type", "invoices", "--document-id", number)
    for words in ("Fatura #1001 rascunho", "Cliente ACME", "Vencimento 20/12/2026", "Descrição Qtd. Preço IVA Valor sem IVA",
                  "Total sem IVA 100,00 €", "Total 123,00 €", "A seguir"):  # fmt: skip
        assert any(line.startswith(words) for line in squeezed(text)), (words, text)
    rows = squeezed(cli.text("list-invoices"))
    assert rows[0] == "Id Tipo Número Estado Data Vencimento Cliente Total"
    assert rows[1] == "1001 Fatura rascunho 20/11/2026 20/12/2026 ACME, Lda 123,00 €"


def test_lists_are_tables_without_the_columns_that_say_nothing(cli: Cli) -> None:
    rows = squeezed(cli.text("list-taxes"))
    assert rows[0] == "Id Name Rate % Region Code Default"
    assert rows[1] == "31554 IVA23 23 PT NOR yes"
    assert rows[4] == "31557 Isento 0 PT ISE"
    assert "There is nothing." in cli.text("list-invoices")


def test_a_price_keeps_its_decimals_in_a_list(cli: Cli) -> None:
    made = cli("create-item", "--name", "Screw", "--description", "M4", "--unit-price", "0.0125")
    assert made.code == 0, made
    assert "€0.0125" in cli.text("list-items")


def test_the_value_of_a_movement_is_an_amount_and_no_rate(cli: Cli) -> None:
    client = cli("find-client", "--code", "ACME").body["client"]["id"]
    words = ["create-treasury-movement", "--client-id", client, "--movement-type", "Payment", "--value", "1250",
             "--payment-method", "TB", "--date", "2026-11-20"]  # fmt: skip
    cli.approve(cli(*words).body["approval"]["id"])
    shown = squeezed(cli.text(*words))
    assert "Value €1,250.00" in shown
    assert not any("Rate %" in line for line in shown)


def test_series_are_shown_with_each_types_own_id(cli: Cli) -> None:
    text = squeezed(cli.text("list-sequences"))
    assert text[0] == "Series 2026 id 70000 default"
    assert "Credit note 70025 0 N/D" in text


def test_a_client_and_exemption_codes_can_be_read(cli: Cli) -> None:
    assert "Tax number 508112230" in squeezed(cli.text("find-client", "--code", "ACME"))
    assert "Artigo 9.º do CIVA" in cli.text("lookup-exemption-codes", "--code", "M07")


def test_piped_it_is_the_result_and_nothing_else(cli: Cli) -> None:
    ran = cli("list-taxes")
    assert (ran.out.count("\n"), ran.err) == (1, "")
    assert set(ran.body) == {"ok", "taxes"}
    assert cli("list-taxes", "--output", "json").out == cli("--output", "json", "list-taxes").out == ran.out


def test_at_a_terminal_it_is_for_a_person_unless_json_is_asked_for(cli: Cli) -> None:
    shown_there = cli.run_in_terminal("list-taxes")
    assert shown_there.code == 0
    assert "Rate %" in shown_there.plain
    assert "\x1b[1m" in shown_there.raw, "headings stand out"
    asked = cli.run_in_terminal("list-taxes", "--output", "json")
    assert json.loads(asked.plain)["ok"]


def test_no_color_is_respected(cli: Cli) -> None:
    ran = cli.run_in_terminal("list-invoices", environment={"NO_COLOR": "1"})
    assert "\x1b[3" not in ran.raw
    assert "\x1b[3" not in cli.run_in_terminal("get-document", environment={"NO_COLOR": "1"}).raw


def test_every_next_step_is_a_command_that_can_be_typed(cli: Cli) -> None:
    number = cli.draft()
    steps = cli.text("get-document", "--document-type", "invoices", "--document-id", number).split(
        "\nNext\n"
    )[1]
    command = shlex.split(steps.splitlines()[0])
    own = shlex.split(find_own_command())
    assert command[: len(own)] == own
    assert cli(*command[len(own) :]).code == 3
    cli.run_approved(*cli.finalize(number))
    steps = cli.text("get-document", "--document-type", "invoices", "--document-id", number).split(
        "\nNext\n"
    )[1]
    wanted = f"send-email --document-type invoices --document-id {number} --email compras@acme.example"
    assert f"ix-tools {wanted}" in steps


def test_text_from_the_account_cannot_speak_to_the_terminal(cli: Cli) -> None:
    evil = "Ana\x1b[2J\x1b]0;owned\x07\u202e[bold]Lda\nNext\n  ix-tools nothing"
    body = cli("get-document", "--document-type", "invoices", "--document-id", cli.draft()).body["document"]
    wicked = {
        **body,
        "type": "Invoice",
        "client": {"name": evil, "id": 501},
        "items": [],
        "observations": evil,
    }
    cli.box.fault("GET", r"/invoices/1001\.json", status=200, body={"invoice": wicked})
    raw = cli.run_in_terminal("get-document", "--document-type", "invoices", "--document-id", 1001).raw
    assert "owned" in raw
    assert not {"\x1b[2J", "\x1b]0;", "\x07", "\u202e", "\n  ix-tools nothing"} & {
        part for part in ("\x1b[2J", "\x1b]0;", "\x07", "\u202e", "\n  ix-tools nothing") if part in raw
    }
    assert "[bold]" in raw, "and nothing of it is taken for markup"


def test_an_error_of_the_account_cannot_speak_to_the_terminal_either(cli: Cli) -> None:
    cli.box.fault("GET", status=422, body={"errors": {"error": "bad\x1b[2Jthing"}})
    ran = cli("--output", "text", "list-taxes")
    assert ran.code == 4
    assert "\x1b[2J" not in ran.err
    assert ran.out == ""


def test_a_refusal_names_options_and_what_is_allowed(cli: Cli) -> None:
    ran = cli("--output", "text", "create-invoice", "--date", "2026-11-20", "--due-date", "2026-11-01",
              "--client.code", "ACME", "--items", "name=X,unit_price=1,quantity=1,tax=IVA99")  # fmt: skip
    assert ran.code == 1
    assert ran.out == ""
    assert "Nothing was sent." in ran.err
    assert "--due-date: " in ran.err
    assert "--items (1) tax: " in ran.err
    assert "allowed: " in ran.err
    assert "Next: " in ran.err


def test_a_word_that_is_asked_for_is_shown_as_a_command_that_works(cli: Cli) -> None:
    argv = ("create-invoice", "--date", "2026-11-20", "--due-date", "+30d", "--client.code", "ACME",
            "--items", "name=Consultoria,unit_price=75,quantity=1,tax=IVA23")  # fmt: skip
    asked = cli("--output", "text", *argv)
    assert asked.code == 1, asked
    command = shlex.split(asked.err.strip().splitlines()[-1])
    assert command[-2] == "--accept"
    assert cli(*command[1:]).code == 0


def test_warnings_are_shown(cli: Cli) -> None:
    text = cli.text("create-invoice", "--date", "2026-12-24", "--due-date", "+30d", "--client.code", "ACME",
                    "--items", "name=X,unit_price=1,quantity=1,tax=IVA23")  # fmt: skip
    assert "Attention: --date: 2026-12-24 is in the future" in text


def test_the_key_is_nowhere_in_what_is_said(cli: Cli) -> None:
    secret = cli.box.api_key
    cli.box.fault("GET", status=500)
    for argv in (["list-taxes"], ["settings"], ["doctor"], ["get-document"], ["tools"], ["--help"]):
        for output in ("json", "text"):
            ran = cli("--output", output, *argv)
            assert secret not in ran.out + ran.err, argv


def test_a_reader_that_goes_away_is_no_failure(cli: Cli) -> None:
    import subprocess
    import sys

    with subprocess.Popen(
        [sys.executable, "-m", "ix_tools", "list-taxes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_output_that_knows_no_accents_still_gets_the_result(cli: Cli) -> None:
    ran = run_piped("lookup-exemption-codes", "--code", "M07", env={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["codes"][0]["law"] == "Artigo 9.º do CIVA"


@pytest.mark.parametrize(
    ("field", "value", "en", "pt"),
    [
        ("total", "1234.5", "€1,234.50", "1.234,50 €"),
        ("date", "2026-11-20", "20/11/2026", "20/11/2026"),
        ("date", "soon", "soon", "soon"),
        ("total", "?", "?", "?"),
        ("value", "23.00", "23", "23"),
        ("status", "settled", "settled", "liquidado"),
        ("status", "unheard_of", "unheard_of", "unheard_of"),
        ("document_type", "credit_notes", "Credit note", "Nota de crédito"),
        ("in_force", False, "no", "não"),
        ("name", None, "-", "-"),
        ("address_to", {"detail": "Rua 1", "city": "Porto"}, "Rua 1, Porto", "Rua 1, Porto"),
        ("name", "a\nb\x00", "a b", "a b"),
    ],
)
def test_values_are_written_as_people_write_them(field: str, value: object, en: str, pt: str) -> None:
    assert (format_value(field, value, "en"), format_value(field, value, "pt")) == (en, pt)


def test_what_nobody_named_is_shown_under_its_own_name() -> None:
    assert format_label("brand_new_field", "pt") == "Brand new field"
    assert format_kind("cash_invoices", "en") == "Cash invoices"
    assert format_state("odd\x1b", "en") == "odd"
