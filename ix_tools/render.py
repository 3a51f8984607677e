"""What a person reads: an approval in words, amounts and dates as Portugal or England writes them.

Text from the account (client names, observations) is shown inert: one line, no control or invisible characters.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from ix_tools.fiscal.document_types import document_type
from ix_tools.legible import visible
from ix_tools.sheet import Entry, Paper, PaperLine, Sheet
from ix_tools.totals import rounded
from ix_tools.vocabulary import LISBON, plain
from ix_tools.words import ACTIONS, LABELS, Language

SUMMED_UP = {"payment", "recipient", "series", "value", "organization", "at_subuser"}
"""Rows that say in one line what an approval is about."""
LOCALES = {"pt": "pt_PT", "en": "en_GB"}


def money(amount: Decimal | None, language: Language, currency: str | None = "Euro") -> str:
    """1.234,56 € in Portuguese, €1,234.56 in English; another currency by its name."""
    from babel.numbers import (
        format_currency,
        format_decimal,
    )  # Babel's locale data loads when first shown to someone

    value = amount or Decimal(0)
    if not currency or currency in ("Euro", "EUR"):
        # CLDR groups Portuguese thousands only from five digits and with a space; invoices print 1.234,56.
        if language == "pt":
            return f"{format_decimal(value, '#,##0.00', locale='pt_BR')} €"
        return format_currency(value, "EUR", locale=LOCALES[language])
    return f"{format_decimal(value, '#,##0.00', locale='pt_BR' if language == 'pt' else 'en_GB')} {visible(currency or '')}"


def day(value: date | None, language: Language) -> str:
    """20/11/2026 in both languages: the order every Portuguese document uses."""
    return value.strftime("%d/%m/%Y") if value else "-"


def number(value: Decimal | None, language: Language) -> str:
    """A quantity or percentage without needless zeros."""
    text = plain(value or Decimal(0))
    return text.replace(".", ",") if language == "pt" else text


def moment(timestamp: float) -> str:
    """A moment in Lisbon, to the minute."""
    return datetime.fromtimestamp(timestamp, LISBON).strftime("%Y-%m-%d %H:%M")


def title(sheet: Sheet, language: Language) -> str:
    """What is about to happen, to what: `Finalizar: Fatura 2026/1`."""
    words = " + ".join(ACTIONS[one.action].title.in_(language) for one in (sheet, *sheet.then))
    return f"{words}: {name(sheet.paper, language)}" if sheet.paper else words


def summary(sheet: Sheet, language: Language) -> str:
    """One line for a list of approvals."""
    paper = sheet.paper
    parts = [title(sheet, language)]
    if paper is not None:
        if paper.client is not None:
            parts.append(paper.client.name)
        parts.append(money(paper.total, language, paper.currency))
    entries = [entry for one in (sheet, *sheet.then) for entry in one.entries]
    parts += [value(entry, language) for entry in entries if entry.label in SUMMED_UP]
    return " · ".join(parts)


def approval(sheet: Sheet, language: Language) -> str:
    """Everything a person must see before saying yes, and what cannot be undone."""
    lines = [LABELS["sandbox"].in_(language)] if sheet.sandbox else []
    lines.append(title(sheet, language))
    lines.append(_labelled("account", sheet.account, language))
    if sheet.paper is not None:
        lines += _paper(sheet.paper, language)
    lines += [_labelled(entry.label, value(entry, language), language) for entry in sheet.entries]
    for then in sheet.then:
        lines += ["", f"{LABELS['then'].in_(language)}: {ACTIONS[then.action].title.in_(language)}"]
        lines += [f"  {_labelled(entry.label, value(entry, language), language)}" for entry in then.entries]
    if sheet.differences:
        lines += ["", LABELS["differences"].in_(language) + ":"]
        asked, stored = LABELS["asked"].in_(language), LABELS["stored"].in_(language)
        lines += [f"  {one.field}: {asked} {one.asked}, {stored} {one.stored}" for one in sheet.differences]
    if sheet.warnings:
        lines += ["", LABELS["warnings"].in_(language) + ":"]
        lines += [f"  {one.field}: {one.problem}" for one in sheet.warnings]
    undone = " ".join(ACTIONS[one.action].undone.in_(language) for one in (sheet, *sheet.then))
    lines += ["", _labelled("undone", undone, language)]
    return "\n".join(lines)


def name(paper: Paper, language: Language) -> str:
    """What the document is, with its number or as a draft."""
    kind = document_type(paper.kind)
    what = kind.pt if language == "pt" else kind.en
    return f"{what} ({LABELS['draft'].in_(language)} {paper.id})" if paper.draft else f"{what} {paper.number}"


def price(line: PaperLine, language: Language, currency: str) -> str:
    """A price of more than two decimals with all of them."""
    if line.price == rounded(line.price):
        return money(line.price, language, currency)
    return f"{number(line.price, language)} {visible(currency) or '€'}"


def tax(name: str, rate: Decimal | None, language: Language) -> str:
    """A VAT rate by the account's name for it."""
    return f"{name} {number(rate, language) if rate is not None else '?'} %"


def value(entry: Entry, language: Language) -> str:
    """What the call brings, in words."""
    text = " ".join(entry.lines)
    match entry.kind:
        case "secret":
            return LABELS["not_shown"].in_(language)
        case "yes":
            return LABELS["yes"].in_(language)
        case "money":
            return money(Decimal(text), language)
        case "day":
            return day(date.fromisoformat(text), language)
        case "named" if language == "en":
            return entry.english
        case _:
            return text


def _labelled(label: str, text: str, language: Language) -> str:
    return f"{LABELS[label].in_(language)}: {text}"


def _paper(paper: Paper, language: Language) -> Iterable[str]:
    due = _labelled("due_date", day(paper.due, language), language)
    yield _labelled("date", f"{day(paper.issued, language)} · {due}", language)
    yield _labelled("client", _client(paper, language), language)
    if paper.reference:
        yield _labelled("reference", paper.reference, language)
    if paper.lines:
        yield LABELS["lines"].in_(language) + ":"
        yield from (f"  {_line(line, paper.currency, language)}" for line in paper.lines)
        yield LABELS["vat"].in_(language) + ":"
        base, taxed = LABELS["base"].in_(language), LABELS["tax"].in_(language)
        for share in paper.shares:
            net, vat = (money(amount, language, paper.currency) for amount in (share.net, share.vat))
            yield f"  {tax(share.tax, share.rate, language)}: {base} {net}, {taxed} {vat}"
    if (reason := paper.exemption) is not None:
        said = f"{reason.code} – {reason.text} ({reason.law})" if reason.text else reason.code
        yield _labelled("exemption", said, language)
    if paper.discount:
        yield _labelled("discount_total", money(paper.discount, language, paper.currency), language)
    yield _labelled("net", money(paper.net, language, paper.currency), language)
    yield _labelled("total", money(paper.total, language, paper.currency), language)
    if paper.second_currency:
        yield _labelled("second_currency", paper.second_currency, language)
    if paper.retention:
        held = money(paper.retained, language, paper.currency)
        yield _labelled("retention", f"{number(paper.retention, language)} % = {held}", language)
    if paper.observations:
        yield _labelled("observations", " ".join(paper.observations), language)


def _client(paper: Paper, language: Language) -> str:
    client = paper.client
    if client is None:
        return LABELS["final_consumer"].in_(language)
    nif = f"{LABELS['nif'].in_(language)} {client.nif}" if client.nif else LABELS["no_nif"].in_(language)
    return " · ".join(filter(None, [client.name, nif, client.country or "Portugal"]))


def _line(line: PaperLine, currency: str, language: Language) -> str:
    net = money(line.net, language, currency) if line.net is not None else "?"
    off = f", {LABELS['discount'].in_(language)} {number(line.discount, language)} %" if line.discount else ""
    what = f"{number(line.quantity, language)} × {price(line, language, currency)}{off}"
    return f"{line.name}: {what} = {net} ({tax(line.tax, line.rate, language)})"
