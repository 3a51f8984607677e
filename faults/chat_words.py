"""`python -m faults chat-words`: random sentences of the chat language, sound and damaged, against its promises.

Every command, written in any of the ways that the language allows, is read as itself. A damaged sentence is refused, asked about, or
read so that its canonical sentence means the same and holds every number of the input. Nothing else is raised.
"""

import argparse
import random
import time
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from ix_tools.interfaces.chat.words.commands import (
    MECHANISMS,
    ApproveCommand,
    CancelCommand,
    Client,
    Command,
    CreditCommand,
    CreditedLine,
    DocumentCommand,
    DraftCommand,
    HelpCommand,
    Line,
    PayCommand,
    PdfCommand,
    PendingCommand,
    RejectCommand,
    StateCommand,
    TotalDiscount,
    UnpaidCommand,
)
from ix_tools.interfaces.chat.words.faults import AmbiguousNumber, Contradiction, NotUnderstood
from ix_tools.interfaces.chat.words.folding import clean, fold
from ix_tools.interfaces.chat.words.parsing import parse
from ix_tools.interfaces.chat.words.sentences import find_lost_numbers, write_sentence

NAMES = (
    "ACME",
    "Padaria Central, Lda",
    "3M Portugal",
    "A&B",
    "Café Ñandú",
    "x",
    "fatura",
    "a 60",
    "iva23",
    "M07; +",
    "Ω-mega 2.0",
)
PIECES = ('"', "x", "3x60", " 1.234", "1x1.234", "iva23", "%", "€", "vence",
          "30d", ";", "+", "\n", "para", "nif", "“", "\u00a0", "💸", "-", "0", "9,99",
          "M07", "/", "1/2026", "<@U1>", "&amp;", "enviar", "@", "a@b.pt", "\u202e", "٣", "½", "\\", "a", "de")  # fmt: skip
UNITS = ("hour", "day", "month", "unit", "service")


def make_command(chance: random.Random) -> Command:
    """Return a random command."""
    language: Any = chance.choice(("pt", "en"))
    number, name = f"{chance.choice(('FT ', 'FR ', ''))}{chance.randint(1, 99)}/2026", chance.choice(NAMES)
    approval = "".join(chance.choice("ABCDEFGHJKMNPQRSTUVWXYZ23456789") for _ in range(8))
    text, money = chance.choice(("", name)), chance.choice((None, _money(chance)))
    kinds = (
        lambda: CreditCommand(language, number, text, tuple(_make_credited(chance) for _ in range(3))),
        lambda: PayCommand(language, number, money, chance.choice(("", *MECHANISMS)), _day(chance), text),
        lambda: CancelCommand(language, number, text),
        lambda: StateCommand(language, number),
        lambda: StateCommand(language, client=name),
        lambda: PdfCommand("pt", number),
        lambda: UnpaidCommand(language, text),
        lambda: PendingCommand(language),
        lambda: ApproveCommand(language, approval),
        lambda: RejectCommand(language, approval, text),
        lambda: DraftCommand(language, "delete", "credit_notes", chance.randint(1, 10**9)),
        lambda: DraftCommand(language, "finalize", "invoice_receipts", chance.randint(1, 99)),
        lambda: HelpCommand(language),
    )  # fmt: skip
    return _make_document(chance, language) if chance.random() < 0.6 else chance.choice(kinds)()


def _money(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(0, int("9" * chance.randint(1, 9)))).scaleb(-chance.randint(0, 4))


def _day(chance: random.Random) -> Any:
    day = date(2026, 1, 1) + timedelta(days=chance.randint(0, 900))
    return chance.choice((None, "today", "yesterday", "tomorrow", day))


def _make_credited(chance: random.Random) -> CreditedLine:
    amounts = chance.choice(((None, None), (_money(chance), None), (None, _money(chance))))
    return CreditedLine(chance.randint(1, 40), *amounts)


def _make_document(chance: random.Random, language: Any) -> DocumentCommand:
    def maybe(value: Any, nothing: Any = "") -> Any:
        return value if chance.random() < 0.4 else nothing

    lines = tuple(
        Line(
            chance.choice(NAMES), _money(chance), maybe(chance.choice(UNITS), None), maybe(_money(chance), None),
            maybe(chance.choice(("IVA23", "IVA6", "Isento", "IVA 22 Madeira")), None), maybe(_money(chance), None),
        )
        for _ in range(chance.randint(0, 4))
    )  # fmt: skip
    sends = chance.random() < 0.3
    return DocumentCommand(
        language,
        kind=chance.choice(("invoices", "invoice_receipts", "simplified_invoices", "quotes", "proformas")),
        is_draft=chance.random() < 0.3,
        client=Client(maybe(chance.choice(NAMES)), maybe("508025338"), maybe("ACME-1")),
        lines=lines,
        exemption=maybe("M07"),
        total_discount=maybe(TotalDiscount(_money(chance), chance.random() < 0.5), None),
        due=chance.choice((_day(chance), chance.randint(0, 120))),
        date=_day(chance),
        reference=maybe("PO-77"),
        notes=maybe(chance.choice(NAMES)),
        series=maybe("B2026"),
        retention=maybe(_money(chance), None),
        sends=sends,
        email="ana+1@acme.example" if sends and chance.random() < 0.5 else "",
        accepted=maybe(("overwrite_items",), ()),
    )


def commands() -> st.SearchStrategy[Command]:
    """Return a strategy of commands."""
    return st.randoms(use_true_random=False).map(make_command)


def write_wildly(command: Command, chance: random.Random) -> str:
    """Return the canonical sentence in other quotes, blanks, letters and separators."""
    inside, out = False, []
    opening, closing = chance.choice(('""', "“”", "«»", "„“"))
    for char in write_sentence(command):
        if char == '"':
            inside = not inside
            out.append(opening if inside else closing)
        elif inside:
            out.append(char)
        elif char == " ":
            out.append(chance.choice((" ", " ", "  ", "\u00a0", "\t")))
        else:
            out.append(char.upper() if chance.random() < 0.2 and _keeps_case(command) else char)
    return "".join(out)


def _keeps_case(command: Command) -> bool:
    """Tell whether nothing outside quotes has letters whose case counts: addresses and words of questions do."""
    return not (
        isinstance(command, DocumentCommand) and (command.email or command.accepted)
    ) and not isinstance(command, HelpCommand)


def vary(sentence: str, chance: random.Random) -> str:
    """Return a sentence that was damaged in up to four places."""
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.randint(0, len(sentence)) for _ in range(2))
        piece = chance.choice(PIECES)
        sentence = chance.choice(
            (
                sentence[:at] + piece + sentence[at:],
                sentence[:at] + sentence[min(end, at + 3) :],
                sentence[:at] + " " + piece + " " + sentence[at:],
                sentence[:at] + sentence[end:] + sentence[at:end],
            )
        )
    return sentence


def check_sentence(sentence: str) -> str:
    """Hold one sentence against the promises, and return what became of it."""
    fault: NotUnderstood | Contradiction | AmbiguousNumber
    try:
        command = parse(sentence)
    except (NotUnderstood, Contradiction, AmbiguousNumber) as raised:
        fault = raised
    else:
        _check_command(sentence, command)
        return "understood"
    if isinstance(fault, AmbiguousNumber):
        assert len(fault.sentences) == 2, sentence
        return "asked"
    assert str(fault.explain()), sentence
    assert isinstance(fault, Contradiction) or 0 <= fault.position <= len(clean(sentence)), sentence
    return "refused"


def _check_command(sentence: str, command: Command) -> None:
    canonical = write_sentence(command)
    assert parse(canonical) == command, (sentence, canonical)
    assert write_sentence(parse(canonical)) == canonical, (sentence, canonical)
    assert not find_lost_numbers(fold(clean(sentence)), command), (sentence, canonical)


def main(arguments: list[str]) -> int:
    """Run sentences; return 1 when a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m faults chat-words")
    parser.add_argument("--sentences", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    chance, found, broken = random.Random(options.seed), Counter[str](), []
    started = time.monotonic()
    for number in range(options.sentences):
        command = make_command(chance)
        sentence = write_wildly(command, chance)
        try:
            if number % 2:
                sentence = vary(sentence, chance)
                found[check_sentence(sentence)] += 1
            elif parse(sentence) != command:
                broken.append(f"read as another command: {sentence!r}")
            else:
                found["read as itself"] += 1
        except Exception as trouble:  # noqa: BLE001 - any of them breaks the promise
            broken.append(f"{type(trouble).__name__}: {trouble} at {sentence!r}")
    seconds = time.monotonic() - started
    print(f"{options.sentences} sentences in {seconds:.1f} s: {dict(found)}; {len(broken)} broken")
    print("\n".join(broken[:20]))
    return 1 if broken else 0
