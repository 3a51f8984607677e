"""`--when-approved run`: a command that nobody has to repeat, and `approvals run`, which carries it out where no server runs."""

from __future__ import annotations

import pytest

from tests.interfaces.cli.conftest import Cli

CHANGE = "PUT /invoices/1001/change-state.json"


def test_an_approved_command_is_carried_out_without_being_repeated(cli: Cli) -> None:
    finalize = (*cli.finalize(cli.draft()), "--when-approved", "run")
    asked = cli(*finalize)
    assert (asked.code, asked.body["when_approved"]) == (3, "run")
    identifier = asked.body["approval"]["id"]
    assert cli("approvals", "run").body["calls"] == [], "nobody has decided"
    cli.approve(identifier)
    carried = cli("approvals", "run")
    assert carried.code == 0
    assert carried.body["calls"] == [
        {"id": identifier, "operation": "change_state", "state": "done", "about": "1/2026"}
    ]
    again = cli(*finalize)
    assert (again.code, again.body["replayed"], again.body["document"]["number"]) == (0, True, "1/2026")
    assert cli.writes()[1:] == [CHANGE]
    assert "No approved request" in cli.text("approvals", "run")


def test_what_was_not_carried_out_is_told_by_the_exit_code(cli: Cli) -> None:
    number = cli.draft()
    asked = cli(*cli.finalize(number), "--when-approved", "run")
    cli.approve(asked.body["approval"]["id"])
    cli("change-state", "--document-type", "invoices", "--document-id", number, "--state", "deleted")
    deleted = cli("approvals", "list").body["approvals"][0]["id"]
    cli.approve(deleted)
    cli("change-state", "--document-type", "invoices", "--document-id", number, "--state", "deleted")
    ran = cli("approvals", "run")
    assert ran.code == 1
    assert ran.body["calls"][0]["state"] == "failed"


@pytest.mark.parametrize(("wish", "parked"), [("repeat", False), ("run", True), ("", True)])
def test_the_option_goes_before_the_setting(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, wish: str, parked: bool
) -> None:
    monkeypatch.setenv("INVOICEXPRESS_WHEN_APPROVED", "run")
    asked = cli(*cli.finalize(cli.draft()), *(["--when-approved", wish] if wish else []))
    assert ("when_approved" in asked.body) is parked


def test_a_command_that_needs_no_approval_has_no_such_option(cli: Cli) -> None:
    assert cli("list-taxes", "--when-approved", "run").code == 2
    assert "--when-approved" in cli.text("issue-invoice", "--help")


def test_a_sandbox_that_ends_with_the_command_parks_nothing(cli: Cli) -> None:
    issue = ("issue-invoice", "--date", "2026-11-20", "--due-date", "+30d", "--client.code", "ACME",
             "--items", "name=Revisão,unit_price=100,quantity=1,tax=IVA23")  # fmt: skip
    asked = cli("--sandbox", *issue, "--when-approved", "run")
    assert asked.code == 3
    assert "when_approved" not in asked.body
