"""What a person reads: an approval in words, amounts and dates as Portugal or England writes them.

Text from the account (client names, observations) is shown inert: one line, no control or invisible characters.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from ix_tools.approvals.preview import (
    Corrected,
    Differing,
    Entry,
    Paper,
    PaperLine,
    Party,
    Share,
    Sheet,
    Transport,
    Warned,
)
from ix_tools.domain.amounts import Amount
from ix_tools.domain.document_kinds import document_type, document_types
from ix_tools.domain.totals import rounded
from ix_tools.fiscal.countries import iso_code, portuguese_name
from ix_tools.i18n.formats import CENTS, LOCALES, day, money, number, when
from ix_tools.i18n.values import FIELDS, UNITS, VALUES
from ix_tools.i18n.words import ACTIONS, LABELS, STATES, Language
from ix_tools.operations.headings import heading
from ix_tools.text.sanitize import visible

PART = 80
"""Characters of a name in a line that other parts must still fit in; the whole name stands below."""
AMOUNTS = {"net", "vat_total", "total", "discount_total"}
"""Labels of amounts, where two documents are compared."""
Told = tuple[str, str | date | tuple[str, ...]]
"""Something that is told, under its label: a text, a day, or a text of several lines."""


def country(name: str, language: Language) -> str:
    """A country in the reader's language; a name that is not InvoiceXpress's stays as it is."""
    if language == "pt":
        return portuguese_name(name) or name
    from babel import Locale

    return str(Locale.parse(LOCALES[language]).territories.get(iso_code(name) or "", name))


def unit(line: PaperLine, language: Language) -> str:
    """A line's unit in the reader's language; an account's own unit as it stands."""
    known = UNITS.get(line.unit)
    return known[line.quantity != 1].in_(language) if known else line.unit


# --- what decides --------------------------------------------------------------------------------------


def title(sheet: Sheet, language: Language) -> str:
    """What is about to happen, to what: `Finalizar: Fatura 13/2026 (n.º previsto)`."""
    words = " + ".join(ACTIONS[one.action].title.in_(language) for one in (sheet, *sheet.then))
    return f"{words}: {_short(name(sheet.paper, language))}" if sheet.paper else words


def headline(sheet: Sheet, language: Language) -> str:
    """What decides, in one line: action, document, client, amount, exemption, recipient.

    `Finalizar: Fatura 13/2026 (n.º previsto) · ACME, Lda · NIF 508112230 · 184,50 € com IVA`
    """
    return " · ".join([title(sheet, language), *deciding(sheet, language)])


def deciding(sheet: Sheet, language: Language) -> Iterable[str]:
    """What decides besides the title, part by part: whom it is for, how much, under which exemption, who gets it."""
    yield from (_short(part) for part in (*_whom(sheet, language), *_how_much(sheet, language)))
    for one in (sheet, *sheet.then):
        if one.recipient:
            yield f"{LABELS['to'].in_(language)} {one.recipient}"  # whole: a cut address is another address
        told = (entry for entry in one.entries if entry.decides)
        yield from (labelled(entry.label, _part(value(entry, language)), language) for entry in told)
    if sheet.several_accounts:
        yield _short(labelled("issuer", issuer(sheet, language), language))


def amount(sheet: Sheet, language: Language) -> str:
    """The money that decides: what the call moves, else the document's total; empty where there is none."""
    paper = sheet.paper
    if sheet.amount is not None:
        return value(sheet.amount, language, paper.currency if paper else "")
    return money(paper.total, language, paper.currency) if paper and paper.total is not None else ""


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
        yield _tax_number(client, language)
    elif sheet.paper is not None:
        yield LABELS["final_consumer"].in_(language)


def _how_much(sheet: Sheet, language: Language) -> Iterable[str]:
    paper, much = sheet.paper, amount(sheet, language)
    if sheet.amount is not None:
        yield labelled(sheet.amount.label, much, language)
    elif paper is not None and much:
        taxed = f" {LABELS['with_vat' if paper.amount('vat_total') else 'without_vat'].in_(language)}"
        yield much + (taxed if paper.shares else "")
    elif paper is not None and paper.shares:
        yield labelled("total", LABELS["not_told"].in_(language), language)
    if paper is not None and paper.exemption is not None:
        yield labelled("exemption", paper.exemption.code, language)
    if paper is not None and paper.corrects is not None:
        yield labelled(
            "corrects", document_named(paper.corrects.kind, paper.corrects.number, language), language
        )
    if paper is not None and paper.transport is not None:
        plate, starts, *_ = (text for _, text in transported(paper.transport, language))
        yield labelled("plate", plate, language)
        yield labelled("loaded_at", starts, language)


def _part(text: str) -> str:
    """Text from outside as one part of a line: short, and without what parts are set apart with."""
    return _short(text.replace("·", "-"), PART)


def _short(text: str, most: int = 2 * PART) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def summary(sheet: Sheet, language: Language) -> str:
    """One line for a list of approvals."""
    return headline(sheet, language)


# --- everything else -----------------------------------------------------------------------------------


def warned(warning: Warned, language: Language) -> str:
    """What a rule has to say: in Portuguese where it can, otherwise in English with the field it is about."""
    return warning.pt if language == "pt" and warning.pt else f"{warning.field}: {warning.problem}"


def differing(one: Differing, language: Language) -> tuple[str, str, str]:
    """Where the stored document is not what was asked for: the field by its label, what was asked, what is stored."""
    label = FIELDS.get(one.field, one.field)
    asked, stored = (
        money(Decimal(text), language) if label in AMOUNTS and CENTS.fullmatch(text) else text
        for text in (one.asked, one.stored)
    )
    return heading(label, language, one.field), asked, stored


def document_named(kind: str | None, number: str | None, language: Language) -> str:
    """A document by its kind and number; that it cannot be read, where either is unknown."""
    if kind is None or number is None:
        return LABELS["unreadable"].in_(language)
    what = document_type(kind)
    return f"{what.pt if language == 'pt' else what.en} {number}"


def name(paper: Paper, language: Language) -> str:
    """What the document is, with its number, the one it is expected to get, or its id as a draft."""
    if not paper.draft:
        return document_named(paper.kind, paper.number, language)
    if paper.expected_number:
        expected = LABELS["expected_number"].in_(language)
        return f"{document_named(paper.kind, paper.expected_number, language)} ({expected})"
    return document_named(paper.kind, f"({LABELS['draft'].in_(language)} {paper.id})", language)


def party(client: Party | None, language: Language) -> str:
    """Whom it is for, in one line."""
    if client is None:
        return LABELS["final_consumer"].in_(language)
    parts = (
        client.name,
        _tax_number(client, language),
        client.code,
        country(client.country or "Portugal", language),
    )
    return " · ".join(filter(None, parts))


def _tax_number(client: Party, language: Language) -> str:
    return f"{LABELS['nif'].in_(language)} {client.nif}" if client.nif else LABELS["no_nif"].in_(language)


def client_told(client: Party | None, language: Language) -> Iterable[Told]:
    """Whom it is for, with address and e-mail where they are known."""
    yield "client", party(client, language)
    if client is not None and client.address:
        yield "address", ", ".join(client.address)
    if client is not None and client.email:
        yield "email", client.email


def paper_told(paper: Paper, language: Language) -> Iterable[Told]:
    """Everything about a document besides client, lines, amounts and texts."""
    if paper.draft:
        yield "draft_id", str(paper.id)
    elif paper.status:
        yield "status", STATES[paper.status].in_(language) if paper.status in STATES else paper.status
    yield "date", paper.issued or "-"
    if paper.due is not None:
        yield "due_date", paper.due
    if paper.corrects is not None:
        yield "corrects", corrected(paper.corrects, paper.currency, language)
    if paper.transport is not None:
        yield from transported(paper.transport, language)
    if (reason := paper.exemption) is not None:
        said = " – ".join(filter(None, [reason.code, reason.text]))
        yield "exemption", f"{said} ({reason.law})" if reason.law else said
    if paper.currency:
        yield "currency", paper.currency
    if (second := paper.second_currency) is not None:
        rate = f"{LABELS['exchange_rate'].in_(language)} {number(second.rate, language) if second.rate is not None else '?'}"
        yield "second_currency", f"{money(second.total, language, second.currency)} ({rate})"


def printed_told(paper: Paper) -> Iterable[Told]:
    """The texts that a document prints."""
    yield from ((one.field, one.lines) for one in paper.printed)


def state(entry: Entry, language: Language, currency: str = "") -> str:
    """How a document stands: `Liquidada`, or `em aberto 73,00 €`."""
    status, *amount = entry.lines
    if status in {"final", "second_copy"} and amount:
        return STATES["open"].in_(language).format(money(Decimal(amount[0]), language, currency))
    return STATES[status].in_(language) if status in STATES else status


def referred(to: Corrected, currency: str, language: Language) -> str:
    """Another document in a few words: `Fatura 13/2026 de 12/11/2026, 123,00 €`."""
    unreadable = LABELS["unreadable"].in_(language)
    if to.kind is None or to.number is None:
        return unreadable
    what = document_named(to.kind, to.number, language)
    issued = day(to.issued, language) if to.issued else unreadable
    total = money(to.total, language, currency) if to.total is not None else unreadable
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
    yield "loaded_at", unreadable if starts is None else when(starts)
    for label, lines in (("origin", transport.origin), ("destination", transport.destination)):
        yield label, unreadable if lines is None else ", ".join(lines) or nothing


# --- lines and amounts ---------------------------------------------------------------------------------


def price(line: PaperLine, language: Language, currency: str) -> str:
    """A price of more than two decimals with all of them."""
    if line.price is None or line.price == rounded(line.price):
        return money(line.price, language, currency)
    return f"{number(line.price, language)} {visible(currency) or '€'}"


def times(line: PaperLine, language: Language, currency: str) -> str:
    """How a line comes to its amount: `3 horas × 50,00 €, desconto 10 %`; what costs nothing has its quantity alone."""
    many = " ".join(
        filter(
            None,
            [number(line.quantity, language) if line.quantity is not None else "?", unit(line, language)],
        )
    )
    if not line.price and not line.net and not line.tax:
        return many
    off = f", {LABELS['discount'].in_(language)} {number(line.discount, language)} %" if line.discount else ""
    return f"{many} × {price(line, language, currency)}{off}"


def tax(name: str, rate: Decimal | None, language: Language) -> str:
    """A VAT rate by the account's name for it."""
    return f"{name} {number(rate, language) if rate is not None else '?'} %"


def share_named(share: Share, language: Language) -> str:
    """A VAT rate, or that it is what rounding leaves."""
    return LABELS[share.word].in_(language) if share.word else tax(share.tax, share.rate, language)


def amount_named(one: Amount, language: Language) -> str:
    """What an amount of the column is: `Desconto global (5 %)`."""
    said = LABELS[one.word].in_(language)
    notes = [f"{number(one.percent, language)} %"] if one.percent is not None else []
    notes += [LABELS["computed"].in_(language)] if one.is_computed else []
    return f"{said} ({', '.join(notes)})" if notes else said


def value(entry: Entry, language: Language, currency: str = "") -> str:
    """What the call brings, in words; amounts in the document's currency."""
    match entry.kind:
        case "secret":
            return LABELS["not_shown"].in_(language)
        case "yes":
            return LABELS["yes"].in_(language)
        case "money":
            return money(Decimal(entry.lines[0]), language, currency)
        case "day":
            return day(date.fromisoformat(entry.lines[0]), language)
        case "document" if entry.document is not None:
            return referred(entry.document, currency, language)
        case "state":
            return state(entry, language, currency)
        case "named" if language == "en":
            return entry.english
        case "list":
            return ", ".join(_meaning(entry.label, one, language) for one in entry.lines) or "-"
        case _:
            return " ".join(_meaning(entry.label, one, language) for one in entry.lines)


def _meaning(label: str, text: str, language: Language) -> str:
    """What an operation's own word means; any other text as it stands."""
    if label == "types_to_register":
        kind = next((one for one in document_types() if one.singular == text), None)
        return text if kind is None else kind.pt if language == "pt" else kind.en
    said = VALUES.get(label, {}).get(text)
    return said.in_(language) if said else text


def labelled(label: str, text: str, language: Language) -> str:
    """A text under its label."""
    return f"{heading(label, language)}: {text}"
