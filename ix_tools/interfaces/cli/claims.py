"""`ix-tools claims`: which document, client, series or item is claimed by whom right now, and how to clear a claim.

A claim ends by itself with its call, its process or its lease. One whose call's outcome is unknown ends when that is
settled (`ix-tools journal resolve`). To clear one by hand, somebody at a terminal types its name.
"""

from typing import Any

import click

from ix_tools.errors import ApprovalRefused, Exit, IxError
from ix_tools.i18n import formats
from ix_tools.i18n.words import Said
from ix_tools.idempotency.claims import Claims, Standing
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.commands import SETTINGS, heard, with_output
from ix_tools.interfaces.cli.invocation import Run
from ix_tools.interfaces.cli.stores import store
from ix_tools.pipeline.context import journal_of
from ix_tools.schemas.search import known
from ix_tools.storage.database import Store

NONE = Said("Nada está reservado.", "Nothing is claimed.")
TYPE_NAME = Said(
    "Outra chamada pode estar a meio. Para libertar, escreva {word}: ",
    "Another call may be at work. To clear it, type {word}: ",
)
CLEARED = Said("{resource} está livre.", "{resource} is free.")


@click.group("claims", context_settings=SETTINGS)
def command() -> None:
    """See which documents, clients, series and items are claimed by a call, and clear a claim."""


def _claims(run: Run, opened: Store) -> Claims:
    lease = journal_of(run.settings, opened).lease
    return Claims(opened, lease, lambda name: bool(known(name).to_check))


@with_output
@command.command("list")
@click.pass_context
def list_(ctx: click.Context, output: Any) -> None:
    """List what is held, waited for, or kept because a call's outcome is unknown."""
    run = heard(ctx, output)
    with store(run.settings) as opened:
        rows = [_as_dict(one) for one in _claims(run, opened).listed()]
    if run.json:
        console.emit({"ok": True, "claims": rows})
        return
    from ix_tools.interfaces.cli.tables import Blocks

    blocks = Blocks(run.language)
    shown = ("resource", "state", "operation", "account", "since")
    blocks.table([{name: row[name] for name in shown} for row in rows], empty=run.said(NONE))
    console.print_out(blocks.text())


@with_output
@command.command("clear")
@click.argument("resource", metavar="RESOURCE")
@click.pass_context
def clear(ctx: click.Context, resource: str, output: Any) -> int:
    """Clear every claim on RESOURCE, as `claims list` names it. Only at a terminal: the name must be typed.

    A call that was at work notices before it sends, and sends nothing.
    """
    run = heard(ctx, output)
    with store(run.settings) as opened:
        claims = _claims(run, opened)
        found = [one for one in claims.listed() if one.resource == resource]
        if not found:
            raise IxError(
                f"Nobody claims {resource}.",
                code="claim_unknown",
                next="`ix-tools claims list` shows what is claimed",
            )
        if not prompt.person_there():
            raise ApprovalRefused(
                "Only a person at a terminal clears a claim, and standard input or standard error is none.",
                code="no_person",
                next=f"type `ix-tools claims clear {resource}` in a terminal",
            )
        for one in found:
            console.aside(f"{one.resource} · {one.state} · {one.operation} · {formats.moment(one.since)}")
        if not prompt.typed(run, TYPE_NAME, resource):
            raise ApprovalRefused(
                f"{resource} was not cleared.", code="approval_declined", next="look first, then repeat it"
            )
        for account in {one.account for one in found}:
            claims.clear(account, resource, prompt.whoever())
    if run.json:
        console.emit({"ok": True, "cleared": resource})
    else:
        console.print_out(run.said(CLEARED).format(resource=resource))
    return Exit.OK


def _as_dict(one: Standing) -> dict[str, Any]:
    return {
        "resource": one.resource,
        "state": "outcome unknown" if one.state == "ended" else one.state,
        "alone": one.exclusive,
        "operation": one.operation,
        "account": one.account,
        "principal": one.principal,
        "journal": one.intent or "",
        "since": formats.moment(one.since),
    }
