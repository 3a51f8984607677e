"""`ix-tools tokens`: create, list and revoke the bearer tokens of the HTTP server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ix_tools.auth.tokens import Token, Tokens
from ix_tools.config.settings import SANDBOX_ACCOUNT
from ix_tools.error_codes import Exit
from ix_tools.errors import IxError, Problem
from ix_tools.i18n import formats
from ix_tools.i18n.messages import message, message_template, verbatim
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import WordChoice
from ix_tools.interfaces.cli.output import print_outcome, print_rows
from ix_tools.interfaces.cli.repositories import open_store
from ix_tools.operations.scopes import Scope

NONE = message("There are no tokens yet.")
CREATED = message("Keep it now: it is not shown again. It is sent in Authorization: Bearer …")
REVOKED = message_template("{id} revoked: it is refused from the next request on.")
SCOPES = [str(one) for one in Scope]


@click.group("tokens", context_settings=SETTINGS)
def command() -> None:
    """Create, list and revoke the HTTP server's tokens."""


@contextmanager
def _open_tokens(run: Invocation) -> Iterator[Tokens]:
    with open_store(run.settings) as opened:
        yield Tokens(opened, run.clock)


@subcommand(command, "create")
@click.argument("name")
@click.option(
    "scopes", "--scope", multiple=True, type=WordChoice(SCOPES), default=("read", "draft"), show_default=True,
    help="A scope of the caller; repeat it for several.",
)  # fmt: skip
@click.option(
    "accounts",
    "--account",
    multiple=True,
    help="An account that the caller may use; repeat it for several. Default: the only account.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=90,
    show_default=True,
    help="Days until the token expires.",
)
def create(run: Invocation, name: str, scopes: tuple[str, ...], accounts: tuple[str, ...], days: int) -> int:
    """Create a token for the caller NAME, as approvals and the audit trail name it. The token is shown once."""
    chosen = _choose_accounts(run, accounts)
    with _open_tokens(run) as tokens:
        token, secret = tokens.create(name, [Scope(one) for one in scopes], chosen, days)
    if run.wants_json:
        console.print_json({"ok": True, "token": secret, **_as_dict(token, run)})
        return Exit.OK
    from ix_tools.interfaces.cli.tables import Report

    console.print_out(secret)  # on its own line, so that nothing wraps it
    report = Report(run.language)
    report.add_pairs(_as_dict(token, run))
    console.print_out(report.render())
    console.print_note(run.translate(CREATED))
    return Exit.OK


@subcommand(command, "list")
def list_(run: Invocation) -> None:
    """List every token: name, scopes, accounts, expiry and last use."""
    with _open_tokens(run) as tokens:
        rows = [_as_dict(one, run) for one in tokens.list_all()]
    if not run.wants_json:
        rows = [
            {**row, "scopes": " ".join(row["scopes"]), "accounts": " ".join(row["accounts"])} for row in rows
        ]
    print_rows(run, "tokens", rows, empty=run.translate(NONE))


@subcommand(command, "revoke")
@click.argument("identifier", metavar="ID")
def revoke(run: Invocation, identifier: str) -> int:
    """Revoke a token now."""
    with _open_tokens(run) as tokens:
        token = tokens.revoke(identifier)
    return print_outcome(run, _as_dict(token, run), run.translate(REVOKED.fill(id=token.id)))


def _choose_accounts(run: Invocation, named: tuple[str, ...]) -> tuple[str, ...]:
    """Return a new token's accounts; each must be in the settings."""
    known = tuple(run.settings.by_account())
    allowed = {*known, SANDBOX_ACCOUNT}
    unknown = [name for name in named if name not in allowed]
    if not unknown and (named or len(known) == 1):
        return named or known
    problem = (
        message("no such account: {accounts}", accounts=", ".join(unknown))
        if unknown
        else message("name the accounts")
    )
    raise IxError(
        message("The token needs accounts that are in the settings."),
        code="account_needed",
        problems=[Problem("account", problem, verbatim(", ".join(sorted(allowed))))],
        next=message("repeat the command with --account NAME"),
    )


def _as_dict(token: Token, run: Invocation) -> dict[str, Any]:
    state = "revoked" if token.revoked_at else "usable" if token.is_usable(run.clock()) else "expired"
    return {
        "id": token.id,
        "name": token.name,
        "state": state,
        "scopes": [str(one) for one in token.scopes],
        "accounts": list(token.accounts),
        "expires_at": formats.format_rfc3339(token.expires_at),
        "used_at": formats.format_rfc3339(token.used_at) if token.used_at else None,
    }
