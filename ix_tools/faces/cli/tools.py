"""`ix-tools tools`: the operations as the tools an assistant sees, with what each costs to list."""

import json
from typing import Any

import click

from ix_tools.faces.cli import says
from ix_tools.faces.cli.group import SETTINGS, global_options, heard
from ix_tools.faces.cli.labels import label
from ix_tools.listing import listed
from ix_tools.operations.catalogue import catalogue
from ix_tools.schema import tool


@click.command("tools", params=[global_options()[0]], context_settings=SETTINGS)
@click.option("--json", "whole", is_flag=True, help="Print the list itself, as the MCP server gives it.")
@click.pass_context
def command(ctx: click.Context, whole: bool, output: Any) -> None:
    """List the operations as the tools an assistant sees: name, title, effect, bytes in the list."""
    run = heard(ctx, output)
    operations = catalogue()
    tools = listed([tool(operation) for operation in operations.values()])
    if whole:
        says.emit({"tools": tools})
        return
    rows = [
        {
            "name": one["name"],
            "title": one["title"],
            "effect": operations[one["name"]].spec.effect.value,
            "bytes": len(json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()),
        }
        for one in tools
    ]
    total = sum(int(row["bytes"]) for row in rows)
    if run.json:
        says.emit({"ok": True, "tools": rows, "bytes": total})
        return
    from ix_tools.faces.cli.blocks import Blocks

    blocks = Blocks(run.language)
    blocks.table([*rows, {"name": label("total_entries", run.language), "bytes": total}])
    says.print_out(blocks.text())
