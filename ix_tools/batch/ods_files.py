"""Reader of ods files (OpenDocument 1.2, part 1, 9.1 and 19.385): each cell tells its type, a percentage included."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from ix_tools.batch.archives import Archive, build_damaged, build_protected
from ix_tools.batch.cells import EMPTY, Cell
from ix_tools.batch.faults import Fault, Unreadable, name_cell
from ix_tools.batch.table import SourceRow, Table, check_size
from ix_tools.batch.xlsx_files import choose_sheet
from ix_tools.i18n.messages import message

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def is_ods(archive: Archive) -> bool:
    """Tell whether an archive is a document in this format."""
    return "content.xml" in archive.names and "mimetype" in archive.names


def read_ods(archive: Archive, sheet: str = "") -> Table:
    """Read one sheet: the named one, otherwise the only one that is not empty.

    Raises:
        Unreadable: No cell can be read.
    """
    with archive.open("mimetype") as part:
        if b"spreadsheet" not in part.read(100):
            raise Unreadable(message("The file is no spreadsheet."), message("a file with a table"))
    if "META-INF/manifest.xml" in archive.names and any(
        one.tag.endswith("encryption-data") for _, one in archive.parse("META-INF/manifest.xml")
    ):
        raise build_protected()
    if any(name.startswith("Basic/") and not name.endswith(("/", "-lc.xml")) for name in archive.names):
        raise Unreadable(message("The file contains macros."), message("save it without macros"))
    tables: dict[str, Table] = {}
    reader: _SheetReader | None = None
    for event, one in archive.parse("content.xml"):
        if one.tag == f"{TABLE}table":
            name = str(one.get(f"{TABLE}name", ""))
            if event == "start":
                reader = _SheetReader() if reader is None else reader
            elif reader is not None:
                if not sheet or name.strip().casefold() == sheet.strip().casefold():
                    tables[name] = reader.table
                reader = None
                one.clear()
        elif reader is not None and event == "end" and one.tag == f"{TABLE}table-row":
            reader.add_row(one)
            one.clear()
    return choose_sheet(tables, sheet)


@dataclass
class _SheetReader:
    """Reads the rows of one table."""

    def __post_init__(self) -> None:
        self.table = Table("ods", [])
        self._row = 0

    def add_row(self, element: Element) -> None:
        repeated = _read_count(element.get(f"{TABLE}number-rows-repeated"))
        cells: list[Cell] = []
        column = 0
        for one in element:
            if one.tag in {f"{TABLE}covered-table-cell", f"{TABLE}table-cell"}:
                many = _read_count(one.get(f"{TABLE}number-columns-repeated"))
                if one.tag == f"{TABLE}table-cell":
                    self._add_cell(one, cells, column, many)
                column += many
        if cells:
            check_size(self._row + repeated, len(cells) - 1)
            if element.get(f"{TABLE}visibility", "visible") != "visible":
                self.table.faults.append(
                    Fault(
                        str(self._row + 1),
                        message("the row is hidden"),
                        message("delete the row, or show it"),
                    )
                )
            self.table.rows += [SourceRow(self._row + 1 + number, cells) for number in range(repeated)]
        self._row += repeated

    def _add_cell(self, one: Element, cells: list[Cell], column: int, many: int) -> None:
        """Add a cell to those of its row, which end with the last that is not empty."""
        cell = _read_cell(one)
        spans = (one.get(f"{TABLE}number-{way}-spanned", "1") for way in ("columns", "rows"))
        if any(span != "1" for span in spans):
            self.table.faults.append(
                Fault(
                    name_cell(self._row + 1, column),
                    message("cells are merged, so it is not clear which rows the value belongs to"),
                    message("one value in each cell, without merged cells"),
                )
            )
        if not cell.is_empty:
            check_size(self._row, column + many - 1)
            cells += [EMPTY] * (column - len(cells)) + [cell] * many


def _read_cell(one: Element) -> Cell:
    kind, value = one.get(f"{OFFICE}value-type"), one.get(f"{OFFICE}value")
    shown = "\n".join(_join_text(part) for part in one if part.tag == f"{TEXT}p")
    if kind is None:
        return Cell("formula") if one.get(f"{TABLE}formula") else Cell("text", shown) if shown else EMPTY
    if shown.startswith(("#", "Err:")) and one.get(f"{TABLE}formula"):
        return Cell("error", shown)
    if kind in {"float", "currency", "percentage"}:
        try:
            return Cell("percent" if kind == "percentage" else "number", float(value or ""))
        except ValueError:
            raise build_damaged() from None
    if kind == "date":
        try:
            return Cell("date", datetime.fromisoformat(str(one.get(f"{OFFICE}date-value", ""))))
        except ValueError:
            raise build_damaged() from None
    if kind == "time":
        return Cell("time", shown)
    if kind == "boolean":
        return Cell("yes", one.get(f"{OFFICE}boolean-value") == "true")
    return Cell("text", one.get(f"{OFFICE}string-value") or shown)


def _join_text(element: Element) -> str:
    """Return the text of a paragraph; `<text:s text:c="2"/>` stands for two blanks."""
    parts = [element.text or ""]
    for child in element:
        if child.tag == f"{TEXT}s":
            parts.append(" " * min(_read_count(child.get(f"{TEXT}c")), 1000))
        elif not child.tag.startswith(OFFICE):  # an annotation is no text of the cell
            parts.append(_join_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _read_count(text: Any) -> int:
    return int(text) if text and str(text).isascii() and str(text).isdecimal() and len(text) < 8 else 1
