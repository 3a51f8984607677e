"""`ix-tools audit verify`: whether the audit trail is what was written, row by row."""

from dataclasses import asdict
from typing import Any

import click

from ix_tools.audit import verify as faults_of
from ix_tools.exits import Exit
from ix_tools.faces.cli import says
from ix_tools.faces.cli.group import SETTINGS, global_options, heard
from ix_tools.faces.cli.kept import store
from ix_tools.settings import data_folder
from ix_tools.words import Said

WHOLE = Said("O registo está inteiro.", "The trail is whole.")
ROW = Said("linha {seq}: {what}", "row {seq}: {what}")


@click.group("audit", context_settings=SETTINGS)
def command() -> None:
    """Check the trail of approvals and writes."""


@command.command("verify", params=[global_options()[0]])
@click.pass_context
def verify(ctx: click.Context, output: Any) -> int:
    """Name every row that was changed, removed or reordered. Exit code 1 if there is one."""
    run = heard(ctx, output)
    with store(run.settings) as kept:
        faults = faults_of(kept, data_folder())
    if run.json:
        says.emit({"ok": not faults, "faults": [asdict(one) for one in faults]})
    else:
        for one in faults:
            says.print_out(run.said(ROW).format(seq=one.seq, what=one.what))
        if not faults:
            says.print_out(run.said(WHOLE))
    return Exit.REFUSED if faults else Exit.OK
