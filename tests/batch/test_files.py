# ruff: noqa: E501 - files stand as they are
"""Files: what is read in every format, and what is refused before anything is written, with its place and what is right."""

from __future__ import annotations

import re
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ix_tools.batch import archives, table
from ix_tools.batch.documents import DocumentTable, Rate, read_documents
from ix_tools.batch.files import read_table
from ix_tools.batch.template import write_template
from ix_tools.errors import InvalidArguments
from tests.batch.workbooks import (
    HEADINGS,
    ROW,
    build_csv,
    build_ods,
    build_xlsx,
    build_zip,
    change,
    number,
    ods_text,
    ods_value,
    text,
)

FILES = Path(__file__).parent / "files"
EXPECTED: dict[str, Any] = {
    "date": "2026-11-20",
    "due_date": "+30d",
    "client": {"code": "ACME"},
    "items": [{"name": "Revisão", "quantity": "1", "unit_price": "60.50", "tax": "IVA23"}],
}


def read(content: bytes | str, name: str = "a.csv", sheet: str = "") -> DocumentTable:
    return read_documents(read_table(content.encode() if isinstance(content, str) else content, name, sheet))


def plain(document: Any) -> Any:
    """Return a document's arguments with rates as texts, and prices without ending zeros."""
    lines = [
        {
            name: f"{value.percent} %"
            if isinstance(value, Rate)
            else value.rstrip("0")
            if name == "unit_price"
            else value
            for name, value in one.items()
        }
        for one in document.arguments["items"]
    ]
    return {**document.arguments, "items": lines}


CSV = build_csv(ROW)
TYPED = ("2026-11-20", "30d", "ACME", "Revisão", "1", "60.5", "IVA23")
XLSX = (number(46346, "date"), "30d", "ACME", "Revisão", number(1), number(60.5), "IVA23")
JSON_ROWS = (
    '[{"data": "20/11/2026", "vencimento": "30d", "cliente_codigo": "ACME", "artigo": "Revisão", "quantidade": 1, "preco": 60.5, '
    '"IVA": "IVA23"}]'
)
READABLE: dict[str, tuple[bytes | str, str]] = {
    "semicolons": (CSV, "a.csv"),
    "commas": (build_csv(change(preco='"60,50"'), separator=","), "a.csv"),
    "tabs": (build_csv(ROW, separator="\t"), "a.tsv"),
    "a byte order mark": (b"\xef\xbb\xbf" + CSV.encode(), "a.csv"),
    "Windows letters": (CSV.encode("cp1252"), "a.csv"),
    "Unix line ends": (CSV.replace("\r\n", "\n"), "a.csv"),
    "empty lines between": (CSV.replace("\r\n", "\r\n;;;;;;\r\n"), "a.csv"),
    "a name without ending": (CSV, "a"),
    "xlsx": (build_xlsx(XLSX), "a.xlsx"),
    "xlsx with dates of an own format": (build_xlsx((number(46346, "custom_date"), *XLSX[1:])), "a.xlsx"),
    "xlsx with texts": (build_xlsx(TYPED), "A.XLSX"),
    "xlsx with dates from 1904": (
        build_xlsx(
            (number(46346 - 1462, "date"), *XLSX[1:]),
            parts={
                "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.'
                'openxmlformats.org/officeDocument/2006/relationships"><workbookPr date1904="1"/><sheets><sheet name="A" r:id="rId1"/></sheets></workbook>'
            },
        ),
        "a.xlsx",
    ),
    "ods": (
        build_ods(
            ods_value("date", "2026-11-20", "date-value")
            + "".join(map(ods_text, ("30d", "ACME", "Revisão")))
            + ods_value("float", "1")
            + ods_value("currency", "60.5")
            + ods_text("IVA23")
        ),
        "a.ods",
    ),
    "xls": ((FILES / "plain.xls").read_bytes(), "a.xls"),
    "JSON": (JSON_ROWS, "a.json"),
    "JSON with a byte order mark": (b"\xef\xbb\xbf" + JSON_ROWS.encode(), "a.json"),
    "JSON with texts": (JSON_ROWS.replace("60.5", '"60,50"').replace("1,", '"1",', 1), "a"),
}


@pytest.mark.parametrize("case", READABLE)
def test_every_format_is_the_same_document(case: str) -> None:
    content, name = READABLE[case]
    found = read(content, name)
    assert plain(found.documents[0]) == {
        **EXPECTED,
        "items": [{**EXPECTED["items"][0], "unit_price": "60.5"}],
    }


def xlsx(**changes: str) -> bytes:
    given = {"preço" if name == "preco" else name: value for name, value in changes.items()}
    return build_xlsx(tuple(given.get(name, value) for name, value in zip(HEADINGS, XLSX, strict=True)))


def csv_with(**changes: str) -> str:
    return build_csv(change(**changes))


def csv_headed(*headings: str) -> str:
    return build_csv(ROW, headings=headings)


H = HEADINGS
OWN = FILES / "plain.xls"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
ODS_ROW = "".join(map(ods_text, ROW))
BROKEN: dict[str, tuple[bytes | str, str, str]] = {
    # The file itself: content, name, and a part of what is said.
    "nothing": ("", "a.csv", "is empty"),
    "blanks only": (" \r\n ", "a.csv", "is empty"),
    "headings only": (build_csv(), "a.csv", "no row below"),
    "one heading": ("data\r\n2026-11-20\r\n", "a.csv", "one heading only"),
    "UTF-16": (CSV.encode("utf-16"), "a.csv", "UTF-16"),
    "zero bytes": (CSV.encode() + b"\0", "a.csv", "zero bytes"),
    "neither encoding": (CSV.encode("cp1252") + b"\x81\xe7", "a.csv", "neither UTF-8 nor"),
    "an open quotation mark": (build_csv(change(artigo='"Revisão')), "a.csv", "quotation mark"),
    "text behind a quotation mark": (build_csv(change(artigo='"Revisão"x')), "a.csv", "quotation mark"),
    "a cell without end": (build_csv(change(artigo="x" * 200_000)), "a.csv", "cell is too long"),
    "a decimal comma as separator": (build_csv(ROW, separator=","), "a.csv", "has 8 cells"),
    "a row cut off": (CSV + "20/11/2026;30d;ACME\r\n", "a.csv", "has 3 cells"),
    "a web page named xls": ("<html><table><tr><td>1</td></tr></table></html>", "a.xls", "web page"),
    "an XML spreadsheet": ("<?xml version='1.0'?><Workbook/>", "a.xls", "web page"),
    "a PDF": ("%PDF-1.7", "a.xlsx", "is PDF"),
    "a picture": (b"\x89PNG\r\n", "a.xlsx", "is PNG"),
    "a gzip archive": (b"\x1f\x8b\x08", "a.csv", "is gzip"),
    "RTF": ("{\\rtf1 x}", "a.csv", "is RTF"),
    "CSV named xlsx": (CSV, "a.xlsx", "ends in .xlsx"),
    "xlsx named csv": (build_xlsx(XLSX), "a.csv", "ends in .csv"),
    "xlsx named xls": (build_xlsx(XLSX), "a.xls", "ends in .xls"),
    "xls named xlsx": (OWN.read_bytes(), "a.xlsx", "ends in .xlsx"),
    "any archive": (build_zip({"a.txt": "x"}), "a.xlsx", "archive without a table"),
    "a Numbers document": (build_zip({"Index/Document.iwa": "x"}), "a.numbers", "Numbers"),
    "xlsb": (build_zip({"xl/workbook.bin": "x"}), "a.xlsb", "xlsb"),
    "a text document": (build_zip({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}), "a.odt", "no spreadsheet"),
    "macros in xlsx": (build_xlsx(XLSX, parts={"xl/vbaProject.bin": "x"}), "a.xlsm", "macros"),
    "macros in ods": (build_ods(ODS_ROW, parts={"Basic/Standard/Module1.xml": "x"}), "a.ods", "macros"),
    "macros in xls": (OWN.read_bytes() + "_VBA_PROJECT".encode("utf-16-le"), "a.xls", "macros"),
    "a password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "password"),
    "a password of ods": (
        build_ods(ODS_ROW, parts={"META-INF/manifest.xml": "<m:manifest xmlns:m='urn:m'><m:encryption-data/></m:manifest>"}),
        "a.ods",
        "password",
    ),
    "xlsx cut off": (build_xlsx(XLSX)[:-200], "a.xlsx", "damaged"),
    "xlsx cut in the middle": (build_xlsx(XLSX)[:400], "a.xlsx", "damaged"),
    "ods cut off": (build_ods(ODS_ROW)[:300], "a.ods", "damaged"),
    "xls cut off": (OWN.read_bytes()[:600], "a.xls", "damaged"),
    "xlsx with broken XML": (build_xlsx(XLSX, parts={"xl/worksheets/sheet1.xml": "<worksheet><row>"}), "a.xlsx", "damaged"),
    "xlsx without its sheet": (build_xlsx(XLSX, parts={"xl/_rels/workbook.xml.rels": "<Relationships/>"}), "a.xlsx", "damaged"),
    "a text that does not exist": (xlsx(artigo='t="s"><v>7</v>'), "a.xlsx", "damaged"),
    "entities": (
        build_xlsx(
            XLSX,
            parts={
                "xl/sharedStrings.xml": f'<!DOCTYPE a [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><sst {MAIN}><si><t>&c;</t></si></sst>'
            },
        ),
        "a.xlsx",
        "entities",
    ),
    "an external entity": (
        build_xlsx(XLSX, parts={"xl/sharedStrings.xml": f'<!DOCTYPE a SYSTEM "file:///etc/passwd"><sst {MAIN}/>'}),
        "a.xlsx",
        "entities",
    ),
    "merged cells": (build_xlsx(XLSX, XLSX, after='<mergeCells><mergeCell ref="C2:C3"/></mergeCells>'), "a.xlsx", "C2:C3 merged"),
    "merged cells in ods": (
        build_ods(ODS_ROW.replace("<table:table-cell", "<table:table-cell table:number-rows-spanned='2'", 1)),
        "a.ods",
        "A2 merged",
    ),
    "a hidden row": (build_xlsx(XLSX, row_marks='hidden="1"'), "a.xlsx", "2 the row is hidden"),
    "a filtered row of ods": (build_ods(ODS_ROW, row_marks="table:visibility='filter'"), "a.ods", "2 the row is hidden"),
    "a hidden column": (build_xlsx(XLSX, columns='<cols><col min="6" max="6" hidden="1"/></cols>'), "a.xlsx", "F1 the column is hidden"),
    "a cell at the far end": (
        build_xlsx(XLSX, parts={"xl/worksheets/sheet1.xml": f'<worksheet {MAIN}><sheetData><row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'}),
        "a.xlsx",
        "more than 20000 rows",
    ),
    "a cell at the far side": (
        build_xlsx(XLSX, parts={"xl/worksheets/sheet1.xml": f'<worksheet {MAIN}><sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>'}),
        "a.xlsx",
        "more than 200 columns",
    ),
    "a million equal rows of ods": (build_ods(ODS_ROW, row_marks="table:number-rows-repeated='1000000'"), "a.ods", "more than 20000 rows"),
    "sixteen thousand equal cells of ods": (build_ods(ods_text("x", number_columns_repeated=16000)), "a.ods", "more than 200 columns"),
    "two sheets": (
        build_xlsx(
            XLSX,
            parts={
                "xl/worksheets/sheet2.xml": f'<worksheet {MAIN}><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>',
                "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
                '<sheet name="A" r:id="rId1"/><sheet name="B" r:id="rId2"/></sheets></workbook>',
            },
        ),
        "a.xlsx",
        "Several sheets hold something: A, B",
    ),
    # Headings.
    "an unknown column": (csv_headed(*H[:6], "xpto"), "a.csv", "G1 (xpto) no such column"),
    "a column twice": (csv_headed(*H[:6], "price"), "a.csv", "G1 (price) means the same as the column preço"),
    "a missing column": (build_csv(ROW[1:], headings=H[1:]), "a.csv", "column date is missing"),
    "a value without a heading": (csv_headed(*H[:6], ""), "a.csv", "G2 has a value, and its column has no heading"),
    "four lines a row": (build_csv((*ROW, "x"), headings=(*H, "artigo4")), "a.csv", "at most 3 lines"),
    "numbered and plain lines": (build_csv((*ROW, "x"), headings=(*H, "artigo2")), "a.csv", "a numbered line beside"),
    # Cells.
    "a formula never calculated": (xlsx(preco="s='0'><f>A1*2</f>"), "a.xlsx", "F2 (preço) is a formula that was never"),
    "a formula never calculated in ods": (
        build_ods("".join(map(ods_text, ROW[:5])) + "<table:table-cell table:formula='of:=1'/>" + ods_text("IVA23")),
        "a.ods",
        "F2 (preço) is a formula that was never",
    ),
    "an error of a formula": (xlsx(preco='t="e"><v>#REF!</v>'), "a.xlsx", "F2 (preço) is an error of a formula: #REF!"),
    "a logical value": (xlsx(cliente_codigo='t="b"><v>1</v>'), "a.xlsx", "C2 (cliente_codigo) is a logical value"),
    "a date without a format": (xlsx(data=number(46346)), "a.xlsx", "A2 (data) 46346 is a number without a date format"),
    "a time of day": (xlsx(data=number(0.5, "time")), "a.xlsx", "A2 (data) is a time of day"),
    "a date with a time": (xlsx(data=number(46346.5, "date")), "a.xlsx", "A2 (data) has a time of day"),
    "a share without a format": (xlsx(IVA=number(0.23)), "a.xlsx", "G2 (IVA) 0.23 is less than 1 %"),
    "a share in xls": ((FILES / "share.xls").read_bytes(), "a.xls", "G2 (IVA) 0.23 is less than 1 %"),
    "a share as text": (csv_with(IVA="0,23"), "a.csv", "G2 (IVA) 0,23 is less than 1 %"),
    "a code that became a date": (xlsx(cliente_codigo=number(46346, "date")), "a.xlsx", "C2 (cliente_codigo) is a date here"),
    "a code with decimals": (xlsx(cliente_codigo=number(1.5)), "a.xlsx", "C2 (cliente_codigo) 1.5 is a number"),
    "an amount in percent": (xlsx(preco=number(0.5, "percent")), "a.xlsx", "F2 (preço) is no amount"),
    "a formula as text": (csv_with(cliente_codigo='="001"'), "a.csv", "C2 (cliente_codigo) begins with ="),
    "a formula in a text": (csv_with(cliente_codigo="=1+1"), "a.csv", "C2 (cliente_codigo) begins with ="),
    "letters garbled twice": (csv_with(artigo="RevisÃ£o"), "a.csv", "D2 (artigo) holds letters that were garbled"),
    "letters lost": (csv_with(artigo="Revis\ufffdo"), "a.csv", "D2 (artigo) holds letters that were garbled"),
    "a thousand or three decimals": (csv_with(preco="1.234"), "a.csv", "F2 (preço) 1.234 can be read in two ways"),
    "words for an amount": (csv_with(preco="cem"), "a.csv", "F2 (preço) “cem” is no amount"),
    "an exponent": (csv_with(preco="1e3"), "a.csv", "F2 (preço) “1e3” is no amount"),
    "digits of another script": (csv_with(quantidade="١"), "a.csv", "E2 (quantidade) “١” is no amount"),
    "no day": (csv_with(data="31/11/2026"), "a.csv", "A2 (data) 31/11/2026 is no day"),
    "the month first": (csv_with(data="11/20/2026"), "a.csv", "A2 (data) 11/20/2026 is no day"),
    "two digits of a year": (csv_with(data="20/11/26"), "a.csv", "A2 (data) “20/11/26” is not written as a date"),
    "comma and point": (build_csv(ROW, change(preco="60.50")), "a.csv", "F (preço) some amounts have a decimal comma"),
    "names and rates of taxes": (build_csv(ROW, change(IVA="23")), "a.csv", "G (IVA) some cells name a tax"),
    "codes with and without zeros": (
        build_xlsx(XLSX, tuple("001" if at == 2 else one for at, one in enumerate(XLSX)), tuple(number(1) if at == 2 else one for at, one in enumerate(XLSX))),
        "a.xlsx",
        "C (cliente_codigo) some codes are texts that begin with 0",
    ),
    "shares with and without a format": (
        build_xlsx((*XLSX[:6], number(0.23, "percent")), (*XLSX[:6], number(23))),
        "a.xlsx",
        "G (IVA) some cells have a percentage format",
    ),
    "a quantity of zero": (csv_with(quantidade="0"), "a.csv", "E2 (quantidade) is not usable"),
    "a quantity missing": (csv_with(quantidade=""), "a.csv", "E2 (quantidade) is required"),
    "a date missing": (csv_with(data=""), "a.csv", "is required"),
    "a price with five decimals": (csv_with(preco="1,23456"), "a.csv", "F2 (preço) is not usable"),
    # Damage inside a file whose beginning and end are whole.
    "ods with a damaged first part": (build_ods(ODS_ROW).replace(b"PK\x03\x04", b"PK\x03\x05", 1), "a.ods", "damaged"),
    "bytes lost in ods": (build_ods(ODS_ROW)[:40] + build_ods(ODS_ROW)[60:], "a.ods", "damaged"),
    "an encoding that nobody knows": (
        build_xlsx(XLSX, parts={"xl/worksheets/sheet1.xml": "<?xml version='1.0' encoding='klingon'?><worksheet/>"}),
        "a.xlsx",
        "damaged",
    ),
    "a line break in a heading": (CSV.replace("data", "da\rta", 1), "a.csv", "heading"),
    # JSON.
    "JSON cut off": (JSON_ROWS[:-3], "a.json", "JSON is damaged"),
    "JSON of one row": (JSON_ROWS[1:-1], "a.json", "no list of rows"),
    "JSON of texts": ('["a", "b"]', "a.json", "no list of rows"),
    "JSON without a row": ("[]", "a.json", "table is empty"),
    "JSON in cp1252": (JSON_ROWS.encode("cp1252"), "a.json", "not in UTF-8"),
    "JSON in UTF-16": (JSON_ROWS.encode("utf-16"), "a.json", "UTF-16"),
    "JSON named csv": (JSON_ROWS, "a.csv", "ends in .csv"),
    "a column twice in JSON": (JSON_ROWS.replace("artigo", "data"), "a.json", "a column twice"),
    "no number in JSON": (JSON_ROWS.replace("60.5", "NaN"), "a.json", "JSON is damaged"),
    "an endless number in JSON": (JSON_ROWS.replace("60.5", "1e999"), "a.json", "F2 (preco) is neither a text nor a number"),
    "a logical value in JSON": (JSON_ROWS.replace("60.5", "true"), "a.json", "F2 (preco) is a logical value"),
    "a list in a row of JSON": (JSON_ROWS.replace("60.5", "[60.5]"), "a.json", "F2 (preco) is neither a text nor a number"),
    "digits lost in JSON": (JSON_ROWS.replace('"ACME"', "50802533800000001"), "a.json", "C2 (cliente_codigo) is neither"),
    "JSON within JSON": ("[" * 100_000, "a.json", "JSON is damaged"),
    "a share in JSON": (JSON_ROWS.replace('"IVA23"', "0.23"), "a.json", "G2 (IVA) 0.23 is less than 1 %"),
    "a heading of JSON that is unknown": (JSON_ROWS.replace("IVA", "xpto", 1), "a.json", "G1 (xpto) no such column"),
    "a formula behind a blank": (csv_with(artigo="\t=1+1"), "a.csv", "begins with ="),
    "half a letter in JSON": (JSON_ROWS.replace("Revisão", "\\ud800"), "a.json", "D2 holds characters that are no text"),
    "a zero in a heading of JSON": (JSON_ROWS.replace("artigo", "artigo\\u0000"), "a.json", "D1 holds characters that are no text"),
    "half a letter in xlsx": (xlsx(artigo=text("_xD800_")), "a.xlsx", "D2 holds characters that are no text"),
    "elements within each other": (
        build_xlsx(XLSX, after="<a>" * 5000 + "</a>" * 5000),
        "a.xlsx",
        "more than 1000000 cells and formats",
    ),
    "texts of ods within each other": (
        build_ods(ODS_ROW + "<table:table-cell><text:p>" + "<text:span>" * 5000 + "x" + "</text:span>" * 5000 + "</text:p></table:table-cell>"),
        "a.ods",
        "more than 1000000 cells and formats",
    ),
    "a value far beside the table of ods": (
        build_ods(ODS_ROW + "<table:table-cell table:number-columns-repeated='16000'/>" + ods_text("x")),
        "a.ods",
        "more than 200 columns",
    ),
    "more documents than one person reads": (build_csv(*[ROW] * 1001), "a.csv", "has 1001 documents; one approval covers at most 1000"),
    "more rows of CSV than a table may have": ("a;b\n" + "1;2\n" * 20_001, "a.csv", "more than 20000 rows"),
    "more columns of CSV than a table may have": (";".join("a" * 201) + "\n", "a.csv", "more than 200 columns"),
    "no line": (csv_with(artigo="", quantidade="", preco="", IVA=""), "a.csv", "2 "),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_with_place_and_reason(case: str) -> None:
    content, name, said = BROKEN[case]
    with pytest.raises(InvalidArguments) as refusal:
        read(content, name)
    assert refusal.value.code == "file_refused"
    assert refusal.value.sent == "nothing"
    told = [f"{one.field.removeprefix('-').strip()} {one.problem}".strip() for one in refusal.value.problems]
    start, _, rest = said.partition(" merged")
    assert any(said in one or (rest == "" and one.startswith(start)) for one in told), told


def test_there_are_more_than_sixty_broken_files() -> None:
    assert len(BROKEN) > 60


def test_all_faults_are_told_at_once() -> None:
    rows = [change(data="x", preco="y"), change(quantidade="0"), change(IVA="0,06")]
    with pytest.raises(InvalidArguments) as refusal:
        read(build_csv(*rows, headings=HEADINGS))
    assert [one.field.split()[0] for one in refusal.value.problems] == ["G", "A2", "F2", "E3", "G4"]
    assert str(refusal.value.message) == "The file has 5 faults, so none of its documents was made."


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED", 100_000)
    bomb = build_xlsx(XLSX, parts={"xl/worksheets/sheet1.xml": b" " * 200_000})
    with pytest.raises(InvalidArguments, match="none of its documents") as refusal:
        read(bomb, "a.xlsx")
    assert "unpacks to more" in str(refusal.value.problems[0].problem)


def test_an_archive_that_understates_its_size_is_refused() -> None:
    content = build_xlsx(XLSX, parts={"xl/worksheets/sheet1.xml": b" " * 200_000})
    lie = content.replace((200_000).to_bytes(4, "little"), (2_000).to_bytes(4, "little"))
    with pytest.raises(InvalidArguments) as refusal:
        read(lie, "a.xlsx")
    assert "damaged" in str(refusal.value.problems[0].problem)


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ix_tools.batch.files.MAX_BYTES", 10)
    with pytest.raises(InvalidArguments) as refusal:
        read(CSV)
    assert "more than" in str(refusal.value.problems[0].problem)


def test_the_sheet_can_be_named() -> None:
    parts = {
        "xl/worksheets/sheet2.xml": f"<worksheet {MAIN}><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>",
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        '<sheet name="Janeiro" r:id="rId1"/><sheet name="Notas" r:id="rId2"/></sheets></workbook>',
    }
    assert len(read(build_xlsx(XLSX, parts=parts), "a.xlsx", "janeiro").documents) == 1


def test_rows_with_the_same_key_are_one_document() -> None:
    headings = ("documento", *HEADINGS)
    rows = [("A", *ROW), ("A", "", "", "", "Outra", "2", "100,00", "IVA23"), ("B", *ROW)]
    found = read(build_csv(*rows, headings=headings)).documents
    assert [one.row for one in found] == [2, 4]
    assert [one["name"] for one in found[0].arguments["items"]] == ["Revisão", "Outra"]
    assert found[0].locate("items.1.unit_price") == "G3 (preço)"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("A", *ROW), ("B", *ROW), ("A", *ROW)], "A began in row 2"),
        ([("A", *ROW), ("", *ROW)], "is empty, so it is not clear"),
        ([("A", *ROW), ("A", *change(cliente_codigo="OUTRO"))], "differs from row 2"),
    ],
)
def test_rows_of_one_document_stand_together_and_agree(rows: list[tuple[str, ...]], said: str) -> None:
    with pytest.raises(InvalidArguments) as refusal:
        read(build_csv(*rows, headings=("documento", *HEADINGS)))
    assert any(said in str(one.problem) for one in refusal.value.problems), refusal.value.problems


def test_invoicexpress_own_layout_is_read() -> None:
    headings = [
        "data*",
        "due_date*",
        "referencia",
        "observations",
        "tax_exemption_reason",
        "retention",
        "Discount type",
        "Discount",
        "cliente_fiscal_id*",
        "cliente_Country*",
        "cliente_name*",
        "cliente_code",
        "cliente_email",
        "cliente_Address",
        "item1_name",
        "item1_unit_price",
        "item1_quantity",
        "item1_tax",
        "item2_name",
        "item2_unit_price",
        "item2_quantity",
        "item2_tax",
    ]
    row = "20/11/2026,20/12/2026,PO-1,Obrigado,M07,,percentage,5,508025338,Portugal,Padaria,PADARIA,a@b.pt,Rua 1,Curso,120,1,Isento,Apoio,50,2,IVA23"
    (document,) = read(build_csv(tuple(row.split(",")), headings=headings, separator=",")).documents
    assert document.arguments == {
        "date": "2026-11-20",
        "due_date": "2026-12-20",
        "reference": "PO-1",
        "observations": "Obrigado",
        "tax_exemption": "M07",
        "global_discount": {"value_type": "percentage", "value": "5"},
        "client": {
            "fiscal_id": "508025338", "country": "Portugal", "name": "Padaria", "code": "PADARIA", "email": "a@b.pt", "address": "Rua 1",
        },
        "items": [
            {"name": "Curso", "unit_price": "120", "quantity": "1", "tax": "Isento"},
            {"name": "Apoio", "unit_price": "50", "quantity": "2", "tax": "IVA23"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("language", ["pt", "en"])
@pytest.mark.parametrize("is_wide", [True, False])
def test_a_template_is_read_as_it_is_written(language: Any, is_wide: bool) -> None:
    found = read(write_template(language, date(2026, 11, 20), is_wide=is_wide)).documents
    assert [len(one.arguments["items"]) for one in found] == [2, 1]
    assert found[1].arguments["email"] == "ana@example.pt"
    assert found[1].arguments["due_date"] == "2026-12-20"


def test_xlsx_means_what_calamine_reads_too(tmp_path: Path) -> None:
    """The reader of xlsx is our own; another library is the second witness for its values."""
    from python_calamine import CalamineWorkbook

    content = build_xlsx(
        XLSX,
        (
            number(46347, "custom_date"),
            "30d",
            number(508025338),
            text("A & B"),
            number(0.5),
            number(1234.5),
            number(0.23, "percent"),
        ),
    )
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    ours = [[cell.value for cell in row.cells] for row in read_table(content, "a.xlsx").rows]
    theirs = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert [
        [getattr(one, "date", lambda one=one: one)() if hasattr(one, "hour") else one for one in row]
        for row in ours
    ] == theirs


def test_a_missing_library_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from ix_tools.errors import SettingsError

    monkeypatch.setattr("ix_tools.batch.xls_files.find_spec", lambda name: None)
    with pytest.raises(SettingsError) as refusal:
        read(OWN.read_bytes(), "a.xls")
    assert re.search(r"ix-tools\[\S*spreadsheets", str(refusal.value.next))


def test_an_archive_with_too_many_elements_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ELEMENTS", 200)
    formats = build_xlsx(XLSX, after="<a/>" * 300 + "<broken")
    with pytest.raises(InvalidArguments) as refusal:
        read(formats, "a.xlsx")
    assert "more than 200 cells and formats" in str(refusal.value.problems[0].problem)


def test_empty_cells_beside_a_table_of_ods_cost_nothing() -> None:
    beside = "<table:table-cell table:number-columns-repeated='1000'/>" * 2000
    content = build_ods(ODS_ROW + beside)
    tracemalloc.start()
    try:
        assert len(read(content, "a.ods").documents) == 1
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_limits_hold_for_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_ROWS", 3)
    with pytest.raises(InvalidArguments):
        read(build_xlsx(*[XLSX] * 5), "a.xlsx")
