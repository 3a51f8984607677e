"""Workflows as commands: the output while one waits, and its result."""

from __future__ import annotations

from tests.interfaces.cli.conftest import Cli

ISSUE = (
    "issue-invoice", "--date", "2026-11-20", "--due-date", "+30d", "--client.code", "ACME", "--delivery", "link",
    "--items", "name=Revisão,unit_price=100,quantity=1,tax=IVA23", "--email", "compras@acme.example",
)  # fmt: skip


def test_while_it_waits_it_says_what_was_done_and_after_a_yes_it_goes_on(cli: Cli) -> None:
    waiting = cli("--output", "text", *ISSUE)
    assert waiting.code == 3
    assert "What was done so far is below; nothing else was sent." in waiting.out
    assert "Recipient: compras@acme.example" in waiting.out
    assert "draft: done (id 1001)" in waiting.out
    assert "finalize: waiting" in waiting.out
    with cli.approvals() as kept:
        (asked,) = kept.list_waiting()
        kept.decide(asked.id, approve=True)
    done = cli.text(*ISSUE)
    assert "Invoice 1/2026" in done
    assert "to compras@acme.example" in done
    assert len(cli.writes()) == 3
    statement = cli.text("account-statement", "--client", "ACME")
    assert "1/2026" in statement
    assert "€123.00" in statement or "123.00" in statement


def test_declined_it_ends_with_the_code_of_what_was_begun(cli: Cli) -> None:
    cli(*ISSUE)
    with cli.approvals() as kept:
        kept.decide(kept.list_waiting()[0].id, approve=False, reason="outro cliente")
    ended = cli(*ISSUE)
    assert ended.code == 7
    assert '"stopped_at"' in ended.out + ended.err
    assert len(cli.writes()) == 1
