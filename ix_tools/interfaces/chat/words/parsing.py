"""Parse a sentence into a command; what it does not understand is refused with the position."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import NO_MESSAGE, Message, message
from ix_tools.interfaces.chat.words.building import Builder
from ix_tools.interfaces.chat.words.commands import Command
from ix_tools.interfaces.chat.words.faults import (
    AmbiguousNumber,
    Contradiction,
    NotUnderstood,
    describe_expected,
)
from ix_tools.interfaces.chat.words.folding import clean, fold
from ix_tools.interfaces.chat.words.numbers import read_meanings, write_number
from ix_tools.interfaces.chat.words.sentences import find_lost_numbers

if TYPE_CHECKING:
    from lark import Lark, Token

MAX_LENGTH = 4000
"""Characters of a sentence; no chat sends longer ones."""
SHOWN = 30
"""Characters of the sentence that a refusal repeats on either side."""
# fmt: off
PORTUGUESE_WORDS = frozenset((
    "fatura", "factura", "recibo", "simplificada", "orcamento", "rascunho", "nota", "creditar", "credito", "pagamento", "pago", "paga",
    "recebi", "anular", "anula", "cancelar", "estado", "situacao", "por", "em", "dividas", "pendentes", "aprovar", "aprova", "rejeitar",
    "rejeita", "emitir", "emite", "apagar", "apaga", "ajuda",
))
ENGLISH_WORDS = frozenset((
    "invoice", "receipt", "simplified", "estimate", "quote", "draft", "credit", "payment", "paid", "pay", "cancel", "state", "status",
    "unpaid", "pending", "approve", "reject", "issue", "finalize", "delete", "help",
))
# fmt: on
NUMBERS = frozenset({"NUMBER", "INTEGER"})
_DAYS = re.compile(r"\d{1,3}\s?(?:d|dias?|days?)\b")
_DAYS_AT_END = re.compile(r"\d\s?(?:d|dias?|days?)\s*$")


@cache
def load_parser() -> "Lark":
    """Build the parser; lark is imported with the first sentence."""
    from lark import Lark

    grammar = files("ix_tools.interfaces.chat.words").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=False)


def parse(text: str, language: Language = "pt") -> Command:
    """Return the command that a sentence is.

    Args:
        language: that of the answer, if the sentence's first word does not tell.

    Raises:
        NotUnderstood: where reading stopped, and what could stand there.
        Contradiction: something is said twice, or in the wrong place.
        AmbiguousNumber: a number can mean two things.
    """
    from lark import UnexpectedInput

    cleaned = clean(text)
    folded = fold(cleaned)
    spoken = detect_language(folded, language)
    if len(cleaned) > MAX_LENGTH:
        raise Contradiction(
            message("The sentence has more than {limit} characters.", limit=MAX_LENGTH), spoken
        )
    if not folded:
        raise NotUnderstood(0, "", "", describe_expected({"INVOICE", "HELP"}), language=spoken)
    try:
        tree = load_parser().parse(folded)
    except UnexpectedInput as stop:
        raise _build_refusal(stop, cleaned, folded, spoken) from None
    tokens = sorted(tree.scan_values(lambda one: True), key=lambda one: one.start_pos or 0)
    try:
        _refuse_adjacent_numbers(tokens, folded)
        _refuse_unclear_numbers(tokens, cleaned, spoken)
        command = Builder(cleaned, spoken).build(tree.children[0])
        _refuse_lost_numbers(folded, command)
    except Contradiction as fault:
        raise replace(fault, language=spoken) from None
    return command


def detect_language(folded: str, otherwise: Language) -> Language:
    """Return the language of a sentence's first word that has one."""
    for word in folded.replace("-", " ").split()[:2]:
        if word in PORTUGUESE_WORDS:
            return "pt"
        if word in ENGLISH_WORDS:
            return "en"
    return otherwise


def _refuse_adjacent_numbers(tokens: "Sequence[Token]", folded: str) -> None:
    """Refuse two numbers that only blanks separate: `"A" 3 60` is not read as a quantity and a price."""
    for one, other in pairwise(one for one in tokens if one.type == "NUMBER"):
        assert one.end_pos is not None
        if not folded[one.end_pos : other.start_pos].strip(" \t"):
            if _DAYS.match(folded[other.start_pos :]):
                raise Contradiction(SAY_DUE)
            raise Contradiction(
                message(
                    "“{first} {second}” are two numbers in a row; quantity and price are written as 3x60.",
                    first=str(one),
                    second=str(other),
                )
            )


def _refuse_unclear_numbers(tokens: "Sequence[Token]", text: str, language: Language) -> None:
    for one in tokens:
        if one.type not in NUMBERS:
            continue
        meanings = read_meanings(str(one))
        if not meanings:
            raise Contradiction(
                message("“{number}” is no number; write 1234.50 or 1.234,50.", number=str(one))
            )
        if len(meanings) > 1 and one.start_pos is not None:
            head, tail = text[: one.start_pos], text[one.end_pos :]
            sentences = tuple(f"{head}{write_number(value, language)}{tail}" for value in meanings)
            raise AmbiguousNumber(str(one), meanings, sentences, language)


def _refuse_lost_numbers(folded: str, command: Command) -> None:
    """Refuse a sentence with a number that its command does not contain, as a last check that no number is ignored."""
    lost = find_lost_numbers(folded, command)
    if lost:
        raise Contradiction(message("I do not know what the number “{number}” is for.", number=lost[0]))


# --- refusals ------------------------------------------------------------------------------------------


def _build_refusal(stop: Any, text: str, folded: str, language: Language) -> NotUnderstood:
    from lark import Token, UnexpectedCharacters, UnexpectedToken

    at, expected = len(text), set[str]()
    position: int = stop.pos_in_stream or 0
    if isinstance(stop, UnexpectedCharacters):
        at, expected = position, set(stop.allowed)
    elif isinstance(stop, UnexpectedToken):
        token: Token = stop.token
        at = len(text) if token.type == "$END" else (token.start_pos or 0)
        expected = set(stop.accepts)
    rest = _shorten_end(text[at:])
    return NotUnderstood(
        at,
        _shorten_start(text[:at].rstrip()),
        rest,
        describe_expected(expected),
        _find_hint(folded, at, expected),
        language,
    )


def _shorten_end(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1].rstrip()}…"


def _shorten_start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"…{line[1 - SHOWN :].lstrip()}"


def _find_hint(folded: str, at: int, expected: set[str]) -> Message:
    rest = folded[at:]
    return next((said for applies, said in HINTS if applies(rest, expected, folded[:at])), NO_MESSAGE)


def _names_days(rest: str, _: set[str], before: str) -> bool:
    word = rest.split(None, 1)[0] if rest else ""
    return _DAYS_AT_END.search(before + word) is not None


def _is_unquoted_item(rest: str, expected: set[str], before: str) -> bool:
    return re.match(r"x\s?\d|\*", rest) is not None and before.rstrip()[-1:].isdigit()


def _has_open_quote(rest: str, _: set[str], before: str) -> bool:
    return rest.startswith('"') and (before + rest).count('"') % 2 == 1


def _is_quoted_client(rest: str, expected: set[str], before: str) -> bool:
    return before.count('"') == 2 and rest[:3].strip() in {"de", "da", "do", "of"}


def _is_item_in_words(rest: str, expected: set[str], _: str) -> bool:
    return "QUOTED" in expected and "WORD" not in expected and rest[:1].isalpha()


SAY_DUE = message("For the due date say due 30d.")
HINTS: Sequence[tuple[Callable[[str, set[str], str], bool], Message]] = (
    (_has_open_quote, message("A quote is opened and not closed.")),
    (_names_days, SAY_DUE),
    (_is_unquoted_item, message('Put the name of the item in quotes: "Consulting" 3x60.')),
    (_is_quoted_client, message('Say for before the client: for "Padaria Central" 3 hours of consulting.')),
    (_is_item_in_words, message("Put names of several words in quotes.")),
)
"""What is probably meant, by where reading stopped: the rest, what could stand there, what stands before."""
