"""Sentences that are not understood: where reading stopped, and what could stand there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import NO_MESSAGE, Message, join_messages, message, verbatim

MAX_SHOWN = 8
"""Possibilities that one refusal names."""
DOCUMENT_WORD = message("a kind of document, such as invoice")
CLIENT_WORD = message("the client: for ACME, nif 508025338")
OTHER_COMMAND = message("another command; help lists all")

EXPECTATIONS: Mapping[str, Message] = {
    "INVOICE": DOCUMENT_WORD,
    "RECEIPT_INVOICE": DOCUMENT_WORD,
    "SIMPLIFIED": DOCUMENT_WORD,
    "ESTIMATE": DOCUMENT_WORD,
    "PROFORMA": DOCUMENT_WORD,
    "CREDIT": OTHER_COMMAND,
    "PAY": OTHER_COMMAND,
    "CANCEL": OTHER_COMMAND,
    "STATE": OTHER_COMMAND,
    "PDF": OTHER_COMMAND,
    "UNPAID": OTHER_COMMAND,
    "PENDING": OTHER_COMMAND,
    "APPROVE": OTHER_COMMAND,
    "REJECT": OTHER_COMMAND,
    "FINALIZE": OTHER_COMMAND,
    "DELETE": OTHER_COMMAND,
    "HELP": OTHER_COMMAND,
    "CREDIT_NOTE": DOCUMENT_WORD,
    "TO": CLIENT_WORD,
    "NIF": CLIENT_WORD,
    "CODE": CLIENT_WORD,
    "QUOTED": message('a text in quotes, such as "Consulting"'),
    "WORD": message("a name"),
    "NUMBER": message("a number"),
    "INTEGER": message("a line's number"),
    "TIMES": message("the price, as in 3x60"),
    "AT": message("the price, as in at 60"),
    "UNIT": message("a unit: h, days, months, units"),
    "OF": message("of"),
    "EURO": verbatim("€"),
    "PERCENT": verbatim("%"),
    "TAX": message("a VAT rate: vat23, exempt"),
    "TAX_NAME": message('a tax by its name: tax "IVA 22 Madeira"'),
    "EXEMPTION": message("an exemption code: M07"),
    "DISCOUNT": message("discount 5%"),
    "TOTAL_DISCOUNT": message("total discount 5%"),
    "DUE": message("due 30d, due 31/12/2026"),
    "DATED": message("date 30/11/2026"),
    "DAYS": message("a number of days: 30d"),
    "DATE": message("a date: 31/12/2026"),
    "DAY_WORD": message("today, yesterday"),
    "REFERENCE": message("ref PO-77"),
    "NOTES": message('obs "…"'),
    "SERIES": message("series A"),
    "RETENTION": message("withholding 25%"),
    "SEND": message("send to ana@acme.example"),
    "EMAIL": message("an e-mail address"),
    "EMAIL_TO": message("an e-mail address"),
    "DRAFT": message("draft"),
    "ACCEPT": message("accept, with the word that a question named"),
    "TAX_NUMBER": message("a tax number: 508025338"),
    "VALUE": message("a word without blanks"),
    "DOCUMENT": message("a document's number: FT 1/2026"),
    "DRAFT_ID": message("a draft's id: 1001"),
    "APPROVAL": message("an approval's id of eight letters and digits"),
    "LINE": message("line 1"),
    "MECHANISM": message("how it was paid: transfer, multibanco, cash, check"),
    "TOPIC": message("a word to explain"),
    "_SEPARATOR": message("the next line, after ; or +"),
    "$END": message("the end"),
}
"""What each terminal of the grammar stands for, in a person's words."""
ORDER = tuple(EXPECTATIONS)
"""The order in which a refusal names them."""


@dataclass
class NotUnderstood(Exception):
    """A sentence that cannot be read to its end."""

    position: int
    """The position at which reading stopped, in the cleaned text."""
    before: str
    """The last words that were understood."""
    rest: str
    """The text at that position; empty at the end of the sentence."""
    expected: Message
    """What could stand there."""
    hint: Message = NO_MESSAGE
    """What was probably meant."""
    language: Language | None = None
    """The language of the verb, if it was understood."""

    def explain(self) -> Message:
        """Return the refusal as a person reads it."""
        where = (
            message("I stopped at “{rest}”, after “{before}”.", rest=self.rest, before=self.before)
            if self.rest and self.before
            else message("I stopped at “{rest}”.", rest=self.rest)
            if self.rest
            else message("Something is missing after “{before}”.", before=self.before)
            if self.before
            else message("There is no command.")
        )
        could = message("There could stand: {expected}.", expected=self.expected)
        return join_messages([where, *([self.hint] if self.hint else []), could], " ")


@dataclass
class Contradiction(Exception):
    """A sentence with a part that is repeated or in the wrong place."""

    problem: Message
    language: Language | None = None

    def explain(self) -> Message:
        """Return the refusal as a person reads it."""
        return self.problem


@dataclass
class AmbiguousNumber(Exception):
    """A number that can mean two things."""

    text: str
    meanings: tuple[Decimal, ...]
    sentences: tuple[str, ...]
    """The whole sentence for each meaning, with the number written clearly."""
    language: Language | None = None


SentenceFault = NotUnderstood | Contradiction | AmbiguousNumber


def describe_expected(terminals: Iterable[str]) -> Message:
    """Return what the terminals stand for as a list without repetitions."""
    wanted = set(terminals)
    found = list(dict.fromkeys(EXPECTATIONS[name] for name in ORDER if name in wanted and EXPECTATIONS[name]))
    return join_messages(found[:MAX_SHOWN], ", ")
