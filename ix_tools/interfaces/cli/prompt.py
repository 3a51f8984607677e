"""Ask for approval at the terminal: the person reads the text and types a word; any other answer declines."""

import os
import sys

import click

from ix_tools.approvals import text as approval_text
from ix_tools.approvals.joint_decisions import Choice, load_parts, parse_control_sum, sum_remaining
from ix_tools.approvals.repository import Approval, Reply
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.messages import Message, MessageTemplate, Money, message, message_template
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.invocation import Invocation

SEPARATOR = "─"
SCREEN_LINES = 24
"""Lines of the smallest terminal."""
TYPE_YES = message_template("Type {word} to approve; anything else declines: ")
ACCEPT = message("accept")
TYPE_ACCEPT = message_template(
    "The stored document is not what was asked. Type {word} to approve it as it is: "
)
LEAVE_OUT = message("Numbers of documents to leave out, or Enter for none: ")
REMAINING = message_template("{count} documents remain: {remaining}.")
TYPE_TOTAL = message("To approve, type the total with VAT (Enter: not now): ")
TYPE_ID = message_template("To approve, type {word}: ")


def is_interactive() -> bool:
    """Return whether a person can read the prompt and type the answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def require_person(action: Message, next: Message) -> None:
    """Raise ApprovalRefused unless a person can act here, such as "clears a claim"; `next` is the step to take instead."""
    if not is_interactive():
        raise ApprovalRefused(
            message(
                "Only a person at a terminal {action}, and standard input or standard error is not a "
                "terminal.",
                action=action,
            ),
            code="no_person",
            next=next,
        )


def require_typed(
    run: Invocation, question: MessageTemplate, word: str, refusal: Message, next: Message
) -> None:
    """Raise ApprovalRefused with this refusal and next step unless the person types exactly this word."""
    if not confirm_typed(run, question, word):
        raise ApprovalRefused(refusal, code="approval_declined", next=next)


def ask_line(run: Invocation, question: Message) -> str:
    """Return what the person types now."""
    _discard_typed_input()
    console.write_text(run.translate(question), err=True, nl=False)
    return sys.stdin.readline().strip()


def ask_secret(run: Invocation, question: Message) -> str:
    """Return what the person types now, without showing it."""
    import getpass

    try:
        return getpass.getpass(run.translate(question), sys.stderr).strip()
    except EOFError:
        return ""


def identify_user() -> str:
    """Return this terminal's user as the system knows them, not as an environment variable claims."""
    if sys.platform == "win32":
        return f"terminal:{os.getlogin()}"
    import pwd

    try:
        return f"terminal:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"terminal:{os.getuid()}"  # a container's user without a name


def ask_approval(run: Invocation, approval: Approval) -> Reply:
    """Ask for approval and return the person's reply."""
    print_approval(run, approval)
    approved = confirm_typed(run, TYPE_YES, run.translate(LABELS["yes"]))
    accepted = approved and approval.differs and confirm_typed(run, TYPE_ACCEPT, run.translate(ACCEPT))
    return Reply(approval.handle, approved, accepted_differences=accepted)


def ask_choice(run: Invocation, approval: Approval) -> Choice | None:
    """Ask for the decision about many documents: those to leave out, then the total of the others; None if nothing is typed."""
    print_approval(run, approval)
    parts = load_parts(approval.parts)
    places = {one.place for one in parts}
    left_out: frozenset[int] = frozenset()
    if len(parts) > 1:
        words = _read_line(run.translate(LEAVE_OUT)).replace(",", " ").split()
        if not all(word.isascii() and word.isdecimal() and int(word) in places for word in words):
            raise ApprovalRefused(
                message("Some of these are not numbers of documents in the list; nothing was approved."),
                code="approval_declined",
                next=message("type the numbers that stand before the documents, separated by blanks"),
            )
        left_out = frozenset(map(int, words))
        if left_out:
            remaining = Money(sum_remaining(parts, left_out))
            console.print_note(
                run.translate(REMAINING.fill(count=len(parts) - len(left_out), remaining=remaining))
            )
    typed = _read_line(run.translate(TYPE_TOTAL))
    return Choice(parse_control_sum(typed), left_out) if typed else None


def _read_line(question: str) -> str:
    _discard_typed_input()
    console.write_text(question, err=True, nl=False)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        console.print_note("")
    return line.strip()


def print_approval(run: Invocation, approval: Approval) -> None:
    """Print an approval's text with the irreversible consequences highlighted."""
    text = approval_text.format_for_reader(approval, run.language)
    lines = console.wrap_text(text).splitlines()
    loud = [
        run.translate(LABELS[label])
        for label in ("irreversible", "consequence", "differences", "warnings", "sandbox")
    ]
    console.print_note(click.style(SEPARATOR * 72, dim=True))
    for number, line in enumerate(lines):
        if any(line.startswith(word) for word in loud):
            console.print_note(click.style(line, fg="yellow", bold=True))
        else:
            console.print_note(
                click.style(line, bold=True) if number < 2 and ":" in line and line[:1] != " " else line
            )
    console.print_note(click.style(SEPARATOR * 72, dim=True))
    if len(lines) > SCREEN_LINES:
        # In a long document the first line has scrolled away.
        console.print_note(click.style(console.wrap_text(text.split("\n", 1)[0]), bold=True))


def confirm_typed(run: Invocation, question: MessageTemplate, word: str) -> bool:
    """Return whether the person types exactly this word now; input typed before the prompt does not count."""
    _discard_typed_input()
    console.write_text(run.translate(question.fill(word=click.style(word, bold=True))), err=True, nl=False)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        console.print_note("")
    return line.strip().casefold() == word.casefold()


def _discard_typed_input() -> None:
    """Forget what was typed before the question was there."""
    if sys.platform == "win32":
        import msvcrt  # the console of Windows

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios

        termios.tcflush(sys.stdin, termios.TCIFLUSH)
