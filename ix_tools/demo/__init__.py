"""`ix-tools demo`: a first invoice in the sandbox, over the real MCP server, told step by step; it waits for nothing.

story ── what is done in the sandbox        real ── what is done with an account of one's own
   └── assistant ── the MCP client and the person who answers its forms
   └── screen ── how it looks               words ── what it says, in Portuguese and English
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def _parser() -> argparse.ArgumentParser:
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
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the demo: 0 when every step went as told, 1 when one did not, 2 when there is nothing to run it with."""
    options = _parser().parse_args(argv)
    # Heavy: the MCP client and rich. Only here, and only after --help had its chance.
    from ix_tools.demo.screen import Screen

    screen = Screen(options.language)
    try:
        if options.real:
            from ix_tools.demo import account_scenario

            return account_scenario.run(screen, legacy=options.legacy)
        from ix_tools.demo import sandbox_scenario

        return sandbox_scenario.run(screen, options.out, legacy=options.legacy)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
