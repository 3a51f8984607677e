"""What the command line says besides results: failures, next steps, asides. Everything here goes to standard error."""

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
from ix_tools.i18n.words import Said
from ix_tools.interfaces.cli.invocation import Run
from ix_tools.interfaces.cli.options import flag_of
from ix_tools.text.sanitize import all_legible, legible, visible

INTERRUPTED = Said("Interrompido. Nada foi enviado.", "Interrupted. Nothing was sent.")
INTERRUPTED_LATE = Said(
    "Interrompido. Não se sabe se foi feito: veja antes de repetir.",
    "Interrupted. Whether it was carried out is unknown: look before you repeat it.",
)
ON_ITS_WAY = Said(
    "O pedido já seguiu; a aguardar a resposta. Ctrl-C outra vez desiste sem saber se foi feito.",
    "The request is on its way; waiting for the answer. Ctrl-C again gives up without knowing whether it was done.",
)
ALLOWED = Said("permitido", "allowed")
NEXT = Said("A seguir", "Next")
REPEAT = Said("Para o fazer mesmo assim", "To do it nevertheless")


COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
"""What click and rich write to colour a text."""
WIDEST = 110
"""Longer lines of text are hard to read."""


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Text with its colours, unless nobody can see them or wants them (https://no-color.org), and nothing else that controls."""
    # What comes from the account was made legible before it was coloured; here nothing passes that was forgotten.
    parts = [part if COLOUR.fullmatch(part) else legible(part) for part in COLOUR.split(text)]
    click.echo("".join(parts), err=err, nl=nl, color=False if os.environ.get("NO_COLOR") else None)


def aside(text: str) -> None:
    """Something for the person that is no result."""
    say(text, err=True)


def emit(body: Mapping[str, Any]) -> None:
    """One JSON object on standard output: on one line, unless a person is looking."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    look = {"indent": 2} if sys.stdout.isatty() else {"separators": (",", ":")}
    print_out(json.dumps(all_legible(body), ensure_ascii=plain, **look))


def print_out(text: str) -> None:
    """Text on standard output; a reader that went away (`| head`) is no failure of the call."""
    try:
        say(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer has nowhere to go either; without this, Python complains at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def wrapped(text: str, indent: str = "") -> str:
    """Text within the width of the terminal, broken between words; a line goes on under its own beginning."""
    width = max(40, min(shutil.get_terminal_size().columns, WIDEST))
    lines: list[str] = []
    for line in text.splitlines():
        under = indent + " " * (len(line) - len(line.lstrip()) + 2 * bool(line.strip()))
        lines.append(
            textwrap.fill(
                line,
                width,
                initial_indent=indent if lines else "",
                subsequent_indent=under,
                break_on_hyphens=False,  # a command must not be cut inside a word
                break_long_words=False,
                drop_whitespace=True,
                replace_whitespace=False,
            )
        )
    return "\n".join(lines)


def failed(run: Run, failure: IxError) -> None:
    """A failure: as JSON in the place of the result, or in words on standard error."""
    if run.json:
        emit(failure.as_dict())
        return
    aside(click.style(wrapped(visible(failure.message)), fg="red", bold=True))
    for problem in failure.problems:
        field = visible(flag_of(problem.field, run.schema) if run.schema else problem.field)
        told = len(failure.problems) == 1 and problem.problem in failure.message
        if not told or problem.allowed:
            line = wrapped(field if told else f"{field}: {visible(problem.problem)}", "  ")
            aside("  " + line.replace(field, click.style(field, bold=True), 1))
        if problem.allowed:
            aside("    " + wrapped(f"{run.said(ALLOWED)}: {visible(problem.allowed)}", "    "))
    if failure.next:
        name = run.said(NEXT)
        aside(wrapped(f"{name}: {visible(failure.next)}").replace(name, click.style(name, bold=True), 1))
    words = failure.details.get("accept")
    if words:
        more = [part for word in words for part in ("--accept", str(word))]
        aside(f"{click.style(run.said(REPEAT), bold=True)}:\n  {run.again(*more)}")
