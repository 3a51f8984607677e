"""Write to the terminal: text, JSON, notes and errors, without control characters from outside."""

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

import click

from ix_tools.errors import IxError
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.messages import message
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import find_flag
from ix_tools.text.sanitize import sanitize_all, sanitize_line, sanitize_text

INTERRUPTED = message("Interrupted. Nothing was sent.")
INTERRUPTED_LATE = message("Interrupted. The outcome is unknown: check it before you repeat the command.")
ON_ITS_WAY = message(
    "The request was sent; waiting for the response. Ctrl-C again gives up, and the outcome stays unknown."
)
ALLOWED = message("allowed")
NEXT = message("Next")
REPEAT = message("To do it nevertheless")


COLOUR_CODES = re.compile(r"(\x1b\[[0-9;]*m)")
"""Escape sequences by which click and rich colour text."""
MAX_WIDTH = 110
"""Longer lines of text are hard to read."""


def write_text(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write a text with its colours, unless colours are off (https://no-color.org), and without other control characters."""
    # Text from the account was sanitized before colouring; this catches text that was not.
    parts = [
        part if COLOUR_CODES.fullmatch(part) else sanitize_text(part) for part in COLOUR_CODES.split(text)
    ]
    click.echo("".join(parts), err=err, nl=nl, color=False if os.environ.get("NO_COLOR") else None)


def print_note(text: str) -> None:
    """Print a note for the person on standard error."""
    write_text(text, err=True)


def print_json(body: Mapping[str, Any] | list[Any]) -> None:
    """Print one JSON object or list on standard output: indented on a terminal, otherwise on one line."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    look: dict[str, Any] = {"indent": 2} if sys.stdout.isatty() else {"separators": (",", ":")}
    print_out(json.dumps(sanitize_all(body), ensure_ascii=plain, **look))


def print_out(text: str) -> bool:
    """Print a text on standard output; a closed pipe (`| head`) is no error, and returns False."""
    try:
        write_text(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Without this, Python reports an error when it flushes the rest of the buffer at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def wrap_text(text: str, indent: str = "") -> str:
    """Wrap a text to the terminal's width between words; lines below the first are indented, which the caller begins."""
    width = max(40, min(shutil.get_terminal_size().columns, MAX_WIDTH))
    lines: list[str] = []
    for line in text.splitlines():
        under = indent + " " * (len(line) - len(line.lstrip()) + 2 * bool(line.strip()))
        lines.append(
            textwrap.fill(
                line,
                width,
                initial_indent=indent,
                subsequent_indent=under,
                break_on_hyphens=False,  # a command must stay copyable
                break_long_words=False,
                drop_whitespace=True,
                replace_whitespace=False,
            )
        )
    return "\n".join(lines).removeprefix(indent)


def print_failure(run: Invocation, failure: IxError) -> None:
    """Print an error: as JSON in place of the result, or as text on standard error."""
    if run.wants_json:
        print_json(failure.as_dict(run.language))
        return
    said = run.translate(failure.text)
    print_note(click.style(wrap_text(sanitize_line(said)), fg="red", bold=True))
    for problem in failure.problems:
        field = sanitize_line(find_flag(problem.field, run.schema) if run.schema else problem.field)
        is_named = len(failure.problems) == 1 and run.translate(problem.problem) in said
        if not is_named or problem.allowed:
            line = wrap_text(
                field if is_named else f"{field}: {sanitize_line(run.translate(problem.problem))}", "  "
            )
            print_note("  " + line.replace(field, click.style(field, bold=True), 1))
        if problem.allowed:
            print_note(
                "    "
                + wrap_text(
                    f"{run.translate(ALLOWED)}: {sanitize_line(run.translate(problem.allowed))}", "    "
                )
            )
    for one in failure.details.get("warnings", ()):
        warned = f"{run.translate(LABELS['warnings'])}: {one.get('for_person', one['problem'])}"
        print_note(click.style(wrap_text(sanitize_line(warned)), fg="yellow"))
    if failure.next:
        name = run.translate(NEXT)
        print_note(
            wrap_text(f"{name}: {sanitize_line(run.translate(failure.next))}").replace(
                name, click.style(name, bold=True), 1
            )
        )
    words = failure.details.get("accept")
    if words:
        more = [part for word in words for part in ("--accept", str(word))]
        print_note(f"{click.style(run.translate(REPEAT), bold=True)}:\n  {run.build_repeat(*more)}")
