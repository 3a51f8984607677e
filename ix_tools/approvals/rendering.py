"""Formatting of an approval preview in Portuguese or English, shared by terminal, form and page."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from ix_tools.approvals.preview import (
    ApprovalPreview,
    ClientView,
    DetailView,
    DifferenceView,
    DocumentView,
    LineView,
    ReferencedDocumentView,
    TransportView,
    VatBreakdown,
    WarningView,
)
from ix_tools.domain.amounts import Amount
from ix_tools.domain.document_kinds import get_document_kind, list_document_kinds
from ix_tools.domain.totals import round_to_cent
from ix_tools.fiscal.countries import get_iso_code, get_portuguese_name
from ix_tools.i18n.approval_texts import ACTIONS, OPEN_AMOUNT
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.formats import (
    LOCALES,
    TWO_DECIMALS,
    format_date,
    format_date_time,
    format_exact_money,
    format_money,
    format_number,
    format_percent,
)
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render
from ix_tools.i18n.state_names import render_state
from ix_tools.i18n.value_labels import LABEL_ALIASES, UNIT_LABELS, VALUE_LABELS
from ix_tools.operations.label_lookup import translate_label
from ix_tools.text.sanitize import sanitize_line

MAX_PART_LENGTH = 80
"""Characters of a name in a line with other parts; the full name is shown below."""
AMOUNT_FIELDS = {"net", "vat_total", "total", "discount_total"}
"""Compared fields that hold amounts."""
LabelledValue = tuple[str, str | date | tuple[str, ...]]
"""A label with a text, a date, or a text of several lines."""


def format_country(name: str, language: Language) -> str:
    """Return a country in the reader's language; keep names that InvoiceXpress does not know."""
    if language == "pt":
        return get_portuguese_name(name) or name
    from babel import Locale

    return str(Locale.parse(LOCALES[language]).territories.get(get_iso_code(name) or "", name))


def format_unit(line: LineView, language: Language) -> str:
    """Return a line's unit in the reader's language; keep the account's own units."""
    known = UNIT_LABELS.get(line.unit)
    return render(known[line.quantity != 1], language) if known else line.unit


# --- key facts --------------------------------------------------------------------------------------


def format_title(sheet: ApprovalPreview, language: Language) -> str:
    """Format action and document: `Finalizar: Fatura 13/2026 (n.º previsto)`."""
    words = " + ".join(render(ACTIONS[one.action].title, language) for one in (sheet, *sheet.then))
    return f"{words}: {_shorten(format_document_heading(sheet.paper, language))}" if sheet.paper else words


def format_headline(sheet: ApprovalPreview, language: Language) -> str:
    """Format the key facts in one line: action, document, client, amount, exemption, recipient.

    `Finalizar: Fatura 13/2026 (n.º previsto) · ACME, Lda · NIF 508112230 · 184,50 € com IVA`
    """
    return " · ".join([format_title(sheet, language), *list_key_facts(sheet, language)])


def list_key_facts(sheet: ApprovalPreview, language: Language) -> Iterable[str]:
    """Yield the key facts besides the title: client, amount, exemption, recipient."""
    yield from (
        _shorten(part)
        for part in (*_list_client_facts(sheet, language), *_list_amount_facts(sheet, language))
    )
    for one in (sheet, *sheet.then):
        if one.recipient:
            yield f"{render(LABELS['to'], language)} {one.recipient}"  # in full: a shortened address would be another address
        deciding = (entry for entry in one.entries if entry.decides)
        yield from (
            add_label(entry.label, _shorten_part(format_detail(entry, language)), language)
            for entry in deciding
        )
    if sheet.several_accounts:
        yield _shorten(add_label("issuer", format_issuer(sheet, language), language))


def find_key_amount(sheet: ApprovalPreview) -> Decimal | None:
    """Return the amount that the call moves, or the document's total; None if neither is known."""
    if sheet.amount is not None and sheet.amount.kind == "money":
        return Decimal(sheet.amount.lines[0])
    return sheet.paper.total if sheet.paper is not None else None


def format_key_amount(sheet: ApprovalPreview, language: Language) -> str:
    """Format the amount that the call moves, or the document's total; empty without either."""
    paper = sheet.paper
    if sheet.amount is not None:
        return format_detail(sheet.amount, language, paper.currency if paper else "")
    return format_money(paper.total, language, paper.currency) if paper and paper.total is not None else ""


def format_issuer(sheet: ApprovalPreview, language: Language) -> str:
    """Format the account's company in one line: `Padaria Central, Lda · NIF 501964843 (padaria)`."""
    if not sheet.company:
        return sheet.account
    nif = f"{render(LABELS['nif'], language)} {sheet.company_nif}" if sheet.company_nif else ""
    return " · ".join(filter(None, [_shorten_part(sheet.company), nif])) + f" ({sheet.account})"


def describe_consequences(sheet: ApprovalPreview, language: Language) -> tuple[str, str]:
    """Return the heading (irreversible, or consequence) and the consequences of all actions."""
    actions = [ACTIONS[one.action] for one in (sheet, *sheet.then)]
    word = "irreversible" if any(one.irreversible for one in actions) else "consequence"
    return render(LABELS[word], language), " ".join(render(one.consequence, language) for one in actions)


def _list_client_facts(sheet: ApprovalPreview, language: Language) -> Iterable[str]:
    client = sheet.paper.client if sheet.paper else sheet.client
    if client is not None:
        yield _shorten_part(client.name)
        yield _format_tax_number(client, language)
    elif sheet.paper is not None:
        yield render(LABELS["final_consumer"], language)


def _list_amount_facts(sheet: ApprovalPreview, language: Language) -> Iterable[str]:
    paper, much = sheet.paper, format_key_amount(sheet, language)
    if sheet.amount is not None:
        yield add_label(sheet.amount.label, much, language)
    elif paper is not None and much:
        taxed = (
            f" {render(LABELS['with_vat' if paper.find_amount('vat_total') else 'without_vat'], language)}"
        )
        yield much + (taxed if paper.shares else "")
    elif paper is not None and paper.shares:
        yield add_label("total", render(LABELS["not_told"], language), language)
    if paper is not None and paper.exemption is not None:
        yield add_label("exemption", paper.exemption.code, language)
    if paper is not None and paper.corrects is not None:
        yield add_label(
            "corrects", format_document_name(paper.corrects.kind, paper.corrects.number, language), language
        )
    if paper is not None and paper.transport is not None:
        plate, starts, *_ = (text for _, text in list_transport_values(paper.transport, language))
        yield add_label("plate", plate, language)
        yield add_label("loaded_at", starts, language)


def _shorten_part(text: str) -> str:
    """Shorten text from outside for a line of several parts, and replace the separator in it."""
    return _shorten(text.replace("·", "-"), MAX_PART_LENGTH)


def _shorten(text: str, most: int = 2 * MAX_PART_LENGTH) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def format_summary(sheet: ApprovalPreview, language: Language) -> str:
    """One line for a list of approvals."""
    return format_headline(sheet, language)


# --- details -----------------------------------------------------------------------------------


def format_warning(warning: WarningView, language: Language) -> str:
    """Format a warning in the reader's language."""
    return sanitize_line(render(warning.problem, language))


def format_difference(one: DifferenceView, language: Language) -> tuple[str, str, str]:
    """Return a difference as label, requested value and stored value."""
    label = LABEL_ALIASES.get(one.field, one.field)
    asked, stored = (
        format_money(Decimal(text), language)
        if label in AMOUNT_FIELDS and TWO_DECIMALS.fullmatch(text)
        else text
        for text in (one.asked, one.stored)
    )
    return translate_label(label, language, one.field), asked, stored


def format_document_name(kind: str | None, number: str | None, language: Language) -> str:
    """Format a document's kind and number, or say that it cannot be read."""
    if kind is None or number is None:
        return render(LABELS["unreadable"], language)
    what = get_document_kind(kind)
    return f"{what.pt if language == 'pt' else what.en} {number}"


def format_document_heading(paper: DocumentView, language: Language) -> str:
    """Format the document with its number, its expected number, or its id as a draft."""
    if not paper.draft:
        return format_document_name(paper.kind, paper.number, language)
    if paper.expected_number:
        expected = render(LABELS["expected_number"], language)
        return f"{format_document_name(paper.kind, paper.expected_number, language)} ({expected})"
    return format_document_name(paper.kind, f"({render(LABELS['draft'], language)} {paper.id})", language)


def format_client(client: ClientView | None, language: Language) -> str:
    """Format a client in one line."""
    if client is None:
        return render(LABELS["final_consumer"], language)
    parts = (
        client.name,
        _format_tax_number(client, language),
        client.code,
        format_country(client.country or "Portugal", language),
    )
    return " · ".join(filter(None, parts))


def _format_tax_number(client: ClientView, language: Language) -> str:
    return (
        f"{render(LABELS['nif'], language)} {client.nif}"
        if client.nif
        else render(LABELS["no_nif"], language)
    )


def list_client_values(client: ClientView | None, language: Language) -> Iterable[LabelledValue]:
    """Yield the client, with address and e-mail if they are known."""
    yield "client", format_client(client, language)
    if client is not None and client.address:
        yield "address", ", ".join(client.address)
    if client is not None and client.email:
        yield "email", client.email


def list_document_values(paper: DocumentView, language: Language) -> Iterable[LabelledValue]:
    """Yield the values of a document besides client, lines, amounts and printed texts."""
    if paper.draft:
        yield "draft_id", str(paper.id)
    elif paper.status:
        yield "status", render_state(paper.status, language)
    yield "date", paper.issued or "-"
    if paper.due is not None:
        yield "due_date", paper.due
    if paper.corrects is not None:
        yield "corrects", format_corrected_document(paper.corrects, paper.currency, language)
    if paper.transport is not None:
        yield from list_transport_values(paper.transport, language)
    if (reason := paper.exemption) is not None:
        said = " – ".join(filter(None, [reason.code, reason.text]))
        yield "exemption", f"{said} ({reason.law})" if reason.law else said
    if paper.currency:
        yield "currency", paper.currency
    if (second := paper.second_currency) is not None:
        rate = f"{render(LABELS['exchange_rate'], language)} {format_number(second.rate, language) if second.rate is not None else '?'}"
        yield "second_currency", f"{format_money(second.total, language, second.currency)} ({rate})"


def list_printed_texts(paper: DocumentView) -> Iterable[LabelledValue]:
    """Yield the texts that a document prints."""
    yield from ((one.field, one.lines) for one in paper.printed)


def format_state(entry: DetailView, language: Language, currency: str = "") -> str:
    """Format a document's state: `Liquidada`, or `em aberto 73,00 €`."""
    status, *amount = entry.lines
    if status in {"final", "second_copy"} and amount:
        return render(OPEN_AMOUNT.fill(amount=format_money(Decimal(amount[0]), language, currency)), language)
    return render_state(status, language)


def format_reference(to: ReferencedDocumentView, currency: str, language: Language) -> str:
    """Format a reference to another document: `Fatura 13/2026 de 12/11/2026, 123,00 €`."""
    unreadable = render(LABELS["unreadable"], language)
    if to.kind is None or to.number is None:
        return unreadable
    what = format_document_name(to.kind, to.number, language)
    issued = format_date(to.issued, language) if to.issued else unreadable
    total = format_money(to.total, language, currency) if to.total is not None else unreadable
    return f"{what} {render(LABELS['of'], language)} {issued}, {total}"


def format_corrected_document(corrects: ReferencedDocumentView, currency: str, language: Language) -> str:
    """Format the document that a note corrects: `Fatura 13/2026 de 12/11/2026, 123,00 €, pago 0,00 €`."""
    what = format_reference(corrects, currency, language)
    if corrects.kind is None or corrects.number is None:
        return what
    known = corrects.paid is not None
    paid = (
        format_money(corrects.paid, language, currency) if known else render(LABELS["unreadable"], language)
    )
    return f"{what}, {render(LABELS['paid_of_it'], language)} {paid}"


def list_transport_values(transport: TransportView, language: Language) -> Iterable[tuple[str, str]]:
    """Yield the transport data that the tax authority gets, by label."""
    unreadable, nothing = render(LABELS["unreadable"], language), render(LABELS["none"], language)
    plate, starts = transport.plate, transport.loaded_at
    yield "plate", unreadable if plate is None else plate or nothing
    yield "loaded_at", unreadable if starts is None else format_date_time(starts)
    for label, lines in (("origin", transport.origin), ("destination", transport.destination)):
        yield label, unreadable if lines is None else ", ".join(lines) or nothing


# --- lines and amounts ---------------------------------------------------------------------------------


def format_price(line: LineView, language: Language, currency: str) -> str:
    """Format a unit price; more than two decimals are all shown."""
    if line.price is None or line.price == round_to_cent(line.price):
        return format_money(line.price, language, currency)
    return format_exact_money(line.price, language, currency)


def format_calculation(line: LineView, language: Language, currency: str) -> str:
    """Format the calculation of a line: `3 horas × 50,00 €, desconto 10 %`; a line without price has its quantity only."""
    many = " ".join(
        filter(
            None,
            [
                format_number(line.quantity, language) if line.quantity is not None else "?",
                format_unit(line, language),
            ],
        )
    )
    if not line.price and not line.net and not line.tax:
        return many
    off = (
        f", {render(LABELS['discount'], language)} {format_percent(line.discount, language)}"
        if line.discount
        else ""
    )
    return f"{many} × {format_price(line, language, currency)}{off}"


def format_tax(name: str, rate: Decimal | None, language: Language) -> str:
    """Format a VAT rate with the account's name for it."""
    return f"{name} {format_percent(rate, language)}"


def format_vat_label(share: VatBreakdown, language: Language) -> str:
    """Format the label of a VAT rate, or of a rounding difference."""
    return render(LABELS[share.word], language) if share.word else format_tax(share.tax, share.rate, language)


def format_amount_label(one: Amount, language: Language) -> str:
    """Format the label of an amount in the column: `Desconto global (5 %)`."""
    said = render(LABELS[one.word], language)
    notes = [format_percent(one.percent, language)] if one.percent is not None else []
    notes += [render(LABELS["computed"], language)] if one.is_computed else []
    return f"{said} ({', '.join(notes)})" if notes else said


def format_detail(entry: DetailView, language: Language, currency: str = "") -> str:
    """Format a further value of the call; amounts are in the document's currency."""
    match entry.kind:
        case "secret":
            return render(LABELS["not_shown"], language)
        case "yes":
            return render(LABELS["yes"], language)
        case "money":
            return format_money(Decimal(entry.lines[0]), language, currency)
        case "day":
            return format_date(date.fromisoformat(entry.lines[0]), language)
        case "document" if entry.document is not None:
            return format_reference(entry.document, currency, language)
        case "state":
            return format_state(entry, language, currency)
        case "named" if language == "en":
            return entry.english
        case "list":
            return ", ".join(_translate_value(entry.label, one, language) for one in entry.lines) or "-"
        case _:
            return " ".join(_translate_value(entry.label, one, language) for one in entry.lines)


def _translate_value(label: str, text: str, language: Language) -> str:
    """Translate a value that an operation defines; keep any other text."""
    if label == "types_to_register":
        kind = next((one for one in list_document_kinds() if one.singular == text), None)
        return text if kind is None else kind.pt if language == "pt" else kind.en
    said = VALUE_LABELS.get(label, {}).get(text)
    return render(said, language) if said else text


def add_label(label: str, text: str, language: Language) -> str:
    """Put a text after its label."""
    return f"{translate_label(label, language)}: {text}"
