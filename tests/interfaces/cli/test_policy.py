"""`ix-tools policy`, and what else of the command line a policy touches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ix_tools.interfaces.cli import prompt
from ix_tools.interfaces.mcp import stdio
from tests.interfaces.cli.conftest import Cli
from tests.policy.test_policy import EXAMPLES, FLOW, rule

TILL = ("policy", "check", "--operation", "change-state", "--state", "finalized", "--type", "simplified_invoices",
        "--series", "2026", "--principal", "n8n-till", "--at", "2026-11-20T10:00")  # fmt: skip


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The policy of the environment; a test writes it."""
    path = tmp_path / "policy.toml"
    path.touch(0o600)
    monkeypatch.setenv("INVOICEXPRESS_POLICY", str(path))
    return path


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("language", ["pt", "en"])
def test_a_policy_is_shown_in_words(
    cli: Cli, policy: Path, monkeypatch: pytest.MonkeyPatch, name: str, language: str
) -> None:
    policy.write_text(EXAMPLES[name], encoding="utf-8")
    monkeypatch.setenv("INVOICEXPRESS_LANGUAGE", language)
    text = cli.text("policy", "show")
    said = {
        "shop": {
            "pt": ["sai sem ninguém aprovar", "até: 100,00 €", "por dia, no máximo: 2.000,00 €", "09:00–20:00", "Fatura simplificada"],
            "en": ["goes out without a person", "up to: €100.00", "a day, at most: €2,000.00", "09:00–20:00", "Simplified invoice"],
        },
        "accountant": {
            "pt": ["aprovam duas pessoas", "acima de: 5.000,00 €", "só aprova: ana, rui, eva", "num terminal", "a mesma pessoa que ana"],
            "en": ["two different people", "above: €5,000.00", "only approved by: ana, rui, eva", "in a terminal", "same person as ana"],
        },
        "intern": {"pt": ["recusado", "intern-*"], "en": ["denied", "intern-*"]},
    }  # fmt: skip
    for part in said[name][language]:
        assert part.casefold() in text.casefold(), text
    assert cli("policy", "show", "--output", "json").body["policy"]["rules"]


def test_without_a_policy_it_says_so(cli: Cli) -> None:
    assert "a person approves" in cli.text("policy", "show")
    assert cli("policy", "show").body["policy"] is None
    ran = cli(*TILL)
    assert (ran.code, ran.body["code"]) == (2, "no_policy")
    assert {"check": "policy", "level": "ok", "message": "none: a person approves everything"} in cli(
        "doctor"
    ).body["checks"]


@pytest.mark.parametrize(
    ("more", "decision", "winners"),
    [
        (("--amount", "100"), "unattended", ["till"]),
        (("--amount", "100.01"), "person", []),
        ((), "person", []),
        (("--amount", "5", "--at", "2026-11-20T20:00"), "person", []),
        (("--amount", "5", "--at", "2026-11-20T19:59:59+00:00"), "unattended", ["till"]),
        (("--amount", "5", "--principal", "ana"), "person", []),
        (("--state", "canceled"), "deny", ["the till cancels nothing"]),
    ],
)
def test_a_decision_is_explained(
    cli: Cli, policy: Path, more: tuple[str, ...], decision: str, winners: list[str]
) -> None:
    policy.write_text(EXAMPLES["shop"], encoding="utf-8")
    body = cli(*TILL, *more).body
    assert (body["decision"], body["rules"]) == (decision, winners)
    assert [one["rule"] for one in body["looked_at"]] == ["till", "the till cancels nothing"]
    if decision == "unattended":
        assert body["left_today"] == [{"rule": "till", "euros": "2000", "calls": 200, "enough": True}]
    elif not more:
        assert body["looked_at"][0]["not_known"] == ["up_to"]


def test_an_explanation_reads_well(cli: Cli, policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy.write_text(EXAMPLES["shop"], encoding="utf-8")
    text = cli.text(*TILL, "--amount", "100.01")
    assert "Decision: a person approves" in text
    assert "till: does not apply: up to" in text
    monkeypatch.setenv("INVOICEXPRESS_LANGUAGE", "pt")
    text = cli.text(*TILL, "--amount", "99.90")
    assert "Decisão: sai sem ninguém aprovar, pela regra till" in text
    assert "Resta hoje, till: 2.000,00 €, 200 chamadas" in text


def test_a_real_call_is_explained_and_not_sent(cli: Cli, policy: Path) -> None:
    number = cli.draft()
    policy.write_text(rule(**{**FLOW, "who": ["local"], "up_to": 123, "daily": 200}), encoding="utf-8")
    arguments = json.dumps({"document_type": "invoices", "document_id": number, "state": "finalized"})
    before = cli.writes()
    ask = ("policy", "check", "--operation", "change_state", "--json", "-")
    assert cli(*ask, stdin="[" * 20_000).body["code"] == "invalid_arguments"
    body = cli(*ask, stdin=arguments).body
    assert body["decision"] == "unattended"
    assert (body["call"]["amount"], body["call"]["series"]) == ("123.00", "2026")
    assert cli.writes() == before
    assert cli(*ask, "--principal", "other", stdin=arguments).body["decision"] == "person"
    assert cli(*cli.finalize(number)).body["ok"], "and this is what the call does"
    left = cli(*ask[:4], "--state", "finalized", "--amount", "78").body["left_today"]
    assert left == [{"rule": "flow", "euros": "77", "enough": False}]


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("--operation", "finalise"), "unknown_tool"),
        (("--operation", "change_state", "--amount", "dez"), "invalid_arguments"),
        (("--operation", "change_state", "--at", "amanhã"), "invalid_arguments"),
        (("--operation", "change_state", "--json", "-"), "invalid_arguments"),
    ],
)
def test_what_cannot_be_checked_is_said(cli: Cli, policy: Path, argv: tuple[str, ...], code: str) -> None:
    ran = cli("policy", "check", *argv, stdin="[1]")
    assert (ran.code != 0, ran.body["code"]) == (True, code)


def test_a_broken_policy_stops_the_server_and_every_call(
    cli: Cli, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy.write_text(rule(name="a", decision="deny", whom=["x"]), encoding="utf-8")
    assert stdio.main([]) == 2
    told = capsys.readouterr().err
    assert "a.whom: there is no such key" in told
    assert str(policy) in told
    for argv in (("policy", "show"), ("list-taxes",)):
        ran = cli(*argv)
        assert (ran.code != 0, ran.body["code"]) == (True, "policy_unusable")
    found = next(one for one in cli("doctor").body["checks"] if one["check"] == "policy")
    assert found["level"] == "problem"
    assert "a.whom" in found["message"]
    policy.unlink()
    assert stdio.main([]) == 2


def test_the_doctor_tells_what_goes_out_without_a_person(cli: Cli, policy: Path) -> None:
    policy.write_text(EXAMPLES["shop"], encoding="utf-8")
    found = [one["message"] for one in cli("doctor").body["checks"] if one["check"] == "policy"]
    assert found == [f"{policy}: till, the till cancels nothing", "without a person: till"]


def test_the_first_of_two_is_told_that_another_is_needed(
    cli: Cli, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = cli.draft()
    policy.write_text('otherwise = "four-eyes"', encoding="utf-8")
    waiting = cli(*cli.finalize(number)).body
    assert waiting["status"] == "approval_required"
    assert "2 different people, none of them the one who asked" in waiting["next"][0]["why"]
    identifier = waiting["approval"]["id"]
    approve = ("approvals", "approve", identifier)
    first = cli.run_in_terminal(*approve, answers=[("type", identifier)])
    assert "It still needs 1 more: another person approves, too." in first.plain
    again = cli.run_in_terminal(*approve, answers=[("type", identifier)])
    assert "You already approved" in again.plain
    assert cli(*cli.finalize(number)).code == 3
    monkeypatch.setattr(prompt, "identify_user", lambda: "terminal:another")
    assert "approved" in cli.run_in_terminal(*approve, answers=[("type", identifier)]).plain
    assert cli(*cli.finalize(number)).body["ok"]


def test_whoever_is_at_the_terminal_is_not_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    known = prompt.identify_user()
    for name in ("USER", "LOGNAME", "USERNAME", "LNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert prompt.identify_user() == known
    assert known.startswith("terminal:")
