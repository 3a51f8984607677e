"""The canonical sentence of a command: it parses to the same command, in the command's language."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from ix_tools.i18n.languages import Language
from ix_tools.interfaces.chat.words.commands import (
    MECHANISMS,
    ApproveCommand,
    CancelCommand,
    Client,
    Command,
    CreditCommand,
    Day,
    DocumentCommand,
    DraftCommand,
    HelpCommand,
    Line,
    PayCommand,
    PdfCommand,
    PendingCommand,
    RejectCommand,
    StateCommand,
    UnpaidCommand,
)
from ix_tools.interfaces.chat.words.folding import fold
from ix_tools.interfaces.chat.words.numbers import read_meanings, write_number

WORDS: dict[str, tuple[str, str]] = {
    "invoices": ("fatura", "invoice"),
    "invoice_receipts": ("fatura-recibo", "invoice-receipt"),
    "simplified_invoices": ("fatura simplificada", "simplified invoice"),
    "credit_notes": ("nota de crédito", "credit note"),
    "finalize": ("emitir", "issue"),
    "delete": ("apagar", "delete"),
    "quotes": ("orçamento", "estimate"),
    "proformas": ("fatura proforma", "proforma invoice"),
    "draft": ("rascunho", "draft"),
    "to": ("para", "for"),
    "nif": ("nif", "nif"),
    "code": ("código", "code"),
    "hour": ("h", "h"),
    "day": ("dias", "days"),
    "month": ("meses", "months"),
    "unit": ("un", "units"),
    "service": ("serviços", "services"),
    "vat": ("iva", "vat"),
    "exempt": ("isento", "exempt"),
    "tax": ("taxa", "tax"),
    "discount": ("desconto", "discount"),
    "total_discount": ("desconto total", "total discount"),
    "due": ("vence", "due"),
    "date": ("data", "date"),
    "today": ("hoje", "today"),
    "yesterday": ("ontem", "yesterday"),
    "tomorrow": ("amanhã", "tomorrow"),
    "reference": ("ref", "ref"),
    "notes": ("obs", "obs"),
    "series": ("série", "series"),
    "retention": ("retenção", "withholding"),
    "send": ("enviar", "send"),
    "send_to": ("para", "to"),
    "accept": ("aceito", "accept"),
    "credit": ("crédito", "credit"),
    "line": ("linha", "line"),
    "pay": ("pago", "paid"),
    "cancel": ("anular", "cancel"),
    "state": ("estado", "state"),
    "pdf": ("pdf", "pdf"),
    "unpaid": ("por pagar", "unpaid"),
    "pending": ("pendentes", "pending"),
    "approve": ("aprovar", "approve"),
    "reject": ("rejeitar", "reject"),
    "help": ("ajuda", "help"),
}


def write_sentence(command: Command) -> str:
    """Return the canonical sentence of a command."""
    return " ".join(WRITERS[type(command)](command, command.language))


def _word(name: str, language: Language) -> str:
    return WORDS[name][language == "en"]


def quote(text: str) -> str:
    """Return a value in quotes; it contains none, because a quote ends a value."""
    return f'"{text}"'


def _day(value: Day, language: Language) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else _word(value, language)


def _write_document(command: DocumentCommand, language: Language) -> Iterator[str]:
    if command.is_draft:
        yield _word("draft", language)
    yield _word(command.kind, language)
    yield from _write_client(command.client, language)
    for line in command.lines:
        yield write_line(line, language)
    if command.exemption:
        yield command.exemption
    if command.total_discount is not None:
        mark = "%" if command.total_discount.is_percent else "€"
        value = write_number(command.total_discount.value, language)
        yield f"{_word('total_discount', language)} {value}{mark}"
    if command.due is not None:
        due = f"{command.due}d" if isinstance(command.due, int) else _day(command.due, language)
        yield f"{_word('due', language)} {due}"
    if command.date is not None:
        yield f"{_word('date', language)} {_day(command.date, language)}"
    yield from _write_options(command, language)
    yield from (f"{_word('accept', language)} {one}" for one in command.accepted)


def _write_options(command: DocumentCommand, language: Language) -> Iterator[str]:
    for name in ("reference", "notes", "series"):
        if text := getattr(command, name):
            yield f"{_word(name, language)} {quote(text)}"
    if command.retention is not None:
        yield f"{_word('retention', language)} {write_number(command.retention, language)}%"
    if command.sends:
        to = f" {_word('send_to', language)} {command.email}" if command.email else ""
        yield f"{_word('send', language)}{to}"


def _write_client(client: Client, language: Language) -> Iterator[str]:
    if client.name:
        yield f"{_word('to', language)} {quote(client.name)}"
    if client.nif:
        yield f"nif {client.nif}"
    if client.code:
        yield f"{_word('code', language)} {quote(client.code)}"


def write_line(line: Line, language: Language) -> str:
    """Return a line as it is written in a sentence."""
    unit = f" {_word(line.unit, language)}" if line.unit else ""
    price = f" x {write_number(line.price, language)}" if line.price is not None else ""
    text = f"{quote(line.name)} {write_number(line.quantity, language)}{unit}{price}"
    if line.tax is not None:
        text += f" {write_tax(line.tax, language)}"
    if line.discount is not None:
        text += f" {_word('discount', language)} {write_number(line.discount, language)}%"
    return text


def write_tax(name: str, language: Language) -> str:
    """Return a tax as it is written in a sentence."""
    if re.fullmatch(r"IVA\d{1,2}", name):
        return f"{_word('vat', language)}{name[3:]}"
    if name == "Isento":
        return _word("exempt", language)
    return f"{_word('tax', language)} {quote(name)}"


def _write_credit(command: CreditCommand, language: Language) -> Iterator[str]:
    yield f"{_word('credit', language)} {command.document}"
    if command.reason:
        yield quote(command.reason)
    for line in command.lines:
        part = f"{_word('line', language)} {line.number}"
        if line.quantity is not None:
            part += f" x {write_number(line.quantity, language)}"
        if line.amount is not None:
            part += f" {write_number(line.amount, language)}€"
        yield part


def _write_payment(command: PayCommand, language: Language) -> Iterator[str]:
    yield f"{_word('pay', language)} {command.document}"
    if command.amount is not None:
        yield f"{write_number(command.amount, language)}€"
    if command.mechanism:
        yield MECHANISMS[command.mechanism][language == "en"]
    if command.date is not None:
        yield f"{_word('date', language)} {_day(command.date, language)}"
    if command.notes:
        yield f"{_word('notes', language)} {quote(command.notes)}"
    yield from (f"{_word('accept', language)} {one}" for one in command.accepted)


def _write_draft(command: DraftCommand, language: Language) -> Iterator[str]:
    yield f"{_word(command.action, language)} {_word(command.kind, language)} {command.id}"


def _write_with_text(
    verb: str, subject: Callable[[Any], str], text: Callable[[Any], str]
) -> Callable[..., Iterator[str]]:
    def write(command: Command, language: Language) -> Iterator[str]:
        yield _word(verb, language)
        if said := subject(command):
            yield said
        if said := text(command):
            yield quote(said)

    return write


def _nothing(command: Any) -> str:
    return ""


WRITERS: dict[type[Command], Callable[[Any, Language], Iterator[str]]] = {
    DocumentCommand: _write_document,
    CreditCommand: _write_credit,
    PayCommand: _write_payment,
    CancelCommand: _write_with_text("cancel", lambda one: one.document, lambda one: one.reason),
    StateCommand: _write_with_text("state", lambda one: one.document, lambda one: one.client),
    PdfCommand: _write_with_text("pdf", lambda one: one.document, _nothing),
    UnpaidCommand: _write_with_text("unpaid", _nothing, lambda one: one.client),
    PendingCommand: _write_with_text("pending", _nothing, _nothing),
    ApproveCommand: _write_with_text("approve", lambda one: one.approval, _nothing),
    RejectCommand: _write_with_text("reject", lambda one: one.approval, lambda one: one.reason),
    DraftCommand: _write_draft,
    HelpCommand: _write_with_text("help", lambda one: one.topic, _nothing),
}


def find_lost_numbers(text: str, command: Command) -> list[str]:
    """Return the numbers of a folded text that the command does not hold."""
    kept = {value for one in _RUN.findall(fold(write_sentence(command))) for value in _read_values(one)}
    return [one for one in _RUN.findall(text) if not kept.issuperset(_read_values(one))]


_RUN = re.compile(r"\d+(?:[.,]\d+)*")


def _read_values(run: str) -> set[Decimal]:
    """Return the value of a run of digits; of digits that are no number, such as a date's or a code's, each group."""
    meanings = read_meanings(run)
    return {meanings[0]} if len(meanings) == 1 else {Decimal(part) for part in re.split("[.,]", run)}
