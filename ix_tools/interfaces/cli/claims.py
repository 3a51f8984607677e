"""`ix-tools claims`: list which calls have claimed documents, clients, series or items, and clear a claim.

A claim ends with its call, its process or its lease. If the call's outcome is unknown, the claim ends when the outcome is
settled (`ix-tools journal resolve`). To clear one by hand, a person at a terminal types its name.
"""

from typing import Any

import click

from ix_tools.errors import IxError
from ix_tools.i18n import formats
from ix_tools.i18n.messages import message, message_template
from ix_tools.idempotency.claims import ClaimRecord, Claims
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.output import print_outcome, print_rows
from ix_tools.interfaces.cli.repositories import open_store
from ix_tools.pipeline.context import create_journal
from ix_tools.schemas.search import get_operation
from ix_tools.storage.database import Store

NONE = message("Nothing is claimed.")
TYPE_NAME = message_template("Another call may be running. To clear its claim, type {word}: ")
CLEARED = message_template("{resource} is free.")


@click.group("claims", context_settings=SETTINGS)
def command() -> None:
    """List the documents, clients, series and items that calls have claimed, and clear a claim."""


def _open_claims(run: Invocation, opened: Store) -> Claims:
    lease = create_journal(run.settings, opened).lease
    return Claims(opened, lease, lambda name: bool(get_operation(name).manual_check))


@subcommand(command, "list")
def list_(run: Invocation) -> None:
    """List the claims that calls hold, wait for, or keep because an outcome is unknown."""
    with open_store(run.settings) as opened:
        rows = [_as_dict(one) for one in _open_claims(run, opened).list_claims()]
    columns = ("resource", "state", "operation", "account", "since")
    print_rows(run, "claims", rows, empty=run.translate(NONE), columns=columns)


@subcommand(command, "clear")
@click.argument("resource", metavar="RESOURCE")
def clear(run: Invocation, resource: str) -> int:
    """Clear every claim on RESOURCE, named as in `claims list`. Only at a terminal: you type the name.

    A call that was running notices before it sends, and sends nothing.
    """
    with open_store(run.settings) as opened:
        claims = _open_claims(run, opened)
        found = [one for one in claims.list_claims() if one.resource == resource]
        if not found:
            raise IxError(
                message("No call has claimed {resource}.", resource=resource),
                code="claim_unknown",
                next=message("`{command}` lists the claims", command=run.build_command("claims", "list")),
            )
        itself = run.build_command("claims", "clear", resource)
        prompt.require_person(
            message("clears a claim"), message("type `{command}` in a terminal", command=itself)
        )
        for one in found:
            console.print_note(
                f"{one.resource} · {one.state} · {one.operation} · {formats.format_timestamp(one.since)}"
            )
        prompt.require_typed(
            run,
            TYPE_NAME,
            resource,
            message("{resource} was not cleared.", resource=resource),
            message("look first, then repeat the command"),
        )
        for account in {one.account for one in found}:
            claims.clear(account, resource, prompt.identify_user())
    return print_outcome(run, {"cleared": resource}, run.translate(CLEARED.fill(resource=resource)))


def _as_dict(one: ClaimRecord) -> dict[str, Any]:
    return {
        "resource": one.resource,
        "state": "outcome unknown" if one.state == "ended" else one.state,
        "alone": one.exclusive,
        "operation": one.operation,
        "account": one.account,
        "principal": one.principal,
        "journal": one.intent or "",
        "since": formats.format_rfc3339(one.since),
    }
