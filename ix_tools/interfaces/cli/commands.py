"""The commands of `ix-tools` by name; only the one that is called is imported and built."""

import copy
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, render, translate_text
from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options, global_options
from ix_tools.interfaces.cli.translation import (
    Misuse,
    get_language,
    list_command_texts,
    translate_command,
    translate_parameters,
)
from ix_tools.operations.scopes import Heading
from ix_tools.renames import Named, Renamed, list_old_names
from ix_tools.text.fuzzy_match import find_closest
from ix_tools.version import __version__


@dataclass(frozen=True)
class UtilityCommand:
    """A command that is not an operation."""

    module: str
    """Module that defines its `command`; empty for commands that start elsewhere."""
    help: Message
    renamed: tuple[Renamed, ...] = ()
    """Old names of the command, which it takes for one version."""


UTILITY_COMMANDS = Named(
    {
        "batch": UtilityCommand(
            "batch",
            message("Many documents from one file: template, check, run, list, status, report, discard"),
        ),
        "approvals": UtilityCommand(
            "approvals", message("Approval requests: list, show, approve, reject, link, pin")
        ),
        "journal": UtilityCommand("journal", message("Writes and their outcomes: list, show, resolve")),
        "events": UtilityCommand(
            "events", message("What happened to approvals, calls and documents: list, export")
        ),
        "webhooks": UtilityCommand(
            "webhooks",
            message(
                "Addresses that are told of events: add, list, remove, rotate, enable, deliveries, replay"
            ),
        ),
        "claims": UtilityCommand(
            "claims", message("Documents and other data claimed by running calls: list, clear")
        ),
        "audit": UtilityCommand(
            "audit", message("The audit trail, and the account compared with it: verify, prove, reconcile")
        ),
        "store": UtilityCommand("store", message("Accept a restored copy of the store: accept-restored")),
        "tokens": UtilityCommand("tokens", message("Tokens of the HTTP server: create, list, revoke")),
        "people": UtilityCommand(
            "people", message("People who sign in: add, invite, list, confirm, revoke, sign-out, remove")
        ),
        "overview": UtilityCommand("overview", message("The figures of the inbox's overview: refresh")),
        "forget": UtilityCommand("forget", message("Erase what is stored here about a client")),
        "limits": UtilityCommand("limits", message("Paused accounts: show, clear")),
        "policy": UtilityCommand("policy", message("The policy, and its decision about a call: show, check")),
        "connect": UtilityCommand("connect", message("Add ix-tools to an assistant on this machine")),
        "doctor": UtilityCommand(
            "doctor", message("Check settings, account, series and taxes, and say what to do")
        ),
        "settings": UtilityCommand(
            "settings", message("Show every setting, its value and where it comes from")
        ),
        "tools": UtilityCommand("tools", message("List the operations as the tools an assistant sees")),
        "openapi": UtilityCommand(
            "openapi", message("Print the description of the HTTP server, for hosts that import one")
        ),
        "sandbox": UtilityCommand("sandbox", message("Run an imitation of InvoiceXpress on this machine")),
        "serve": UtilityCommand(
            "", message("Run the MCP server over standard input and output, or with --http on a port")
        ),
        "chat": UtilityCommand("", message("Take commands and show approvals in Slack or Telegram")),
        "demo": UtilityCommand("", message("Issue a first invoice in the sandbox, step by step")),
        "help": UtilityCommand("help", message("Help for a command, or for exit-codes")),
    },
    lambda one: one.renamed,
)
UTILITY_HEADING = message("Server and tools")
GATED = message("a person approves")
HELP = message("Portuguese invoices with InvoiceXpress. What cannot be undone waits for a person's approval.")
EPILOG = message(
    "Begin       ix-tools connect; ix-tools doctor checks everything\n"
    "No account  ix-tools --sandbox-file box.db list-taxes\n"
    "Exit codes  ix-tools help exit-codes"
)


class CommandLine(click.Group):
    """Finds the commands when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from ix_tools.operations.registry import catalogue

        return [*(name.replace("_", "-") for name in catalogue()), *UTILITY_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in UTILITY_COMMANDS:
            cmd_name = UTILITY_COMMANDS.read_name(cmd_name)
            module = UTILITY_COMMANDS[cmd_name].module
            if not module:
                first = message("{command} must be the first word: ix-tools {command} …", command=cmd_name)
                raise Misuse(first, ctx)
            command: click.Command = importlib.import_module(f"ix_tools.interfaces.cli.{module}").command
            shown = translate_command(command, get_language(ctx))
            if isinstance(shown, click.Group):
                shown = copy.copy(shown)
                shown.commands = Named(shown.commands, list_old_names)
            return shown
        from ix_tools.interfaces.cli.operation_command import OperationCommand
        from ix_tools.operations.registry import catalogue

        operation = catalogue().get(cmd_name.replace("-", "_"))
        return None if operation is None else OperationCommand(operation, SETTINGS, get_language(ctx))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0].replace("_", "-")
        command = self.get_command(ctx, name)
        if command is None:
            near = find_closest(name, self.list_commands(ctx), 3, 0.5)
            problem = message("There is no command “{name}”.", name=args[0])
            if near:
                problem = message(
                    "There is no command “{name}”. Did you mean {names}?", name=args[0], names=", ".join(near)
                )
            raise Misuse(problem, ctx)
        return name, command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, rows in _list_sections(get_language(ctx)):
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=30)


def _list_sections(language: Language) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    from ix_tools.operations.registry import catalogue

    found: dict[str, list[tuple[str, str]]] = {heading: [] for heading in Heading}
    for name, operation in catalogue().items():
        title = translate_text(operation.spec.title, language)
        if operation.spec.effect.needs_approval:
            title += f" ({render(GATED, language)})"
        found[operation.spec.heading].append((name.replace("_", "-"), title))
    yield from ((translate_text(heading, language), rows) for heading, rows in found.items() if rows)
    others = [(name, render(other.help, language)) for name, other in UTILITY_COMMANDS.items()]
    yield render(UTILITY_HEADING, language), others


def list_help_texts() -> Iterator[str]:
    """Yield every English text of the help that is not written out as a message, for the catalogues."""
    from ix_tools.interfaces.cli.operation_command import OperationCommand, list_operation_texts
    from ix_tools.operations.registry import catalogue

    yield from map(str, Heading)
    for operation in catalogue().values():
        yield operation.spec.title
        yield from list_operation_texts(operation)
        yield from list_command_texts(OperationCommand(operation, SETTINGS))
    for other in UTILITY_COMMANDS.values():
        if other.module:
            yield from list_command_texts(
                importlib.import_module(f"ix_tools.interfaces.cli.{other.module}").command
            )
    yield from list_command_texts(build_program())


def build_program(language: Language = "en") -> click.Group:
    """Build the whole command line, with its help in a language."""

    @click.pass_context
    def before(ctx: click.Context, /, **options: Any) -> None:
        apply_global_options(ctx, **options)

    program = CommandLine(
        "ix-tools",
        callback=before,
        params=[
            *global_options(),
            click.Option(
                ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
                help="Show the version and exit.",
            ),
        ],
        help=render(HELP, language),
        epilog=f"\b\n{render(EPILOG, language)}",
        context_settings=SETTINGS,
        options_metavar=render(message("[OPTIONS]"), language),
        subcommand_metavar=render(message("COMMAND [OPTIONS]"), language),
    )  # fmt: skip
    program.params = translate_parameters(program.params, language)
    return program


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"ix-tools {__version__}")
        ctx.exit()
