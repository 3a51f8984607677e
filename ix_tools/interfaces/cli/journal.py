"""`ix-tools journal`: what was sent and what came of it; a person settles what nobody could find out.

To settle, somebody at a terminal looks in InvoiceXpress and types the entry's id; what is piped in does not count.
"""

from collections.abc import Mapping
from typing import Any

import click

from ix_tools.errors import ApprovalRefused, Exit
from ix_tools.i18n import formats
from ix_tools.i18n.words import Language, Said
from ix_tools.idempotency.intents import Intent
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.commands import SETTINGS, heard, with_output
from ix_tools.interfaces.cli.labels import state
from ix_tools.interfaces.cli.pending_approvals import issuer, whose
from ix_tools.interfaces.cli.stores import companies, journal

NONE = Said("Nada foi enviado ainda.", "Nothing was sent yet.")
LOOKED = {
    True: Said(
        "ACONTECEU: repetir a chamada não a envia outra vez.", "IT HAPPENED: the call is not sent again."
    ),
    False: Said(
        "NÃO ACONTECEU: a mesma chamada pode ser enviada outra vez.",
        "IT DID NOT HAPPEN: the same call may be sent again.",
    ),
}
TYPE_ID = Said(
    "Viu no InvoiceXpress? Para o dar por certo, escreva {word}: ",
    "Did you look in InvoiceXpress? To settle it, type {word}: ",
)
SETTLED = Said("{id} está resolvido.", "{id} is settled.")


@click.group("journal", context_settings=SETTINGS)
def command() -> None:
    """See what was sent and what came of it, and settle what is not known."""


@with_output
@command.command("list")
@click.pass_context
def list_(ctx: click.Context, output: Any) -> None:
    """List the newest fifty writes."""
    run = heard(ctx, output)
    with journal(run.settings) as kept, companies(run.settings) as known:
        found = kept.listed()
        owners = {account: whose(account, known) for account in {one.account for one in found}}
        rows = [_as_dict(one, owners[one.account]) for one in found]
    if run.json:
        console.emit({"ok": True, "journal": rows})
        return
    from ix_tools.interfaces.cli.tables import Blocks

    blocks = Blocks(run.language)
    if found and (len(owners) > 1 or run.settings.has_several_accounts):
        blocks.entries(
            (one.id, _lines(row, issuer(owners[one.account], run.language), run.language))
            for one, row in zip(found, rows, strict=True)
        )
    else:
        shown = ("id", "state", "operation", "subject", "created_at")
        blocks.table([{name: row[name] for name in shown} for row in rows], empty=run.said(NONE))
    console.print_out(blocks.text())


@with_output
@command.command("show")
@click.argument("identifier", metavar="ID")
@click.pass_context
def show(ctx: click.Context, identifier: str, output: Any) -> None:
    """Show one write and how it stands."""
    run = heard(ctx, output)
    with journal(run.settings) as kept, companies(run.settings) as known:
        entry = kept.get(identifier)
        found = _as_dict(entry, whose(entry.account, known))
    if run.json:
        console.emit({"ok": True, "entry": found})
        return
    from ix_tools.interfaces.cli.tables import Blocks

    blocks = Blocks(run.language)
    blocks.pairs(found)
    console.print_out(blocks.text())


@with_output
@command.command("resolve")
@click.argument("identifier", metavar="ID")
@click.option("--happened/--did-not", "happened", default=None, help="What you saw in InvoiceXpress.")
@click.pass_context
def resolve(ctx: click.Context, identifier: str, happened: bool | None, output: Any) -> int:
    """Settle a write whose outcome is unknown. Only at a terminal: the id must be typed."""
    run = heard(ctx, output)
    if happened is None:
        raise click.UsageError("Say what you saw: --happened or --did-not.", ctx)
    with journal(run.settings) as kept:
        found = kept.get(identifier)
        if not prompt.person_there():
            raise ApprovalRefused(
                "Only a person at a terminal settles this, and standard input or standard error is none.",
                code="no_person",
                next=f"look in InvoiceXpress, then type `ix-tools journal resolve {found.id}` "
                "with --happened or --did-not in a terminal",
            )
        if found.state in {"open", "unknown"}:
            for name, value in _as_dict(found).items():
                console.aside(f"{name}: {value}")
            console.aside(run.said(LOOKED[happened]))
            if not prompt.typed(run, TYPE_ID, found.id):
                raise ApprovalRefused(
                    f"{found.id} was not settled.",
                    code="approval_declined",
                    next="look first, then repeat it",
                )
        # Settled where every outcome is: there it is refused if it is not unknown, or somebody is still at it.
        kept.settle(found.id, happened=happened)
        now = kept.get(found.id)
    if run.json:
        console.emit({"ok": True, "entry": _as_dict(now)})
    else:
        console.print_out(run.said(SETTLED).format(id=now.id))
    return Exit.OK


def _lines(row: Mapping[str, Any], owner: str, language: Language) -> tuple[str, str]:
    parts = (row["operation"], row["subject"], state(row["state"], language), row["created_at"])
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
        "created_at": formats.moment(one.created_at),
    }
