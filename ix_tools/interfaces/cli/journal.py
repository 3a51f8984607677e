"""`ix-tools journal`: list the writes and their outcomes, and settle an unknown outcome.

To settle one, a person at a terminal looks in InvoiceXpress and types the entry's id; piped input does not count.
"""

from collections.abc import Mapping
from typing import Any

import click

from ix_tools.errors import ApprovalRefused, Exit
from ix_tools.i18n import formats
from ix_tools.i18n.labels import Bilingual, Language
from ix_tools.idempotency.intents import Intent
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.commands import SETTINGS, add_output_option, apply_global_options
from ix_tools.interfaces.cli.labels import format_state
from ix_tools.interfaces.cli.pending_approvals import describe_owner, format_owner
from ix_tools.interfaces.cli.repositories import open_companies, open_journal

NONE = Bilingual("Nada foi enviado ainda.", "Nothing was sent yet.")
EFFECTS = {
    True: Bilingual(
        "ACONTECEU: repetir a chamada não a envia outra vez.", "IT HAPPENED: the call is not sent again."
    ),
    False: Bilingual(
        "NÃO ACONTECEU: a mesma chamada pode ser enviada outra vez.",
        "IT DID NOT HAPPEN: the same call may be sent again.",
    ),
}
TYPE_ID = Bilingual(
    "Viu no InvoiceXpress? Para o dar por certo, escreva {word}: ",
    "Did you look in InvoiceXpress? To settle it, type {word}: ",
)
SETTLED = Bilingual("{id} está resolvido.", "{id} is settled.")


@click.group("journal", context_settings=SETTINGS)
def command() -> None:
    """List the writes and their outcomes, and settle an unknown outcome."""


@add_output_option
@command.command("list")
@click.pass_context
def list_(ctx: click.Context, output: Any) -> None:
    """List the newest fifty writes."""
    run = apply_global_options(ctx, output)
    with open_journal(run.settings) as kept, open_companies(run.settings) as known:
        found = kept.list_intents()
        owners = {account: describe_owner(account, known) for account in {one.account for one in found}}
        rows = [_as_dict(one, owners[one.account]) for one in found]
    if run.wants_json:
        console.print_json({"ok": True, "journal": rows})
        return
    from ix_tools.interfaces.cli.tables import Report

    blocks = Report(run.language)
    if found and (len(owners) > 1 or run.settings.has_several_accounts):
        blocks.add_entries(
            (one.id, _summarize(row, format_owner(owners[one.account], run.language), run.language))
            for one, row in zip(found, rows, strict=True)
        )
    else:
        shown = ("id", "state", "operation", "subject", "created_at")
        blocks.add_table([{name: row[name] for name in shown} for row in rows], empty=run.translate(NONE))
    console.print_out(blocks.render())


@add_output_option
@command.command("show")
@click.argument("identifier", metavar="ID")
@click.pass_context
def show(ctx: click.Context, identifier: str, output: Any) -> None:
    """Show one write and its state."""
    run = apply_global_options(ctx, output)
    with open_journal(run.settings) as kept, open_companies(run.settings) as known:
        entry = kept.get(identifier)
        found = _as_dict(entry, describe_owner(entry.account, known))
    if run.wants_json:
        console.print_json({"ok": True, "entry": found})
        return
    from ix_tools.interfaces.cli.tables import Report

    blocks = Report(run.language)
    blocks.add_pairs(found)
    console.print_out(blocks.render())


@add_output_option
@command.command("resolve")
@click.argument("identifier", metavar="ID")
@click.option("--happened/--did-not", "happened", default=None, help="What you saw in InvoiceXpress.")
@click.pass_context
def resolve(ctx: click.Context, identifier: str, happened: bool | None, output: Any) -> int:
    """Settle a write whose outcome is unknown. Only at a terminal: you type the id."""
    run = apply_global_options(ctx, output)
    if happened is None:
        raise click.UsageError("Say what you saw: --happened or --did-not.", ctx)
    with open_journal(run.settings) as kept:
        found = kept.get(identifier)
        if not prompt.is_interactive():
            raise ApprovalRefused(
                "Only a person at a terminal settles this, and standard input or standard error is none.",
                code="no_person",
                next=f"look in InvoiceXpress, then type `ix-tools journal resolve {found.id}` "
                "with --happened or --did-not in a terminal",
            )
        if found.state in {"open", "unknown"}:
            for name, value in _as_dict(found).items():
                console.print_note(f"{name}: {value}")
            console.print_note(run.translate(EFFECTS[happened]))
            if not prompt.confirm_typed(run, TYPE_ID, found.id):
                raise ApprovalRefused(
                    f"{found.id} was not settled.",
                    code="approval_declined",
                    next="look first, then repeat it",
                )
        # The journal refuses if the outcome is known, or a process still works on it.
        kept.settle(found.id, happened=happened)
        now = kept.get(found.id)
    if run.wants_json:
        console.print_json({"ok": True, "entry": _as_dict(now)})
    else:
        console.print_out(run.translate(SETTLED).format(id=now.id))
    return Exit.OK


def _summarize(row: Mapping[str, Any], owner: str, language: Language) -> tuple[str, str]:
    parts = (row["operation"], row["subject"], format_state(row["state"], language), row["created_at"])
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
        "created_at": formats.format_timestamp(one.created_at),
    }
