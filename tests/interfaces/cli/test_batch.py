"""`ix-tools batch`: the template, and the check that writes nothing."""

from __future__ import annotations

from pathlib import Path

from tests.batch.workbooks import build_csv, change
from tests.interfaces.cli.conftest import Cli


def test_a_template_can_be_checked_after_it_is_filled_in(cli: Cli, tmp_path: Path) -> None:
    assert cli("batch", "template", str(tmp_path / "t.csv")).code == 0
    assert cli("batch", "template", str(tmp_path / "t.csv")).code == 2
    checked = cli("batch", "check", str(tmp_path / "t.csv"))
    assert checked.body["sent"] == "nothing"
    assert cli.writes() == []


def test_check_tells_totals_and_warnings(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(build_csv(change(), change(data="30/11/2026")))
    body = cli("batch", "check", str(file)).body
    assert (body["documents"], body["total"], body["new_clients"]) == (2, "148.84", 0)
    assert [(one["row"], one["field"]) for one in body["warnings"]] == [(3, "date")]
    assert "Documents: 2. Total with VAT: €148.84" in cli.text("batch", "check", str(file))


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
