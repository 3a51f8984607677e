"""The owner's policy: what the file may say, what it makes of a call, and that its allowances hold."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sql

from ix_tools.approvals.budgets import Allowance, AutoApprovalRequest
from ix_tools.approvals.repository import ApprovalRepository, ApprovalRequestContent, Binding, Reply
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.errors import ApprovalRefused, SettingsError
from ix_tools.i18n.formats import LISBON
from ix_tools.operations.digests import digest_approval
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect
from ix_tools.policy.context import UNKNOWN, PolicyCase
from ix_tools.policy.evaluation import evaluate_rules
from ix_tools.policy.file import PolicyFile
from ix_tools.policy.rules import Rules
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, audit
from tests.harness import Json
from tests.stores import place, server  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "concepts" / "policy.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- policy: (\w+) -->\n```toml\n(.*?)```", PAGE, re.DOTALL))
FLOW: Json = {
    "name": "flow",
    "decision": "unattended",
    "who": ["n8n"],
    "operations": ["change_state"],
    "states": ["finalized"],
    "up_to": 100,
    "daily": 250,
}


def toml(value: Any) -> str:
    """One value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | list) else str(value)


def rule(**keys: Any) -> str:
    return "[[rules]]\n" + "".join(
        f"{name} = {toml(value)}\n" for name, value in keys.items() if value is not None
    )


def write_policy(path: Path, text: str) -> PolicyFile:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return PolicyFile(path)


def load_policy(tmp_path: Path, text: str) -> Rules:
    return write_policy(tmp_path / "policy.toml", text).load_rules()


# --- the file


def expect_refusal(file: PolicyFile) -> SettingsError:
    with pytest.raises(SettingsError) as error:
        file.load_rules()
    assert error.value.code == "policy_unusable"
    assert str(file.path) in str(error.value)
    assert str(error.value).endswith("Nothing was sent.")
    assert str(error.value.next)
    return error.value


UNUSABLE = {
    "unknown key": ('otherwhise = "deny"', "otherwhise", "no such key"),
    "unknown key in a rule": (rule(name="a", decision="deny", whom=["x"]), "a.whom", "no such key"),
    "no name": ('[[rules]]\ndecision = "deny"\n', "rules.1.name", "required"),
    "unknown decision": (rule(name="a", decision="allow"), "a.decision", "deny"),
    "no list": (rule(name="a", decision="deny", who="n8n"), "a.who", "a list"),
    "an empty list": (rule(name="a", decision="deny", who=[]), "a.who", "one or more"),
    "an empty word": (rule(name="a", decision="deny", who=[""]), "a.who", "none of them empty"),
    "a number for a word": (rule(name="a", decision="deny", who=[1]), "a.who.0", "text"),
    "unknown operation": (rule(name="a", decision="deny", operations=["finalise"]), "a.operations", "finalise"),
    "unknown pattern": (rule(name="a", decision="deny", operations=["finalise_*"]), "a.operations", "finalise_*"),
    "asks nobody": (rule(name="a", decision="page", operations=["create_invoice"]), "a.operations", "only be denied"),
    "unknown state": (rule(name="a", decision="deny", states=["final"]), "a.states", "finalized"),
    "unknown type": (rule(name="a", decision="deny", document_types=["invoice"]), "a.document_types", "invoices"),
    "unknown face": (rule(name="a", decision="deny", through=["http"]), "a.through", "rest"),
    "unknown effect": (rule(name="a", decision="deny", effects=["writes"]), "a.effects", "fiscal"),
    "unknown day": (rule(name="a", decision="deny", weekdays=["seg"]), "a.weekdays", "mon"),
    "amount as text": (rule(name="a", decision="deny", above="100"), "a.above", "an amount in euros"),
    "amount as truth": (rule(name="a", decision="deny", above=True), "a.above", "an amount in euros"),
    "negative amount": (rule(name="a", decision="deny", above=-1), "a.above", "from 0"),
    "three decimals": ('[[rules]]\nname = "a"\ndecision = "deny"\nabove = 1.001\n', "a.above", "two decimals"),
    "no number": ('[[rules]]\nname = "a"\ndecision = "deny"\nabove = nan\n', "a.above", "two decimals"),
    "beyond any amount": ('[[rules]]\nname = "a"\ndecision = "deny"\nup_to = 1e999999999\n', "a.up_to", "from 0"),
    "infinite": ('[[rules]]\nname = "a"\ndecision = "deny"\nup_to = inf\n', "a.up_to", "two decimals"),
    "nothing between": (rule(name="a", decision="deny", above=5, up_to=5), "a.up_to", "more than above"),
    "hours past midnight": (rule(name="a", decision="deny", hours="22:00-06:00"), "a.hours", "earlier to a later"),
    "no hours": (rule(name="a", decision="deny", hours="9-19"), "a.hours", "09:00-19:30"),
    "25 hours": (rule(name="a", decision="deny", hours="09:00-25:00"), "a.hours", "24:00"),
    "a day as text": (rule(name="a", decision="deny", first_day="2026-01-01"), "a.first_day", "without quotes"),
    "days reversed": (
        '[[rules]]\nname = "a"\ndecision = "deny"\nfirst_day = 2026-02-01\nlast_day = 2026-01-31\n',
        "a.last_day",
        "not before",
    ),
    "a time without a question": (
        rule(name="a", decision="deny", valid_minutes=5), "a.valid_minutes", "nobody is asked"),
    "more than a week": (rule(name="a", decision="page", valid_minutes=10081), "a.valid_minutes", "10080"),
    "the same name twice": (rule(name="a", decision="deny") + rule(name="a", decision="page"), "rules", "twice"),
    "ceiling on a person's rule": (rule(name="a", decision="page", daily=5), "a.daily", "only for unattended"),
    "approvers who deny": (rule(name="a", decision="deny", approvers=["x"]), "a.approvers", "nobody approves"),
    "approvers in a form": (rule(name="a", decision="form", approvers=["x"]), "a.approvers", "does not identify"),
    "four eyes of one": (rule(name="a", decision="four-eyes", approvers=["x", "X"]), "a.approvers", "two different"),
    "somebody twice": ('[people]\nana = ["terminal:a"]\nrui = ["terminal:A"]\n', "people", "twice"),
    "a name in place of Slack's id": ('[people]\nana = ["slack:ana"]\n', "people", "slack:TEAM.USER"),
    "a small letter in Slack's id": ('[people]\nana = ["slack:T1.u1"]\n', "people", "slack:TEAM.USER"),
    "a name in Telegram": ('[people]\nana = ["telegram:@ana"]\n', "people", "telegram:NUMBER"),
    "an address in place of a provider's sub": (
        '[people]\nana = ["oidc:ana@acme.example"]\n', "people", "oidc:ISSUER#SUB"),
    "a provider without a sub": ('[people]\nana = ["oidc:https://login.example#"]\n', "people", "oidc:ISSUER#SUB"),
    "a provider's sub twice": (
        '[people]\nana = ["oidc:https://login.example#1"]\nrui = ["oidc:https://login.example#1"]\n', "people", "twice"),
    "another's principal is a person of a chat": (
        '[people]\nana = ["slack:T1.U1"]\nrui = ["principal:Ana"]\n', "people", "who asks in a chat by that name"
    ),
    "an identity of no place": ('[people]\nana = ["ana"]\n', "people", "terminal:NAME"),
    "otherwise nobody": ('otherwise = "unattended"', "otherwise", "four-eyes"),
    "unattended for anybody": (rule(**{**FLOW, "who": None}), "flow.who", "must be given"),
    "unattended for many": (rule(**{**FLOW, "who": ["n8n*"]}), "flow.who", "whole name"),
    "unattended for anything": (rule(**{**FLOW, "operations": None}), "flow.operations", "must be given"),
    "unattended by pattern": (rule(**{**FLOW, "operations": ["change_*"]}), "flow.operations", "whole name"),
    "unattended without a ceiling": (rule(**{**FLOW, "up_to": None}), "flow.up_to", "must be given"),
    "unattended without a day's": (rule(**{**FLOW, "daily": None}), "flow.daily", "must be given"),
    "unattended to any state": (rule(**{**FLOW, "states": None}), "flow.states", "must be given"),
    "no calls a day": (rule(**FLOW, daily_calls=0), "flow.daily_calls", "1"),
    "unattended e-mail to anybody": (
        rule(**{**FLOW, "operations": ["send_email"], "states": None}), "flow.recipients", "must be given",
    ),
    "unattended deletion": (
        rule(**{**FLOW, "operations": ["delete_client"], "states": None}), "flow.operations", "never unattended",
    ),
    "unattended account": (
        rule(**{**FLOW, "operations": ["setup_at_communication"], "states": None}), "flow.operations", "never unattended",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_policy_with_anything_wrong_in_it_is_refused_whole(tmp_path: Path, case: str) -> None:
    text, field, said = UNUSABLE[case]
    problems = expect_refusal(write_policy(tmp_path / "policy.toml", text)).problems
    assert [(one.field, True) for one in problems] == [
        (field, said in str(one.problem)) for one in problems
    ], problems
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"rules = [", "TOML"),
        (b"\xff\xfe", "TOML"),
        (b"x" * 1_000_001, "larger"),
        (b"otherwise = 1\n" * 2, "TOML"),
        (b"rules = " + b"[" * 3000 + b"]" * 3000, "nested too deeply"),
        (b"rules = " + b"{a=" * 3000 + b"1" + b"}" * 3000, "nested too deeply"),
        (b"rules = " + b"[" * 300_000, "nested too deeply"),
        (b"a." * 3000 + b"b = 1", "cannot be used"),
        (b"above = " + b"9" * 5000, "TOML"),
    ],
)
def test_a_file_that_is_no_policy_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(content)
    path.chmod(0o600)
    assert said in str(expect_refusal(PolicyFile(path)))


@pytest.mark.parametrize(
    "trouble", ["missing", "folder", "pipe", "dead link", "circle", "group", "others", "linked"]
)
def test_a_file_that_somebody_else_could_decide_about_is_refused(tmp_path: Path, trouble: str) -> None:
    path = tmp_path / "policy.toml"
    match trouble:
        case "missing":
            said = "No such file"
        case "folder":
            path.mkdir()
            said = "is not a regular file"
        case "pipe":
            os.mkfifo(path, 0o600)
            said = "is not a regular file"
        case "dead link":
            path.symlink_to(tmp_path / "nowhere")
            said = "No such file"
        case "circle":
            path.symlink_to(tmp_path / "b")
            (tmp_path / "b").symlink_to(path)
            said = "symbolic links"
        case "group" | "others":
            path.write_text("")
            path.chmod(0o620 if trouble == "group" else 0o602)
            said = "can be changed by other users"
        case "linked":
            there = tmp_path / "there.toml"
            there.write_text("")
            there.chmod(0o666)
            path.symlink_to(there)
            said = "can be changed by other users"
    assert said in str(expect_refusal(PolicyFile(path)))


POSIX = pytest.mark.skipif(os.name == "nt", reason="there the mode of a file says nothing")


def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder in order, and a folder in it."""
    outer = tmp_path / "outer"
    inner = outer / "inner"
    inner.mkdir(parents=True)
    for folder in (outer, inner):
        folder.chmod(0o755)
    return outer, inner


@POSIX
@pytest.mark.parametrize("mode", [0o770, 0o775, 0o777, 0o757, 0o720, 0o702, 0o2775])
@pytest.mark.parametrize(
    "way", ["in it", "above it", "a link leads there", "a link to its folder", "a link in it", "up and down"]
)
def test_a_policy_that_is_reached_through_a_folder_of_many_is_refused(
    tmp_path: Path, mode: int, way: str
) -> None:
    """Whoever can put another file, folder or link in its place decides what goes out."""
    outer, inner = folders(tmp_path)
    safe = tmp_path / "safe"
    safe.mkdir(mode=0o755)
    real = inner / "policy.toml"
    write_policy(real, "")
    open_to_many, path = inner, real
    match way:
        case "above it":
            open_to_many = outer
        case "a link leads there":
            path = safe / "policy.toml"
            path.symlink_to(real)
        case "a link to its folder":
            path = safe / "folder" / "policy.toml"
            path.parent.symlink_to(inner)
        case "a link in it":
            write_policy(safe / "real.toml", "")
            path = inner / "link.toml"
            path.symlink_to(safe / "real.toml")
        case "up and down":
            path = inner / ".." / ".." / "safe" / "real.toml"
            write_policy(safe / "real.toml", "")
    assert PolicyFile(path).load_rules().rules == ()
    open_to_many.chmod(mode)
    wrong = expect_refusal(PolicyFile(path))
    assert f"other users can change ({open_to_many}, {mode:04o})" in str(wrong)
    assert str(wrong.next) == f"chmod go-w {open_to_many}"


@POSIX
@pytest.mark.parametrize("mode", [0o700, 0o755, 0o555, 0o1777, 0o1775, 0o2755])
def test_a_policy_in_a_folder_that_only_its_owner_can_change_is_taken(tmp_path: Path, mode: int) -> None:
    """With the sticky bit, as /tmp has it, nobody replaces what is not theirs."""
    outer, inner = folders(tmp_path)
    write_policy(inner / "policy.toml", "")
    for folder in (inner, outer):
        folder.chmod(mode)
        assert PolicyFile(inner / "policy.toml").load_rules().rules == ()
        folder.chmod(0o755)


@POSIX
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("what", ["file", "folder", "folder above", "link", "folder of the link"])
def test_a_policy_of_another_user_is_refused(tmp_path: Path, what: str) -> None:
    outer, inner = folders(tmp_path)
    real = inner / "policy.toml"
    write_policy(real, "")
    links = tmp_path / "links"
    links.mkdir(mode=0o755)
    link = links / "policy.toml"
    link.symlink_to(real)
    assert PolicyFile(link).load_rules().rules == ()
    theirs = {
        "file": real,
        "folder": inner,
        "folder above": outer,
        "link": link,
        "folder of the link": links,
    }[what]
    os.chown(theirs, 12345, -1, follow_symlinks=False)
    wrong = expect_refusal(PolicyFile(link))
    assert "belongs to another user" in str(wrong)
    assert str(wrong.next).startswith("chown it to root or to this user")


def test_a_link_to_a_file_in_order_is_followed(tmp_path: Path) -> None:
    """As an orchestrator mounts configuration."""
    write_policy(tmp_path / "version 1.toml", rule(name="a", decision="deny"))
    path = tmp_path / "policy.toml"
    path.symlink_to(tmp_path / "version 1.toml")
    assert [one.name for one in PolicyFile(path).load_rules().rules] == ["a"]
    (tmp_path / "version 1.toml").chmod(0o644)
    assert PolicyFile(path).load_rules().rules


def test_what_the_file_says_now_counts(tmp_path: Path) -> None:
    """A change of the same length in the same moment, a mistake, and its correction."""
    path = tmp_path / "policy.toml"
    file = write_policy(path, 'otherwise = "deny"')
    assert file.load_rules().otherwise == "deny"
    times = path.stat()
    path.write_text('otherwise = "page"')
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert file.load_rules().otherwise == "page"
    path.write_text("otherwise = ")
    expect_refusal(file)
    expect_refusal(file)
    path.write_text('otherwise = "page"')
    assert file.load_rules().otherwise == "page"
    path.unlink()
    expect_refusal(file)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_page_can_be_used(tmp_path: Path, name: str) -> None:
    assert load_policy(tmp_path, EXAMPLES[name]).rules


def test_there_are_the_examples_that_are_told() -> None:
    assert set(EXAMPLES) == {"shop", "accountant", "intern"}


# --- what it makes of a call


FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=LISBON)
TILL = PolicyCase(
    principal="n8n-till",
    face="rest",
    operation="change_state",
    effect=Effect.FISCAL,
    at=FRIDAY,
    state="finalized",
    document_type="simplified_invoices",
    series="2026",
    amount=Decimal("99.99"),
)


def lisbon(text: str) -> datetime:
    """A moment as another machine's clock has it."""
    return datetime.fromisoformat(text).astimezone(LISBON)


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        ({}, "unattended"),
        ({"amount": Decimal("100.00")}, "unattended"),
        ({"amount": Decimal("100.01")}, "person"),
        ({"amount": UNKNOWN}, "person"),
        ({"amount": None}, "person"),
        ({"amount": Decimal(0)}, "unattended"),
        ({"principal": "n8n-till2"}, "person"),
        ({"principal": "N8N-TILL"}, "person"),
        ({"document_type": "invoices"}, "person"),
        ({"document_type": UNKNOWN}, "person"),
        ({"series": "B2026"}, "person"),
        ({"series": UNKNOWN}, "person"),
        ({"state": "settled"}, "person"),
        ({"state": "canceled"}, "deny"),
        ({"state": "canceled", "principal": "ana"}, "person"),
        ({"differs": True}, "person"),
        ({"warnings": ("email: ...",)}, "person"),
        ({"operation": "generate_payment", "state": None}, "person"),
        ({"at": lisbon("2026-11-20T08:59:59.999999+00:00")}, "person"),
        ({"at": lisbon("2026-11-20T09:00:00+00:00")}, "unattended"),
        ({"at": lisbon("2026-11-20T19:59:59+00:00")}, "unattended"),
        ({"at": lisbon("2026-11-20T20:00:00+00:00")}, "person"),
        ({"at": lisbon("2026-11-22T12:00:00+00:00")}, "person"),
        # Summer: Lisbon is an hour ahead of UTC until 2026-10-25, and again from 2026-03-29.
        ({"at": lisbon("2026-07-17T08:00:00+00:00")}, "unattended"),
        ({"at": lisbon("2026-07-17T07:59:59+00:00")}, "person"),
        ({"at": lisbon("2026-07-17T19:00:00+00:00")}, "person"),
        ({"at": lisbon("2026-10-24T08:00:00+00:00")}, "unattended"),
        ({"at": lisbon("2026-10-26T08:59:00+00:00")}, "person"),
        ({"at": lisbon("2026-03-28T20:30:00+01:00")}, "unattended"),
        # Sunday begins in Lisbon at midnight there, whatever day the server's clock shows.
        ({"at": lisbon("2026-07-18T23:30:00+00:00")}, "person"),
    ],
)  # fmt: skip
def test_the_shops_till(tmp_path: Path, change: Json, decision: str) -> None:
    assert (
        evaluate_rules(load_policy(tmp_path, EXAMPLES["shop"]), replace(TILL, **change)).decision == decision
    )


@pytest.mark.parametrize(
    ("change", "decision", "people"),
    [
        ({"amount": Decimal("5000.00")}, "terminal", 1),
        ({"amount": Decimal("5000.01")}, "four-eyes", 2),
        ({"amount": UNKNOWN}, "four-eyes", 2),
        ({"amount": None, "operation": "register_sequence", "state": None}, "terminal", 1),
        ({"operation": "create_invoice", "effect": Effect.DRAFTS, "state": None}, "none", 1),
    ],
)
def test_the_accountants_four_eyes(tmp_path: Path, change: Json, decision: str, people: int) -> None:
    found = evaluate_rules(load_policy(tmp_path, EXAMPLES["accountant"]), replace(TILL, **change))
    assert (found.decision, found.ruling.requirement.people) == (decision, people)


@pytest.mark.parametrize("name", catalogue())
def test_an_intern_reads_and_that_is_all(tmp_path: Path, name: str) -> None:
    rules = load_policy(tmp_path, EXAMPLES["intern"])
    effect = catalogue()[name].spec.effect
    for who, denied in (("intern-1", effect.writes), ("intern", False), ("ana", False)):
        case = replace(TILL, principal=who, operation=name, effect=effect)
        assert (evaluate_rules(rules, case).decision == "deny") is denied, who


@pytest.mark.parametrize(
    ("decisions", "strictest"),
    [
        (["unattended"], "unattended"),
        (["unattended", "person"], "person"),
        (["person", "form"], "form"),
        (["page", "form", "unattended"], "page"),
        (["terminal", "page"], "terminal"),
        (["four-eyes", "terminal"], "four-eyes"),
        (["deny", "four-eyes"], "deny"),
        ([], "person"),
    ],
)
def test_the_strictest_rule_wins_in_whatever_order(
    tmp_path: Path, decisions: list[str], strictest: str
) -> None:
    written_out = [
        rule(**{**FLOW, "name": f"r {at}", "decision": one})
        if one == "unattended"
        else rule(name=f"r {at}", decision=one)
        for at, one in enumerate(decisions)
    ]
    case = replace(TILL, principal="n8n")
    for text in ("".join(written_out), "".join(reversed(written_out))):
        found = evaluate_rules(load_policy(tmp_path, text), case)
        assert found.decision == strictest
        assert len(found.deciding_rules) == (1 if decisions else 0)


def test_four_eyes_in_a_terminal_are_both(tmp_path: Path) -> None:
    text = rule(name="a", decision="four-eyes") + rule(
        name="b", decision="terminal", approvers=["ana", "rui", "eva"]
    )
    terms = evaluate_rules(load_policy(tmp_path, text), TILL).ruling.requirement
    assert (terms.where, terms.people, terms.asker, terms.approvers) == (
        "terminal",
        2,
        False,
        ("ana", "rui", "eva"),
    )


def test_the_shortest_time_of_all_rules_counts(tmp_path: Path) -> None:
    text = rule(name="a", decision="person", valid_minutes=60) + rule(
        name="b", decision="page", valid_minutes=20
    )
    assert evaluate_rules(load_policy(tmp_path, text), TILL).ruling.requirement.minutes == 20
    alone = evaluate_rules(load_policy(tmp_path, rule(name="a", decision="person", valid_minutes=60)), TILL)
    assert alone.ruling.requirement == ApprovalRequirement(minutes=60, rules=("a",))


def test_rules_that_leave_nobody_deny(tmp_path: Path) -> None:
    text = rule(name="a", decision="page", approvers=["ana"]) + rule(
        name="b", decision="terminal", approvers=["rui"]
    )
    found = evaluate_rules(load_policy(tmp_path, text), TILL)
    assert (found.decision, "nobody" in str(found.ruling.refusal)) == ("deny", True)


@pytest.mark.parametrize(
    ("recipients", "to", "own", "free"),
    [
        (["client"], ("a@acme.pt",), "A@acme.pt", True),
        (["client"], ("a@acme.pt",), "", False),
        (["client"], ("a@acme.pt", "b@acme.pt"), "a@acme.pt", False),
        (["client"], ("b@acme.pt",), "a@acme.pt", False),
        (["*@acme.pt"], ("a@acme.pt", "b@acme.pt"), "", True),
        (["*@acme.pt"], ("a@acme.pt.example",), "", False),
        (["*@acme.pt"], ("a@xacme.pt",), "", False),
        (["client", "books@firm.pt"], ("a@acme.pt", "books@firm.pt"), "a@acme.pt", True),
        (["client"], (), "a@acme.pt", False),
    ],
)
def test_mail_goes_out_unattended_to_named_people_only(
    tmp_path: Path, recipients: list[str], to: tuple[str, ...], own: str, free: bool
) -> None:
    keys = {**FLOW, "operations": ["send_email"], "states": None, "recipients": recipients}
    rules = load_policy(tmp_path, rule(**keys))
    mail = replace(
        TILL, principal="n8n", operation="send_email", effect=Effect.OUTBOUND, state=None, recipients=to, client_email=own
    )  # fmt: skip
    assert (evaluate_rules(rules, mail).decision == "unattended") is free
    assert evaluate_rules(rules, replace(mail, keeps_recipient=True)).decision == "person"


@pytest.mark.parametrize("name", [one for one, cls in catalogue().items() if cls.spec.effect.needs_approval])
def test_nothing_is_unattended_that_is_not_named(tmp_path: Path, name: str) -> None:
    rules = load_policy(tmp_path, rule(**{**FLOW, "up_to": 10**9, "daily": 10**9}))
    case = replace(TILL, principal="n8n", operation=name, effect=catalogue()[name].spec.effect)
    assert (evaluate_rules(rules, case).decision == "unattended") is (name == "change_state")


# --- days in Lisbon


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-20T23:59:59.999999+00:00", date(2026, 11, 20)),
        ("2026-11-21T00:00:00+00:00", date(2026, 11, 21)),
        ("2026-03-28T23:59:59+00:00", date(2026, 3, 28)),
        ("2026-03-29T00:59:59+00:00", date(2026, 3, 29)),
        ("2026-03-29T22:59:59+00:00", date(2026, 3, 29)),
        ("2026-03-29T23:00:00+00:00", date(2026, 3, 30)),
        ("2026-10-24T22:59:59+00:00", date(2026, 10, 24)),
        ("2026-10-24T23:00:00+00:00", date(2026, 10, 25)),
        ("2026-10-25T23:59:59+00:00", date(2026, 10, 25)),
        ("2026-10-26T00:00:00+00:00", date(2026, 10, 26)),
    ],
)
def test_a_day_of_an_allowance_is_lisbons(tmp_path: Path, moment: str, day: date) -> None:
    at = datetime.fromisoformat(moment).astimezone(ZoneInfo("Asia/Tokyo"))
    case = replace(TILL, principal="n8n", at=at.astimezone(LISBON))
    spending = evaluate_rules(load_policy(tmp_path, rule(**FLOW)), case).ruling.auto_approval
    assert spending is not None
    assert spending.day == day


# --- allowances


BINDING = Binding(
    "n8n", "acme@host", "change_state", digest_approval("arguments"), digest_approval("snapshot")
)
DAY = date(2026, 11, 20)


def spending(amount: str, daily: str = "250", calls: int | None = None, **more: Any) -> AutoApprovalRequest:
    given = {"principal": "n8n", "account": "acme@host", "day": DAY, **more}
    return AutoApprovalRequest(
        amount=Decimal(amount), allowances=(Allowance("flow", Decimal(daily), calls),), **given
    )


CENTS = [
    ("100", True),
    ("100.00", True),
    ("50.01", False),
    ("49.99", True),
    ("0.02", False),
    ("0.01", True),
    ("0.01", False),
    ("0", True),
]
"""Of 250.00 a day, in this order."""


def test_an_allowance_ends_to_the_cent(place: str) -> None:  # noqa: F811
    store = Store(place)
    kept = ApprovalRepository(store, 15)
    for amount, goes in CENTS:
        used = kept.auto_approve(BINDING, "summary", spending(amount))
        assert (used is not None) is goes, amount
    assert kept.auto_approve(BINDING, "s", spending("100", day=date(2026, 11, 21)))
    assert kept.auto_approve(BINDING, "s", spending("100", principal="other"))
    assert [str(one.euros) for one in kept.load_remaining_allowances(spending("1"))] == ["0"]
    store.close()


def test_calls_of_a_day_are_counted(place: str) -> None:  # noqa: F811
    store = Store(place)
    kept = ApprovalRepository(store, 15)
    assert [bool(kept.auto_approve(BINDING, "s", spending("1", calls=2))) for _ in range(3)] == [
        True,
        True,
        False,
    ]
    store.close()


def test_every_allowance_must_suffice_and_none_is_touched_otherwise(place: str) -> None:  # noqa: F811
    store = Store(place)
    kept = ApprovalRepository(store, 15)
    wide, narrow = Allowance("wide", Decimal(100)), Allowance("narrow", Decimal(10))
    both = replace(spending("20"), allowances=(wide, narrow), rules=("wide", "narrow"))
    assert kept.auto_approve(BINDING, "s", both) is None
    assert [one.euros for one in kept.load_remaining_allowances(both)] == [100, 10]
    assert kept.auto_approve(BINDING, "s", replace(both, amount=Decimal(10)))
    assert [one.euros for one in kept.load_remaining_allowances(both)] == [90, 0]
    store.close()


def test_what_went_out_under_a_name_that_is_gone_counts_for_every_rule(place: str) -> None:  # noqa: F811
    """A rule that is renamed, or split in two, does not begin its day anew; what is under a rule's own name counts there only."""
    store = Store(place)
    kept = ApprovalRepository(store, 15)

    def under(amount: str, *names: str, rules: tuple[str, ...]) -> AutoApprovalRequest:
        allowances = tuple(Allowance(name, Decimal(100), 4) for name in names)
        return replace(spending(amount), allowances=allowances, rules=rules)

    def left(*names: str, rules: tuple[str, ...]) -> list[tuple[int, int | None]]:
        return [
            (int(one.euros), one.calls)
            for one in kept.load_remaining_allowances(under("1", *names, rules=rules))
        ]

    assert kept.auto_approve(BINDING, "s", under("60", "till", "web", rules=("till", "web")))
    assert kept.auto_approve(BINDING, "s", under("10", "web", rules=("till", "web")))
    assert left("till", "web", rules=("till", "web")) == [(40, 3), (30, 2)]
    assert left("shop", "web", rules=("shop", "web")) == [(40, 3), (30, 2)]
    assert left("shop", "other", rules=("shop", "other")) == [(30, 2), (30, 2)]
    assert kept.auto_approve(BINDING, "s", under("31", "shop", rules=("shop", "other"))) is None
    assert kept.auto_approve(BINDING, "s", under("30", "shop", rules=("shop", "other")))
    assert left("other", rules=("shop", "other")) == [(30, 2)]
    assert left("till", rules=("till",)) == [(0, 1)]
    assert kept.auto_approve(BINDING, "s", replace(under("100", "new", rules=("new",)), principal="somebody"))
    assert kept.auto_approve(
        BINDING, "s", replace(under("100", "new", rules=("new",)), day=date(2026, 11, 21))
    )
    store.close()


def test_what_goes_out_unattended_is_kept_like_any_approval(place: str) -> None:  # noqa: F811
    store = Store(place)
    kept = ApprovalRepository(store, 15)
    used = kept.auto_approve(BINDING, "Finalizar", spending("1"))
    assert used is not None
    found = kept.find(used)
    assert (found.state, found.channel, found.reason, found.principal) == ("used", "policy", "flow", "n8n")
    with store.reading() as connection:
        row = connection.execute(sql.select(approvals).where(approvals.c.id == used)).one()
        trail = connection.execute(sql.select(audit)).all()
    assert (row.operation, row.arguments, row.snapshot, row.account) == tuple(
        getattr(BINDING, name) for name in ("operation", "arguments", "snapshot", "account")
    )
    assert [(one.event, one.face, one.outcome) for one in trail] == [
        ("approval used", "policy", "by policy: flow")
    ]
    store.close()


RACING = """
import sys
from datetime import date
from decimal import Decimal
from ix_tools.approvals.repository import ApprovalRepository, Binding
from ix_tools.storage.database import Store
from ix_tools.approvals.budgets import Allowance, AutoApprovalRequest
store = Store(sys.argv[1])
approvals = ApprovalRepository(store, 15)
with store.reading():
    print("ready", flush=True)
sys.stdin.readline()
request = AutoApprovalRequest("n8n", "a", date(2026, 11, 20), Decimal(1), (Allowance("flow", Decimal(15)),))
binding = Binding("n8n", "a", "change_state", sys.argv[2], "s")
print(sum(approvals.auto_approve(binding, "s", request) is not None for _ in range(12)))
store.close()
"""


def test_two_processes_do_not_both_get_the_last_euro(place: str) -> None:  # noqa: F811
    """24 calls of one euro, 15 euros a day."""
    Store(place).close()
    running = [
        subprocess.Popen([sys.executable, "-c", RACING, place, str(at)], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, encoding="utf-8", cwd=ROOT)
        for at in range(2)
    ]  # fmt: skip
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sum(int(process.communicate()[0]) for process in running) == 15


# --- people


def request_approval(kept: ApprovalRepository, **terms: Any) -> str:
    return kept.ask(
        BINDING,
        ApprovalRequestContent("text", "summary", requirement=ApprovalRequirement(**terms)),
        "terminal",
    ).id


def no(kept: ApprovalRepository, identifier: str, by: str, **more: Any) -> str:
    with pytest.raises(ApprovalRefused) as refusal:
        kept.decide(identifier, approve=True, by=by, **more)
    assert refusal.value.sent == "nothing"
    return refusal.value.code


SAME = (("principal:n8n", "Zé"), ("terminal:asilva", "ana"))


def test_four_eyes_are_two_people_and_not_the_one_who_asked(place: str) -> None:  # noqa: F811
    store = Store(place)
    kept = ApprovalRepository(store, 15)
    terms: Json = {"where": "outside", "people": 2, "asker": False, "same": SAME}
    one = request_approval(kept, **terms)
    assert no(kept, one, "") == "approver_unknown"
    assert no(kept, one, "terminal:zé") == "approver_is_asker"
    assert no(kept, one, "page:ZÉ", place="page") == "approver_is_asker"
    assert kept.decide(one, approve=True, by="terminal:asilva").state == "pending"
    assert kept.consume_approved(BINDING, ApprovalRequirement(**terms)) is None
    assert no(kept, one, "page:Ana", place="page") == "approved_by_you_already"
    assert no(kept, one, "page:ze\u0301", place="page") == "approver_is_asker", "an accent typed another way"
    assert no(kept, one, "terminal:asilva") == "approved_by_you_already"
    assert kept.decide(one, approve=True, by="page:rui", place="page").state == "approved"
    assert kept.load_approvers(one) == ("ana", "rui")
    assert kept.consume_approved(BINDING, ApprovalRequirement(**terms)) == one
    assert kept.consume_approved(BINDING, ApprovalRequirement(**terms)) is None
    store.close()


def test_one_no_is_enough(place: str) -> None:  # noqa: F811
    store = Store(place)
    kept = ApprovalRepository(store, 15)
    one = request_approval(kept, where="outside", people=2, asker=False)
    kept.decide(one, approve=True, by="terminal:ana")
    assert kept.decide(one, approve=False, by="terminal:ana", reason="caro").state == "rejected"
    assert no(kept, one, "terminal:rui") == "approval_not_pending"
    store.close()


@pytest.mark.parametrize(
    ("terms", "by", "where", "code"),
    [
        ({"where": "terminal"}, "page:ana", "page", "approval_elsewhere"),
        ({"where": "page"}, "terminal:ana", "terminal", "approval_elsewhere"),
        ({"approvers": ("ana",)}, "terminal:rui", "terminal", "approver_not_named"),
        ({"approvers": ("ana",)}, "", "terminal", "approver_unknown"),
        ({"asker": False}, "terminal:N8N", "terminal", "approver_is_asker"),
    ],
)
def test_who_may_not_approve_is_told_why(place: str, terms: Json, by: str, where: Any, code: str) -> None:  # noqa: F811
    store = Store(place)
    kept = ApprovalRepository(store, 15)
    one = request_approval(kept, **terms)
    assert no(kept, one, by, place=where) == code
    assert kept.find(one).state == "pending"
    store.close()


def test_two_people_at_the_same_moment_are_two(place: str) -> None:  # noqa: F811
    stores = [Store(place) for _ in range(2)]
    kept = [ApprovalRepository(store, 15) for store in stores]
    for at in range(4):
        binding = replace(BINDING, arguments=digest_approval(str(at)))
        one = (
            kept[0]
            .ask(
                binding,
                ApprovalRequestContent("t", "s", requirement=ApprovalRequirement("outside", 2, False)),
                "terminal",
            )
            .id
        )
        gate = threading.Barrier(2)

        def decided(which: int, one: str = one, gate: threading.Barrier = gate) -> str:
            gate.wait()
            return kept[which].decide(one, approve=True, by=f"terminal:{which}").state

        with ThreadPoolExecutor(2) as threads:
            assert "approved" in set(threads.map(decided, range(2)))
        assert kept[0].find(one).state == "approved"
    for store in stores:
        store.close()


EASY, FOUR = ApprovalRequirement(), ApprovalRequirement("outside", 2, False)


@pytest.mark.parametrize(
    ("given", "wanted", "good"),
    [
        (EASY, EASY, True),
        (FOUR, EASY, True),
        (EASY, FOUR, False),
        (ApprovalRequirement("terminal"), ApprovalRequirement("page"), True),
        (ApprovalRequirement(minutes=10), ApprovalRequirement(minutes=20), True),
        (ApprovalRequirement(minutes=20), ApprovalRequirement(minutes=10), False),
        (ApprovalRequirement(), ApprovalRequirement(minutes=10), False),
        (ApprovalRequirement(minutes=10), ApprovalRequirement(), True),
        (ApprovalRequirement("page"), ApprovalRequirement("terminal"), False),
        (ApprovalRequirement("outside", 1), ApprovalRequirement("outside", 2), False),
        (ApprovalRequirement("outside", 2, True), FOUR, False),
        (
            ApprovalRequirement("outside", approvers=("ana",)),
            ApprovalRequirement("outside", approvers=("Ana", "rui")),
            True,
        ),
        (
            ApprovalRequirement("outside", approvers=("ana", "rui")),
            ApprovalRequirement("outside", approvers=("ana",)),
            False,
        ),
        (ApprovalRequirement("outside"), ApprovalRequirement("outside", approvers=("ana",)), False),
        (replace(FOUR, same=SAME), FOUR, False),
    ],
)
def test_a_yes_on_easier_terms_is_none(
    place: str,  # noqa: F811
    given: ApprovalRequirement,
    wanted: ApprovalRequirement,
    good: bool,
) -> None:
    store = Store(place)
    kept = ApprovalRepository(store, 15)
    form = kept.ask(BINDING, ApprovalRequestContent("t", "s", requirement=given), "form")
    if good:
        assert kept.consume_reply(BINDING, Reply(form.handle, True), wanted) == form.id
    else:
        with pytest.raises(ApprovalRefused) as refusal:
            kept.consume_reply(BINDING, Reply(form.handle, True), wanted)
        assert refusal.value.code == "policy_changed"
        assert kept.find(form.id).state == "stale"
    assert ApprovalRequirement.from_json(given.to_json()) == given
    store.close()
