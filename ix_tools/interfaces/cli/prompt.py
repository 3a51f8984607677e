"""The question at the terminal: the person reads what would happen and types a word. Anything else is a no."""

import os
import sys

import click

from ix_tools.approvals.repository import Approval, Reply
from ix_tools.i18n.words import LABELS, Said
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.invocation import Run

RULE = "─"
SCREEN = 24
"""Lines of the smallest terminal."""
TYPE_YES = Said(
    "Escreva {word} para aprovar; qualquer outra coisa recusa: ",
    "Type {word} to approve; anything else declines: ",
)
ACCEPT = Said("aceito", "accept")
TYPE_ACCEPT = Said(
    "O documento guardado não é o que foi pedido. Escreva {word} para o aprovar mesmo assim: ",
    "The stored document is not what was asked. Type {word} to approve it as it is: ",
)
TYPE_ID = Said("Para aprovar, escreva {word}: ", "To approve, type {word}: ")


def person_there() -> bool:
    """Whether somebody can read the question and type the answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def whoever() -> str:
    """Who is at this terminal, as the system knows them; not what an environment variable says."""
    if sys.platform == "win32":
        return f"terminal:{os.getlogin()}"
    import pwd

    try:
        return f"terminal:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"terminal:{os.getuid()}"  # a container's user without a name


def reply(run: Run, approval: Approval) -> Reply:
    """What the person answers."""
    show(run, approval)
    approved = typed(run, TYPE_YES, run.said(LABELS["yes"]))
    accepted = approved and approval.differs and typed(run, TYPE_ACCEPT, run.said(ACCEPT))
    return Reply(approval.handle, approved, accepted_differences=accepted)


def show(run: Run, approval: Approval) -> None:
    """The text of an approval, with what cannot be undone standing out."""
    lines = console.wrapped(approval.text).splitlines()
    loud = [
        run.said(LABELS[label])
        for label in ("irreversible", "consequence", "differences", "warnings", "sandbox")
    ]
    console.aside(click.style(RULE * 72, dim=True))
    for number, line in enumerate(lines):
        if any(line.startswith(word) for word in loud):
            console.aside(click.style(line, fg="yellow", bold=True))
        else:
            console.aside(
                click.style(line, bold=True) if number < 2 and ":" in line and line[:1] != " " else line
            )
    console.aside(click.style(RULE * 72, dim=True))
    if len(lines) > SCREEN:
        # What decides has scrolled away above a long document.
        console.aside(click.style(console.wrapped(approval.text.split("\n", 1)[0]), bold=True))


def typed(run: Run, question: Said, word: str) -> bool:
    """Whether the person types exactly this word now. What was typed before the question does not count."""
    _forget_what_was_typed()
    console.say(run.said(question).format(word=click.style(word, bold=True)), err=True, nl=False)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        console.aside("")
    return line.strip().casefold() == word.casefold()


def _forget_what_was_typed() -> None:
    if sys.platform != "win32":
        import termios

        termios.tcflush(sys.stdin, termios.TCIFLUSH)
