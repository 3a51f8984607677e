"""Run the demo (`ix-tools demo`): issue a first invoice in the sandbox through the real MCP server.

sandbox_scenario ── the steps in the sandbox      account_scenario ── the steps with the user's own account
inbox_scenario ── a server with requests to decide
   └── assistant ── the MCP client and the person who answers its forms
   └── screen ── printing                         texts ── the sentences, in Portuguese and English
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ix_tools.error_codes import Exit
from ix_tools.errors import IxError
from ix_tools.i18n.parser_help import translate_parser


def build_parser() -> argparse.ArgumentParser:
    """Build the options of `demo`."""
    parser = argparse.ArgumentParser(
        prog="ix-tools demo",
        description="Issue, send and collect a first invoice in the sandbox, through the MCP server. Nothing leaves this machine.",
    )
    parser.add_argument(
        "--language",
        choices=("pt", "en"),
        default="pt",
        help="language of what is printed (default: pt, since those who issue Portuguese invoices read it)",
    )
    parser.add_argument(
        "--legacy",
        action="store_true",
        help="speak the older MCP protocol, 2025-11-25, as some hosts still do",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out"),
        metavar="FOLDER",
        help="where the PDF goes (default: out, in the current folder)",
    )
    parser.add_argument(
        "--real",
        action="store_true",
        help="use the account in the environment: reads, then one draft if you type yes; nothing is ever issued",
    )
    parser.add_argument(
        "--inbox",
        action="store_true",
        help="run a server in the sandbox with requests that wait, and print a link to sign in and decide; Ctrl-C ends it",
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the demo. Return 0 if every step ended as expected, 1 if one did not, 2 if the settings do not allow a start."""
    parser = build_parser()
    if "en" not in argv and "--language=en" not in argv:
        translate_parser(parser, "pt")
    options = parser.parse_args(argv)
    # Imported late, so that --help stays fast: the MCP client and rich are heavy.
    from ix_tools.demo.screen import Screen

    screen = Screen(options.language)
    try:
        if options.real:
            from ix_tools.demo import account_scenario

            return account_scenario.run(screen, legacy=options.legacy)
        if options.inbox:
            from ix_tools.demo import inbox_scenario

            return inbox_scenario.run(screen, options.out)
        from ix_tools.demo import sandbox_scenario

        return sandbox_scenario.run(screen, options.out, legacy=options.legacy)
    except IxError as wrong:
        sys.stderr.write(f"{wrong.format_for_person(options.language)}\n")
        return Exit.USAGE
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
