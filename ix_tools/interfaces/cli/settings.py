"""`ix-tools settings`: every setting, its value and where it comes from."""

from typing import Any

import click

from ix_tools.config.settings import Settings, variable
from ix_tools.domain.field_docs import meanings
from ix_tools.i18n.words import Said
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.commands import SETTINGS, global_options, heard
from ix_tools.interfaces.cli.setting_sources import Origins, effective

FROM = {
    "environment": Said("ambiente", "environment"),
    "file": Said("ficheiro", "file"),
    "default": Said("", ""),
}
NO_FILE = Said("não existe", "does not exist")


@click.command("settings", params=[global_options()[0]], context_settings=SETTINGS)
@click.pass_context
def command(ctx: click.Context, output: Any) -> None:
    """Show every setting, its value and where it comes from. The API key is never shown."""
    run = heard(ctx, output)
    settings, origins = run.settings, Origins.read()
    rows = [
        {
            "setting": name,
            "environment": variable(name),
            "value": effective(settings, name),
            "source": origins.of(name),
            "meaning": meaning,
        }
        for name, meaning in meanings(Settings).items()
    ]
    if run.json:
        console.emit({"ok": True, "file": str(origins.path), "settings": rows})
        return
    from ix_tools.interfaces.cli.tables import Blocks

    blocks = Blocks(run.language)
    missing = "" if origins.path.exists() else f" ({run.said(NO_FILE)})"
    blocks.pairs({"file": f"{origins.path}{missing}"})
    blocks.gap()
    blocks.table(
        [
            {
                "setting": row["setting"],
                "setting_value": row["value"],
                "from": run.said(FROM[str(row["source"])]),
                "environment": row["environment"],
            }
            for row in rows
        ]
    )
    console.print_out(blocks.text())
