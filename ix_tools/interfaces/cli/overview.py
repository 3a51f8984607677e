"""`ix-tools overview`: read the figures of the inbox's overview at InvoiceXpress."""

from functools import partial

import anyio
import click

from ix_tools.config.settings import Settings
from ix_tools.i18n.messages import message, message_template
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.figure_refresh import RefreshReport, refresh_all

READ = message_template("{account}: {part}")
DONE = message_template("{account}: {parts} parts were read, with {documents} documents.")
BUSY = message("Another process reads them at this moment.")


@click.group("overview", context_settings=SETTINGS)
def command() -> None:
    """Read the figures of the inbox's overview."""


@subcommand(command, "refresh")
def refresh(run: Invocation) -> None:
    """Read every figure again now: issued, open, drafts, month end. The HTTP server also does it by itself."""
    with run.open_account() as settings:
        chosen = {settings.account: settings} if run.account else settings.by_account()
        reports = {name: anyio.run(_refresh, run, one) for name, one in chosen.items()}
    failed = next((one.problem for one in reports.values() if one.problem is not None), None)
    if failed is not None:
        raise failed
    if run.wants_json:
        rows = [
            {"account": name, "parts": one.parts, "documents": one.documents} for name, one in reports.items()
        ]
        console.print_json({"ok": True, "overview": rows})
        return
    for name, one in reports.items():
        done = DONE.fill(account=name, parts=len(one.parts), documents=one.documents)
        console.print_out(run.translate(done if one.parts else BUSY))


async def _refresh(run: Invocation, settings: Settings) -> RefreshReport:
    context = CallContext.open(settings, clock=run.clock, now=run.now)
    notify = None if run.wants_json else partial(_print_part, run, settings.account)
    try:
        return await refresh_all(context, settings.overview_minutes * 60.0, notify)
    finally:
        await context.close()


def _print_part(run: Invocation, account: str, part: str) -> None:
    console.print_note(run.translate(READ.fill(account=account, part=part)))
