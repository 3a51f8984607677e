"""`ix-tools limits`: show whether requests to an account are paused, and end a pause."""

from typing import Any

import click

from ix_tools.api_client import rate_limit
from ix_tools.errors import Exit, IxError
from ix_tools.i18n.labels import Bilingual
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.commands import SETTINGS, add_output_option, apply_global_options
from ix_tools.interfaces.cli.repositories import open_store

NONE = Bilingual("Ainda não foi enviado nenhum pedido.", "No request was sent yet.")
OPENED = Bilingual(
    "{account}: a pausa terminou; os pedidos voltam a sair.",
    "{account}: the pause has ended; requests leave again.",
)
NOTHING = Bilingual("Nenhuma conta está em pausa.", "No account is paused.")


@click.group("limits", context_settings=SETTINGS)
def command() -> None:
    """Show whether an account is paused (InvoiceXpress asked to wait, or kept failing), and end the pause."""


@add_output_option
@command.command("show")
@click.pass_context
def show(ctx: click.Context, output: Any) -> None:
    """Show every account: whether it is paused, for how many more seconds, and the failures in a row."""
    run = apply_global_options(ctx, output)
    with open_store(run.settings) as opened:
        rows = [
            {"account": one.account, "paused_seconds": round(one.closed_for), "failures": one.failures}
            for one in rate_limit.list_limit_statuses(opened)
        ]
    if run.wants_json:
        console.print_json(
            {"ok": True, "requests_per_minute": run.settings.requests_per_minute, "accounts": rows}
        )
        return
    from ix_tools.interfaces.cli.tables import Report

    blocks = Report(run.language)
    blocks.add_table(rows, empty=run.translate(NONE))
    console.print_out(blocks.render())


@add_output_option
@command.command("clear")
@click.argument("account", required=False)
@click.pass_context
def clear(ctx: click.Context, account: str | None, output: Any) -> int:
    """End the pause of ACCOUNT, or of every account, at once and for every process. The audit trail records it."""
    run = apply_global_options(ctx, output)
    with open_store(run.settings) as opened:
        if account is not None and account not in _list_account_names(rate_limit.list_limit_statuses(opened)):
            raise IxError(
                f"No request was ever sent for an account {account}.",
                code="account_unknown",
                next="`ix-tools limits show` lists the accounts",
            )
        done = rate_limit.end_pauses(opened, account)
    if run.wants_json:
        console.print_json({"ok": True, "reopened": done})
    else:
        lines = [run.translate(OPENED).format(account=name) for name in done]
        console.print_out("\n".join(lines) or run.translate(NOTHING))
    return Exit.OK


def _list_account_names(standings: list[rate_limit.LimitStatus]) -> set[str]:
    return {name for one in standings for name in (one.account, one.account.partition("@")[0])}
