# ruff: noqa: E501 - the parts of a file stand as they are
"""Builders of small workbooks, written by hand so that each can be broken in one place."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

HEADINGS = ("data", "vencimento", "cliente_codigo", "artigo", "quantidade", "preço", "IVA")
ROW = ("20/11/2026", "30d", "ACME", "Revisão", "1", "60,50", "IVA23")
"""A document of 60.50 for ACME, as texts."""
STYLES = {"plain": 0, "date": 1, "percent": 2, "time": 3, "custom_date": 4, "custom_percent": 5}


def build_csv(*rows: Sequence[str], headings: Sequence[str] = HEADINGS, separator: str = ";") -> str:
    """Return a CSV file as text, without quotation marks."""
    return "".join(f"{separator.join(row)}\r\n" for row in (headings, *rows))


def change(**changes: str) -> tuple[str, ...]:
    """Return ROW with changed cells; `preco` stands for `preço`."""
    given = {"preço" if name == "preco" else name: value for name, value in changes.items()}
    return tuple(given.get(name, value) for name, value in zip(HEADINGS, ROW, strict=True))


def number(value: float, style: str = "plain") -> str:
    """Return a cell of xlsx with a number."""
    return f's="{STYLES[style]}"><v>{value}</v>'


def text(value: str) -> str:
    """Return a cell of xlsx with a text."""
    return f't="inlineStr"><is><t>{escape(value)}</t></is>'


def build_xlsx(
    *rows: Sequence[str],
    headings: Sequence[str] = HEADINGS,
    parts: Mapping[str, str | bytes] | None = None,
    after: str = "",
    row_marks: str = "",
    columns: str = "",
) -> bytes:
    """Return a workbook; cells are attributes and content of `<c>`, or plain texts.

    Args:
        parts: Parts that replace or add to those of the workbook.
        after: XML behind the rows, such as merged cells.
        row_marks: Attributes of the rows below the headings.
        columns: XML before the rows.
    """
    lines = []
    for at, row in enumerate((headings, *rows), 1):
        cells = "".join(
            f'<c r="{chr(65 + column)}{at}" {value if value.startswith(("t=", "s=")) else text(value)}</c>'
            for column, value in enumerate(row)
            if value
        )
        lines.append(f'<row r="{at}" {row_marks if at > 1 else ""}>{cells}</row>')
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    whole: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Override PartName='/xl/workbook.xml' "
        "ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>",
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{relation}"><sheets><sheet name="Folha1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{relation}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {main}><numFmts count="2"><numFmt numFmtId="170" formatCode="dd\\-mm\\-yyyy;@"/>'
        '<numFmt numFmtId="171" formatCode="0.0%"/></numFmts><cellXfs count="6"><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="9"/><xf numFmtId="20"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}>{columns}<sheetData>{''.join(lines)}</sheetData>{after}</worksheet>",
    }
    return build_zip({**whole, **(parts or {})})


def build_ods(cells: str, *, row_marks: str = "", parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """Return an ods file with the usual headings and one row of these cells."""
    names = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
        for prefix in ("office", "table", "text")
    )
    headings = "".join(ods_text(one) for one in HEADINGS)
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet><table:table table:name='Folha1'>"
        f"<table:table-row>{headings}</table:table-row><table:table-row {row_marks}>{cells}</table:table-row>"
        "<table:table-row table:number-rows-repeated='1048570'><table:table-cell table:number-columns-repeated='1024'/></table:table-row>"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    whole: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content,
    }
    return build_zip({**whole, **(parts or {})})


def ods_text(value: str, **marks: Any) -> str:
    """Return a cell of ods with a text."""
    more = " ".join(f"table:{name.replace('_', '-')}='{mark}'" for name, mark in marks.items())
    return f"<table:table-cell office:value-type='string' {more}><text:p>{escape(value)}</text:p></table:table-cell>"


def ods_value(kind: str, value: str, name: str = "value") -> str:
    """Return a cell of ods with a value of a type."""
    return f"<table:table-cell office:value-type='{kind}' office:{name}='{value}'><text:p>?</text:p></table:table-cell>"


def build_zip(parts: Mapping[str, str | bytes]) -> bytes:
    """Return an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()
