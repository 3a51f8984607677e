"""Headings of a table: which column holds what, and the faults of whole columns."""

from collections.abc import Sequence

from ix_tools.batch import cells as reading
from ix_tools.batch.cells import Cell
from ix_tools.batch.columns import MAX_ITEMS, Placed, find_column, list_columns
from ix_tools.batch.faults import Fault, name_cell
from ix_tools.batch.report_columns import find_report_column
from ix_tools.batch.table import SourceRow
from ix_tools.i18n.messages import Message, as_message, message

REQUIRED = ("date", "due_date", "items.name", "items.quantity")


def read_headings(row: SourceRow, faults: list[Fault]) -> tuple[list[Placed], dict[str, int], int]:
    """Return the columns of the source, the positions of a report's columns, and the number of columns before those."""
    columns: list[Placed] = []
    report: dict[str, int] = {}
    seen: dict[tuple[str, int], str] = {}
    width = len(row.cells)
    for index, cell in enumerate(row.cells):
        heading = str(cell.value or "").strip()
        known_report = find_report_column(heading)
        if known_report is not None:
            report[known_report] = index
            width = min(width, index)
            continue
        found = find_column(heading) if cell.form == "text" else None
        if cell.is_empty:
            continue
        if found is None:
            faults.append(Fault(name_cell(row.number, index, heading), *_explain_unknown(heading)))
            continue
        column, item = found
        place = name_cell(row.number, index, heading)
        if item > MAX_ITEMS:
            faults.append(
                Fault(
                    place,
                    message("a row has at most {limit} lines", limit=MAX_ITEMS),
                    message(
                        "one row for each line, and the column {name} for the document", name="documento"
                    ),
                )
            )
        elif (column.field, item) in seen:
            faults.append(
                Fault(place, message("means the same as the column {other}", other=seen[column.field, item]))
            )
        seen.setdefault((column.field, item), heading)
        columns.append(Placed(column, index, heading, item))
    return columns, report, width


def check_headless(rows: Sequence[SourceRow], faults: list[Fault]) -> None:
    """Add a fault for every value whose column has no heading."""
    headed = {index for index, cell in enumerate(rows[0].cells) if not cell.is_empty}
    for row in rows[1:]:
        for index, cell in enumerate(row.cells):
            if index not in headed and not cell.is_empty:
                faults.append(
                    Fault(name_cell(row.number, index), message("has a value, and its column has no heading"))
                )


def _explain_unknown(heading: str) -> tuple[Message, Message]:
    from ix_tools.text.fuzzy_match import find_closest

    names = [one for column in list_columns() for one in (column.heading.pt, column.heading.en)]
    near = find_closest(heading, names, 3, 0.5)
    return (
        message("no such column is known; its values would be lost"),
        message("{names}; or delete the column", names=", ".join(near or names)),
    )


def check_columns(
    columns: Sequence[Placed], rows: Sequence[SourceRow], faults: list[Fault], *, is_long: bool
) -> None:
    """Add the faults of whole columns: those that are missing, that do not fit together, and those with two meanings."""
    given = {one.column.field for one in columns}
    for wanted in REQUIRED:
        if wanted not in given:
            column = next(one for one in list_columns() if one.field == wanted)
            faults.append(
                Fault(
                    "",
                    message("The column {name} is missing.", name=column.heading),
                    as_message(column.meaning),
                )
            )
    numbered = [one for one in columns if one.item]
    plain = [one for one in columns if one.column.is_line and not one.item]
    if numbered and (plain or is_long):
        one = numbered[0]
        faults.append(
            Fault(
                name_cell(1, one.index, one.heading),
                message("a numbered line beside columns of one line a row"),
                message("either one row for each line, or numbered lines in one row"),
            )
        )
    for one in columns:
        mixed = reading.find_mixed_meaning(one.column.kind, (get_cell(row, one.index) for row in rows))
        if mixed is not None:
            faults.append(Fault(_name_whole_column(one), *mixed))


def _name_whole_column(one: Placed) -> str:
    """Return the name of a whole column: `F (preço)`."""
    return name_cell(0, one.index, one.heading).replace("0 (", " (", 1)


def get_cell(row: SourceRow, index: int) -> Cell:
    """Return a cell of a row; an empty one beyond its end."""
    return row.cells[index] if index < len(row.cells) else reading.EMPTY
