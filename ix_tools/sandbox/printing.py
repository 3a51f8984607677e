"""Render a document as an A4 PDF like that of a Portuguese client, with a notice that it is not valid."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from fpdf import FPDF, Align, FontFace
from fpdf.enums import TableBordersLayout, VAlign, XPos, YPos

from ix_tools.sandbox import qr
from ix_tools.sandbox.kinds import BY_TYPE
from ix_tools.sandbox.ledger import totals
from ix_tools.sandbox.ledger.number_formats import (
    format_at_least_two,
    format_exact,
    format_fixed,
    round_half_up,
)
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
LEFT, RIGHT, WIDTH = 15.0, 195.0, 180.0


def render_pdf(books: Books, document: Document, second_copy: bool) -> bytes:
    """Render the PDF of a document."""
    copy, code = "2.ª via" if second_copy else "Original", qr.render_png(qr.build_content(books, document))
    page = _Page(books.issuer, document, copy, code)
    page.set_creation_date(books.now)
    page.add_page()
    _print_parties(page, document)
    _print_details(page, books, document)
    _print_lines(page, document)
    _print_totals(page, document)
    _print_remarks(page, document)
    return bytes(page.output())


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


_UNDECOMPOSED = str.maketrans({"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "‑": "-", "−": "-"})


def _to_writable(text: str) -> str:
    """Replace letters that the built-in fonts lack: they lose their accents or become ?."""
    return "".join(
        letter if _is_writable(letter) else _find_similar_letter(letter)
        for letter in text.translate(_UNDECOMPOSED)
    )


def _is_writable(letter: str) -> bool:
    return letter == "\n" or (letter >= " " and letter.encode("cp1252", "ignore") != b"")


def _find_similar_letter(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if _is_writable(base) else "?"


def _format_number(document: Document) -> str:
    return f"{BY_TYPE[document.type].prefix} {document.serie}/{document.number}"


class _Page(FPDF):
    """A page with header and footer: issuer, document, QR code with ATCUD, and the notice."""

    def __init__(self, issuer: Account, document: Document, copy: str, code: bytes) -> None:
        super().__init__("P", "mm", "A4")
        self.core_fonts_encoding = "cp1252"  # the encoding that has the euro sign
        self.issuer, self.document, self.copy, self.code = issuer, document, copy, code
        self.set_margins(LEFT, 12, LEFT)
        self.c_margin = 0
        self.set_auto_page_break(True, margin=58)
        title = f"{BY_TYPE[document.type].title} {_format_number(document)}"
        self.set_title(_to_writable(title))
        self.set_author(_to_writable(issuer.organization_name))
        self.set_lang("pt-PT")

    def set_font_style(self, size: float, bold: bool = False, colour: tuple[int, int, int] = INK) -> None:
        """Set font and colour of the following text."""
        self.set_font("helvetica", "B" if bold else "", size)
        self.set_text_color(*colour)

    def write_line(
        self, text: str, width: float = 0, height: float = 5, align: Align = Align.L, wrap: bool = False
    ) -> None:
        """Write a line or wrapped paragraph, and move below it to the same left edge."""
        if wrap:
            self.multi_cell(width, height, _to_writable(text), align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)
        else:
            self.cell(width, height, _to_writable(text), align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)

    def header(self) -> None:
        kind = BY_TYPE[self.document.type]
        self.set_fill_color(*ACCENT)
        self.rect(0, 0, 210, 4, style="F")
        self.set_xy(LEFT, 12)
        self.set_font_style(15, bold=True, colour=ACCENT)
        self.write_line(self.issuer.organization_name, 100, 7)
        self.set_font_style(8.5, colour=SOFT)
        self.write_line(f"{self.issuer.address}, {self.issuer.postal_code} {self.issuer.city}", 100, 4.4)
        self.write_line(f"NIF {self.issuer.fiscal_id}  ·  {self.issuer.email}", 100, 4.4)
        self.set_xy(115, 12)
        self.set_font_style(15, bold=True)
        self.write_line(f"{kind.title} {_format_number(self.document)}", 80, 7, Align.R)
        self.set_font_style(8.5, colour=SOFT)
        self.write_line(self.copy, 80, 4.4, Align.R)
        if self.document.status == "canceled":
            self.set_font_style(11, bold=True, colour=WARNING)
            self.write_line("ANULADO", 80, 6, Align.R)
        self.set_draw_color(*ACCENT)
        self.line(LEFT, 32, RIGHT, 32)
        self.set_xy(LEFT, 37)

    def footer(self) -> None:
        # The ATCUD is directly above the QR code, which is on every page and at least 30 mm wide.
        top = 297 - 53
        self.set_xy(LEFT, top)
        self.set_font_style(8, bold=True)
        self.write_line(f"ATCUD:{self.document.atcud}", 60, 4)
        self.image(io.BytesIO(self.code), x=LEFT - 2, y=top + 4, w=36, h=36, alt_text="Código QR")
        self.set_xy(LEFT + 38, top + 9)
        self.set_font_style(9, bold=True, colour=WARNING)
        self.write_line(NOTICE, WIDTH - 38, 4.6, wrap=True)
        self.set_font_style(8, colour=SOFT)
        made_by = "Processado por InvoiceXpress in a box, programa não certificado"
        self.write_line(f"{self.document.saft_hash}-{made_by}", WIDTH - 38)
        self.write_line(f"Página {self.page_no()} de {{nb}}", WIDTH - 38)
        if self.document.cancel_reason:
            self.write_line(f"Motivo da anulação: {self.document.cancel_reason}", WIDTH - 38, 4.4, wrap=True)


def _print_parties(page: _Page, document: Document) -> None:
    """Print the client at the position of an envelope's window."""
    client = document.client
    top = page.get_y()
    page.set_xy(115, top)
    page.set_font_style(8, colour=SOFT)
    page.write_line("Exmo.(s) Sr.(s)", 80, 4.4)
    page.set_font_style(11, bold=True)
    page.write_line(str(client.get("name") or ""), 80, 5.5, wrap=True)
    page.set_font_style(9)
    town = " ".join(str(client.get(name) or "") for name in ("postal_code", "city")).strip()
    for text in (client.get("address"), town, client.get("country")):
        if text:
            page.write_line(str(text), 80, 4.6, wrap=True)
    nif, is_foreign = (
        str(client.get("fiscal_id") or "999999990"),
        client.get("country") not in (None, "", "Portugal"),
    )
    if nif != "999999990" or not is_foreign:
        page.write_line("Consumidor final" if nif == "999999990" else f"NIF {nif}", 80, 4.6)
    page.set_xy(LEFT, max(page.get_y(), top + 30))


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
    page.ln(3)
    top, width = page.get_y(), WIDTH / max(3, len(pairs))
    page.set_fill_color(*PALE)
    page.rect(LEFT, top, WIDTH, 12, style="F")
    for place, (label, text) in enumerate(pairs):
        page.set_xy(LEFT + place * width + 2, top + 1.5)
        page.set_font_style(7.5, colour=SOFT)
        page.write_line(label, width - 2, 4)
        page.set_font_style(9, bold=True)
        page.write_line(_shorten(page, text, width - 4), width - 2, 5)
    page.set_xy(LEFT, top + 14)
    for label, key in (("Local de carga", "address_from"), ("Local de descarga", "address_to")):
        place_name = document.guide.get(key)
        if isinstance(place_name, dict):
            page.set_font_style(8.5)
            parts = (place_name.get(name) for name in ("detail", "postal_code", "city", "country"))
            page.write_line(
                f"{label}: " + ", ".join(str(part) for part in parts if part), WIDTH, 4.6, wrap=True
            )
    page.ln(2)


def _shorten(page: _Page, text: str, width: float) -> str:
    if page.get_string_width(_to_writable(text)) <= width:
        return text
    while text and page.get_string_width(_to_writable(text + "...")) > width:
        text = text[:-1]
    return text + "..."


def _print_lines(page: _Page, document: Document) -> None:
    """Print the table of lines, with its heading on every page."""
    page.set_font_style(8.5)
    page.set_draw_color(200, 214, 214)
    page.set_fill_color(255, 255, 255)
    heading = FontFace(emphasis="BOLD", color=(255, 255, 255), fill_color=ACCENT)
    with page.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=(74, 17, 17, 26, 15, 13, 26),
        text_align=(Align.L, Align.R, Align.L, Align.R, Align.R, Align.R, Align.R),
        headings_style=heading,
        v_align=VAlign.T,
        line_height=4.4,
        padding=(1.1, 1.2),
        width=WIDTH,
        align=Align.L,
    ) as table:
        table.row(("Descrição", "Qtd.", "Unidade", "Preço unit.", "Desc.", "IVA", "Valor"))
        for line in document.lines:
            table.row([_to_writable(cell) for cell in _build_cells(line)])
    page.ln(4)


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
    if page.will_page_break(45):
        page.add_page()
    top = page.get_y()
    page.set_xy(LEFT, top)
    if document.type != "Receipt":
        _print_vat_table(page, document)
        if document.tax_exemption:
            page.ln(2)
            page.set_font_style(8.5)
            page.write_line(_format_exemption(document.tax_exemption), 92, 4.4, wrap=True)
    below = page.get_y()
    page.set_xy(120, top)
    for label, amount in rows:
        _print_sum(page, label, amount, 9)
    page.set_fill_color(*PALE)
    page.rect(120, page.get_y(), 75, 9, style="F")
    page.set_y(page.get_y() + 1.5)
    _print_sum(page, "Total", format_money(sums.total), 12, bold=True)
    page.set_y(page.get_y() + 2.5)
    if withheld:
        _print_sum(
            page,
            f"Retenção na fonte ({_format_plain(Fraction(document.retention))} %)",
            format_money(-withheld),
            9,
        )
        _print_sum(page, "A pagar", format_money(sums.total - withheld), 10, bold=True)
    if document.currency:
        second = round_half_up(sums.total * Fraction(document.rate))
        _print_sum(
            page,
            f"Total em {document.currency} (câmbio {document.rate})",
            format_money(second, document.currency),
            9,
        )
    page.set_xy(LEFT, max(below, page.get_y()) + 4)


def _print_vat_table(page: _Page, document: Document) -> None:
    page.set_font_style(8, bold=True, colour=SOFT)
    page.write_line("Resumo do IVA", 90, 5)
    for label, net, vat, bold in (
        ("Taxa", "Base", "Valor", True),
        *(
            (f"{_format_plain(rate)} %", format_money(net), format_money(vat), False)
            for rate, (net, vat) in totals.sum_by_rate(document).items()
        ),
    ):
        page.set_font_style(8.5, bold=bold)
        for text, width, align in ((label, 22, Align.L), (net, 34, Align.R), (vat, 34, Align.R)):
            page.cell(width, 4.8, _to_writable(text), align=align, new_x=XPos.RIGHT, new_y=YPos.TOP)
        page.set_xy(LEFT, page.get_y() + 4.8)


def _format_exemption(code: str) -> str:
    """Format the exemption: code, required text, and the article when the text does not name it."""
    known = find_exemption(code) or {}
    text, norm = known.get("text", ""), known.get("norm", "")
    return f"{code}: {text}" if norm.lower() in text.lower() else f"{code}: {text} ({norm})"


def _print_sum(page: _Page, label: str, amount: str, size: float, bold: bool = False) -> None:
    page.set_x(122)
    page.set_font_style(size, bold)
    page.cell(44, 5.5, _to_writable(label), new_x=XPos.RIGHT, new_y=YPos.TOP)
    page.cell(27, 5.5, _to_writable(amount), align=Align.R, new_x=XPos.LEFT, new_y=YPos.NEXT)


def _print_remarks(page: _Page, document: Document) -> None:
    """Print the Multibanco reference and the observations."""
    if document.mb_reference:
        reference = str(document.mb_reference["reference"])
        spaced = " ".join(reference[place : place + 3] for place in range(0, len(reference), 3))
        page.set_font_style(9, bold=True)
        page.write_line("Pagamento por Multibanco", WIDTH, 5)
        page.set_font_style(9)
        value = format_money(Fraction(str(document.mb_reference["value"])))
        page.write_line(
            f"Entidade {document.mb_reference['entity']}   Referência {spaced}   Valor {value}", WIDTH, 5
        )
        page.ln(2)
    if document.observations:
        page.set_font_style(8, colour=SOFT)
        page.write_line("Observações", WIDTH, 4.4)
        page.set_font_style(9)
        page.write_line(document.observations, WIDTH, 4.6, wrap=True)
