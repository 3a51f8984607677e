"""`ix-tools tools`: the operations as the tools an assistant sees, with what each costs to list."""

import json
from typing import Any

import click

from ix_tools.faces.cli import says
from ix_tools.faces.cli.group import SETTINGS, global_options, heard
from ix_tools.faces.cli.labels import label
from ix_tools.listing import listed
from ix_tools.operations.catalogue import TOOLSETS, catalogue, toolset_of
from ix_tools.schema import tool


@click.command("tools", params=[global_options()[0]], context_settings=SETTINGS)
@click.option("--json", "whole", is_flag=True, help="Print the list itself, as the MCP server gives it.")
@click.option(
    "--toolsets", default="all", help="Only these, by commas, as `serve --toolsets` takes them. Default: all."
)
@click.pass_context
def command(ctx: click.Context, whole: bool, toolsets: str, output: Any) -> None:
    """List the operations as the tools an assistant sees: name, toolset, title, effect, bytes in the list."""
    run = heard(ctx, output)
    chosen = {one.strip() for one in toolsets.split(",")}
    if unknown := chosen - {*TOOLSETS, "all"}:
        raise click.UsageError(
            f"There is no toolset {', '.join(sorted(unknown))}; there are {', '.join(TOOLSETS)} and all.", ctx
        )
    operations, toolset = catalogue(), toolset_of()
    tools = listed(
        [tool(one) for name, one in operations.items() if "all" in chosen or toolset[name] in chosen]
    )
    if whole:
        says.emit({"tools": tools})
        return
    rows = [
        {
            "name": one["name"],
            "toolset": toolset[one["name"]],
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
