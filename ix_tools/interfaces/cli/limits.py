"""`ix-tools limits`: show whether requests to an account are paused, and end a pause."""

import click

from ix_tools.api_client import rate_limit
from ix_tools.errors import IxError
from ix_tools.i18n.messages import message, message_template
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.output import print_outcome, print_rows
from ix_tools.interfaces.cli.repositories import open_store

NONE = message("No request was sent yet.")
OPENED = message_template("{account}: the pause has ended; requests are sent again.")
NOTHING = message("No account is paused.")


@click.group("limits", context_settings=SETTINGS)
def command() -> None:
    """Show whether an account is paused (InvoiceXpress asked to wait, or kept failing), and end the pause."""


@subcommand(command, "show")
def show(run: Invocation) -> None:
    """Show every account: whether it is paused, for how many more seconds, and the failures in a row."""
    with open_store(run.settings) as opened:
        rows = [
            {"account": one.account, "paused_seconds": round(one.closed_for), "failures": one.failures}
            for one in rate_limit.list_limit_statuses(opened)
        ]
    per_minute = run.settings.requests_per_minute
    print_rows(run, "accounts", rows, empty=run.translate(NONE), requests_per_minute=per_minute)


@subcommand(command, "clear")
@click.argument("account", required=False)
def clear(run: Invocation, account: str | None) -> int:
    """End the pause of ACCOUNT, or of every account, at once and for every process. The audit trail records it."""
    with open_store(run.settings) as opened:
        if account is not None and account not in _list_account_names(rate_limit.list_limit_statuses(opened)):
            raise IxError(
                message("No request was ever sent to an account {account}.", account=account),
                code="account_unknown",
                next=message("`{command}` lists the accounts", command=run.build_command("limits", "show")),
            )
        done = rate_limit.end_pauses(opened, account)
    lines = [run.translate(OPENED.fill(account=name)) for name in done]
    return print_outcome(run, {"reopened": done}, "\n".join(lines) or run.translate(NOTHING))


def _list_account_names(standings: list[rate_limit.LimitStatus]) -> set[str]:
    return {name for one in standings for name in (one.account, one.account.partition("@")[0])}
