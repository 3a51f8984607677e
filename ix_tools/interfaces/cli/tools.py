"""`ix-tools tools`: list the operations as an assistant's tools, with the size of each."""

import json
from typing import Any

import click

from ix_tools.config.loading import split_list as words
from ix_tools.i18n.messages import translate_text
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.column_labels import format_label
from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options, global_options
from ix_tools.operations.registry import TOOLSETS, catalogue, map_toolsets
from ix_tools.schemas.bundles import BUNDLES, build_bundle
from ix_tools.schemas.json_schema import build_tool
from ix_tools.schemas.tool_selection import ToolSelection, UnknownName, select_tools


@click.command("tools", params=[global_options()[0]], context_settings=SETTINGS)
@click.option("--json", "whole", is_flag=True, help="Print the list itself, as the MCP server gives it.")
@click.option(
    "--for",
    "form",
    type=click.Choice(list(BUNDLES)),
    help="Print the list in the form that a model vendor's API takes.",
)
@click.option(
    "--toolsets", default="", help="Only these toolsets, separated by commas, as in `serve`. Default: all."
)
@click.option("--tools", "single", default="", help="Single tools in addition to the toolsets, or alone.")
@click.option("--exclude", default="", help="Leave out these tools.")
@click.option("--read-only", is_flag=True, help="Leave out tools that write.")
@click.pass_context
def command(ctx: click.Context, /, whole: bool, form: str | None, output: Any, **chosen: Any) -> None:
    """List the operations as the tools an assistant sees: name, toolset, title, effect, bytes in the list."""
    run = apply_global_options(ctx, output)
    toolsets, single, exclude = (tuple(words(chosen[name])) for name in ("toolsets", "single", "exclude"))
    choice = ToolSelection(toolsets, single, exclude, bool(chosen["read_only"]))
    operations, toolset = catalogue(), map_toolsets()
    names = {name: [one.spec.name for one in members] for name, members in TOOLSETS.items()}
    try:
        tools = select_tools([build_tool(one) for one in operations.values()], names, TOOLSETS, choice)
    except UnknownName as wrong:
        raise click.UsageError(f"{wrong}.".capitalize(), ctx) from None
    if form is not None:
        console.print_json(build_bundle(form, tools))
        return
    if whole:
        console.print_json({"tools": tools})
        return
    rows = [
        {
            "name": one["name"],
            "toolset": toolset[one["name"]],
            "title": operations[one["name"]].spec.title,
            "effect": operations[one["name"]].spec.effect.value,
            "bytes": len(json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()),
        }
        for one in tools
    ]
    total = sum(int(row["bytes"]) for row in rows)
    if run.wants_json:
        console.print_json({"ok": True, "tools": rows, "bytes": total})
        return
    from ix_tools.interfaces.cli.tables import Report

    report = Report(run.language)
    for row in rows:
        row["title"] = translate_text(str(row["title"]), run.language)
    report.add_table([*rows, {"name": format_label("total_entries", run.language), "bytes": total}])
    console.print_out(report.render())
