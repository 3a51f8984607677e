"""Reader of CSV files: UTF-8 or cp1252, separated by `;`, `,` or tabs."""

import csv
import io
from collections.abc import Iterator

from ix_tools.batch.cells import EMPTY, Cell
from ix_tools.batch.faults import Fault, Unreadable
from ix_tools.batch.table import SourceRow, Table, check_size
from ix_tools.i18n.messages import message

SEPARATORS = ";,\t"
SAVE_AS_CSV = message("save it as CSV UTF-8, or as xlsx")


def decode(content: bytes) -> str:
    """Decode a file: UTF-8, with or without its mark, otherwise cp1252.

    Raises:
        Unreadable: It is in another encoding, or no text.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(message("The text is in UTF-16."), SAVE_AS_CSV)
    if b"\0" in content:
        raise Unreadable(message("The file holds zero bytes, so it is no text."), SAVE_AS_CSV)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as fault:
        raise Unreadable(
            message(
                "The text is neither UTF-8 nor Windows-1252 (byte {position}).", position=fault.start + 1
            ),
            SAVE_AS_CSV,
        ) from None


def read_csv(content: bytes) -> Table:
    """Read a CSV file.

    Raises:
        Unreadable: No cell can be read.
    """
    text = decode(content)
    if text.lstrip()[:9].lower().startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise Unreadable(message("The file is a web page, not a table."), SAVE_AS_CSV)
    separator = _find_separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[SourceRow] = []
    faults: list[Fault] = []
    line = 1
    try:
        for found in reader:
            check_size(len(rows), len(found) - 1)
            rows.append(_build_row(line, found))
            line = reader.line_num + 1
    except csv.Error:
        raise Unreadable(
            message(
                "Line {line} cannot be read: a quotation mark is missing, or a cell is too long.", line=line
            ),
            message('a text with " or the separator stands in quotation marks'),
        ) from None
    if rows:
        faults.extend(_find_uneven_rows(rows, separator))
    return Table("csv", rows, faults, separator=separator)


def _find_uneven_rows(rows: list[SourceRow], separator: str) -> Iterator[Fault]:
    width = len(rows[0].cells)
    for row in rows[1:]:
        if not row.is_empty and len(row.cells) != width:
            yield Fault(
                str(row.number),
                message("has {count} cells, and the headings are {width}", count=len(row.cells), width=width),
                message(
                    "as many as headings; a text that contains {separator} stands in quotation marks",
                    separator="TAB" if separator == "\t" else separator,
                ),
            )


def _build_row(number: int, cells: list[str]) -> SourceRow:
    return SourceRow(number, tuple(Cell("text", one) if one.strip() else EMPTY for one in cells))


def _find_separator(text: str) -> str:
    first = next(csv.reader(io.StringIO(text.lstrip("\r\n")[:10_000], newline=""), delimiter="\0"), [""])[0]
    counts = {one: first.count(one) for one in SEPARATORS}
    best = max(SEPARATORS, key=lambda one: counts[one])
    if not counts[best]:
        raise Unreadable(
            message("The first line has one heading only."),
            message("headings separated by ; or ,"),
        )
    return best
