"""`ix-tools batch`: the template, and the check that writes nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ix_tools.approvals.joint_decisions import Choice
from tests.batch.workbooks import HEADINGS, build_csv, change
from tests.interfaces.cli.conftest import Cli


def test_a_template_passes_as_it_is_written(cli: Cli, tmp_path: Path) -> None:
    assert cli("batch", "template", str(tmp_path / "t.csv")).code == 0
    assert cli("batch", "template", str(tmp_path / "t.csv")).code == 2
    checked = cli("batch", "check", str(tmp_path / "t.csv"))
    assert (checked.code, checked.body["documents"]) == (0, 2)
    assert cli.writes() == []


def test_check_tells_totals_and_warnings(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(build_csv(change(), change(data="30/11/2026")))
    body = cli("batch", "check", str(file)).body
    assert (body["documents"], body["total"], body["new_clients"]) == (2, "148.84", 0)
    assert [(one["row"], one["field"]) for one in body["warnings"]] == [(3, "date")]
    assert "Documents: 2 · Total with VAT: €148.84" in cli.text("batch", "check", str(file))


def test_a_new_client_of_several_documents_is_one(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    rows = [(*change(cliente_codigo=f"N{at % 2}", artigo=f"A{at}"), f"Novo {at % 2}") for at in range(5)]
    file.write_text(build_csv(*rows, headings=(*HEADINGS, "cliente_nome")))
    assert cli("batch", "check", str(file)).body["new_clients"] == 2


def test_a_file_with_faults_ends_with_1(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(build_csv(change(preco="1.234")))
    refused = cli("batch", "check", str(file))
    assert (refused.code, refused.body["code"], refused.body["problems"][0]["field"]) == (
        1,
        "file_refused",
        "F2 (preço)",
    )
    assert cli("batch", "check", str(tmp_path / "none.csv")).code == 1


def test_faults_of_cells_and_of_rules_are_told_at_once(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    rows = (change(quantidade="um"), change(cliente_codigo="NINGUEM"), change(artigo="B", IVA="IVA99"))
    file.write_text(build_csv(change(), *rows))
    refused = cli("batch", "check", str(file))
    assert [one["field"] for one in refused.body["problems"]] == [
        "E3 (quantidade)",
        "C4 (cliente_codigo)",
        "G5 (IVA)",
    ]
    assert cli("batch", "run", str(file)).body["problems"] == refused.body["problems"]
    assert cli.writes() == []


def test_a_catalogue_item_that_would_change_names_the_column_that_says_it_may(
    cli: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(build_csv(change(artigo="Consultoria", preco="61,00")))
    (problem,) = cli("batch", "check", str(file)).body["problems"]
    assert "overwrite_items in the column accept" in problem["allowed"]
    headings = (*HEADINGS, "aceitar")
    file.write_text(
        build_csv((*change(artigo="Consultoria", preco="61,00"), "overwrite_items"), headings=headings)
    )
    assert cli("batch", "check", str(file)).code == 0


def test_faults_of_cells_are_told_without_an_account(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INVOICEXPRESS_ACCOUNT")
    file = tmp_path / "a.csv"
    file.write_text(build_csv(change(preco="cem")))
    assert cli("batch", "check", str(file)).body["code"] == "file_refused"
    file.write_text(build_csv(change()))
    assert cli("batch", "check", str(file)).body["code"] != "file_refused"


def write_three(tmp_path: Path) -> Path:
    file = tmp_path / "socios.csv"
    rows = (change(), change(artigo="B", preco="100,00"), change(artigo="C", preco="200,00"))
    file.write_text(build_csv(*rows))
    return file


def test_a_file_runs_to_its_end_and_can_be_run_again(cli: Cli, tmp_path: Path) -> None:
    file = write_three(tmp_path)
    waiting = cli("batch", "run", str(file))
    assert (waiting.code, waiting.body["state"], waiting.body["documents"]) == (3, "asked", {"drafted": 3})
    report = tmp_path / "socios.report.csv"
    assert [line.split(";")[7] for line in report.read_text("utf-8-sig").splitlines()] == [
        "ix_status",
        *["draft"] * 3,
    ]
    with cli.approvals() as kept:
        kept.approve_many(waiting.body["approval"], Choice(Decimal("443.42")))
    done = cli("batch", "run", str(file))
    assert (done.code, done.body["state"]) == (0, "done")
    assert [one["number"] for one in done.body["rows"]] == ["1/2026", "2/2026", "3/2026"]
    assert [line.split(";")[7] for line in report.read_text("utf-8-sig").splitlines()][1:] == ["issued"] * 3
    before = cli.writes()
    assert cli("batch", "run", str(file)).code == 0
    assert cli.writes() == before
    assert "It is done" in cli.text("batch", "status", done.body["id"])
    assert [one["id"] for one in cli("batch", "list").body["batches"]] == [done.body["id"]]
    assert cli("batch", "report", done.body["id"], str(tmp_path / "again.csv")).code == 0
    assert (tmp_path / "again.csv").read_bytes() == report.read_bytes()


def test_a_report_replaces_no_other_file(cli: Cli, tmp_path: Path) -> None:
    file, other = write_three(tmp_path), tmp_path / "accounts.csv"
    before = file.read_bytes()
    other.write_text("date;total\r\n2026-11-30;12\r\n")
    (tmp_path / "link.csv").symlink_to(other)
    for place in (other, tmp_path / "link.csv", file, tmp_path / "." / "socios.csv", Path("/dev/null")):
        assert cli("batch", "run", str(file), "--report", str(place)).code == 2, place
    assert cli.writes() == []
    beside = tmp_path / "socios.report.csv"
    beside.write_text("my notes")
    assert cli("batch", "run", str(file)).code == 2
    beside.unlink()
    asked = cli("batch", "run", str(file)).body
    assert cli("batch", "report", asked["id"], str(other)).code == 2
    assert cli("batch", "report", asked["id"], str(beside)).code == 0, "an earlier report"
    assert (file.read_bytes(), other.read_text()) == (before, "date;total\n2026-11-30;12\n")


def test_a_person_leaves_one_out_and_types_the_total(cli: Cli, tmp_path: Path) -> None:
    file = write_three(tmp_path)
    ran = cli.run_in_terminal(
        "batch", "run", str(file), answers=[("leave out", "2"), ("type the total", "320,42")]
    )
    assert ran.code == 7, ran
    assert "2 documents remain: €320.42" in ran.plain
    assert "left out: 1" in ran.plain
    assert "To ask about its drafts again: " in ran.plain
    assert "batch discard" in ran.plain


def test_a_wrong_total_issues_nothing(cli: Cli, tmp_path: Path) -> None:
    ran = cli.run_in_terminal(
        "batch", "run", str(write_three(tmp_path)), answers=[("leave out", ""), ("type the total", "443,43")]
    )
    assert ran.code == 1, ran
    assert [one for one in cli.writes() if "change-state" in one] == []


def test_a_rejected_batch_is_discarded_with_one_approval(cli: Cli, tmp_path: Path) -> None:
    file = write_three(tmp_path)
    waiting = cli("batch", "run", str(file)).body
    assert cli("batch", "discard", waiting["id"]).code == 1
    cli("approvals", "reject", waiting["approval"])
    asked = cli("batch", "discard", waiting["id"])
    assert (asked.code, asked.body["purpose"]) == (3, "delete")
    ran = cli.run_in_terminal(
        "approvals",
        "approve",
        asked.body["approval"],
        answers=[("leave out", ""), ("type the total", "443.42")],
    )
    assert ran.code == 0, ran
    done = cli("batch", "discard", waiting["id"])
    assert (done.code, done.body["documents"]) == (0, {"deleted": 3})


def test_there_is_no_batch_of_another_id(cli: Cli) -> None:
    assert cli("batch", "status", "NONE").body["code"] == "batch_unknown"
