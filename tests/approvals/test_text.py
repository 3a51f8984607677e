"""Everything on a sheet is shown, as text and on the page; of a long document a form gets a summary that says where the rest is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from ix_tools.approvals import rendering as render
from ix_tools.approvals import text as approval_text
from ix_tools.approvals.preview import (
    ActionView,
    ApprovalPreview,
    ClientView,
    DetailView,
    DifferenceView,
    DocumentView,
    ExemptionView,
    LineView,
    PrintedTextView,
    ReferencedDocumentView,
    SecondCurrencyView,
    TransportView,
    VatBreakdown,
    WarningView,
)
from ix_tools.approvals.repository import Approval
from ix_tools.approvals.stored_preview import dump_preview
from ix_tools.domain.amounts import Amount
from ix_tools.i18n import formats
from ix_tools.i18n.languages import Bilingual, Language
from ix_tools.i18n.messages import as_message
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.mcp.elicitation_form import build_form_schema, render_form_message
from ix_tools.interfaces.web import rendering
from tests.interfaces.web.visitor import extract_text

D = Decimal
CLIENT = ClientView(
    name="Zulmira & Filhos", code="ZF-77", nif="DE123456788", country="Spain", address=("Rua Um, 1", "Sala 2"),
    email="zulmira@example.pt",
)  # fmt: skip
PAPER = DocumentView(
    kind="credit_notes",
    id=4711,
    draft=True,
    status="draft",
    expected_number="31/2026",
    issued=date(2026, 11, 3),
    due=date(2026, 12, 4),
    client=CLIENT,
    printed=(
        PrintedTextView(field="reference", lines=("PO-8812",)),
        PrintedTextView(field="observations", lines=("Primeira nota.", "Segunda nota.")),
    ),
    currency="USD",
    lines=(
        LineView(
            name="Consultoria", description=("de novembro", "em Lisboa"), quantity=D("2.5"), unit="hour",
            price=D("61.2345"), discount=D("7.5"), net=D("141.61"), tax="IVA23", rate=D(23),
        ),
        LineView(name="Peça", quantity=D(3), unit="palete", price=D("9.99"), net=D("29.97"), tax="Isento", rate=D(0)),
    ),
    shares=(
        VatBreakdown(tax="IVA23", rate=D(23), net=D("134.53"), vat=D("30.94")),
        VatBreakdown(tax="Isento", rate=D(0), net=D("28.47"), vat=D("0.00")),
        VatBreakdown(word="rounding", net=D("0.01"), vat=D("-0.02")),
    ),
    column=(
        Amount("gross", D("183.06")),
        Amount("line_discounts", D("-11.48")),
        Amount("lines_total", D("171.58"), is_sum=True),
        Amount("global_discount", D("-8.57"), D(5)),
        Amount("net", D("163.01"), is_sum=True),
        Amount("vat_total", D("30.92"), is_computed=True),
        Amount("total", D("193.93"), is_sum=True),
        Amount("retention", D("-40.75"), D(25)),
        Amount("paid", D("-20.01")),
        Amount("credited", D("-3.02")),
        Amount("to_pay", D("130.15"), is_sum=True),
    ),
    exemption=ExemptionView(code="M07", text="Isento artigo 9.º do CIVA", law="Artigo 9.º do CIVA"),
    second_currency=SecondCurrencyView(currency="GBP", total=D("152.40"), rate=D("0.7859")),
    corrects=ReferencedDocumentView(kind="invoices", number="13/2026", issued=date(2026, 10, 12), total=D("205.01"), paid=D("60.02")),
    transport=TransportView(
        plate="AA-11-BB", loaded_at=datetime(2026, 11, 5, 8, 45, tzinfo=UTC), origin=("Armazém Norte", "Porto"),
        destination=("Loja Sul", "Faro"),
    ),
)  # fmt: skip
SHEET = ApprovalPreview(
    action="finalized",
    account="padaria",
    company="Padaria Central, Lda",
    company_nif="501964843",
    several_accounts=True,
    sandbox=True,
    paper=PAPER,
    amount=DetailView(label="payment", kind="money", lines=("88.05",)),
    recipient="recebe@example.pt",
    entries=(
        DetailView(label="subject", lines=("Assunto do e-mail",), decides=True),
        DetailView(label="body", lines=("Bom dia,", "segue a nota.")),
        DetailView(label="payment_date", kind="day", lines=("2026-11-21",)),
        DetailView(label="terms", kind="yes"),
        DetailView(label="secret", kind="secret"),
        DetailView(label="types_to_register", kind="list", lines=("invoice", "credit_note")),
        DetailView(label="mechanism", kind="named", lines=("TB – Transferência",), english="TB – Bank transfer"),
    ),
    then=(ActionView(action="email", recipient="depois@example.pt", entries=(DetailView(label="cc", lines=("copia@example.pt",)),)),),
    differences=(DifferenceView(field="total", asked="193.00", stored="193.93"),
            DifferenceView(field="plugin_id", asked="p1", stored="p2")),
    warnings=(WarningView(field="date", problem=as_message(Bilingual("Um aviso.", "A warning."))),),
)  # fmt: skip
WORDS = {
    "pt": [
        "Finalizar + Enviar por e-mail: Nota de crédito 31/2026 (n.º previsto)", "Zulmira & Filhos", "ZF-77",
        "NIF DE123456788", "Espanha", "Rua Um, 1", "Sala 2", "zulmira@example.pt", "4711", "03/11/2026", "04/12/2026",
        "PO-8812", "Primeira nota.", "Segunda nota.", "USD", "Consultoria", "de novembro", "em Lisboa", "2,5 horas",
        "61,2345 USD", "desconto 7,5 %", "141,61 USD", "IVA23 23 %", "3 palete × 9,99 USD", "29,97 USD", "Isento 0 %",
        "134,53 USD", "30,94 USD", "28,47 USD", "Arredondamento", "0,01 USD", "-0,02 USD", "Valor ilíquido", "183,06 USD",
        "-11,48 USD", "171,58 USD", "Desconto global (5 %)", "-8,57 USD", "163,01 USD",
        "Total do IVA (calculado a partir das linhas)", "30,92 USD", "193,93 USD", "Retenção na fonte (25 %)", "-40,75 USD",
        "-20,01 USD", "-3,02 USD", "A pagar", "130,15 USD", "M07", "Isento artigo 9.º do CIVA", "Artigo 9.º do CIVA",
        "152,40 GBP (câmbio 0,7859)", "Fatura 13/2026 de 12/10/2026, 205,01 USD, pago 60,02 USD", "AA-11-BB",
        "05/11/2026 08:45", "Armazém Norte, Porto", "Loja Sul, Faro", "padaria", "Padaria Central, Lda", "501964843",
        "Pagamento", "88,05 USD", "recebe@example.pt", "Assunto do e-mail", "Bom dia,", "segue a nota.", "21/11/2026",
        "sim", "dada, não se mostra", "Fatura, Nota de crédito", "TB – Transferência", "depois@example.pt",
        "copia@example.pt", "193,00 €", "193,93 €", "plugin_id", "p1", "p2", "Um aviso.", "Irreversível",
    ],
    "en": [
        "Finalize + Send by e-mail: Credit note 31/2026 (expected number)", "Spain", "2.5 hours × 61.2345 USD",
        "discount 7.5%", "Rounding", "Discount on the whole document (5%)", "VAT in total (computed from the lines)",
        "Withholding tax (25%)", "To pay", "152.40 GBP (rate 0.7859)",
        "Invoice 13/2026 of 12/10/2026, 205.01 USD, paid 60.02 USD", "Invoice, Credit note", "TB – Bank transfer",
        "given, not shown", "A warning.", "Irreversible",
    ],
}  # fmt: skip
"""What each filled field of the sheet reads as."""
LONG_DATES = {"pt": {"03/11/2026": "3 de novembro de 2026", "04/12/2026": "4 de dezembro de 2026", "21/11/2026": "21 de novembro de 2026"},
              "en": {}}  # fmt: skip
NO_TEXT = {
    "ApprovalPreview": {"action", "then", "several_accounts", "sandbox"},
    "ActionView": {"action"},
    "DocumentView": {"kind", "draft", "status", "number"},
}
"""Fields that choose words instead of being shown, or that a draft does not have."""


def approval_of(sheet: ApprovalPreview, language: Language) -> Approval:
    return Approval(
        id="K7M2QX4R", state="pending", channel="page", operation="change_state", account="padaria", principal="local",
        text=approval_text.format_full_text(sheet, language), summary=render.format_summary(sheet, language),
        differs=bool(sheet.differences),
        created_at=1795600000.0, expires_at=1795600900.0, sheet=dump_preview(sheet),
    )  # fmt: skip


def empty_fields(part: Any, path: str = "sheet") -> Iterator[str]:
    """Fields of a sheet that hold nothing, so that the sweep would not notice when they are not shown."""
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            value = getattr(part, name)
            if name in NO_TEXT.get(type(part).__name__, set()) and not isinstance(value, tuple):
                continue
            yield from empty_fields(value, f"{path}.{name}")
    elif isinstance(part, tuple):
        if not part and path.rpartition(".")[2] not in {"description", "entries", "lines"}:
            yield path
        for one in part:
            yield from empty_fields(one, path)
    elif part is None or part == "":
        yield path


def test_the_sheet_of_the_sweep_has_everything_a_sheet_can_have() -> None:
    optional = {
        "sheet.client", "sheet.paper.shares.rate", "sheet.paper.lines.discount", "sheet.then.amount", "sheet.entries.english",
        "sheet.then.entries.english", "sheet.paper.shares.word", "sheet.paper.shares.tax", "sheet.amount.english",
        "sheet.entries.document", "sheet.then.entries.document", "sheet.amount.document",
    }  # fmt: skip
    assert set(empty_fields(SHEET)) <= optional


@pytest.mark.parametrize("language", ["pt", "en"])
def test_every_field_of_a_sheet_stands_in_text_terminal_and_page(language: Language) -> None:
    approval = approval_of(SHEET, language)
    terminal = console.wrap_text(approval.text)
    page = extract_text(
        rendering.render_approval(approval, language, rendering.PageState(approval.created_at))
    )
    for shown in (approval.text, terminal):
        spaced = " ".join(shown.split())
        assert [text for text in WORDS[language] if text not in spaced] == [], spaced
    wanted = [LONG_DATES[language].get(text, text) for text in WORDS[language]]
    # On the page a line's parts stand in columns, and addresses one below the other.
    assert [text for text in wanted if text not in page] == [], page


@pytest.mark.parametrize("language", ["pt", "en"])
def test_a_client_without_a_document_is_shown_whole(language: Language) -> None:
    sheet = ApprovalPreview(action="client_deleted", account="padaria", client=CLIENT)
    approval = approval_of(sheet, language)
    page = extract_text(
        rendering.render_approval(approval, language, rendering.PageState(approval.created_at))
    )
    for text in ("Zulmira & Filhos", "ZF-77", "DE123456788", "Rua Um, 1", "Sala 2", "zulmira@example.pt"):
        assert text in approval.text
        assert text in page, page


# --- units, countries and currencies


@pytest.mark.parametrize(
    ("unit", "quantity", "pt", "en"),
    [
        ("hour", "1", "1 hora", "1 hour"), ("hour", "2", "2 horas", "2 hours"), ("month", "0.5", "0,5 meses", "0.5 months"),
        ("day", "1.00", "1 dia", "1 day"), ("unit", "3", "3 unidades", "3 units"), ("service", "1", "1 serviço", "1 service"),
        ("palete", "2", "2 palete", "2 palete"), ("", "2", "2", "2"),
    ],
)  # fmt: skip
def test_units_are_in_the_readers_language(unit: str, quantity: str, pt: str, en: str) -> None:
    line = LineView(name="X", quantity=D(quantity), unit=unit, price=D(5), net=D(5), tax="IVA23", rate=D(23))
    assert render.format_calculation(line, "pt", "") == f"{pt} × 5,00 €"
    assert render.format_calculation(line, "en", "") == f"{en} × €5.00"


@pytest.mark.parametrize(
    ("name", "pt", "en"),
    [
        ("Spain", "Espanha", "Spain"), ("UK", "Reino Unido", "United Kingdom"), ("Portugal", "Portugal", "Portugal"),
        ("Germany", "Alemanha", "Germany"), ("Terra Nova", "Terra Nova", "Terra Nova"),
    ],
)  # fmt: skip
def test_countries_are_in_the_readers_language(name: str, pt: str, en: str) -> None:
    assert (render.format_country(name, "pt"), render.format_country(name, "en")) == (pt, en)


def test_an_amount_that_nothing_says_is_no_zero() -> None:
    assert formats.format_money(None, "pt") == "?"


# --- long documents


def long_sheet(lines: int, **changes: Any) -> ApprovalPreview:
    """An invoice of so many lines, the largest of them in the middle."""
    rows = tuple(
        LineView(
            name=f"Artigo {place}", quantity=D(1), unit="unit", price=D(5000 - abs(place - lines // 2)),
            net=D(5000 - abs(place - lines // 2)), tax="IVA23", rate=D(23), description=("d" * 40,),
        )
        for place in range(lines)
    )  # fmt: skip
    net = sum((one.net or D(0) for one in rows), D(0))
    vat = net * 23 / 100
    column = (
        Amount("net", net, is_sum=True),
        Amount("vat_total", vat),
        Amount("total", net + vat, is_sum=True),
    )
    paper = DocumentView(
        kind="invoices", id=1001, draft=True, expected_number="13/2026", issued=date(2026, 11, 20), due=None,
        client=CLIENT, lines=rows, shares=(VatBreakdown(tax="IVA23", rate=D(23), net=net, vat=vat),), column=column,
    )  # fmt: skip
    return ApprovalPreview(action="finalized", account="sandbox", sandbox=True, paper=paper, **changes)


@pytest.mark.parametrize("language", ["pt", "en"])
@pytest.mark.parametrize("lines", [200, 3000])
def test_of_a_long_document_a_form_gets_a_summary_and_everything_else_all_of_it(
    lines: int, language: Language
) -> None:
    sheet = long_sheet(lines)
    approval = approval_of(sheet, language)
    form = render_form_message(approval, language)
    assert len(form) <= approval_text.MAX_LENGTH
    assert form.splitlines()[0] == render.format_headline(sheet, language)
    total = formats.format_money(sheet.paper.total if sheet.paper else None, language)
    for text in (
        str(lines),
        f"Artigo {lines // 2}",
        "IVA23 23 %" if language == "pt" else "IVA23 23%",
        total,
        "ix-tools approvals show K7M2QX4R",
    ):
        assert text in form, form
    assert all(f"Artigo {place}:" in approval.text for place in range(lines))
    page = rendering.render_approval(approval, language, rendering.PageState(approval.created_at))
    assert page.count("Artigo ") == lines + 5, "all of them, and the five largest before"
    assert total in page


HUGE = "palavra " * 2000


def with_huge(**changes: Any) -> ApprovalPreview:
    """The sheet of the sweep with some of its document's fields changed."""
    return SHEET.model_copy(update={"paper": PAPER.model_copy(update=changes)})


BODY = DetailView(label="body", lines=(HUGE,))


@pytest.mark.parametrize(
    "sheet",
    [
        long_sheet(1, warnings=tuple(WarningView(field="f", problem=as_message(HUGE)) for _ in range(300))),
        long_sheet(1, differences=tuple(DifferenceView(field="lines", asked=HUGE, stored=HUGE) for _ in range(300))),
        long_sheet(1, entries=(BODY,) * 60),
        long_sheet(3, then=(ActionView(action="email", recipient="a@b.pt", entries=(BODY,)),) * 9),
        with_huge(printed=(PrintedTextView(field="observations", lines=(HUGE,) * 9),) * 2),
        with_huge(shares=PAPER.shares * 200),
        with_huge(client=CLIENT.model_copy(update={"name": HUGE, "nif": HUGE, "country": HUGE})),
        with_huge(transport=TransportView(plate=HUGE, origin=(HUGE,))),
        with_huge(expected_number=HUGE, exemption=ExemptionView(code=HUGE), corrects=ReferencedDocumentView(kind="invoices", number=HUGE)),
        long_sheet(1, company=HUGE, company_nif=HUGE, several_accounts=True),
        long_sheet(1, entries=(DetailView(label="series", lines=(HUGE,), decides=True),)),
    ],
    ids=["warnings", "differences", "entries", "then", "texts", "rates", "client", "plate", "numbers", "company", "series"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["pt", "en"])
def test_no_text_makes_a_form_longer_than_any_form_holds(sheet: ApprovalPreview, language: Language) -> None:
    approval = approval_of(sheet, language)
    form = render_form_message(approval, language)
    assert len(form) <= approval_text.MAX_LENGTH
    assert form.splitlines()[0] == render.format_headline(sheet, language)
    assert "ix-tools approvals show K7M2QX4R" in form
    box = build_form_schema(approval, language)["properties"]["approve"]
    assert len(box["title"]) <= 1200
    assert len(box["description"]) <= 1500


def test_what_fits_a_form_is_not_summarised() -> None:
    approval = approval_of(long_sheet(12), "pt")
    assert render_form_message(approval, "pt") == approval.text
