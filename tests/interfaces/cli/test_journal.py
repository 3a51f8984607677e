"""`ix-tools journal` and `ix-tools audit`: what was sent, settled by a person, and a trail that is checked."""

from __future__ import annotations

import sqlite3

import pytest

from tests.interfaces.cli.conftest import Cli


def unknown(cli: Cli) -> str:
    """The id of an e-mail of which nobody can tell whether it left."""
    number = cli.draft()
    cli.run_approved(*cli.finalize(number))
    mail = ("send-email", "--document-type", "invoices", "--document-id", number, "--email", "a@acme.example")
    cli.box.fault("PUT", "email", drop="before")
    cli.box.fault("POST", "email", drop="before")
    waiting = cli(*mail)
    cli.approve(waiting.body["approval"]["id"])
    ran = cli(*mail)
    assert (ran.code, ran.body["code"]) == (6, "outcome_unknown")
    cli.box.clear_faults()
    identifier: str = ran.body["journal"]
    return identifier


def test_what_was_sent_is_listed_with_the_face_it_came_through(cli: Cli) -> None:
    cli.draft()
    (row,) = cli("journal", "list").body["journal"]
    assert (row["state"], row["operation"], row["subject"]) == ("done", "create_invoice", "invoices/1001")
    assert (row["face"], row["principal"]) == ("cli", "local")
    assert cli("journal", "show", row["id"]).body["entry"] == row
    assert "create_invoice" in cli.text("journal", "list")
    assert cli("journal", "show", "nothing").body["code"] == "intent_unknown"


@pytest.mark.parametrize(("option", "state"), [("--happened", "done"), ("--did-not", "absent")])
def test_a_person_settles_what_is_unknown(cli: Cli, option: str, state: str) -> None:
    identifier = unknown(cli)
    piped = cli("journal", "resolve", identifier, option, stdin=f"{identifier}\n")
    assert (piped.code, piped.body["code"]) == (1, "no_person")
    wrong = cli.run_in_terminal("journal", "resolve", identifier, option, answers=[("type", "yes")])
    assert wrong.code == 1
    assert cli("journal", "show", identifier).body["entry"]["state"] == "unknown"
    done = cli.run_in_terminal("journal", "resolve", identifier, option, answers=[("type", identifier)])
    assert done.code == 0, done.plain
    assert cli("journal", "show", identifier).body["entry"]["state"] == state
    again = cli.run_in_terminal("journal", "resolve", identifier, option)
    assert (again.code, "not unknown" in again.plain) == (1, True)


def test_it_must_be_said_what_was_seen(cli: Cli) -> None:
    assert cli("journal", "resolve", "x").code == 2


def test_a_trail_that_was_changed_is_named_by_its_row(cli: Cli) -> None:
    cli.run_approved(*cli.finalize(cli.draft()))
    assert cli("audit", "verify").body == {"ok": True, "faults": []}
    assert "whole" in cli.text("audit", "verify")
    with sqlite3.connect(cli.store) as file:
        file.execute("UPDATE audit SET outcome = 'nothing' WHERE seq = 2")
    file.close()
    ran = cli("audit", "verify")
    assert (ran.code, [one["seq"] for one in ran.body["faults"]]) == (1, [2])
    assert "row 2" in cli("--output", "text", "audit", "verify").out


def test_what_a_person_decides_is_noted_as_the_newest_row(cli: Cli) -> None:
    waiting = cli(*cli.finalize(cli.draft()))
    note = cli.store.with_name("ix-tools.db.head")
    before = note.read_text()
    cli("approvals", "reject", waiting.body["approval"]["id"])
    assert note.read_text() != before
    with sqlite3.connect(cli.store) as file:
        file.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    file.close()
    assert cli("audit", "verify").code == 1
