"""`ix-tools journal`: list the writes and their outcomes, and settle an unknown outcome.

To settle one, a person at a terminal looks in InvoiceXpress and types the entry's id; piped input does not count.
"""

from collections.abc import Mapping
from typing import Any

import click

from ix_tools.i18n import formats
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message, message_template
from ix_tools.idempotency.intents import Intent
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.output import print_entry, print_outcome, print_rows
from ix_tools.interfaces.cli.pending_approvals import describe_owner, format_owner
from ix_tools.interfaces.cli.repositories import open_companies, open_journal
from ix_tools.interfaces.cli.translation import Misuse
from ix_tools.interfaces.cli.value_names import format_state

NONE = message("Nothing was sent yet.")
EFFECTS = {
    True: message("IT HAPPENED: the call is not sent again."),
    False: message("IT DID NOT HAPPEN: the same call may be sent again."),
}
TYPE_ID = message_template("Did you look in InvoiceXpress? To settle it, type {word}: ")
SETTLED = message_template("{id} is settled.")


@click.group("journal", context_settings=SETTINGS)
def command() -> None:
    """List the writes and their outcomes, and settle an unknown outcome."""


@subcommand(command, "list")
def list_(run: Invocation) -> None:
    """List the newest fifty writes."""
    with open_journal(run.settings) as kept, open_companies(run.settings) as known:
        found = kept.list_intents()
        owners = {account: describe_owner(account, known) for account in {one.account for one in found}}
        rows = [_as_dict(one, owners[one.account]) for one in found]
    if run.wants_json or not found or not (len(owners) > 1 or run.settings.has_several_accounts):
        columns = ("id", "state", "operation", "subject", "created_at")
        print_rows(run, "journal", rows, empty=run.translate(NONE), columns=columns)
        return
    from ix_tools.interfaces.cli.tables import Report

    report = Report(run.language)
    report.add_entries(
        (one.id, _summarize(row, format_owner(owners[one.account], run.language), run.language))
        for one, row in zip(found, rows, strict=True)
    )
    console.print_out(report.render())


@subcommand(command, "show")
@click.argument("identifier", metavar="ID")
def show(run: Invocation, identifier: str) -> None:
    """Show one write and its state."""
    with open_journal(run.settings) as kept, open_companies(run.settings) as known:
        entry = kept.get(identifier)
        found = _as_dict(entry, describe_owner(entry.account, known))
    print_entry(run, "entry", found)


@subcommand(command, "resolve")
@click.argument("identifier", metavar="ID")
@click.option("--happened/--did-not", "happened", default=None, help="What you saw in InvoiceXpress.")
def resolve(run: Invocation, identifier: str, happened: bool | None) -> int:
    """Settle a write whose outcome is unknown. Only at a terminal: you type the id."""
    if happened is None:
        raise Misuse(message("Say what you saw: --happened or --did-not."), click.get_current_context())
    with open_journal(run.settings) as kept:
        found = kept.get(identifier)
        itself = run.build_command("journal", "resolve", found.id)
        prompt.require_person(
            message("settles this"),
            message(
                "look in InvoiceXpress, then type `{command}` with --happened or --did-not in a terminal",
                command=itself,
            ),
        )
        if found.state in {"open", "unknown"}:
            for name, value in _as_dict(found).items():
                console.print_note(f"{name}: {value}")
            console.print_note(run.translate(EFFECTS[happened]))
            prompt.require_typed(
                run,
                TYPE_ID,
                found.id,
                message("{id} was not settled.", id=found.id),
                message("look first, then repeat the command"),
            )
        # The journal refuses if the outcome is known, or a process still works on it.
        kept.settle(found.id, happened=happened)
        now = kept.get(found.id)
    return print_outcome(run, {"entry": _as_dict(now)}, run.translate(SETTLED.fill(id=now.id)))


def _summarize(row: Mapping[str, Any], owner: str, language: Language) -> tuple[str, str]:
    parts = (row["operation"], row["subject"], format_state(row["state"], language), row["created_at"])
    return " · ".join(filter(None, parts)), owner


def _as_dict(one: Intent, owner: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state,
        "operation": one.operation,
        "subject": one.made or str(one.trace.get("subject", "")),
        **(owner or {}),
        "account": one.account,
        "principal": one.principal,
        "face": one.face,
        "approval": one.approval or "",
        "attempts": one.attempts,
        "created_at": formats.format_rfc3339(one.created_at),
    }
