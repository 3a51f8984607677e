"""`ix-tools store`: accept a restored store that is older than the note of its newest row."""

from typing import Any

import click

from ix_tools.audit import trail
from ix_tools.i18n.messages import message, message_template
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options, global_options
from ix_tools.interfaces.cli.output import print_outcome
from ix_tools.interfaces.cli.repositories import open_store

WHAT_IT_MEANS = message(
    "What was done after this copy is not in it: the same idempotency_key may make a second document, and approvals and "
    "tokens of that time do not exist. Compare the account afterwards with `ix-tools audit reconcile`."
)
WORD = message("accept")
TYPE_IT = message_template("To use this copy, type {word}: ")
ACCEPTED = message_template(
    "The copy was accepted: row {noted} was noted as the newest, and the copy ends with row {newest}."
)


@click.group("store", context_settings=SETTINGS)
def command() -> None:
    """Accept a restored copy of the store."""


@command.command("accept-restored", params=[global_options()[0]])
@click.pass_context
def accept_restored(ctx: click.Context, output: Any) -> int:
    """Use a store that is older than the note of its newest row. Only at a terminal; the audit trail records it."""
    run = apply_global_options(ctx, output)
    itself = run.build_command("store", "accept-restored")
    prompt.require_person(
        message("accepts a restored store"), message("type `{command}` in a terminal", command=itself)
    )
    console.print_note(run.translate(WHAT_IT_MEANS))
    prompt.require_typed(
        run,
        TYPE_IT,
        run.translate(WORD),
        message("The store was not accepted."),
        message("put the newest copy back, or repeat the command"),
    )
    with open_store(run.settings, checks_note=False) as opened:
        noted, newest = trail.accept_restored(opened, prompt.identify_user())
    text = run.translate(ACCEPTED.fill(noted=noted, newest=newest))
    return print_outcome(run, {"noted": noted, "newest": newest}, text)
