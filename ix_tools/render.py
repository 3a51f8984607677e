"""What a person reads: an approval in words, amounts and dates as Portugal or England writes them.

Text from the account (client names, observations) is shown inert: one line, no control or invisible characters.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from ix_tools.errors import Problem
from ix_tools.facts import Facts
from ix_tools.fiscal.document_types import document_type
from ix_tools.fiscal.exemptions import exemption
from ix_tools.operation import Preview, Row
from ix_tools.records import Document, Line
from ix_tools.settings import Settings
from ix_tools.totals import rounded
from ix_tools.vocabulary import LISBON, plain, visible
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
    if currency in (None, "Euro", "EUR"):
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


def title(preview: Preview, language: Language) -> str:
    """What is about to happen, to what: `Finalizar: Fatura 2026/1`."""
    words = " + ".join(ACTIONS[one.action].title.in_(language) for one in (preview, *preview.then))
    return f"{words}: {_name(preview.document, language)}" if preview.document else words


def summary(preview: Preview, facts: Facts, settings: Settings) -> str:
    """One line for a list of approvals."""
    document, language = preview.document, settings.language
    parts = [title(preview, language)]
    if isinstance(document, Document):
        if document.client and document.client.name:
            parts.append(visible(document.client.name))
        parts.append(money(document.total, language, document.currency))
    rows = [row for one in (preview, *preview.then) for row in one.rows]
    parts += [_value(row, language) for row in rows if row.label in SUMMED_UP]
    return " · ".join(parts)


def approval(preview: Preview, facts: Facts, warnings: Sequence[Problem], settings: Settings) -> str:
    """Everything a person must see before saying yes, and what cannot be undone."""
    language = settings.language
    lines = [LABELS["sandbox"].in_(language)] if settings.sandbox else []
    lines.append(title(preview, language))
    lines.append(_labelled("account", settings.account, language))
    if isinstance(preview.document, Document):
        lines += _document(preview.document, facts, language)
    lines += [_labelled(row.label, _value(row, language), language) for row in preview.rows]
    for then in preview.then:
        lines += ["", f"{LABELS['then'].in_(language)}: {ACTIONS[then.action].title.in_(language)}"]
        lines += [f"  {_labelled(row.label, _value(row, language), language)}" for row in then.rows]
    if preview.differences:
        lines += ["", LABELS["differences"].in_(language) + ":"]
        asked, stored = LABELS["asked"].in_(language), LABELS["stored"].in_(language)
        lines += [
            f"  {one['field']}: {asked} {visible(str(one['asked']))}, {stored} {visible(str(one['stored']))}"
            for one in preview.differences
        ]
    if warnings:
        lines += ["", LABELS["warnings"].in_(language) + ":"]
        lines += [f"  {one.field}: {one.problem}" for one in warnings]
    undone = " ".join(ACTIONS[one.action].undone.in_(language) for one in (preview, *preview.then))
    lines += ["", _labelled("undone", undone, language)]
    return "\n".join(lines)


def _labelled(label: str, text: str, language: Language) -> str:
    return f"{LABELS[label].in_(language)}: {text}"


def _name(document: Any, language: Language) -> str:
    kind = document_type(document.document_type)
    what = kind.pt if language == "pt" else kind.en
    return (
        f"{what} ({LABELS['draft'].in_(language)} {document.id})"
        if document.is_draft
        else f"{what} {visible(document.number or '')}"
    )


def _document(document: Document, facts: Facts, language: Language) -> Iterable[str]:
    yield _labelled(
        "date",
        f"{day(document.date, language)} · {_labelled('due_date', day(document.due_date, language), language)}",
        language,
    )
    yield _labelled("client", _client(document, facts, language), language)
    if document.reference:
        yield _labelled("reference", visible(document.reference), language)
    if document.lines:
        yield LABELS["lines"].in_(language) + ":"
        yield from (f"  {_line(line, document, language)}" for line in document.lines)
        yield LABELS["vat"].in_(language) + ":"
        yield from (f"  {share}" for share in _shares(document, language))
    if document.tax_exemption:
        entry = exemption(document.tax_exemption)
        yield _labelled(
            "exemption",
            f"{document.tax_exemption}{f' – {entry.text_pt} ({entry.law})' if entry else ''}",
            language,
        )
    if document.discount:
        yield _labelled("discount_total", money(document.discount, language, document.currency), language)
    yield _labelled("net", money(document.before_taxes, language, document.currency), language)
    yield _labelled("total", money(document.total, language, document.currency), language)
    if document.multicurrency:
        other = document.multicurrency
        yield _labelled(
            "second_currency",
            visible(f"{other.get('currency', '')} {other.get('total', '')} ({other.get('rate', '')})"),
            language,
        )
    if document.retention:
        yield _labelled(
            "retention",
            f"{number(document.retention, language)} % = {money(document.retained, language, document.currency)}",
            language,
        )
    if document.observations:
        yield _labelled("observations", visible(document.observations), language)


def _client(document: Document, facts: Facts, language: Language) -> str:
    client = document.client
    if client is None or not client.name:
        return LABELS["final_consumer"].in_(language)
    record = facts.document_client or client
    nif = (
        f"{LABELS['nif'].in_(language)} {visible(record.fiscal_id)}"
        if record.fiscal_id
        else LABELS["no_nif"].in_(language)
    )
    return " · ".join(
        filter(None, [visible(client.name), nif, visible(record.country or client.country or "Portugal")])
    )


def _line(line: Line, document: Document, language: Language) -> str:
    price = (
        money(line.exact_price, language, document.currency)
        if line.exact_price == rounded(line.exact_price)
        else f"{number(line.exact_price, language)} €"
    )
    net = money(rounded(line.net), language, document.currency) if line.net is not None else "?"
    off = f", {LABELS['discount'].in_(language)} {number(line.discount, language)} %" if line.discount else ""
    tax = _tax(line.tax, line.tax_rate, language)
    return f"{visible(line.name or '?')}: {number(line.quantity, language)} × {price}{off} = {net} ({tax})"


def _tax(name: str | None, rate: Decimal | None, language: Language) -> str:
    return f"{visible(name or '?')} {number(rate, language) if rate is not None else '?'} %"


def _shares(document: Document, language: Language) -> Iterable[str]:
    found: dict[tuple[str | None, Decimal | None], list[Decimal]] = {}
    for line in document.lines:
        share = found.setdefault((line.tax, line.tax_rate), [Decimal(0), Decimal(0)])
        share[0] += line.net or Decimal(0)
        share[1] += line.vat or Decimal(0)
    for (name, rate), (net, vat) in found.items():
        base, tax = LABELS["base"].in_(language), LABELS["tax"].in_(language)
        yield (
            f"{_tax(name, rate, language)}: {base} {money(rounded(net), language, document.currency)}, "
            f"{tax} {money(rounded(vat), language, document.currency)}"
        )


def _value(row: Row, language: Language) -> str:
    value = row.value
    if isinstance(value, SecretStr):
        return LABELS["not_shown"].in_(language)
    if isinstance(value, bool):
        return LABELS["yes"].in_(language)
    if isinstance(value, Decimal):
        return money(value, language)
    if isinstance(value, date):
        return day(value, language)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if hasattr(value, "pt") and hasattr(value, "code"):
        return f"{value.code} – {value.pt if language == 'pt' else value.en}"
    return visible(str(value))
