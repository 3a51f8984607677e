"""Build commands from the parts of a parsed sentence; a thing that is said twice is refused, never overwritten."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ix_tools.domain.date_types import parse_date
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.interfaces.chat.words.commands import (
    MECHANISMS,
    ApproveCommand,
    CancelCommand,
    Command,
    CreditCommand,
    CreditedLine,
    Day,
    DocumentCommand,
    DocumentKind,
    DraftCommand,
    DraftKind,
    HelpCommand,
    Line,
    PayCommand,
    PdfCommand,
    PendingCommand,
    RejectCommand,
    StateCommand,
    TotalDiscount,
    Unit,
    UnpaidCommand,
)
from ix_tools.interfaces.chat.words.faults import Contradiction
from ix_tools.interfaces.chat.words.folding import fold
from ix_tools.interfaces.chat.words.numbers import read_meanings

Node = Any
"""A tree of lark whose children are tokens and trees; which of them stand where is the grammar's."""
Token = Any

KINDS: dict[str, DocumentKind] = {
    "INVOICE": "invoices",
    "RECEIPT_INVOICE": "invoice_receipts",
    "SIMPLIFIED": "simplified_invoices",
    "ESTIMATE": "quotes",
    "PROFORMA": "proformas",
}
DRAFT_KINDS: dict[str, DraftKind] = {**KINDS, "CREDIT_NOTE": "credit_notes"}
UNITS: dict[str, Unit] = {
    "h": "hour",
    "d": "day",
    "m": "month",
    "u": "unit",
    "s": "service",
}
"""Units by the first letter of their words."""
DAY_WORDS: dict[str, Day] = {
    "hoje": "today",
    "today": "today",
    "ontem": "yesterday",
    "yesterday": "yesterday",
    "amanha": "tomorrow",
    "tomorrow": "tomorrow",
}
MECHANISM_CODES = {fold(word): code for code, words in MECHANISMS.items() for word in words} | {
    "mbway": "MB",
    "dinheiro": "NU",
}
EXEMPT_TAX = "Isento"
MAX_LINES = 40
"""Lines of a sentence; a document with more is made from a file."""


class Builder:
    """Builds the command of one sentence."""

    def __init__(self, text: str, language: Language) -> None:
        """`text`: the cleaned sentence, from which values are cut."""
        self._text = text
        self._language: Language = language

    def build(self, tree: Node) -> Command:
        """Return the command of a tree."""
        return COMMANDS[str(tree.data)](self, tree)

    # --- values ---

    def cut(self, *tokens: Token) -> str:
        """Return the text from the first token to the last one, as it was typed."""
        value = self._text[tokens[0].start_pos : tokens[-1].end_pos]
        if tokens[0].type == "QUOTED":
            value = value[1:-1]
        return " ".join(value.split())

    def read_name(self, node: Node) -> str:
        """Return the name in a node of words or quotes."""
        return self.cut(*node.children)

    def read_day(self, token: Token) -> Day:
        """Return a day."""
        if token.type == "DAY_WORD":
            return DAY_WORDS[str(token)]
        try:
            return parse_date(str(token))
        except InvalidValue:
            raise Contradiction(message("“{day}” is no date that exists.", day=str(token))) from None

    # --- documents ---

    def build_document(self, tree: Node) -> Command:
        """Build an invoice, estimate or draft, part by part."""
        kind, *parts = tree.children
        words = {token.type for token in kind.children}
        named: list[DocumentKind] = [KINDS[word] for word in KINDS if word in words]
        found = DocumentCommand(
            self._language,
            kind=named[0] if named else "invoices",
            is_draft="DRAFT" in words,
        )
        for part in parts:
            found = DOCUMENT_PARTS[str(part.data)](self, found, part)
        return found

    def add_client_name(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add the client's name."""
        node = part.children[-1] if part.data == "client" else part
        _refuse_second(found.client.name, CLIENT)
        return replace(found, client=replace(found.client, name=self.read_name(node)))

    def add_nif(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add the client's tax number."""
        _refuse_second(found.client.nif, CLIENT)
        number = self.cut(part.children[-1]).upper().replace(".", "")
        return replace(found, client=replace(found.client, nif=number))

    def add_code(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add the client's code."""
        _refuse_second(found.client.code, CLIENT)
        return replace(found, client=replace(found.client, code=self.cut(part.children[-1])))

    def add_line(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add a line."""
        if len(found.lines) >= MAX_LINES:
            raise Contradiction(message("A sentence has at most {limit} lines.", limit=MAX_LINES))
        by_type = {one.type: one for one in part.children if not _is_tree(one)}
        trees = {str(one.data): one for one in part.children if _is_tree(one)}
        name = self.cut(by_type["QUOTED"]) if "QUOTED" in by_type else None
        if name is None:
            name = self.read_name(next(trees[one] for one in ("words_name", "quoted_name") if one in trees))
        unit = UNITS[str(by_type["UNIT"])[0]] if "UNIT" in by_type else None
        price = read_number(trees["price"].children[0]) if "price" in trees else None
        line = Line(name, read_number(by_type["NUMBER"]), unit, price)
        return replace(found, lines=(*found.lines, line))

    def add_tax(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Set the tax of the line before it."""
        word = str(part.children[0])
        digits = "".join(char for char in word if char.isdigit())
        return self._change_line(found, "tax", f"IVA{digits}" if digits else EXEMPT_TAX, TAX)

    def add_named_tax(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Set the tax of the line before it, by its name."""
        return self._change_line(found, "tax", self.cut(part.children[-1]), TAX)

    def add_discount(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Set the discount of the line before it."""
        return self._change_line(found, "discount", read_number(part.children[1]), DISCOUNT)

    def _change_line(
        self, found: DocumentCommand, field: str, value: str | Decimal, what: Message
    ) -> DocumentCommand:
        if not found.lines:
            raise Contradiction(message("Write {what} behind the line that it is for.", what=what))
        last = found.lines[-1]
        _refuse_second(getattr(last, field), what)
        changed: dict[str, Any] = {field: value}
        return replace(found, lines=(*found.lines[:-1], replace(last, **changed)))

    def add_exemption(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add the reason for charging no VAT."""
        code = str(part.children[0]).upper()
        if found.exemption and found.exemption != code:
            raise Contradiction(
                message(
                    "A document has one exemption code, and you wrote {one} and {other}.",
                    one=found.exemption,
                    other=code,
                )
            )
        return replace(found, exemption=code)

    def add_total_discount(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add a discount over all lines."""
        _refuse_second(found.total_discount, DISCOUNT)
        value, unit = read_number(part.children[1]), part.children[2].type
        return replace(found, total_discount=TotalDiscount(value, unit == "PERCENT"))

    def add_due(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add the due date."""
        _refuse_second(found.due, DUE)
        token = part.children[1]
        if token.type == "DAYS":
            return replace(found, due=int("".join(char for char in token if char.isdigit())))
        return replace(found, due=self.read_day(token))

    def add_date(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add the date."""
        _refuse_second(found.date, DATE)
        return replace(found, date=self.read_day(part.children[1]))

    def add_text(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add the reference, the notes or the series."""
        field = str(part.data)
        _refuse_second(getattr(found, field), TEXTS[field])
        changed: dict[str, Any] = {field: self.cut(part.children[1])}
        return replace(found, **changed)

    def add_retention(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Add the withholding tax."""
        _refuse_second(found.retention, RETENTION)
        return replace(found, retention=read_number(part.children[1]))

    def mark_draft(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Leave the document as a draft."""
        return replace(found, is_draft=True)

    def add_sending(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Send the document by e-mail."""
        _refuse_second(found.sends or None, SENDING)
        email = next((self.cut(one) for one in part.children if one.type == "EMAIL"), "")
        return replace(found, sends=True, email=email)

    def add_acceptance(self, found: DocumentCommand, part: Node) -> DocumentCommand:
        """Accept what a question named."""
        return replace(found, accepted=_add_word(found.accepted, part))

    # --- other commands ---

    def build_credit(self, tree: Node) -> Command:
        """Build a credit."""
        _, document, *rest = tree.children
        reason = next((self.cut(one) for one in rest if not _is_tree(one)), "")
        lines = tuple(_read_credited_line(one) for one in rest if _is_tree(one))
        return CreditCommand(self._language, self._read_document(document), reason, lines)

    def build_payment(self, tree: Node) -> Command:
        """Build a payment, part by part."""
        _, document, *parts = tree.children
        found = PayCommand(self._language, self._read_document(document))
        for part in parts:
            found = PAYMENT_PARTS[str(part.data)](self, found, part)
        return found

    def add_amount(self, found: PayCommand, part: Node) -> PayCommand:
        """Add the amount that was paid."""
        _refuse_second(found.amount, AMOUNT)
        return replace(found, amount=read_number(part.children[0]))

    def add_mechanism(self, found: PayCommand, part: Node) -> PayCommand:
        """Add how it was paid."""
        _refuse_second(found.mechanism, MECHANISM)
        return replace(found, mechanism=MECHANISM_CODES[" ".join(str(part.children[0]).split())])

    def add_payment_day(self, found: PayCommand, part: Node) -> PayCommand:
        """Add when it was paid."""
        _refuse_second(found.date, DATE)
        return replace(found, date=self.read_day(part.children[-1]))

    def add_payment_notes(self, found: PayCommand, part: Node) -> PayCommand:
        """Add the text of the receipt."""
        _refuse_second(found.notes, TEXTS["notes"])
        return replace(found, notes=self.cut(part.children[1]))

    def add_payment_acceptance(self, found: PayCommand, part: Node) -> PayCommand:
        """Accept what a question named."""
        return replace(found, accepted=_add_word(found.accepted, part))

    def build_cancel(self, tree: Node) -> Command:
        """Build a cancellation."""
        _, document, *reason = tree.children
        said = self.cut(reason[0]) if reason else ""
        return CancelCommand(self._language, self._read_document(document), said)

    def build_state(self, tree: Node) -> Command:
        """Build a look at a document or a client."""
        what = tree.children[1]
        if _is_tree(what):
            return StateCommand(self._language, client=self.read_name(what))
        return StateCommand(self._language, self._read_document(what))

    def build_pdf(self, tree: Node) -> Command:
        """Build a request for a PDF."""
        return PdfCommand(self._language, self._read_document(tree.children[1]))

    def build_unpaid(self, tree: Node) -> Command:
        """Build a list of what is unpaid."""
        names = [one for one in tree.children if _is_tree(one)]
        return UnpaidCommand(self._language, self.read_name(names[0]) if names else "")

    def build_pending(self, tree: Node) -> Command:
        """Build a list of what waits."""
        return PendingCommand(self._language)

    def build_approve(self, tree: Node) -> Command:
        """Build a look at an approval."""
        return ApproveCommand(self._language, str(tree.children[1]).upper())

    def build_reject(self, tree: Node) -> Command:
        """Build a rejection."""
        _, approval, *reason = tree.children
        said = self.cut(reason[0]) if reason else ""
        return RejectCommand(self._language, str(approval).upper(), said)

    def build_finalizing(self, tree: Node) -> Command:
        """Build the issuing of a draft."""
        _, kind, number = tree.children
        return DraftCommand(self._language, "finalize", DRAFT_KINDS[kind.type], int(number))

    def build_deletion(self, tree: Node) -> Command:
        """Build the deletion of a draft."""
        _, kind, number = tree.children
        return DraftCommand(self._language, "delete", DRAFT_KINDS[kind.type], int(number))

    def build_help(self, tree: Node) -> Command:
        """Build a request for help."""
        return HelpCommand(self._language, str(tree.children[1]).strip() if len(tree.children) > 1 else "")

    def _read_document(self, token: Token) -> str:
        kind, blank, number = self.cut(token).rpartition(" ")
        return f"{kind.upper()}{blank}{number}"


def read_number(token: Any) -> Decimal:
    """Return the value of a number, which is known to be clear."""
    return read_meanings(str(token))[0]


def _is_tree(node: Any) -> bool:
    return hasattr(node, "children")


def _read_credited_line(node: Node) -> CreditedLine:
    tokens = [one for one in node.children if one.type != "LINE"]
    number = int(tokens[0])
    values = [read_number(one) for one in tokens if one.type == "NUMBER"]
    if not values:
        return CreditedLine(number)
    is_quantity = any(one.type == "TIMES" for one in tokens)
    return CreditedLine(number, values[0], None) if is_quantity else CreditedLine(number, None, values[0])


def _add_word(words: Iterable[str], part: Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*words, str(part.children[1]))))


def _refuse_second(known: object, what: Message) -> None:
    if known not in (None, ""):
        raise Contradiction(message("You say {what} twice.", what=what))


CLIENT, TAX, DISCOUNT = message("the client"), message("the tax"), message("the discount")
DUE, DATE, SENDING = message("the due date"), message("the date"), message("where to send it")
RETENTION, AMOUNT, MECHANISM = (
    message("the withholding tax"),
    message("the amount"),
    message("how it was paid"),
)
TEXTS = {
    "reference": message("the reference"),
    "notes": message("the notes"),
    "series": message("the series"),
}

DOCUMENT_PARTS: dict[str, Callable[[Builder, DocumentCommand, Node], DocumentCommand]] = {
    "client": Builder.add_client_name,
    "words_name": Builder.add_client_name,
    "quoted_name": Builder.add_client_name,
    "nif": Builder.add_nif,
    "code": Builder.add_code,
    "named_item": Builder.add_line,
    "counted_item": Builder.add_line,
    "tax": Builder.add_tax,
    "named_tax": Builder.add_named_tax,
    "exemption": Builder.add_exemption,
    "discount": Builder.add_discount,
    "total_discount": Builder.add_total_discount,
    "due": Builder.add_due,
    "dated": Builder.add_date,
    "reference": Builder.add_text,
    "notes": Builder.add_text,
    "series": Builder.add_text,
    "retention": Builder.add_retention,
    "draft_option": Builder.mark_draft,
    "send": Builder.add_sending,
    "acceptance": Builder.add_acceptance,
}
PAYMENT_PARTS: dict[str, Callable[[Builder, PayCommand, Node], PayCommand]] = {
    "paid_amount": Builder.add_amount,
    "mechanism": Builder.add_mechanism,
    "dated": Builder.add_payment_day,
    "paid_on": Builder.add_payment_day,
    "notes": Builder.add_payment_notes,
    "acceptance": Builder.add_payment_acceptance,
}
COMMANDS: dict[str, Callable[[Builder, Node], Command]] = {
    "document": Builder.build_document,
    "credit": Builder.build_credit,
    "pay": Builder.build_payment,
    "cancel": Builder.build_cancel,
    "state": Builder.build_state,
    "pdf": Builder.build_pdf,
    "unpaid": Builder.build_unpaid,
    "pending": Builder.build_pending,
    "approve": Builder.build_approve,
    "reject": Builder.build_reject,
    "finalize": Builder.build_finalizing,
    "delete": Builder.build_deletion,
    "help": Builder.build_help,
}
