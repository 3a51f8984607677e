"""The commands of `ix-tools` by name; only the one that is called is imported and built."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options, global_options
from ix_tools.operations.scopes import Heading
from ix_tools.text.fuzzy_match import find_closest
from ix_tools.version import __version__


@dataclass(frozen=True)
class UtilityCommand:
    """A command that is not an operation."""

    module: str
    """Module that defines its `command`; empty for commands that start elsewhere."""
    help: str


UTILITY_COMMANDS = {
    "approvals": UtilityCommand("approvals", "Approval requests: list, show, approve, reject, link, pin"),
    "journal": UtilityCommand("journal", "Writes and their outcomes: list, show, resolve"),
    "events": UtilityCommand("events", "What happened to approvals, calls and documents: list, export"),
    "claims": UtilityCommand("claims", "Documents and other data claimed by running calls: list, clear"),
    "audit": UtilityCommand("audit", "The audit trail, and the account compared with it: verify, reconcile"),
    "store": UtilityCommand("store", "Accept a restored copy of the store: accept-restored"),
    "tokens": UtilityCommand("tokens", "Tokens of the HTTP server: create, list, revoke"),
    "limits": UtilityCommand("limits", "Paused accounts: show, clear"),
    "policy": UtilityCommand("policy", "The policy, and its decision about a call: show, check"),
    "doctor": UtilityCommand("doctor", "Check settings, account, series and taxes, and say what to do"),
    "settings": UtilityCommand("settings", "Show every setting, its value and where it comes from"),
    "tools": UtilityCommand("tools", "List the operations as the tools an assistant sees"),
    "openapi": UtilityCommand(
        "openapi", "Print the description of the HTTP server, for hosts that import one"
    ),
    "sandbox": UtilityCommand("sandbox", "Run an imitation of InvoiceXpress on this machine"),
    "serve": UtilityCommand(
        "", "Run the MCP server over standard input and output, or with --http on a port"
    ),
    "demo": UtilityCommand("", "Issue a first invoice in the sandbox, step by step"),
    "help": UtilityCommand("help", "Help for a command, or for exit-codes"),
}
UTILITY_HEADING = "Server and tools"


class CommandLine(click.Group):
    """Finds the commands when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from ix_tools.operations.registry import catalogue

        return [*(name.replace("_", "-") for name in catalogue()), *UTILITY_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in UTILITY_COMMANDS:
            module = UTILITY_COMMANDS[cmd_name].module
            if not module:
                raise click.UsageError(f"{cmd_name} must be the first word: ix-tools {cmd_name} ...", ctx)
            command: click.Command = importlib.import_module(f"ix_tools.interfaces.cli.{module}").command
            return command
        from ix_tools.interfaces.cli.operation_command import OperationCommand
        from ix_tools.operations.registry import catalogue

        operation = catalogue().get(cmd_name.replace("-", "_"))
        return None if operation is None else OperationCommand(operation, SETTINGS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0].replace("_", "-")
        command = self.get_command(ctx, name)
        if command is None:
            near = find_closest(name, self.list_commands(ctx), 3, 0.5)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return name, command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, rows in _list_sections():
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=30)


def _list_sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    from ix_tools.operations.registry import catalogue

    found: dict[str, list[tuple[str, str]]] = {heading: [] for heading in Heading}
    for name, operation in catalogue().items():
        gated = " (a person approves)" if operation.spec.effect.needs_approval else ""
        found[operation.spec.heading].append((name.replace("_", "-"), operation.spec.title + gated))
    found[UTILITY_HEADING] = [(name, other.help) for name, other in UTILITY_COMMANDS.items()]
    yield from ((heading, rows) for heading, rows in found.items() if rows)


def build_program() -> click.Group:
    """Build the whole command line."""

    @click.pass_context
    def before(ctx: click.Context, /, **options: Any) -> None:
        apply_global_options(ctx, **options)

    return CommandLine(
        "ix-tools",
        callback=before,
        params=[
            *global_options(),
            click.Option(
                ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
                help="Show the version and exit.",
            ),
        ],
        help="Portuguese invoices with InvoiceXpress. What cannot be undone waits for a person's approval.",
        epilog="\b\n"
        "Account     set INVOICEXPRESS_ACCOUNT and INVOICEXPRESS_API_KEY; ix-tools doctor checks them\n"
        "No account  ix-tools --sandbox-file box.db list-taxes\n"
        "Exit codes  ix-tools help exit-codes",
        context_settings=SETTINGS,
        subcommand_metavar="COMMAND [OPTIONS]",
    )  # fmt: skip


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"ix-tools {__version__}")
        ctx.exit()
