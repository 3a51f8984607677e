"""Sandbox, printed documents, QR codes and e-mail."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import httpx2
import pypdf
import pypdfium2
import pytest
import zxingcpp

from ix_tools.sandbox.printing import format_money
from tests.sandbox.api import SandboxApi, list_errors


def printed(api: SandboxApi, document: dict[str, Any], copy: str = "false") -> bytes:
    path = f"/api/pdf/{document['id']}.json"
    while (answer := api.get(path, second_copy=copy)).status_code == 202:
        assert answer.content == b""
    url = answer.json()["output"]["pdfUrl"]
    assert url.startswith(f"{api.sandbox.base_url}/_files/")
    fetched = httpx2.get(url, timeout=100)
    assert fetched.headers["content-type"] == "application/pdf"
    return fetched.content


def words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def code(pdf: bytes) -> dict[str, str]:
    """Decode the QR code on the rendered page."""
    document = pypdfium2.PdfDocument(pdf)
    page = document[0]
    bitmap = page.render(scale=3)
    found = zxingcpp.read_barcodes(bitmap.to_pil())
    bitmap.close()
    page.close()
    document.close()
    return dict(field.split(":", 1) for field in found[0].text.split("*"))


def rich(api: SandboxApi, **changes: Any) -> dict[str, Any]:
    lines = [
        api.line(
            unit_price="1234.5678", quantity="3", discount="10", unit="hour", description="João & Gonçalves"
        ),
        api.line(name="Formação", unit_price="200", tax={"name": "Isento"}),
        api.line(name="Livro", unit_price="9.99", tax={"name": "IVA6"}),
        api.line(name="Licença", unit_price="19.99", tax={"name": "IVA22"}),
    ]
    given = {
        "items": lines,
        "tax_exemption": "M07",
        "retention": "25",
        "reference": "PO-7781",
        "mb_reference": "1",
    }
    api.sandbox.set_option("mb_references", True)
    return api.create_issued(**{**given, **changes})


def test_a_pdf_is_promised_first_and_each_copy_on_its_own(api: SandboxApi) -> None:
    """Trap 24."""
    path = f"/api/pdf/{api.create_issued()['id']}.json"
    assert [api.get(path).status_code for _ in range(3)] == [202, 200, 200]
    assert api.get(path, second_copy="true").status_code == 202
    assert api.get(path).json() == api.get(path).json()
    api.sandbox.set_option("pdf_polls", 3)
    path = f"/api/pdf/{api.create_issued()['id']}.json"
    assert [api.get(path).status_code for _ in range(4)] == [202, 202, 202, 200]


def test_what_is_not_issued_is_not_printed(api: SandboxApi) -> None:
    """Reading 8."""
    draft = api.create_draft()
    answer = api.get(f"/api/pdf/{draft['id']}.json")
    assert (answer.status_code, answer.content) == (406, b"")
    assert api.get("/api/pdf/9.json").status_code == 404
    api.change_state("invoice", draft, "deleted")
    assert api.get(f"/api/pdf/{draft['id']}.json").status_code == 406


def test_nobody_fetches_a_file_without_its_token(api: SandboxApi) -> None:
    api.create_issued()
    assert api.http.get("/_files/guess/FT-2026-1.pdf").status_code == 404


def test_the_page_says_everything_an_invoice_says(api: SandboxApi) -> None:
    text = words(printed(api, rich(api)))
    for expected in (
        "Oficina das Faturas, Lda", "NIF 509442013", "ACME, Lda", "NIF 508112230", "Fatura FT 2026/1", "Original",
        "ATCUD:", "20/11/2026", "PO-7781", "Consultoria", "João & Gonçalves", "3,00", "hora", "1.234,5678 €", "10 %",
        "3.333,33 €", "Resumo do IVA", "23 %", "22 %", "6 %", "0 %", "M07: Isento artigo 9.º do CIVA",
        "Retenção na fonte (25 %)", "A pagar", "Entidade 10611", "Desconto", "-370,37 €", "sem valor fiscal",
    ):  # fmt: skip
        assert expected in text, expected


def test_the_second_copy_says_so(api: SandboxApi) -> None:
    assert "2.ª via" in words(printed(api, api.create_issued(), "true"))


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("invoice", "Fatura FT 2026/1"),
        ("simplified_invoice", "Fatura Simplificada FS 2026/1"),
        ("invoice_receipt", "Fatura-Recibo FR 2026/1"),
        ("credit_note", "Nota de Crédito NC 2026/1"),
        ("debit_note", "Nota de Débito ND 2026/1"),
        ("quote", "Orçamento OR 2026/1"),
        ("transport", "Guia de Transporte GT 2026/1"),
    ],
)
def test_every_type_prints_under_its_title(api: SandboxApi, key: str, title: str) -> None:
    assert title in words(printed(api, api.create_issued(key)))


def test_a_receipt_and_a_note_name_the_invoice_they_belong_to(api: SandboxApi) -> None:
    invoice = api.create_issued()
    text = words(printed(api, api.pay(invoice, 100).json()["receipt"]))
    assert "Recibo RG 2026/1" in text
    assert "FT 2026/1" in text
    assert "transferência bancária" in text
    note = api.create_issued("credit_note", owner_invoice_id=invoice["id"], items=[api.line(unit_price="1")])
    assert "Referente a\nFT 2026/1" in words(printed(api, note))


def test_a_cancelled_document_prints_as_cancelled(api: SandboxApi) -> None:
    invoice = api.create_issued()
    api.change_state("invoice", invoice, "canceled", "Cliente errado")
    pdf = printed(api, invoice)
    assert "ANULADO" in words(pdf)
    assert "Cliente errado" in words(pdf)
    assert code(pdf)["E"] == "A"


def test_a_long_document_repeats_its_head_and_its_code_on_every_page(api: SandboxApi) -> None:
    lines = [api.line(name=f"Linha {place}") for place in range(90)]
    reader = pypdf.PdfReader(io.BytesIO(printed(api, api.create_issued(items=lines))))
    assert len(reader.pages) > 2
    for place, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        assert "Fatura FT 2026/1" in text
        assert "ATCUD:" in text
        assert f"Página {place} de {len(reader.pages)}" in text


def test_letters_outside_the_fonts_never_stop_a_document(api: SandboxApi) -> None:
    text = words(printed(api, api.create_issued(observations="Łódź, Дом, 東京, 😀, 5 €")))
    assert "Lódz" in text
    assert "5 €" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0,00 €"),
        ("1234.56", "1.234,56 €"),
        ("1234567.005", "1.234.567,01 €"),
        ("-0.5", "-0,50 €"),
        ("-1234", "-1.234,00 €"),
    ],
)
def test_euros_are_written_as_in_portugal(value: str, text: str) -> None:
    from fractions import Fraction

    assert format_money(Fraction(value)) == text


def test_the_qr_code_on_the_page_carries_the_authoritys_fields(api: SandboxApi) -> None:
    invoice = rich(api)
    fields = code(printed(api, invoice))
    assert fields == {
        "A": "509442013", "B": "508112230", "C": "PT", "D": "FT", "E": "N", "F": "20261120", "G": "FT 2026/1",
        "H": invoice["atcud"], "I1": "PT", "I2": "200.00", "I3": "9.99", "I4": "0.60", "I7": "3333.33",
        "I8": "766.67", "K1": "PT-MA", "K7": "19.99", "K8": "4.40", "N": f"{invoice['taxes']:.2f}",
        "O": f"{invoice['total']:.2f}", "P": "890.83", "Q": invoice["saft_hash"], "R": "0", "S": "SEM VALOR FISCAL",
    }  # fmt: skip


def content(api: SandboxApi, document: dict[str, Any]) -> dict[str, str]:
    return code(printed(api, document))


@pytest.mark.parametrize(
    ("country", "fiscal_id", "shown"),
    [
        ("Portugal", "PT508025338", ("508025338", "PT")),
        ("Spain", "ESB58378431", ("B58378431", "ES")),
        ("Spain", "B58378431", ("B58378431", "ES")),
        ("Greece", "EL094019245", ("094019245", "GR")),
        ("Austria", "ATU13585627", ("U13585627", "AT")),
        ("Romania", "RO18547290", ("18547290", "RO")),
        (
            "Italy",
            "ITLMRA80A01H501U",
            ("ITLMRA80A01H501U", "IT"),
        ),  # a person's: the name begins with these letters
        ("Switzerland", "CHE107787577", ("CHE107787577", "CH")),  # CHE belongs to the number
        ("Germany", "FR40303265045", ("FR40303265045", "DE")),  # the prefix of another country
        ("Estonia", "EETAMM", ("EETAMM", "EE")),
    ],
)
def test_the_tax_authority_reads_numbers_without_the_countrys_prefix(
    api: SandboxApi, country: str, fiscal_id: str, shown: tuple[str, str]
) -> None:
    client = {"name": "Outro", "code": "O", "country": country, "fiscal_id": fiscal_id}
    fields = content(api, api.create_issued(client=client))
    assert (fields["B"], fields["C"]) == shown


def test_a_receipt_has_no_vat_and_says_so(api: SandboxApi) -> None:
    fields = content(api, api.pay(api.create_issued(), 100).json()["receipt"])
    amounts = {name: text for name, text in fields.items() if name[0] in "IJKNO"}
    assert amounts == {"I1": "0", "N": "0.00", "O": "100.00"}


def test_a_fees_note_has_the_type_of_other_documents_and_its_own_number(api: SandboxApi) -> None:
    fields = content(api, api.create_issued("fees_note"))
    assert (fields["D"], fields["G"], fields["H"]) == ("OU", "NH 2026/1", "0")


@pytest.mark.parametrize(
    ("prices", "taxes"),
    [
        ({"IVA23": "33.35", "IVA6": "42.10", "IVA22": "6.35"}, ["IVA23", "IVA6", "IVA22"]),
        ({"IVA23": "0.03", "IVA6": "0.09", "IVA22": "0.02"}, ["IVA23", "IVA6", "IVA22"]),
        ({"IVA23": "0.0043"}, ["IVA23"]),
        ({"IVA23": "7.675", "IVA22": "7.675", "Isento": "0.005"}, ["IVA23", "IVA22", "Isento"]),
        ({"IVA23": "10", "IVA6": "10"}, ["IVA23", "IVA6"]),
    ],
)
def test_the_amounts_of_a_qr_code_add_up(api: SandboxApi, prices: dict[str, str], taxes: list[str]) -> None:
    lines = [api.line(name=tax, unit_price=prices[tax], tax={"name": tax}) for tax in taxes]
    invoice = api.create_issued(items=lines, tax_exemption="M07" if "Isento" in taxes else "")
    fields = content(api, invoice)
    amounts = {name: Decimal(text) for name, text in fields.items() if name[0] in "IJK" and name[1] != "1"}
    vat = sum((amount for name, amount in amounts.items() if name[1] in "468"), Decimal(0))
    net = sum((amount for name, amount in amounts.items() if name[1] in "2357"), Decimal(0))
    assert (vat, net + vat) == (Decimal(fields["N"]), Decimal(fields["O"]))
    assert all(abs(amount - amount.quantize(Decimal("0.01"))) == 0 for amount in amounts.values())


@pytest.mark.parametrize(
    ("client", "line"),
    [
        ({"name": "Ana", "code": "A", "country": "United States"}, ""),
        ({"name": "Ana", "code": "A"}, "Consumidor final"),
        ({}, "Consumidor final"),
        ({"name": "Ana", "code": "A", "country": "Spain", "fiscal_id": "B58378431"}, "NIF B58378431"),
    ],
)
def test_a_buyer_abroad_without_a_number_is_not_called_a_final_consumer(
    api: SandboxApi, client: dict[str, str], line: str
) -> None:
    key = "invoice" if client else "simplified_invoice"
    text = words(printed(api, api.create_issued(key, client=client)))
    said = [each for each in text.splitlines() if each == "Consumidor final" or each.startswith("NIF B")]
    assert said == ([line] if line else [])


def test_a_qr_code_is_promised_first_and_refused_for_drafts(api: SandboxApi) -> None:
    invoice = api.create_issued()
    path = f"/api/qr_codes/{invoice['id']}.json"
    first, second = api.get(path), api.get(path)
    assert (first.status_code, first.json()) == (202, {"qr_code": {"status": "In progress"}})
    picture = httpx2.get(second.json()["qr_code"]["url"], timeout=100)
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    missing = api.get("/api/qr_codes/9.json")
    assert (missing.status_code, missing.json()) == (
        404,
        {"error": "No document with ID 9 was found in this account"},
    )
    draft = api.create_draft()
    refused = api.get(f"/api/qr_codes/{draft['id']}.json")
    assert refused.status_code == 422
    assert refused.json()["error"].startswith(f"Document with ID {draft['id']} is still in draft.")


def mailed(
    api: SandboxApi, document: dict[str, Any], client: dict[str, str], **message: str
) -> httpx2.Response:
    body = {"message": {"client": client, **message}}
    return api.put(f"/invoices/{document['id']}/email-document.json", body)


def test_mail_goes_into_the_outbox_and_is_answered_with_nothing(api: SandboxApi) -> None:
    """Trap 25."""
    invoice = api.create_issued()
    answer = mailed(
        api,
        invoice,
        {"email": "a@b.example", "save": "0"},
        subject="Fatura",
        body="Segue",
        cc="c@d.example",
        logo="1",
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert api.sandbox.outbox() == [
        {
            "document_id": invoice["id"], "to": "a@b.example", "cc": "c@d.example", "bcc": "", "subject": "Fatura",
            "body": "Segue", "logo": True, "save": False, "at": "2026-11-20T10:00:00+00:00",
        }
    ]  # fmt: skip
    assert api.get("/clients/501.json").json()["client"]["email"] == "compras@acme.example"


def test_saving_the_address_overwrites_the_clients(api: SandboxApi) -> None:
    mailed(api, api.create_issued(), {"email": "a@b.example", "save": "1"})
    assert api.get("/clients/501.json").json()["client"]["email"] == "a@b.example"


@pytest.mark.parametrize(
    ("client", "message", "refusal"),
    [
        ({"email": "nobody"}, {}, "Email must be an email address"),
        ({"email": "a@b.example"}, {"cc": "x"}, "Email must be an email address"),
        ({"email": "a@b.example"}, {"bcc": "x@y"}, "Email must be an email address"),
        ({}, {}, "Email is a required field"),
    ],
)
def test_wrong_addresses_are_refused_and_nothing_is_sent(
    api: SandboxApi, client: dict[str, str], message: dict[str, str], refusal: str
) -> None:
    assert list_errors(mailed(api, api.create_issued(), client, **message)) == [refusal]
    assert api.sandbox.outbox() == []


def test_mail_about_nothing_is_a_plain_404_and_some_plans_send_none(api: SandboxApi) -> None:
    missing = mailed(api, {"id": 9}, {"email": "a@b.example"})
    assert (missing.status_code, missing.content) == (404, b"")
    api.sandbox.set_option("email_plan", False)
    assert list_errors(mailed(api, api.create_issued(), {"email": "a@b.example"})) == [
        "Sending e-mail is not available in your plan"
    ]


def test_a_line_that_is_longer_than_a_page_goes_on_on_the_next(api: SandboxApi) -> None:
    described = " ".join(f"palavra{number}" for number in range(900)) + " " + "x" * 400 + r" (fim) \ "
    lines = [
        {
            "name": "Relatório",
            "description": described,
            "unit_price": "10",
            "quantity": "1",
            "tax": {"name": "IVA23"},
        }
    ]
    pdf = printed(api, api.create_issued(items=lines))
    said = words(pdf)
    assert [number for number in range(900) if f"palavra{number}" not in said.split()] == []
    assert "(fim)" in said
    assert said.count("Descrição") == len(pypdf.PdfReader(io.BytesIO(pdf)).pages) > 2
    assert said.count("x") >= 400
