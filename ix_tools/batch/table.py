"""A table as a file has it: rows of cells, and the faults of the file itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ix_tools.batch.cells import Cell
from ix_tools.batch.faults import Fault, Unreadable
from ix_tools.i18n.messages import message

MAX_BYTES = 20_000_000
"""Bytes of a file."""
MAX_ROWS = 20_000
MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of the file."""

    number: int
    """Its number, as a spreadsheet counts; for CSV the line on which it begins."""
    cells: Sequence[Cell]

    @property
    def is_empty(self) -> bool:
        """Tell whether all cells are empty."""
        return all(cell.is_empty for cell in self.cells)


@dataclass(slots=True)
class Table:
    """The rows of a file, the headings first."""

    format: str
    """csv, json, xlsx, ods or xls."""
    rows: list[SourceRow]
    faults: list[Fault] = field(default_factory=list)
    """Faults of the file itself: merged cells, hidden rows, rows of another length."""
    separator: str = ";"
    """Separator of a CSV file."""


def check_size(row: int, column: int) -> None:
    """Refuse a cell beyond the size that a table may have; both count from 0.

    Raises:
        Unreadable: It is beyond.
    """
    if row > MAX_ROWS:
        raise Unreadable(
            message("The table has more than {limit} rows.", limit=MAX_ROWS),
            message("several files, and nothing below the table"),
        )
    if column >= MAX_COLUMNS:
        raise Unreadable(
            message("The table has more than {limit} columns.", limit=MAX_COLUMNS),
            message("nothing beside the table"),
        )
