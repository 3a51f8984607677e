"""Documents of a table: its rows as the arguments of issue_invoice, or all its faults at once.

wide   one row is one document, with up to 3 lines (InvoiceXpress's own import)
long   one row is one line; rows that follow each other with the same `documento` are one document
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from ix_tools.batch import cells as reading
from ix_tools.batch.cells import Cell
from ix_tools.batch.columns import Placed, find_word, list_words
from ix_tools.batch.faults import CellFault, Fault, build_refusal, name_cell, refuse_file, refuse_if_faulty
from ix_tools.batch.headings import REQUIRED, check_columns, check_headless, get_cell, read_headings
from ix_tools.batch.report_columns import EarlierResult
from ix_tools.batch.table import SourceRow, Table
from ix_tools.errors import InvalidArguments
from ix_tools.i18n.messages import message, verbatim
from ix_tools.pipeline.execute import parse
from ix_tools.text.spreadsheet_cells import unmark_text

MAX_DOCUMENTS = 1000
"""Documents of a batch, which one person reads before they approve it."""
OPERATION = "issue_invoice"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of a tax column, before it is known which tax of the account it is."""

    percent: Decimal


@dataclass(slots=True)
class BatchDocument:
    """A document that a file asks for."""

    row: int
    """The number of its first row."""
    arguments: dict[str, Any]
    """Arguments of issue_invoice; the tax of a line may be a `Rate`."""
    rows: list[SourceRow]
    places: dict[str, tuple[int, Placed]] = field(default_factory=dict)
    """Row and column of every argument, by its path, such as `items.0.tax`."""
    earlier: EarlierResult | None = None
    """Its result in an earlier run, if the file is a report."""

    def locate(self, path: str) -> str:
        """Return the cell of an argument; the row, if no single cell is meant."""
        while path:
            found = self.places.get(path) or next(
                (place for name, place in self.places.items() if name.startswith(f"{path}.")), None
            )
            if found is not None:
                row, placed = found
                return name_cell(row, placed.index, placed.heading)
            path = path.rpartition(".")[0]
        return str(self.row)

    @property
    def content_digest(self) -> str:
        """A digest of the cells, without those of the report."""
        shown = [show_cells(row) for row in self.rows]
        return sha256(repr(shown).encode()).hexdigest()[:12]


def show_cells(row: SourceRow) -> list[str]:
    """Return the cells of a row as a report repeats them, without empty ones at the end."""
    shown = [cell.show() for cell in row.cells]
    while shown and not shown[-1]:
        shown.pop()
    return shown


@dataclass(slots=True)
class DocumentTable:
    """The documents of a file, in its order."""

    table: Table
    columns: list[Placed]
    documents: list[BatchDocument]
    """Those without a fault; none, if the table, its headings or whole columns have faults."""
    source_width: int
    """Columns of the source, without those of a report."""
    faults: list[Fault]


def read_documents(table: Table, most: int = MAX_DOCUMENTS) -> DocumentTable:
    """Return the documents of a table.

    Args:
        most: number of documents above which the table is refused before any is read.

    Raises:
        InvalidArguments: The table has faults; all of them are listed.
    """
    found = parse_documents(table, most)
    refuse_if_faulty(found.faults)
    return found


def parse_documents(table: Table, most: int = MAX_DOCUMENTS) -> DocumentTable:
    """Return the documents of a table with the faults of its cells.

    Args:
        most: as for `read_documents`.

    Raises:
        InvalidArguments: It cannot be a table of documents at all.
    """
    faults = list(table.faults)
    rows = [row for row in table.rows if not row.is_empty]
    if not rows:
        raise build_refusal(
            [Fault("", message("The table is empty."), message("headings, and a row for each document"))]
        )
    columns, report, width = read_headings(rows[0], faults)
    check_headless(rows, faults)
    if report:
        rows = [_unmark(row) for row in rows]
    if len(rows) == 1:
        faults.append(Fault("", message("There is no row below the headings.")))
    is_long = any(one.column.field == "document" for one in columns)
    check_columns(columns, rows[1:], faults, is_long=is_long)
    are_columns_complete = {one.column.field for one in columns}.issuperset(REQUIRED)
    documents: list[BatchDocument] = []
    groups = list(_group(rows[1:], columns, faults))
    if len(groups) > most:
        raise refuse_file(
            message(
                "The file has {count} documents; one approval covers at most {limit}.",
                count=len(groups),
                limit=most,
            ),
            message("several files"),
        )
    are_columns_sound = not faults
    for group in groups:
        before = len(faults)
        document = _build_document(group, columns, report, width, faults)
        if len(faults) == before and are_columns_complete:
            faults += find_schema_faults(document)
        if len(faults) == before and are_columns_sound:
            documents.append(document)
    return DocumentTable(table, columns, documents, width, faults)


def _unmark(row: SourceRow) -> SourceRow:
    """Return a row of a report with its texts as the file had them."""
    return SourceRow(
        row.number,
        [Cell(one.form, unmark_text(one.value)) if isinstance(one.value, str) else one for one in row.cells],
    )


def find_schema_faults(document: BatchDocument) -> Iterator[Fault]:
    """Yield what the operation refuses in a document's arguments, without asking InvoiceXpress."""
    try:
        parse(OPERATION, _with_placeholder_taxes(document.arguments))
    except InvalidArguments as refusal:
        for one in refusal.problems:
            yield Fault(document.locate(one.field), one.problem, one.allowed)


def _with_placeholder_taxes(arguments: Mapping[str, Any]) -> dict[str, Any]:
    lines = [
        {name: "IVA" if isinstance(value, Rate) else value for name, value in one.items()}
        for one in arguments.get("items", [])
    ]
    return {**arguments, "items": lines}


# --- rows ----------------------------------------------------------------------------------------------


def _group(
    rows: Sequence[SourceRow], columns: Sequence[Placed], faults: list[Fault]
) -> Iterator[list[SourceRow]]:
    """Yield the rows of each document."""
    key = next((one for one in columns if one.column.field == "document"), None)
    if key is None:
        yield from ([row] for row in rows)
        return
    seen: dict[str, int] = {}
    group: list[SourceRow] = []
    last = ""
    for row in rows:
        try:
            name = reading.read_text(get_cell(row, key.index)) or ""
        except CellFault as fault:
            faults.append(Fault(name_cell(row.number, key.index, key.heading), fault.problem, fault.right))
            continue
        if not name:
            faults.append(
                Fault(
                    name_cell(row.number, key.index, key.heading),
                    message("is empty, so it is not clear which document the row belongs to"),
                )
            )
        elif name == last:
            group.append(row)
            continue
        elif name in seen:
            faults.append(
                Fault(
                    name_cell(row.number, key.index, key.heading),
                    message(
                        "{name} began in row {row} and goes on after another document",
                        name=name,
                        row=seen[name],
                    ),
                    message("the rows of a document one after another"),
                )
            )
        if group:
            yield group
        group, last = [row], name
        seen.setdefault(name, row.number)
    if group:
        yield group


def _build_document(
    rows: list[SourceRow],
    columns: Sequence[Placed],
    report: Mapping[str, int],
    width: int,
    faults: list[Fault],
) -> BatchDocument:
    first = rows[0]
    document = BatchDocument(first.number, {}, [SourceRow(row.number, row.cells[:width]) for row in rows])
    for placed in columns:
        if placed.column.field == "document":
            continue
        if placed.column.is_line:
            continue
        document_rows = [row for row in rows if not get_cell(row, placed.index).is_empty]
        values = [(row, _read(row, placed, faults)) for row in document_rows]
        if not values:
            continue
        row, value = values[0]
        for other, different in values[1:]:
            if different != value:
                faults.append(
                    Fault(
                        name_cell(other.number, placed.index, placed.heading),
                        message("differs from row {row} of the same document", row=row.number),
                        message("the same in all rows of a document, or only in the first"),
                    )
                )
        _put(document, placed.column.field, value, (row.number, placed))
    _add_lines(document, rows, columns, faults)
    if "accept" in document.arguments:
        document.arguments["accept"] = str(document.arguments["accept"]).split()
    document.earlier = EarlierResult.read(
        {name: get_cell(first, index).show() for name, index in report.items()}
    )
    return document


def _add_lines(
    document: BatchDocument, rows: Sequence[SourceRow], columns: Sequence[Placed], faults: list[Fault]
) -> None:
    lines: list[dict[str, Any]] = []
    numbers = sorted({one.item for one in columns if one.column.is_line}) or [0]
    for row in rows:
        for number in numbers:
            line: dict[str, Any] = {}
            for placed in columns:
                if not placed.column.is_line or placed.item != number:
                    continue
                value = _read(row, placed, faults)
                if value is not None:
                    name = placed.column.field.removeprefix("items.")
                    line[name] = value
                    document.places[f"items.{len(lines)}.{name}"] = (row.number, placed)
            if not line:
                continue
            missing = [name for name in ("name", "quantity") if name not in line]
            for name in missing:
                placed_one = next(
                    (one for one in columns if one.column.field == f"items.{name}" and one.item == number),
                    None,
                )
                if placed_one is not None:
                    document.places[f"items.{len(lines)}.{name}"] = (row.number, placed_one)
            lines.append(line)
    document.arguments["items"] = lines


def _put(document: BatchDocument, path: str, value: Any, place: tuple[int, Placed]) -> None:
    if value is None:
        return
    document.places[path] = place
    outer, _, inner = path.partition(".")
    if inner:
        document.arguments.setdefault(outer, {})[inner] = value
    else:
        document.arguments[outer] = value


def _read(row: SourceRow, placed: Placed, faults: list[Fault]) -> Any:
    try:
        return _READERS[placed.column.kind](placed, get_cell(row, placed.index))
    except CellFault as fault:
        faults.append(Fault(name_cell(row.number, placed.index, placed.heading), fault.problem, fault.right))
        return None


def _read_date(placed: Placed, cell: Cell) -> str | None:
    found = reading.read_date(cell)
    return found.isoformat() if isinstance(found, date) else None


def _read_due(placed: Placed, cell: Cell) -> str | None:
    text = str(cell.value).strip() if cell.form == "text" else ""
    days = re.fullmatch(r"\+?\s*(\d{1,4})\s*(?:d|dias?|days?)", text, re.IGNORECASE)
    return f"+{int(days[1])}d" if days else _read_date(placed, cell)


def _read_tax(placed: Placed, cell: Cell) -> Any:
    if cell.is_empty:
        return None
    if cell.form == "text" and not reading.is_rate(cell):
        return reading.read_text(cell)
    found = reading.read_percent(cell)
    return None if found is None else Rate(found.normalize())


def _read_word(placed: Placed, cell: Cell) -> str | None:
    text = reading.read_text(cell)
    if text is None:
        return None
    word = find_word(placed.column.field, text)
    if word is None:
        raise CellFault(
            message("“{text}” is none of the words of this column", text=text[:40]),
            verbatim(", ".join(list_words(placed.column.field))),
        )
    return word


_READERS: Mapping[str, Callable[[Placed, Cell], Any]] = {
    "text": lambda placed, cell: reading.read_text(cell),
    "code": lambda placed, cell: reading.read_text(cell),
    "amount": lambda placed, cell: _as_text(reading.read_amount(cell)),
    "percent": lambda placed, cell: _as_text(reading.read_percent(cell)),
    "date": _read_date,
    "due": _read_due,
    "tax": _read_tax,
    "word": _read_word,
}


def _as_text(number: Decimal | None) -> str | None:
    """Return a number as JSON text, exactly."""
    return None if number is None else format(number, "f")
