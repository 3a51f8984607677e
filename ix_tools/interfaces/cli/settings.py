"""`ix-tools settings`: show every setting, its value and its source."""

from typing import Any

import click

from ix_tools.config.loading import environment_name
from ix_tools.config.settings import Settings
from ix_tools.domain.field_docs import read_field_docs
from ix_tools.i18n.messages import Text, message
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options, global_options
from ix_tools.interfaces.cli.setting_sources import SettingSources, format_setting

FROM: dict[str, Text] = {
    "environment": message("environment"),
    "file": message("file"),
    "default": "",
}
NO_FILE = message("does not exist")


@click.command("settings", params=[global_options()[0]], context_settings=SETTINGS)
@click.pass_context
def command(ctx: click.Context, output: Any) -> None:
    """Show every setting, its value and its source. The API key is never shown."""
    run = apply_global_options(ctx, output)
    settings, origins = run.settings, SettingSources.load()
    rows = [
        {
            "setting": name,
            "environment": environment_name(name),
            "value": format_setting(settings, name),
            "source": origins.find_source(name),
            "meaning": meaning,
        }
        for name, meaning in read_field_docs(Settings).items()
    ]
    if run.wants_json:
        console.print_json({"ok": True, "file": str(origins.path), "settings": rows})
        return
    from ix_tools.interfaces.cli.tables import Report

    report = Report(run.language)
    missing = "" if origins.path.exists() else f" ({run.translate(NO_FILE)})"
    report.add_pairs({"file": f"{origins.path}{missing}"})
    report.add_gap()
    report.add_table(
        [
            {
                "setting": row["setting"],
                "setting_value": row["value"],
                "from": run.translate(FROM[str(row["source"])]),
                "environment": row["environment"],
            }
            for row in rows
        ]
    )
    console.print_out(report.render())
