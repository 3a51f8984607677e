"""Run one command from its words to its exit code; every error ends here."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal

import click

from ix_tools.domain.date_types import lisbon_now
from ix_tools.error_codes import Exit
from ix_tools.errors import IxError, get_exit_code
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.library_texts import translate_libraries
from ix_tools.i18n.messages import Message, as_message, verbatim
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.commands import build_program
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.translation import Misuse
from ix_tools.renames import collect_notices


def run_command(
    argv: Sequence[str],
    clock: Callable[[], float] | None = None,
    now: Callable[[], datetime] | None = None,
) -> int:
    """Run a command. Return one of `ix_tools.errors.Exit`; the clocks can be replaced."""
    run = Invocation(tuple(argv), _guess_output(argv), clock=clock or time.time, now=now or lisbon_now)
    try:
        translate_libraries(run.language)
        with collect_notices() as notices:
            try:
                code = build_program(run.language).main(
                    args=list(argv), prog_name="ix-tools", standalone_mode=False, obj=run
                )
            finally:
                for notice in notices.values():
                    console.print_note(run.translate(notice))
    except click.ClickException as wrong:
        return _report_misuse(run, wrong)
    except IxError as failure:
        console.print_failure(run, failure)
        return get_exit_code(failure)
    except (click.Abort, KeyboardInterrupt):
        console.print_note(run.translate(console.INTERRUPTED))
        return Exit.INTERRUPTED
    return int(code or 0)


def _guess_output(argv: Sequence[str]) -> Literal["text", "json"] | None:
    """Find the output format before the command line is parsed, for errors in it."""
    given = {*pairwise(argv), *(tuple(word.split("=", 1)) for word in argv)}
    return "text" if ("--output", "text") in given else "json" if ("--output", "json") in given else None


def _report_misuse(run: Invocation, wrong: click.ClickException) -> int:
    if isinstance(wrong, click.exceptions.NoArgsIsHelpError):
        console.print_note(wrong.format_message())
        return Exit.USAGE
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    path = context.command_path if context else "ix-tools"
    failure = IxError(_describe_misuse(run, wrong), code="usage", next=verbatim(f"{path} --help"))
    console.print_failure(run, failure)
    return Exit.USAGE


def _describe_misuse(run: Invocation, wrong: click.ClickException) -> Message:
    if isinstance(wrong, Misuse):
        return wrong.text
    problem = wrong.format_message()
    translate_libraries("en")
    english = wrong.format_message()
    translate_libraries(run.language)
    return as_message(Bilingual(problem, english))
