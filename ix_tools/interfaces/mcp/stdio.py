"""Start the MCP server over standard input and output (`ix-tools serve`); only protocol is written to standard output.

The settings are checked first. Then the host's first questions are answered while the SDK is imported.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ix_tools.config.loading import detect_language, load_settings, split_list
from ix_tools.config.sandbox_choice import add_options, apply_sandbox_options
from ix_tools.config.settings import Settings
from ix_tools.errors import SettingsError
from ix_tools.i18n.messages import message, render

if TYPE_CHECKING:
    from ix_tools.interfaces.mcp.lazy_context import ShowPages

COULD_NOT_START = "ix-tools could not start, and nothing was done. Its standard error says why: {}"
REFUSAL_SECONDS = 3
"""How long a server that cannot start still answers what a host asks, unless the host leaves before."""
IMPORT_TURN_SECONDS = 0.0005
"""How long the import computes before the thread that answers gets its turn."""


def build_parser() -> argparse.ArgumentParser:
    """Build the options of `serve`. Not with click, which would slow down every start of every host."""
    parser = argparse.ArgumentParser(
        prog="ix-tools serve",
        description="Run the MCP server over standard input and output; with --http, the HTTP server "
        "(`ix-tools serve --http --help`).",
    )
    add_options(parser)
    parser.add_argument(
        "--account", help="act in this account of the settings alone; otherwise calls name one of several"
    )
    add_tool_options(parser)
    return parser


def add_tool_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose which tools are listed and which may run; `apply_options` reads them."""
    parser.add_argument(
        "--toolsets",
        type=split_list,
        help="toolsets to list, separated by commas: core, invoices, guides, ... or all (`ix-tools tools` shows them; default: core)",
    )
    parser.add_argument(
        "--tools",
        type=split_list,
        help="single tools to list, separated by commas: in addition to the toolsets, or alone",
    )
    parser.add_argument(
        "--exclude",
        type=split_list,
        default=[],
        help="tools that are neither listed nor run, separated by commas",
    )
    parser.add_argument(
        "--when-approved",
        choices=("run", "repeat"),
        help="what happens after an approval: the server carries the call out by itself (run), or the same call is repeated "
        "(default: the setting when_approved)",
    )
    parser.add_argument("--read-only", action="store_true", help="neither list nor run tools that write")
    parser.add_argument(
        "--strict-schemas",
        action="store_true",
        help="list every parameter as required, the optional ones as null or a value, for hosts in strict mode",
    )


def main(argv: Sequence[str], show: "ShowPages | None" = None) -> int:
    """Run until the host closes standard input. Return 2 if the settings do not allow a start.

    Args:
        show: creates the approval pages that this machine serves.
    """
    parser = build_parser()
    if {"-h", "--help"} & {*argv}:
        from ix_tools.i18n.parser_help import translate_parser

        translate_parser(parser, detect_language())
    options = parser.parse_args(argv)
    try:
        settings = apply_sandbox_options(
            apply_options(load_settings(), options), options.sandbox, options.sandbox_file
        )
        if options.account is not None:
            settings = settings.for_account(options.account).alone()
        _report_missing_accounts(settings)
        if settings.when_approved == "run":
            from ix_tools.config.extras import require_extra

            require_extra("server")  # its engine carries the calls out
        if settings.policy is not None:
            from ix_tools.policy.file import PolicyFile

            PolicyFile(settings.policy).load_rules()
    except SettingsError as wrong:
        print(wrong.format_for_person(detect_language()), file=sys.stderr)
        return 2
    from ix_tools.schemas.account_parameter import add_account_parameter
    from ix_tools.schemas.rendered_lists import choice_from_settings, list_chosen_tools
    from ix_tools.schemas.tool_selection import UnknownName

    try:
        listed = list_chosen_tools(choice_from_settings(settings))
        tools = [add_account_parameter(tool, list(settings.by_account())) for tool in listed]
    except UnknownName as wrong:
        nothing = message("Nothing was started: {problem}.", problem=wrong.problem)
        print(render(nothing, settings.language), file=sys.stderr)
        return 2
    return _serve(settings, tools, show)


def _report_missing_accounts(settings: Settings) -> None:
    """Say on standard error which account or key is missing.

    The server starts in any case, and every call says the same: people see an assistant's answer, and not why a program ended.
    """
    if settings.sandbox:
        return
    for one in settings.by_account().values() or [settings]:
        try:
            one.require_account()
        except SettingsError as missing:
            print(missing.format_for_person(settings.language), file=sys.stderr)


def apply_options(settings: Settings, options: argparse.Namespace) -> Settings:
    """Return the settings changed by the options: another list, or fewer permissions, never more."""
    named = options.toolsets is not None or options.tools is not None
    return settings.model_copy(
        update={
            "toolsets": tuple(options.toolsets or ()) if named else settings.toolsets,
            "tools": tuple(options.tools or ()) if named else settings.tools,
            "exclude": (*settings.exclude, *options.exclude),
            "read_only": settings.read_only or options.read_only,
            "when_approved": options.when_approved or settings.when_approved,
            "strict_schemas": settings.strict_schemas or options.strict_schemas,
        }
    )


def _serve(settings: Settings, tools: list[dict[str, Any]], show: "ShowPages | None") -> int:
    from ix_tools.interfaces.mcp.opening import Opening, claim_standard_input
    from ix_tools.interfaces.mcp.rendered_answers import load_answers

    with claim_standard_input() as incoming:
        opening = Opening(incoming, sys.stdout.buffer, load_answers(), tools)
        opening.start()
        turn = sys.getswitchinterval()
        sys.setswitchinterval(IMPORT_TURN_SECONDS)
        try:
            from ix_tools.interfaces.mcp.stdio_session import run_session
        except Exception as fault:
            opening.refuse_all(COULD_NOT_START.format(type(fault).__name__), REFUSAL_SECONDS)
            raise
        finally:
            sys.setswitchinterval(turn)
        return run_session(settings, tools, opening, show)
