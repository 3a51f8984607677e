"""`ix-tools openapi`: print the HTTP server's description for hosts that import one (ChatGPT Actions, Power Automate)."""

import json

import click

from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.command_options import SETTINGS
from ix_tools.interfaces.cli.options import WordChoice
from ix_tools.schemas.openapi import UnknownToolset, build_openapi
from ix_tools.schemas.openapi2 import convert_to_swagger

ALL = "all"


@click.command("openapi", context_settings=SETTINGS)
@click.option(
    "--version", type=WordChoice(["3", "2"]), default="3", help="OpenAPI 3.1 or Swagger 2.0. Default: 3."
)
@click.option(
    "--server", default="/", help="The server's public address, such as https://invoices.example.com."
)
@click.option(
    "--toolsets",
    default=ALL,
    help="Only these toolsets, separated by commas: a ChatGPT Action takes 30 operations. Default: all.",
)
@click.pass_context
def command(ctx: click.Context, version: str, server: str, toolsets: str) -> None:
    """Print the description of the HTTP server: every tool as POST /tools/NAME."""
    chosen = [one.strip() for one in toolsets.split(",")]
    try:
        described = build_openapi(server, () if chosen == [ALL] else chosen)
    except UnknownToolset as unknown:
        raise click.UsageError(str(unknown), ctx) from None
    said = convert_to_swagger(described) if version == "2" else described
    console.print_out(json.dumps(said, ensure_ascii=False, indent=2))
