"""Reader of xlsx files: values with the formats of their cells, which say what a number means.

Written here, because a library that returns values alone cannot tell 23 % from 0.23, a date from 46356, or a formula that was
never calculated from an empty cell (ECMA-376, part 1, 18.3 and 18.8).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from ix_tools.batch.archives import Archive, build_damaged
from ix_tools.batch.cells import EMPTY, Cell, Form
from ix_tools.batch.faults import Fault, Unreadable, name_cell
from ix_tools.batch.table import SourceRow, Table, check_size
from ix_tools.i18n.messages import message

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
RELATION = re.compile(r"\{[^}]*relationships\}id")
DATE_FORMATS = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
"""Numbers of the built-in formats of dates (18.8.30), those of East Asian languages included."""
TIME_FORMATS = frozenset({*range(18, 22), *range(45, 48)})
PERCENT_FORMATS = frozenset({9, 10})
MAX_SERIAL = 2_958_465
"""The number of 9999-12-31."""


def is_xlsx(archive: Archive) -> bool:
    """Tell whether an archive is a workbook in this format."""
    return "xl/workbook.xml" in archive.names


def read_xlsx(archive: Archive, sheet: str = "") -> Table:
    """Read one sheet: the named one, otherwise the only one that is visible and not empty.

    Raises:
        Unreadable: No cell can be read.
    """
    if any(name.endswith("vbaProject.bin") for name in archive.names):
        raise Unreadable(
            message("The file contains macros."), message("save it as a workbook without macros (xlsx)")
        )
    book = _read_workbook(archive)
    styles, texts = _read_styles(archive), _read_shared_texts(archive)
    tables: dict[str, Table] = {}
    for name, part in book.sheets.items():
        if not sheet or name.strip().casefold() == sheet.strip().casefold():
            tables[name] = _SheetReader(styles, texts, is_1904=book.is_1904).read(archive, part)
    return choose_sheet(tables, sheet)


def choose_sheet(tables: Mapping[str, Table], sheet: str) -> Table:
    """Return the only table that is not empty.

    Raises:
        Unreadable: There is none, or several.
    """
    filled = {name: one for name, one in tables.items() if any(not row.is_empty for row in one.rows)}
    if len(filled) == 1:
        return next(iter(filled.values()))
    if filled:
        raise Unreadable(
            message("Several sheets hold something: {names}.", names=", ".join(filled)),
            message("one sheet, or name the one that counts"),
        )
    if sheet:
        raise Unreadable(message("There is no filled sheet {name}.", name=sheet))
    raise Unreadable(message("The workbook is empty."))


@dataclass
class _Workbook:
    sheets: dict[str, str] = field(default_factory=dict)
    """Parts by the names of visible sheets."""
    is_1904: bool = False


def _local(element: Element) -> str:
    return element.tag.removeprefix(MAIN).removeprefix(STRICT)


def _read_workbook(archive: Archive) -> _Workbook:
    targets = {}
    for event, one in archive.parse("xl/_rels/workbook.xml.rels"):
        if event == "end" and one.tag.endswith("Relationship"):
            target = str(one.get("Target", ""))
            targets[one.get("Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    book = _Workbook()
    for event, one in archive.parse("xl/workbook.xml"):
        if event != "end":
            continue
        if _local(one) == "workbookPr":
            book.is_1904 = one.get("date1904") in {"1", "true"}
        elif _local(one) == "sheet" and one.get("state", "visible") == "visible":
            number = next((value for key, value in one.attrib.items() if RELATION.fullmatch(key)), "")
            part = targets.get(number, "")
            if part in archive.names and "/worksheets/" in part:
                book.sheets[str(one.get("name", ""))] = part
    if not book.sheets:
        raise build_damaged()
    return book


def _read_shared_texts(archive: Archive) -> list[str]:
    texts: list[str] = []
    if "xl/sharedStrings.xml" not in archive.names:
        return texts
    for event, one in archive.parse("xl/sharedStrings.xml"):
        if event == "end" and _local(one) == "si":
            texts.append(_join_text(one))
            one.clear()
    return texts


def _join_text(element: Element) -> str:
    """Return the text of an element without the readings (furigana) beside it."""
    parts: list[str] = []
    for child in element:
        if _local(child) == "t":
            parts.append(child.text or "")
        elif _local(child) == "r":
            parts += [run.text or "" for run in child if _local(run) == "t"]
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), "".join(parts))


_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def _read_styles(archive: Archive) -> list[Form]:
    """Return the form of a number for every style of cells."""
    custom: dict[int, str] = {}
    forms: list[Form] = []
    if "xl/styles.xml" not in archive.names:
        return forms
    is_in_cells = False
    for event, one in archive.parse("xl/styles.xml"):
        name = _local(one)
        if name == "cellXfs":
            is_in_cells = event == "start"
        elif event == "end" and name == "numFmt":
            custom[_read_int(one.get("numFmtId"))] = str(one.get("formatCode", ""))
        elif event == "end" and name == "xf" and is_in_cells:
            forms.append(_find_form(_read_int(one.get("numFmtId")), custom))
    return forms


def _find_form(number: int, custom: Mapping[int, str]) -> Form:
    if number in custom:
        code = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', "", custom[number].lower()).split(
            ";"
        )[0]
        if "%" in code:
            return "percent"
        if "general" in code:
            return "number"
        has_day = re.search("[dy]", code) or ("m" in code and not re.search("[hs]", code))
        return "date" if has_day else "time" if re.search("[hms]", code) else "number"
    if number in PERCENT_FORMATS:
        return "percent"
    return "date" if number in DATE_FORMATS else "time" if number in TIME_FORMATS else "number"


def _read_int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else 0


class _SheetReader:
    """Reads one sheet, part by part."""

    def __init__(self, styles: Sequence[Form], texts: Sequence[str], *, is_1904: bool) -> None:
        self._styles, self._texts = styles, texts
        self._epoch = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a day, not a moment
        self._hidden_columns: set[int] = set()

    def read(self, archive: Archive, part: str) -> Table:
        table = Table("xlsx", [])
        cells: dict[int, Cell] = {}
        row, hidden, follows = 0, False, 0
        for event, one in archive.parse(part):
            name = _local(one)
            if event == "start":
                if name == "row":
                    row = _read_int(one.get("r")) or row + 1
                    hidden, cells, follows = one.get("hidden") in {"1", "true"}, {}, 0
                elif name == "col" and one.get("hidden") in {"1", "true"}:
                    low, high = _read_int(one.get("min")), min(_read_int(one.get("max")), 1000)
                    self._hidden_columns.update(range(low - 1, high))
                continue
            if name == "c":
                column = _read_column(str(one.get("r", "")), follows)
                follows = column + 1
                cell = self._read_cell(one)
                if not cell.is_empty:
                    check_size(row, column)
                    cells[column] = cell
                one.clear()
            elif name == "row":
                self._add_row(table, row, cells, is_hidden=hidden)
                one.clear()
            elif name == "mergeCell":
                table.faults.append(
                    Fault(
                        str(one.get("ref", "")),
                        message("cells are merged, so it is not clear which rows the value belongs to"),
                        message("one value in each cell, without merged cells"),
                    )
                )
        return table

    def _add_row(self, table: Table, number: int, cells: Mapping[int, Cell], *, is_hidden: bool) -> None:
        if not cells:
            return
        if is_hidden:
            table.faults.append(
                Fault(str(number), message("the row is hidden"), message("delete the row, or show it"))
            )
        for column in self._hidden_columns & set(cells):
            table.faults.append(
                Fault(
                    name_cell(number, column),
                    message("the column is hidden"),
                    message("delete the column, or show it"),
                )
            )
            self._hidden_columns.discard(column)
        table.rows.append(SourceRow(number, [cells.get(one, EMPTY) for one in range(max(cells) + 1)]))

    def _read_cell(self, one: Element) -> Cell:
        kind, value, formula = one.get("t", "n"), None, False
        for child in one:
            name = _local(child)
            if name == "v":
                value = child.text
            elif name == "f":
                formula = True
            elif name == "is":
                value = _join_text(child)
        if value is None:
            return Cell("formula") if formula else EMPTY
        if kind == "s":
            position = _read_int(value)
            if position >= len(self._texts):
                raise build_damaged()
            return Cell("text", self._texts[position])
        if kind in {"str", "inlineStr"}:
            # A formula whose result is an empty text shows nothing, and was calculated.
            return Cell("text", value)
        if kind == "b":
            return Cell("yes", value == "1")
        if kind == "e":
            return Cell("error", value)
        if kind == "d":
            return _read_iso(value)
        return self._read_number(value, one.get("s"))

    def _read_number(self, value: str, style: str | None) -> Cell:
        try:
            number = float(value)
        except ValueError:
            raise build_damaged() from None
        position = _read_int(style)
        form: Form = self._styles[position] if position < len(self._styles) else "number"
        if form == "date" and 0 <= number <= MAX_SERIAL:
            # Rounded to seconds: a time of day is a binary fraction.
            moment = self._epoch + timedelta(days=int(number), seconds=round(number % 1 * 86_400))
            return Cell("date", moment)
        return Cell("number" if form == "date" else form, number)


def _read_iso(value: str) -> Cell:
    try:
        return Cell("date", datetime.fromisoformat(value))
    except ValueError:
        return Cell("text", value)


def _read_column(reference: str, follows: int) -> int:
    letters = re.match("[A-Z]{1,3}", reference)
    if letters is None:
        return follows
    column = 0
    for letter in letters[0]:
        column = column * 26 + ord(letter) - 64
    return column - 1
