"""What a command still needs: asked with buttons, each of which is a whole sentence, never filled in by a default."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ix_tools.errors import IxError, Problem
from ix_tools.i18n.formats import format_money
from ix_tools.i18n.messages import Message, join_messages, message, verbatim
from ix_tools.interfaces.chat.words.building import EXEMPT_TAX
from ix_tools.interfaces.chat.words.commands import (
    MECHANISMS,
    CancelCommand,
    Client,
    Command,
    CreditCommand,
    DocumentCommand,
    PayCommand,
)
from ix_tools.interfaces.chat.words.faults import AmbiguousNumber
from ix_tools.interfaces.chat.words.sentences import write_sentence, write_tax
from ix_tools.text.sanitize import sanitize_line

DUE_DAYS = (0, 15, 30, 60)
MAX_CHOICES = 8
"""Buttons of one question."""
SHOWN_MECHANISMS = ("TB", "MB", "NU", "CH")


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer: what the button says, and the command that it means."""

    label: Message
    sentence: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the person who wrote a command."""

    text: Message
    choices: tuple[Choice, ...] = ()
    needs_form: bool = False
    """True if a form is better for this question, where the platform has forms."""


def ask_about_number(unclear: AmbiguousNumber) -> Question:
    """Ask what a number means."""
    choices = tuple(
        Choice(verbatim(f"{value:f}".replace(".", ",")), sentence)
        for value, sentence in zip(unclear.meanings, unclear.sentences, strict=True)
    )
    return Question(message("What does {number} mean?", number=unclear.text), choices)


def find_missing(command: Command) -> Question | None:
    """Return the question about the first part that a command lacks; None if it can be carried out."""
    if isinstance(command, DocumentCommand):
        return _find_missing_part(command)
    if isinstance(command, PayCommand):
        return _find_missing_payment(command)
    if isinstance(command, CancelCommand | CreditCommand) and not command.reason:
        example = write_sentence(replace(command, reason="…"))
        return Question(message("Why? The document says it. Write: {sentence}", sentence=example))
    return None


def _find_missing_part(command: DocumentCommand) -> Question | None:
    if not command.lines:
        example = write_sentence(command) + ' "…" 1x10 iva23'
        text = message("What is sold? Write a line: {sentence}", sentence=example)
        return Question(text, needs_form=True)
    if not command.client and command.kind != "simplified_invoices":
        example = write_sentence(replace(command, client=Client("…")))
        return Question(message("Who is the client? Write: {sentence}", sentence=example), needs_form=True)
    if not command.exemption and any(line.tax == EXEMPT_TAX for line in command.lines):
        example = write_sentence(replace(command, exemption="M??"))
        return Question(
            message("Why is no VAT charged? Write the exemption's code: {sentence}", sentence=example)
        )
    if command.due is None and command.kind not in {"invoice_receipts", "simplified_invoices"}:
        choices = tuple(
            Choice(
                message("{count} days", count=days) if days else message("today"),
                write_sentence(replace(command, due=days or "today")),
            )
            for days in DUE_DAYS
        )
        return Question(message("When is it due?"), choices)
    return None


def _find_missing_payment(command: PayCommand) -> Question | None:
    if not command.mechanism:
        choices = tuple(
            Choice(
                verbatim(MECHANISMS[code][command.language == "en"]),
                write_sentence(replace(command, mechanism=code)),
            )
            for code in SHOWN_MECHANISMS
        )
        return Question(message("How was it paid?"), choices)
    if command.date is None:
        days = (("today", message("today")), ("yesterday", message("yesterday")))
        choices = tuple(Choice(label, write_sentence(replace(command, date=day))) for day, label in days)  # type: ignore[arg-type]
        return Question(message("On which day was it paid?"), choices)
    return None


def ask_about_amount(command: PayCommand, document: Mapping[str, Any], to_pay: Any) -> Question:
    """Ask whether the whole open amount was paid."""
    from decimal import Decimal

    open_ = Decimal(str(to_pay if to_pay is not None else document.get("total", 0)))
    sentence = write_sentence(replace(command, amount=open_))
    example = write_sentence(replace(command, amount=Decimal(10)))
    return Question(
        message("How much was paid? For another amount write: {sentence}", sentence=example),
        (Choice(verbatim(format_money(open_, command.language)), sentence),),
    )


def ask_about_tax(command: DocumentCommand, at: int, taxes: Sequence[Mapping[str, Any]]) -> Question:
    """Ask which tax a line has."""
    line = command.lines[at]
    choices = []
    for one in taxes[:MAX_CHOICES]:
        name = sanitize_line(str(one["name"]))
        lines = (*command.lines[:at], replace(line, tax=name), *command.lines[at + 1 :])
        choices.append(
            Choice(verbatim(f"{name} ({one['value']} %)"), write_sentence(replace(command, lines=lines)))
        )
    word = write_tax("IVA23", command.language)
    text = message("Which VAT has “{line}”? It can stand behind the line: {word}", line=line.name, word=word)
    return Question(text, tuple(choices))


def ask_for_address(command: DocumentCommand) -> Question:
    """Ask where a document is sent."""
    example = write_sentence(replace(command, sends=True, email="ana@acme.example"))
    without = write_sentence(replace(command, sends=False, email=""))
    return Question(
        message("InvoiceXpress knows no e-mail address of this client. Write: {sentence}", sentence=example),
        (Choice(message("do not send it"), without),),
    )


def ask_about_refusal(command: Command, failure: IxError) -> Question:
    """Return a refusal with the person's choices: a candidate, the catalogue's values, or to accept the warning."""
    choices = (
        *_choose_client(command, failure),
        *_choose_values(command, failure),
        *_choose_to_accept(command, failure),
    )[:MAX_CHOICES]
    problems = [one.problem if choices else _add_allowed(one) for one in failure.problems]
    said = join_messages(dict.fromkeys(problems), "; ") if problems else failure.text
    if choices:
        return Question(said, choices)
    if problems and failure.sent == "nothing":
        return Question(message("Refused: {problem}. Nothing was sent.", problem=said))
    return Question(join_messages([failure.text, *([failure.next] if failure.next else [])], " "))


def _add_allowed(problem: Problem) -> Message:
    if not problem.allowed:
        return problem.problem
    return join_messages([problem.problem, message("allowed: {values}", values=problem.allowed)], "; ")


def _choose_client(command: Command, failure: IxError) -> Iterator[Choice]:
    for one in failure.details.get("candidates", ()):
        if not str(one.get("field", "")).startswith(("client", "name", "code")):
            continue
        name = sanitize_line(str(one.get("name", "")))
        known = " · ".join(sanitize_line(str(one[key])) for key in ("fiscal_id", "city") if one.get(key))
        label = verbatim(f"{name} ({known})" if known else name)
        chosen = replace_client(command, one)
        if chosen is not None:
            yield Choice(label, write_sentence(chosen))


def replace_client(command: Command, candidate: Mapping[str, Any]) -> Command | None:
    """Return the command with a candidate as its client, by its code, tax number or exact name."""
    name, code = str(candidate.get("name", "")), str(candidate.get("code", ""))
    if '"' in name + code:
        return None
    if isinstance(command, DocumentCommand):
        return replace(command, client=Client(code=code) if code else Client(name=name))
    if hasattr(command, "client"):
        return replace(command, client=name)  # type: ignore[call-arg]
    return None


def _choose_values(command: Command, failure: IxError) -> Iterator[Choice]:
    """Offer the catalogue's price, unit and tax for lines that would overwrite an item."""
    if "overwrite_items" not in failure.details.get("accept", ()) or not isinstance(command, DocumentCommand):
        return
    numbers = {
        int(one.field.split(".")[1])
        for one in failure.problems
        if one.field.startswith("items.") and one.field.split(".")[1].isdecimal()
    }
    lines = tuple(
        replace(line, price=None, unit=None, tax=None) if at in numbers else line
        for at, line in enumerate(command.lines)
    )
    yield Choice(message("use the catalogue's values"), write_sentence(replace(command, lines=lines)))


def _choose_to_accept(command: Command, failure: IxError) -> Iterator[Choice]:
    words = tuple(failure.details.get("accept", ()))
    if words and isinstance(command, DocumentCommand | PayCommand):
        accepted = tuple(dict.fromkeys((*command.accepted, *words)))
        label = (
            message("change the catalogue item too")
            if words == ("overwrite_items",)
            else message("go on all the same")
        )
        yield Choice(label, write_sentence(replace(command, accepted=accepted)))
