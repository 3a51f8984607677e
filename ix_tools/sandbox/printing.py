"""Render a document as an A4 PDF like that of a Portuguese client, with a notice that it is not valid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from ix_tools.sandbox import qr
from ix_tools.sandbox.kinds import BY_TYPE
from ix_tools.sandbox.ledger import totals
from ix_tools.sandbox.ledger.number_formats import (
    format_at_least_two,
    format_exact,
    format_fixed,
    round_half_up,
)
from ix_tools.sandbox.pdf_page import PAGES, Align, Colour, Pages, Style
from ix_tools.sandbox.reference import find_exemption
from ix_tools.sandbox.rows import Account, Document, Line
from ix_tools.sandbox.state import Books

NOTICE = (
    "Documento de ensaio emitido por um simulador: sem valor fiscal e não comunicado à Autoridade Tributária"
)
UNITS = {"hour": "hora", "day": "dia", "month": "mês", "unit": "un.", "service": "serviço", "other": "outro"}
MECHANISMS = {
    "CC": "cartão de crédito", "CD": "cartão de débito", "CH": "cheque", "CO": "cheque ou vale-oferta",
    "CS": "compensação de saldos", "DE": "dinheiro eletrónico", "LC": "letra comercial", "MB": "Multibanco",
    "NU": "numerário", "OU": "outro meio", "PR": "permuta de bens", "TB": "transferência bancária",
    "TR": "títulos de refeição",
}  # fmt: skip
INK, SOFT, ACCENT, PALE, WARNING = (33, 37, 41), (108, 117, 125), (20, 92, 92), (238, 245, 245), (176, 42, 55)
WHITE, RULE = (255, 255, 255), (200, 214, 214)
LEFT, RIGHT, WIDTH = 15.0, 195.0, 180.0
TOP, FOOT = 37.0, 297.0 - 58
HALF = 115.0
"""Where the right half of the head begins."""
LINE, PADDING, MARGIN = 4.4, 1.1, 1.2
"""Height of a line in the table of lines, and the room above and beside it."""
COLUMNS: Sequence[tuple[str, float, Align]] = (
    ("Descrição", 70.85, "left"), ("Qtd.", 16.28, "right"), ("Unidade", 16.28, "left"), ("Preço unit.", 24.89, "right"),
    ("Desc.", 14.36, "right"), ("IVA", 12.45, "right"), ("Valor", 24.89, "right"),
)  # fmt: skip


def render_pdf(books: Books, document: Document, second_copy: bool) -> bytes:
    """Render the PDF of a document."""
    copy, code = "2.ª via" if second_copy else "Original", qr.build_matrix(qr.build_content(books, document))
    page = _Page(books.issuer, document, copy, code)
    page.add_page()
    _print_parties(page, document)
    _print_details(page, books, document)
    _print_lines(page, document)
    _print_totals(page, document)
    _print_remarks(page, document)
    title = f"{BY_TYPE[document.type].title} {_format_number(document)}"
    return page.build(title, books.issuer.organization_name, books.now)


def render_qr_png(books: Books, document: Document) -> bytes:
    """Render the QR code of a document as PNG."""
    return qr.render_png(qr.build_content(books, document), scale=8)


def format_money(value: Fraction, symbol: str = "€") -> str:
    """Format an amount as in Portugal: 1.234,56 €."""
    return f"{_group_thousands(format_fixed(value))} {symbol}"


def _group_thousands(text: str) -> str:
    whole, _, cents = text.partition(".")
    return f"{int(whole):,}".replace(",", ".") + f",{cents}" if whole != "-0" else f"-0,{cents}"


def _format_plain(value: Fraction) -> str:
    return format_exact(value).replace(".", ",")


def _format_day(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d/%m/%Y")


def _format_number(document: Document) -> str:
    return f"{BY_TYPE[document.type].prefix} {document.serie}/{document.number}"


class _Page(Pages):
    """A page with header and footer: issuer, document, QR code with ATCUD, and the notice."""

    def __init__(self, issuer: Account, document: Document, copy: str, code: Sequence[Sequence[int]]) -> None:
        super().__init__(LEFT, TOP, FOOT)
        self.issuer, self.document, self.copy, self.code = issuer, document, copy, code

    def set_style(self, size: float, bold: bool = False, colour: Colour = INK) -> None:
        """Set how the following text looks."""
        self.style = Style(size, bold, colour)

    def print_header(self) -> None:
        kind = BY_TYPE[self.document.type]
        self.fill(0, 0, 210, 4, ACCENT)
        self.y = 12
        self.set_style(15, bold=True, colour=ACCENT)
        self.write_line(self.issuer.organization_name, LEFT, 100, 7)
        self.set_style(8.5, colour=SOFT)
        self.write_line(
            f"{self.issuer.address}, {self.issuer.postal_code} {self.issuer.city}", LEFT, 100, 4.4
        )
        self.write_line(f"NIF {self.issuer.fiscal_id}  ·  {self.issuer.email}", LEFT, 100, 4.4)
        self.y = 12
        self.set_style(15, bold=True)
        self.write_line(f"{kind.title} {_format_number(self.document)}", HALF, 80, 7, "right")
        self.set_style(8.5, colour=SOFT)
        self.write_line(self.copy, HALF, 80, 4.4, "right")
        if self.document.status == "canceled":
            self.set_style(11, bold=True, colour=WARNING)
            self.write_line("ANULADO", HALF, 80, 6, "right")
        self.draw_line(LEFT, 32, RIGHT, ACCENT)

    def print_footer(self) -> None:
        # The ATCUD is directly above the QR code, which is on every page and at least 30 mm wide.
        top, beside = 297 - 53.0, LEFT + 38
        self.y = top
        self.set_style(8, bold=True)
        self.write_line(f"ATCUD:{self.document.atcud}", LEFT, 60, 4)
        self.draw_code(self.code, LEFT - 2, top + 4, 36)
        self.y = top + 9
        self.set_style(9, bold=True, colour=WARNING)
        self.write_wrapped(NOTICE, beside, WIDTH - 38, 4.6)
        self.set_style(8, colour=SOFT)
        made_by = "Processado por InvoiceXpress in a box, programa não certificado"
        self.write_line(f"{self.document.saft_hash}-{made_by}", beside, WIDTH - 38, 5)
        self.write_line(f"Página {self.number} de {PAGES}", beside, WIDTH - 38, 5)
        if self.document.cancel_reason:
            self.write_wrapped(f"Motivo da anulação: {self.document.cancel_reason}", beside, WIDTH - 38, 4.4)


def _print_parties(page: _Page, document: Document) -> None:
    """Print the client at the position of an envelope's window."""
    client = document.client
    top = page.y
    page.set_style(8, colour=SOFT)
    page.write_line("Exmo.(s) Sr.(s)", HALF, 80, 4.4)
    page.set_style(11, bold=True)
    page.write_wrapped(str(client.get("name") or ""), HALF, 80, 5.5)
    page.set_style(9)
    town = " ".join(str(client.get(name) or "") for name in ("postal_code", "city")).strip()
    for text in (client.get("address"), town, client.get("country")):
        if text:
            page.write_wrapped(str(text), HALF, 80, 4.6)
    nif, is_foreign = (
        str(client.get("fiscal_id") or "999999990"),
        client.get("country") not in (None, "", "Portugal"),
    )
    if nif != "999999990" or not is_foreign:
        page.write_line("Consumidor final" if nif == "999999990" else f"NIF {nif}", HALF, 80, 4.6)
    page.y = max(page.y, top + 30)


def _print_details(page: _Page, books: Books, document: Document) -> None:
    """Print dates and references in a band."""
    pairs = [("Data", _format_day(document.date))]
    if document.type != "Receipt":
        pairs.append(("Vencimento", _format_day(document.due_date)))
    if document.reference:
        pairs.append(("V. referência", document.reference))
    owner = books.store.get(Document, document.owner_id)
    if owner is not None and owner.number:
        pairs.append(("Referente a", _format_number(owner)))
    if document.payment_mechanism:
        pairs.append(("Pagamento por", MECHANISMS[document.payment_mechanism]))
    if document.guide:
        pairs.append(
            ("Carga", datetime.fromisoformat(document.guide["loaded_at"]).strftime("%d/%m/%Y %H:%M"))
        )
        pairs.append(("Matrícula", str(document.guide.get("license_plate") or "-")))
    page.y += 3
    page.ensure_room(14)
    top, width = page.y, WIDTH / max(3, len(pairs))
    page.fill(LEFT, top, WIDTH, 12, PALE)
    for place, (label, text) in enumerate(pairs):
        page.y = top + 1.5
        page.set_style(7.5, colour=SOFT)
        page.write_line(label, LEFT + place * width + 2, width - 2, 4)
        page.set_style(9, bold=True)
        page.write_line(_shorten(page, text, width - 4), LEFT + place * width + 2, width - 2, 5)
    page.y = top + 14
    for label, key in (("Local de carga", "address_from"), ("Local de descarga", "address_to")):
        place_name = document.guide.get(key)
        if isinstance(place_name, dict):
            page.set_style(8.5)
            parts = (place_name.get(name) for name in ("detail", "postal_code", "city", "country"))
            page.write_wrapped(
                f"{label}: " + ", ".join(str(part) for part in parts if part), LEFT, WIDTH, 4.6
            )
    page.y += 2


def _shorten(page: _Page, text: str, width: float) -> str:
    if page.style.measure(text) <= width:
        return text
    while text and page.style.measure(text + "...") > width:
        text = text[:-1]
    return text + "..."


def _print_lines(page: _Page, document: Document) -> None:
    """Print the table of lines, with its heading on every page. A line that is longer than a page goes on on the next."""
    page.set_style(8.5)
    _print_heading(page)
    for line in document.lines:
        cells = [
            page.style.wrap(text, width - 2 * MARGIN)
            for text, (_, width, _) in zip(_build_cells(line), COLUMNS, strict=True)
        ]
        while any(cells):
            height = max(map(len, cells)) * LINE + 2 * PADDING
            if page.y + min(height, LINE + 2 * PADDING) > FOOT:
                page.add_page()
                _print_heading(page)
            room = max(1, int((FOOT - page.y - 2 * PADDING) // LINE))
            _print_row(page, [lines[:room] for lines in cells])
            cells = [lines[room:] for lines in cells]
    page.y += 4


def _print_heading(page: _Page) -> None:
    style = page.style
    page.fill(LEFT, page.y, WIDTH, LINE + 2 * PADDING, ACCENT)
    page.set_style(8.5, bold=True, colour=WHITE)
    _print_row(page, [[title] for title, _, _ in COLUMNS])
    page.style = style


def _print_row(page: _Page, cells: Sequence[Sequence[str]]) -> None:
    top, x = page.y, LEFT
    for lines, (_, width, align) in zip(cells, COLUMNS, strict=True):
        page.y = top + PADDING
        for text in lines:
            page.write_line(text, x + MARGIN, width - 2 * MARGIN, LINE, align)
        x += width
    page.y = top + max(map(len, cells)) * LINE + 2 * PADDING
    page.draw_line(LEFT, page.y, RIGHT, RULE)


def _build_cells(line: Line) -> Sequence[str]:
    amounts, discount = totals.compute_line(line), Fraction(line.discount)
    described = line.description and line.description != line.name
    return (
        f"{line.name}\n{line.description}" if described else line.name,
        _group_thousands(format_at_least_two(Fraction(line.quantity))),
        UNITS.get(line.unit, line.unit),
        f"{_group_thousands(format_at_least_two(Fraction(line.unit_price)))} €",
        f"{_format_plain(discount)} %" if discount else "",
        f"{_format_plain(Fraction(line.tax_value))} %",
        format_money(amounts.net),
    )


def _print_totals(page: _Page, document: Document) -> None:
    """Print VAT per rate on the left and the totals on the right; retention stands apart from the total (trap 18)."""
    sums = totals.compute_document(document)
    withheld = totals.compute_retention(document)
    rows = [("Soma", format_money(sums.sum)), ("Desconto", format_money(-sums.discount))]
    rows += [("Total sem IVA", format_money(sums.before_taxes)), ("IVA", format_money(sums.taxes))]
    page.ensure_room(45)
    top = page.y
    if document.type != "Receipt":
        _print_vat_table(page, document)
        if document.tax_exemption:
            page.y += 2
            page.set_style(8.5)
            page.write_wrapped(_format_exemption(document.tax_exemption), LEFT, 92, 4.4)
    below = page.y
    page.y = top
    for label, amount in rows:
        _print_sum(page, label, amount, 9)
    page.fill(120, page.y, 75, 9, PALE)
    page.y += 1.5
    _print_sum(page, "Total", format_money(sums.total), 12, bold=True)
    page.y += 2.5
    if withheld:
        rate = _format_plain(Fraction(document.retention))
        _print_sum(page, f"Retenção na fonte ({rate} %)", format_money(-withheld), 9)
        _print_sum(page, "A pagar", format_money(sums.total - withheld), 10, bold=True)
    if document.currency:
        second = round_half_up(sums.total * Fraction(document.rate))
        label = f"Total em {document.currency} (câmbio {document.rate})"
        _print_sum(page, label, format_money(second, document.currency), 9)
    page.y = max(below, page.y) + 4


def _print_vat_table(page: _Page, document: Document) -> None:
    page.set_style(8, bold=True, colour=SOFT)
    page.write_line("Resumo do IVA", LEFT, 90, 5)
    for label, net, vat, bold in (
        ("Taxa", "Base", "Valor", True),
        *(
            (f"{_format_plain(rate)} %", format_money(net), format_money(vat), False)
            for rate, (net, vat) in totals.sum_by_rate(document).items()
        ),
    ):
        page.set_style(8.5, bold=bold)
        page.write(label, LEFT, 22, 4.8)
        page.write(net, LEFT + 22, 34, 4.8, "right")
        page.write_line(vat, LEFT + 56, 34, 4.8, "right")


def _format_exemption(code: str) -> str:
    """Format the exemption: code, required text, and the article when the text does not name it."""
    known = find_exemption(code) or {}
    text, norm = known.get("text", ""), known.get("norm", "")
    return f"{code}: {text}" if norm.lower() in text.lower() else f"{code}: {text} ({norm})"


def _print_sum(page: _Page, label: str, amount: str, size: float, bold: bool = False) -> None:
    page.set_style(size, bold)
    page.write(label, 122, 44, 5.5)
    page.write_line(amount, 166, 27, 5.5, "right")


def _print_remarks(page: _Page, document: Document) -> None:
    """Print the Multibanco reference and the observations."""
    if document.mb_reference:
        reference = str(document.mb_reference["reference"])
        spaced = " ".join(reference[place : place + 3] for place in range(0, len(reference), 3))
        page.set_style(9, bold=True)
        page.write_line("Pagamento por Multibanco", LEFT, WIDTH, 5)
        page.set_style(9)
        value = format_money(Fraction(str(document.mb_reference["value"])))
        entity = document.mb_reference["entity"]
        page.write_line(f"Entidade {entity}   Referência {spaced}   Valor {value}", LEFT, WIDTH, 5)
        page.y += 2
    if document.observations:
        page.set_style(8, colour=SOFT)
        page.write_line("Observações", LEFT, WIDTH, 4.4)
        page.set_style(9)
        page.write_wrapped(document.observations, LEFT, WIDTH, 4.6)
