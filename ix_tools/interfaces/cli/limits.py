"""`ix-tools limits`: whether requests may leave for an account now, and how to end a pause that makes no sense."""

from typing import Any

import click

from ix_tools.api_client import rate_limit
from ix_tools.errors import Exit, IxError
from ix_tools.i18n.words import Said
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.commands import SETTINGS, heard, with_output
from ix_tools.interfaces.cli.stores import store

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
            for one in rate_limit.standings(opened)
        ]
    if run.json:
        console.emit({"ok": True, "requests_per_minute": run.settings.requests_per_minute, "accounts": rows})
        return
    from ix_tools.interfaces.cli.tables import Blocks

    blocks = Blocks(run.language)
    blocks.table(rows, empty=run.said(NONE))
    console.print_out(blocks.text())


@with_output
@command.command("clear")
@click.argument("account", required=False)
@click.pass_context
def clear(ctx: click.Context, account: str | None, output: Any) -> int:
    """End the pause of ACCOUNT, or of every account, at once and for every process. The audit trail says so."""
    run = heard(ctx, output)
    with store(run.settings) as opened:
        if account is not None and account not in _known(rate_limit.standings(opened)):
            raise IxError(
                f"No request was ever sent for an account {account}.",
                code="account_unknown",
                next="`ix-tools limits show` lists the accounts",
            )
        done = rate_limit.reopen(opened, account)
    if run.json:
        console.emit({"ok": True, "reopened": done})
    else:
        lines = [run.said(OPENED).format(account=name) for name in done]
        console.print_out("\n".join(lines) or run.said(NOTHING))
    return Exit.OK


def _known(standings: list[rate_limit.Standing]) -> set[str]:
    return {name for one in standings for name in (one.account, one.account.partition("@")[0])}
