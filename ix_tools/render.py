"""What a person reads: an approval in words, amounts and dates as Portugal or England writes them.

Text from the account (client names, observations) is shown inert: one line, no control or invisible characters.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from ix_tools.fiscal.document_types import document_type
from ix_tools.legible import visible
from ix_tools.sheet import Corrected, Deed, Entry, Paper, PaperLine, Party, Sheet, Transport, Warned
from ix_tools.totals import rounded
from ix_tools.vocabulary import LISBON, plain
from ix_tools.words import ACTIONS, LABELS, STATES, Language

PART = 80
"""Characters of a name in a line that other parts must still fit in; the whole name stands below."""
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


def timestamp(at: float) -> str:
    """A moment for programs: RFC 3339, to the second, with Lisbon's offset."""
    return datetime.fromtimestamp(at, LISBON).isoformat(timespec="seconds")


def title(sheet: Sheet, language: Language) -> str:
    """What is about to happen, to what: `Finalizar: Fatura 13/2026 (n.º previsto)`."""
    words = " + ".join(ACTIONS[one.action].title.in_(language) for one in (sheet, *sheet.then))
    return f"{words}: {name(sheet.paper, language)}" if sheet.paper else words


def headline(sheet: Sheet, language: Language) -> str:
    """What decides, in one line: action, document, client, amount, exemption, recipient.

    `Finalizar: Fatura 13/2026 (n.º previsto) · ACME, Lda · NIF 508112230 · 184,50 € com IVA`
    """
    parts = [title(sheet, language), *_whom(sheet, language), *_how_much(sheet, language)]
    for one in (sheet, *sheet.then):
        if one.recipient:
            parts.append(f"{LABELS['to'].in_(language)} {one.recipient}")
        parts += [
            _labelled(entry.label, value(entry, language), language) for entry in one.entries if entry.decides
        ]
    if sheet.several_accounts:
        parts.append(_labelled("issuer", issuer(sheet, language), language))
    return " · ".join(parts)


def issuer(sheet: Sheet, language: Language) -> str:
    """Whose account it is, in one line: `Padaria Central, Lda · NIF 501964843 (padaria)`."""
    if not sheet.company:
        return sheet.account
    nif = f"{LABELS['nif'].in_(language)} {sheet.company_nif}" if sheet.company_nif else ""
    return " · ".join(filter(None, [_part(sheet.company), nif])) + f" ({sheet.account})"


def consequences(sheet: Sheet, language: Language) -> tuple[str, str]:
    """Whether it is for good, in a word, and what it leaves behind."""
    actions = [ACTIONS[one.action] for one in (sheet, *sheet.then)]
    word = "irreversible" if any(one.irreversible for one in actions) else "consequence"
    return LABELS[word].in_(language), " ".join(one.consequence.in_(language) for one in actions)


def _whom(sheet: Sheet, language: Language) -> Iterable[str]:
    client = sheet.paper.client if sheet.paper else sheet.client
    if client is not None:
        yield _part(client.name)
        yield f"{LABELS['nif'].in_(language)} {client.nif}" if client.nif else LABELS["no_nif"].in_(language)
    elif sheet.paper is not None:
        yield LABELS["final_consumer"].in_(language)


def _how_much(sheet: Sheet, language: Language) -> Iterable[str]:
    paper = sheet.paper
    if sheet.amount is not None:
        yield _labelled(sheet.amount.label, value(sheet.amount, language), language)
    elif paper is not None and paper.total is not None:
        taxed = f" {LABELS['with_vat' if paper.vat else 'without_vat'].in_(language)}" if paper.shares else ""
        yield money(paper.total, language, paper.currency) + taxed
    if paper is not None and paper.exemption is not None:
        yield f"{LABELS['exemption'].in_(language)} {paper.exemption.code}"


def _part(text: str) -> str:
    """Text from outside as one part of a line: short, and without what parts are set apart with."""
    text = text.replace("·", "-")
    return text if len(text) <= PART else f"{text[: PART - 1].rstrip()}…"


def summary(sheet: Sheet, language: Language) -> str:
    """One line for a list of approvals."""
    return headline(sheet, language)


def approval(sheet: Sheet, language: Language) -> str:
    """Everything a person must see before saying yes; what decides comes first."""
    word, consequence = consequences(sheet, language)
    lines = [headline(sheet, language), f"{word}: {consequence}"]
    about = _labelled("account", issuer(sheet, language), language)
    lines.append(f"{LABELS['sandbox'].in_(language)} {about}" if sheet.sandbox else about)
    if sheet.differences:
        lines += ["", LABELS["differences"].in_(language) + ":"]
        asked, stored = LABELS["asked"].in_(language), LABELS["stored"].in_(language)
        lines += [f"  {one.field}: {asked} {one.asked}, {stored} {one.stored}" for one in sheet.differences]
    if sheet.warnings:
        lines += ["", LABELS["warnings"].in_(language) + ":"]
        lines += [f"  {warned(one, language)}" for one in sheet.warnings]
    lines.append("")
    if sheet.paper is not None:
        lines += _paper(sheet.paper, language)
    elif sheet.client is not None:
        lines += client_told(sheet.client, language)
    lines += _deed(sheet, language)
    for then in sheet.then:
        lines += ["", f"{LABELS['then'].in_(language)}: {ACTIONS[then.action].title.in_(language)}"]
        lines += [f"  {line}" for line in _deed(then, language)]
    return "\n".join(lines)


def warned(warning: Warned, language: Language) -> str:
    """What a rule has to say: in Portuguese where it can, otherwise in English with the field it is about."""
    return warning.pt if language == "pt" and warning.pt else f"{warning.field}: {warning.problem}"


def _deed(deed: Deed, language: Language) -> Iterable[str]:
    if deed.recipient:
        yield _labelled("recipient", deed.recipient, language)
    for entry in deed.told:
        yield _labelled(entry.label, value(entry, language), language)


def name(paper: Paper, language: Language) -> str:
    """What the document is, with its number or as a draft."""
    kind = document_type(paper.kind)
    what = kind.pt if language == "pt" else kind.en
    if not paper.draft:
        return f"{what} {paper.number}"
    if paper.expected_number:
        return f"{what} {paper.expected_number} ({LABELS['expected_number'].in_(language)})"
    return f"{what} ({LABELS['draft'].in_(language)} {paper.id})"


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
        case "document" if entry.document is not None:
            return referred(entry.document, "", language)
        case "state":
            return state(entry, language)
        case "named" if language == "en":
            return entry.english
        case _:
            return text


def _labelled(label: str, text: str, language: Language) -> str:
    return f"{LABELS[label].in_(language)}: {text}"


def _paper(paper: Paper, language: Language) -> Iterable[str]:
    due = _labelled("due_date", day(paper.due, language), language)
    yield _labelled("date", f"{day(paper.issued, language)} · {due}", language)
    yield from client_told(paper.client, language)
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
    if paper.paid is not None:
        yield _labelled("paid", money(paper.paid, language, paper.currency), language)
    if paper.to_pay is not None:
        yield _labelled("to_pay", money(paper.to_pay, language, paper.currency), language)
    if paper.corrects is not None:
        yield _labelled("corrects", corrected(paper.corrects, paper.currency, language), language)
    if paper.transport is not None:
        yield from (
            _labelled(label, text, language) for label, text in transported(paper.transport, language)
        )
    if paper.observations:
        yield _labelled("observations", " ".join(paper.observations), language)


def state(entry: Entry, language: Language) -> str:
    """How a document stands: `Liquidada`, or `em aberto 73,00 €`."""
    status, *amount = entry.lines
    if status in {"final", "second_copy"} and amount:
        return STATES["open"].in_(language).format(money(Decimal(amount[0]), language))
    return STATES[status].in_(language) if status in STATES else status


def referred(to: Corrected, currency: str, language: Language) -> str:
    """Another document in a few words: `Fatura 13/2026 de 12/11/2026, 123,00 €`."""
    unreadable = LABELS["unreadable"].in_(language)
    if to.kind is None or to.number is None:
        return unreadable
    kind = document_type(to.kind)
    issued = day(to.issued, language) if to.issued else unreadable
    total = money(to.total, language, currency) if to.total is not None else unreadable
    what = f"{kind.pt if language == 'pt' else kind.en} {to.number}"
    return f"{what} {LABELS['of'].in_(language)} {issued}, {total}"


def corrected(corrects: Corrected, currency: str, language: Language) -> str:
    """The document that a note corrects: `Fatura 13/2026 de 12/11/2026, 123,00 €, pago 0,00 €`."""
    what = referred(corrects, currency, language)
    if corrects.kind is None or corrects.number is None:
        return what
    known = corrects.paid is not None
    paid = money(corrects.paid, language, currency) if known else LABELS["unreadable"].in_(language)
    return f"{what}, {LABELS['paid_of_it'].in_(language)} {paid}"


def transported(transport: Transport, language: Language) -> Iterable[tuple[str, str]]:
    """What the tax authority is told of a transport, by label."""
    unreadable, nothing = LABELS["unreadable"].in_(language), LABELS["none"].in_(language)
    plate, starts = transport.plate, transport.loaded_at
    yield "plate", unreadable if plate is None else plate or nothing
    yield "loaded_at", unreadable if starts is None else moment(starts.timestamp())
    for label in ("origin", "destination"):
        lines = getattr(transport, label)
        yield label, unreadable if lines is None else ", ".join(lines) or nothing


def client_told(client: Party | None, language: Language) -> Iterable[str]:
    """Whom it is for, with address and e-mail where they are known."""
    yield _labelled("client", party(client, language), language)
    if client is not None and client.address:
        yield _labelled("address", ", ".join(client.address), language)
    if client is not None and client.email:
        yield _labelled("email", client.email, language)


def party(client: Party | None, language: Language) -> str:
    """Whom it is for, in one line."""
    if client is None:
        return LABELS["final_consumer"].in_(language)
    nif = f"{LABELS['nif'].in_(language)} {client.nif}" if client.nif else LABELS["no_nif"].in_(language)
    return " · ".join(filter(None, [client.name, nif, client.code, client.country or "Portugal"]))


def _line(line: PaperLine, currency: str, language: Language) -> str:
    net = money(line.net, language, currency) if line.net is not None else "?"
    off = f", {LABELS['discount'].in_(language)} {number(line.discount, language)} %" if line.discount else ""
    what = f"{number(line.quantity, language)} × {price(line, language, currency)}{off}"
    return f"{line.name}: {what} = {net} ({tax(line.tax, line.rate, language)})"
