"""`ix-tools limits`: whether requests may leave for an account now, and how to end a pause that makes no sense."""

from typing import Any

import click

from ix_tools import pace
from ix_tools.errors import Exit, IxError
from ix_tools.faces.cli import says
from ix_tools.faces.cli.group import SETTINGS, heard, with_output
from ix_tools.faces.cli.kept import store
from ix_tools.words import Said

NONE = Said("Ainda não foi enviado nenhum pedido.", "No request was sent yet.")
OPENED = Said(
    "{account}: a pausa terminou; os pedidos voltam a sair.",
    "{account}: the pause has ended; requests leave again.",
)
NOTHING = Said("Nenhuma conta está em pausa.", "No account is paused.")


@click.group("limits", context_settings=SETTINGS)
def command() -> None:
    """See whether an account is paused (InvoiceXpress asked to wait, or kept failing), and end the pause."""


@with_output
@command.command("show")
@click.pass_context
def show(ctx: click.Context, output: Any) -> None:
    """Show every account: whether it is paused, for how many more seconds, and the failures in a row."""
    run = heard(ctx, output)
    with store(run.settings) as opened:
        rows = [
            {"account": one.account, "paused_seconds": round(one.closed_for), "failures": one.failures}
            for one in pace.standings(opened)
        ]
    if run.json:
        says.emit({"ok": True, "requests_per_minute": run.settings.requests_per_minute, "accounts": rows})
        return
    from ix_tools.faces.cli.blocks import Blocks

    blocks = Blocks(run.language)
    blocks.table(rows, empty=run.said(NONE))
    says.print_out(blocks.text())


@with_output
@command.command("clear")
@click.argument("account", required=False)
@click.pass_context
def clear(ctx: click.Context, account: str | None, output: Any) -> int:
    """End the pause of ACCOUNT, or of every account, at once and for every process. The audit trail says so."""
    run = heard(ctx, output)
    with store(run.settings) as opened:
        if account is not None and account not in _known(pace.standings(opened)):
            raise IxError(
                f"No request was ever sent for an account {account}.",
                code="account_unknown",
                next="`ix-tools limits show` lists the accounts",
            )
        done = pace.reopen(opened, account)
    if run.json:
        says.emit({"ok": True, "reopened": done})
    else:
        lines = [run.said(OPENED).format(account=name) for name in done]
        says.print_out("\n".join(lines) or run.said(NOTHING))
    return Exit.OK


def _known(standings: list[pace.Standing]) -> set[str]:
    return {name for one in standings for name in (one.account, one.account.partition("@")[0])}
