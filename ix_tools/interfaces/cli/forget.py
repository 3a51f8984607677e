"""`ix-tools forget`: erase what the store knows of a client."""

from typing import Any

import click

from ix_tools.audit import trail
from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n.messages import message, message_template
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options, global_options
from ix_tools.interfaces.cli.output import print_outcome
from ix_tools.interfaces.cli.repositories import open_store
from ix_tools.storage.erasure import MIN_LENGTH, count_running, erase_client

FOUND = message_template("{rows} records mention this client: {tables}.")
RUNNING = message_template(
    "{rows} more belong to calls that wait or run; they keep their texts until they end. Repeat the command then."
)
TYPE_NAME = message_template("This cannot be undone. To erase their texts, type {word}: ")
ERASED = message_template(
    "Erased in {rows} records. Ids, numbers, totals, approvers and the audit trail stay. Backups, chats, e-mails and "
    "InvoiceXpress itself are not touched."
)
NOTHING = message("No record mentions this client.")


@click.command(
    "forget",
    context_settings=SETTINGS,
    params=[
        click.Argument(["client"]),
        click.Option(
            ["also", "--also"],
            multiple=True,
            help="A further name, tax number, code or address of the same client; repeat it for several.",
        ),
        global_options()[0],
    ],
)
@click.pass_context
def command(ctx: click.Context, /, client: str, also: tuple[str, ...], output: Any) -> int:
    """Erase what is stored here about CLIENT, a name, tax number, code or address. Only at a terminal: you type it again.

    Number, total, account, approver and proof of each document stay, and so does the audit trail, which has no names.
    """
    run = apply_global_options(ctx, output)
    names = (client, *also)
    short = [one for one in names if len(one.strip()) < MIN_LENGTH]
    if short:
        raise InvalidArguments(
            message("'{name}' is too short to be sought everywhere.", name=short[0]),
            problems=[Problem("client", message("has fewer than {count} characters", count=MIN_LENGTH))],
            next=message("give the whole name, the tax number or the address"),
        )
    prompt.require_person(message("erases a client's data"), message("type the same command in a terminal"))
    with open_store(run.settings) as kept:
        with kept.reading() as connection:
            found, running = erase_client(connection, names, dry=True), count_running(connection, names)
        rows = sum(found.values())
        if rows:
            console.print_note(run.translate(FOUND.fill(rows=rows, tables=", ".join(sorted(found)))))
        if running:
            console.print_note(run.translate(RUNNING.fill(rows=running)))
        if rows:
            prompt.require_typed(
                run,
                TYPE_NAME,
                client,
                message("Nothing was erased."),
                message("repeat the command, and type the client as you gave it"),
            )
            with kept.writing() as connection:
                found = erase_client(connection, names)
                rows = sum(found.values())
                counts = ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
                # Not whose: the trail keeps no names.
                entry = trail.Entry(
                    "personal data erased", principal=prompt.identify_user(), face="terminal", outcome=counts
                )
                trail.append(connection, entry)
    body = {"erased": dict(found), "waiting": running}
    return print_outcome(run, body, run.translate(ERASED.fill(rows=rows) if rows else NOTHING))
