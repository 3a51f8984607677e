"""What cannot be undone waits for a person: at this terminal, or in `ix-tools approvals`."""

from __future__ import annotations

import io
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ix_tools.approvals.links import ApprovalLinks
from ix_tools.approvals.pins import Pins
from ix_tools.approvals.repository import Approval
from ix_tools.domain.comparison import Difference
from ix_tools.interfaces.cli import prompt
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals
from ix_tools.verification.stored_differences import StoredDifferences
from tests.interfaces.cli.conftest import Cli, Json, Person, run_in_own_terminal, run_piped

CHANGE = "PUT /invoices/1001/change-state.json"


def waiting(cli: Cli, number: int) -> Json:
    """The approval that finalizing asks for where nobody is there."""
    ran = cli(*cli.finalize(number))
    assert ran.code == 3, ran
    approval: Json = ran.body["approval"]
    return approval


def find_approval(cli: Cli, identifier: str) -> Approval:
    """It, as the store has it."""
    with cli.approvals() as kept:
        return kept.find(identifier)


# --- nobody there -------------------------------------------------------------------------------------------


def test_without_a_terminal_nothing_is_sent_and_the_same_command_works_after_approval(cli: Cli) -> None:
    number = cli.draft()
    asked = cli(*cli.finalize(number))
    assert asked.code == 3
    assert asked.body["status"] == "approval_required"
    assert asked.body["approval"]["command"].endswith(
        f"ix-tools approvals approve {asked.body['approval']['id']}"
    )
    assert cli.writes() == ["POST /invoices.json"]
    assert waiting(cli, number)["id"] == asked.body["approval"]["id"], "asking again asks the same"
    (listed,) = cli("approvals", "list").body["approvals"]
    assert listed["expires_at"] == asked.body["approval"]["expires_at"]
    assert datetime.fromisoformat(listed["expires_at"]).tzinfo is not None
    cli.approve(asked.body["approval"]["id"])
    done = cli(*cli.finalize(number))
    assert (done.code, done.body["document"]["status"]) == (0, "final")
    assert cli.writes()[1:] == [CHANGE]


def test_an_approval_is_used_once(cli: Cli) -> None:
    number = cli.draft()
    cli.run_approved(*cli.finalize(number))
    pay = ("generate-payment", "--document-id", str(number), "--amount", "10", "--payment-mechanism", "TB",
           "--payment-date", "2026-11-20")  # fmt: skip
    cli.run_approved(*pay)
    again = cli(*pay)
    assert again.code == 3, "the same payment again is another payment"
    assert len([one for one in cli.writes() if "partial_payments" in one]) == 1


def test_an_approval_is_for_this_call_and_no_other(cli: Cli) -> None:
    first, second = cli.draft(), cli.draft("--reference", "another")
    cli.approve(waiting(cli, first)["id"])
    assert cli(*cli.finalize(second)).code == 3


def test_an_approval_is_for_the_document_as_it_was_seen(cli: Cli) -> None:
    number = cli.draft()
    cli.approve(waiting(cli, number)["id"])
    assert (
        cli("update-invoice", "--document-type", "invoices", "--document-id", number, "--reference", "X").code
        == 0
    )
    ran = cli(*cli.finalize(number))
    assert (ran.code, ran.body["code"]) == (1, "document_changed")


@pytest.mark.parametrize("approved", [False, True], ids=["pending", "approved"])
def test_an_approval_expires(cli: Cli, approved: bool) -> None:
    number = cli.draft()
    identifier = waiting(cli, number)["id"]
    if approved:
        cli.approve(identifier)
    cli.seconds += 15 * 60
    assert cli("approvals", "list").body["approvals"] == []
    assert cli("approvals", "show", identifier).body["approval"]["state"] == "expired"
    ran = cli(*cli.finalize(number))
    assert ran.code == (1 if approved else 3), ran
    assert waiting(cli, number)["id"] != identifier
    assert CHANGE not in cli.writes()


def test_a_rejection_reaches_whoever_repeats_the_call(cli: Cli) -> None:
    number = cli.draft()
    identifier = waiting(cli, number)["id"]
    assert "rejected" in cli.text("approvals", "reject", identifier, "--reason", "wrong client")
    ran = cli(*cli.finalize(number))
    assert (ran.code, ran.body["code"]) == (1, "approval_declined")
    assert "wrong client" in ran.body["message"]
    assert cli("approvals", "reject", identifier).body["code"] == "approval_not_pending"


def test_where_only_the_hosts_form_may_ask_nobody_can_without_a_terminal(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = cli.draft()
    monkeypatch.setenv("INVOICEXPRESS_APPROVAL_CHANNEL", "form")
    ran = cli(*cli.finalize(number))
    assert (ran.code, ran.body["code"]) == (2, "approval_impossible")


# --- approvals ----------------------------------------------------------------------------------------------


def test_what_waits_is_listed_and_shown(cli: Cli) -> None:
    assert "Nothing waits" in cli.text("approvals", "list")
    identifier = waiting(cli, cli.draft())["id"]
    assert identifier in cli.text("approvals", "list")
    listed = cli("approvals", "list").body["approvals"]
    assert [(one["id"], one["state"], one["operation"]) for one in listed] == [
        (identifier, "pending", "change_state")
    ]
    shown = cli.text("approvals", "show", identifier.lower())
    assert "Irreversible" in shown
    assert "€123.00" in shown
    text = cli("approvals", "show", identifier).body["text"]
    assert " ".join(text.split()) in " ".join(shown.split()), "wrapped, and whole"


@pytest.mark.parametrize("command", ["show", "reject", "approve"])
def test_an_approval_that_is_not_there_is_refused(cli: Cli, command: str) -> None:
    ran = cli("approvals", command, "NOSUCHID")
    assert (ran.code, ran.body["code"]) == (1, "approval_unknown")


def test_what_is_piped_in_approves_nothing(cli: Cli) -> None:
    number = cli.draft()
    identifier = waiting(cli, number)["id"]
    ran = cli("approvals", "approve", identifier, stdin=f"{identifier}\n")
    assert (ran.code, ran.body["code"]) == (1, "no_person")
    process = run_piped("approvals", "approve", identifier, input=f"{identifier}\nsim\nyes\n")
    assert process.returncode == 1
    assert find_approval(cli, identifier).state == "pending"
    assert cli(*cli.finalize(number)).code == 3


def test_a_pipe_into_a_terminal_approves_nothing(cli: Cli) -> None:
    identifier = waiting(cli, cli.draft())["id"]
    ran = cli.run_in_terminal("approvals", "approve", identifier, stdin=io.StringIO(f"{identifier}\n"))
    assert ran.code == 1
    assert "Only a person at a terminal approves" in ran.plain
    assert find_approval(cli, identifier).state == "pending"


def test_at_a_terminal_the_id_must_be_typed(cli: Cli) -> None:
    number = cli.draft()
    identifier = waiting(cli, number)["id"]
    ran = cli.run_in_terminal("approvals", "approve", identifier, answers=[("To approve, type ", "yes")])
    assert ran.code == 1
    assert "Irreversible" in ran.plain
    assert find_approval(cli, identifier).state == "pending"
    ran = cli.run_in_terminal(
        "approvals", "approve", identifier, answers=[("To approve, type ", identifier.lower())]
    )
    assert ran.code == 0
    assert find_approval(cli, identifier).state == "approved"
    assert cli(*cli.finalize(number)).code == 0


def test_differences_are_accepted_by_name(cli: Cli) -> None:
    identifier = waiting(cli, count_held(cli))["id"]
    ran = cli.run_in_terminal("approvals", "approve", identifier)
    assert ran.code == 1
    assert "--accept-differences" in ran.plain
    typed = [("To approve, type ", identifier)]
    assert (
        cli.run_in_terminal("approvals", "approve", identifier, "--accept-differences", answers=typed).code
        == 0
    )


@pytest.mark.parametrize("end", ["rejected", "used", "expired"])
def test_what_cannot_be_decided_any_more_is_not_asked(cli: Cli, end: str) -> None:
    number = cli.draft()
    identifier = waiting(cli, number)["id"]
    if end == "rejected":
        cli("approvals", "reject", identifier)
    elif end == "used":
        cli.run_approved(*cli.finalize(number))
    else:
        cli.seconds += 15 * 60
    ran = cli.run_in_terminal("approvals", "approve", identifier)
    assert ran.code == 1
    assert f"it is {end}" in ran.plain
    assert "To approve" not in ran.plain


def count_held(cli: Cli) -> int:
    """A draft that InvoiceXpress stored with another reference than was asked."""
    number = cli.draft()
    with cli.approvals() as kept:
        account = f"sandbox@{cli.box.base_url.removeprefix('http://')}"
        StoredDifferences(kept.store, kept.clock).save(
            account, "invoices", number, [Difference("total", "124.00", "123.00")]
        )
    return number


# --- at the terminal ----------------------------------------------------------------------------------------


ASKED = "anything else declines:"


@pytest.mark.parametrize(
    ("language", "question", "word"),
    [("en", "Type yes to approve", "yes"), ("pt", "Escreva sim para aprovar", "SIM")],
)
def test_the_person_at_the_terminal_is_asked_and_says_yes(
    cli: Cli, language: str, question: str, word: str
) -> None:
    number = cli.draft()
    ran = run_in_own_terminal(
        *cli.finalize(number), answers=[(question, word)], INVOICEXPRESS_LANGUAGE=language, NO_COLOR="1"
    )
    assert ran.code == 0, ran.plain
    assert ("123,00 €" if language == "pt" else "€123.00") in ran.plain.split(question)[0]
    assert "1/2026" in ran.plain.split(question)[1]
    assert cli.writes()[1:] == [CHANGE]


@pytest.mark.parametrize("answer", ["no", "y", "", "yes, but"])
def test_anything_but_the_word_declines(cli: Cli, answer: str) -> None:
    number = cli.draft()
    ran = cli.run_in_terminal(*cli.finalize(number), answers=[(ASKED, answer)])
    assert ran.code == 1
    assert "Nothing was sent" in ran.plain
    assert CHANGE not in cli.writes()
    assert cli(*cli.finalize(number)).code == 3, "and the next one is asked anew"


def test_what_was_typed_before_the_question_is_no_answer(cli: Cli) -> None:
    number = cli.draft()
    person = Person((ASKED, "no"))
    os.write(person.host, b"yes\nyes\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.interfaces.cli.conftest.Person", lambda *_: person)
        ran = cli.run_in_terminal(*cli.finalize(number))
    assert ran.code == 1
    assert CHANGE not in cli.writes()


def test_the_end_of_input_declines(cli: Cli) -> None:
    number = cli.draft()
    ran = cli.run_in_terminal(*cli.finalize(number), answers=[(ASKED, "\x04")])
    assert ran.code == 1
    assert CHANGE not in cli.writes()


def test_with_the_terminal_channel_the_answer_here_counts_as_an_approval(cli: Cli) -> None:
    number = cli.draft()
    identifier = waiting(cli, number)["id"]
    channel = {"INVOICEXPRESS_APPROVAL_CHANNEL": "terminal"}
    ran = cli.run_in_terminal(*cli.finalize(number), answers=[(ASKED, "no")], environment=channel)
    assert ran.code == 1
    assert find_approval(cli, identifier).state == "pending", (
        "a no at the prompt is not a rejection for everybody"
    )
    ran = cli.run_in_terminal(*cli.finalize(number), answers=[(ASKED, "yes")], environment=channel)
    assert ran.code == 0, ran.plain
    assert find_approval(cli, identifier).state == "used"


def test_with_the_form_channel_the_terminal_is_the_form(cli: Cli) -> None:
    number = cli.draft()
    ran = cli.run_in_terminal(
        *cli.finalize(number),
        answers=[(ASKED, "yes")],
        environment={"INVOICEXPRESS_APPROVAL_CHANNEL": "form"},
    )
    assert ran.code == 0, ran.plain


def test_who_approved_already_is_not_asked_again_at_the_terminal(cli: Cli) -> None:
    number = cli.draft()
    cli.approve(waiting(cli, number)["id"])
    ran = cli.run_in_terminal(*cli.finalize(number))
    assert ran.code == 0, ran.plain
    assert ASKED not in ran.plain


@pytest.mark.parametrize(("second", "code"), [("accept", 0), ("yes", 1)])
def test_differences_want_a_word_of_their_own(cli: Cli, second: str, code: int) -> None:
    number = count_held(cli)
    answers = [(ASKED, "yes"), ("to approve it as it is:", second)]
    ran = cli.run_in_terminal(*cli.finalize(number), answers=answers)
    assert ran.code == code, ran.plain
    assert "ATTENTION" in ran.plain
    assert (CHANGE in cli.writes()) == (code == 0)


# --- the page -----------------------------------------------------------------------------------------------


PIN = "bacalhau"
SET_PIN = [("New PIN: ", PIN), ("Once more: ", PIN)]


def with_a_page(cli: Cli, page: str = "https://ix.example.pt") -> str:
    """An approval whose page a server shows; its id."""
    identifier: str = waiting(cli, cli.draft())["id"]
    with cli.approvals() as kept, kept.store.writing() as connection:
        connection.execute(approvals.update().values(channel="page", page=page))
    return identifier


def test_a_link_is_printed_for_a_person_and_leads_to_this_approval(cli: Cli) -> None:
    identifier = with_a_page(cli)
    ran = cli.run_in_terminal("--output", "text", "approvals", "link", identifier)
    assert ran.code == 0, ran.plain
    assert re.search(r"https://ix\.example\.pt/approve/[\w-]{32}\s", ran.plain)
    assert f"Whoever has this link can decide. It is for {identifier}" in ran.plain


def test_a_link_that_is_enough_by_itself_goes_to_a_person_at_a_terminal_only(cli: Cli) -> None:
    identifier = with_a_page(cli)
    ran = cli("approvals", "link", identifier)
    assert (ran.code, ran.body["code"]) == (1, "no_person")
    assert "/approve/" not in ran.out
    assert cli.run_in_terminal("approvals", "pin", answers=SET_PIN).code == 0
    ran = cli("approvals", "link", identifier)
    assert ran.code == 0, ran
    assert (ran.body["pin"], ran.body["approval"]["id"]) == (True, identifier)
    store = Store(cli.store)
    links = ApprovalLinks(store, lambda: cli.seconds)
    assert links.resolve(ran.body["url"].rsplit("/", 1)[1]) == (identifier, "")
    store.close()


def test_a_link_for_somebody_wants_their_pin(cli: Cli) -> None:
    identifier = with_a_page(cli)
    assert cli("approvals", "link", identifier, "--to", "bruno").body["code"] == "pin_missing"
    cli.run_in_terminal("approvals", "pin", "--principal", "bruno", answers=SET_PIN)
    ran = cli("approvals", "link", identifier, "--to", "bruno")
    assert ran.body["pin"] is True
    assert cli("approvals", "link", identifier).body["code"] == "no_person", "of another person"
    shown = cli.run_in_terminal("--output", "text", "approvals", "link", identifier, "--to", "bruno")
    assert f"{prompt.identify_user()} set this PIN" in shown.plain, (
        "whoever sends the link knows what it will be worth"
    )


def test_a_pin_is_set_twice_the_same_by_a_person(cli: Cli) -> None:
    assert cli("approvals", "pin").body["code"] == "no_person"
    mistyped = [("New PIN: ", PIN), ("Once more: ", "bacalhao")]
    assert cli.run_in_terminal("approvals", "pin", answers=mistyped).code == 1
    short = [("New PIN: ", "1234"), ("Once more: ", "1234")]
    assert "at least" in cli.run_in_terminal("approvals", "pin", answers=short).plain
    with_a_page(cli)
    ran = cli.run_in_terminal("--output", "text", "approvals", "pin", answers=SET_PIN)
    assert "The pages of local's approvals ask for this PIN now" in ran.plain
    assert PIN not in ran.plain
    ran = cli.run_in_terminal(
        "--output", "text", "approvals", "pin", "--remove", answers=[("Present PIN: ", PIN)]
    )
    assert "ask for no PIN any more" in ran.plain


@pytest.mark.parametrize("change", [SET_PIN, "--remove"], ids=["set", "remove"])
@pytest.mark.parametrize("old", ["", "sardinha"])
def test_somebody_elses_pin_is_not_changed_without_it(cli: Cli, change: Any, old: str) -> None:
    of_bruno = ("approvals", "pin", "--principal", "bruno")
    ran = cli.run_in_terminal("--output", "text", *of_bruno, answers=SET_PIN)
    assert f"{prompt.identify_user()} set this PIN: where the policy asks who approves" in " ".join(
        ran.plain.split()
    )
    more, answers = (["--remove"], []) if change == "--remove" else ([], change)
    if old:
        ran = cli.run_in_terminal(*of_bruno, *more, answers=[("Present PIN: ", old), *answers])
        assert (ran.code, "That is not the PIN" in ran.plain) == (1, True)
    else:
        assert cli(*of_bruno, *more).body["code"] == "no_person"
    store = Store(cli.store)
    assert Pins(store).check("bruno", PIN) == prompt.identify_user()
    store.close()


def test_the_persons_own_sign_in_changes_their_pin_without_it(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the policy says who they are: also the way out for a PIN that was forgotten."""
    cli.run_in_terminal("approvals", "pin", answers=SET_PIN)
    policy = tmp_path / "policy.toml"
    policy.write_text(f'[people]\nlocal = ["{prompt.identify_user()}"]\n')
    monkeypatch.setenv("INVOICEXPRESS_POLICY", str(policy))
    new = [("New PIN: ", "sardinha"), ("Once more: ", "sardinha")]
    assert cli.run_in_terminal("approvals", "pin", answers=new).code == 0
    store = Store(cli.store)
    assert Pins(store).check("local", "sardinha") == prompt.identify_user()
    store.close()


@pytest.mark.parametrize(
    ("end", "code"), [("no page", "approval_without_page"), ("rejected", "approval_not_pending")]
)
def test_no_link_leads_to_what_has_no_page_or_is_decided(cli: Cli, end: str, code: str) -> None:
    cli.run_in_terminal("approvals", "pin", answers=SET_PIN)
    identifier = with_a_page(cli, "" if end == "no page" else "https://ix.example.pt")
    if end == "rejected":
        cli("approvals", "reject", identifier)
    ran = cli("approvals", "link", identifier)
    assert (ran.code, ran.body["code"]) == (1, code)


def test_what_is_asked_on_a_page_is_decided_in_a_terminal_too(cli: Cli) -> None:
    identifier = with_a_page(cli)
    assert [one["id"] for one in cli("approvals", "list").body["approvals"]] == [identifier]
    assert "on its page, or in a terminal" in cli.text("approvals", "show", identifier)
    typed = [("To approve, type ", identifier)]
    assert cli.run_in_terminal("approvals", "approve", identifier, answers=typed).code == 0
    assert find_approval(cli, identifier).state == "approved"
