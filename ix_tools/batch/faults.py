"""Faults of a file: where each one is, what is wrong and what is right; a file is refused with all of them at once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n.messages import NO_MESSAGE, Message, message, message_plural

MAX_SHOWN = 200
"""Faults that one refusal lists; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one cell, row or column."""

    place: str
    """The cell as a spreadsheet names it, with the column's heading: `F7 (preço)`; a row is `7`, the file is empty."""
    problem: Message
    right: Message = NO_MESSAGE
    """What would be right."""


class CellFault(Exception):
    """A cell whose value does not fit its column."""

    def __init__(self, problem: Message, right: Message = NO_MESSAGE) -> None:
        super().__init__(str(problem))
        self.problem, self.right = problem, right


class Unreadable(Exception):
    """A file that cannot be read at all."""

    def __init__(self, problem: Message, right: Message = NO_MESSAGE) -> None:
        super().__init__(str(problem))
        self.problem, self.right = problem, right


def name_column(index: int) -> str:
    """Return the letters of a column as spreadsheets show them; 0 is A."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def name_cell(row: int, column: int, heading: str = "") -> str:
    """Return the name of a cell with its column's heading, such as `F7 (preço)`."""
    place = f"{name_column(column)}{row}"
    return f"{place} ({heading})" if heading else place


def build_refusal(faults: Iterable[Fault]) -> InvalidArguments:
    """Build the refusal of a file with all its faults."""
    found = sorted(faults, key=lambda one: _find_row(one.place))
    return InvalidArguments(
        message_plural(
            "The file has {count} fault, so none of its documents was made.",
            "The file has {count} faults, so none of its documents was made.",
            count=len(found),
        ),
        code="file_refused",
        problems=[Problem(one.place or "-", one.problem, one.right) for one in found[:MAX_SHOWN]],
        next=message("correct the file and send it again; the whole file is read anew"),
        details={"faults": len(found)},
    )


def _find_row(place: str) -> int:
    """Return the row of a fault; 0 for those of the file or a whole column, which stand first."""
    digits = re.match("[A-Z]*([0-9]+)", place)
    return int(digits[1]) if digits else 0


def refuse_if_faulty(faults: Iterable[Fault]) -> None:
    """Refuse a file with all its faults; do nothing without any.

    Raises:
        InvalidArguments: There are faults.
    """
    found = list(faults)
    if found:
        raise build_refusal(found)


def refuse_file(problem: Message, right: Message = NO_MESSAGE) -> InvalidArguments:
    """Build the refusal of a file that cannot be read at all."""
    return build_refusal([Fault("", problem, right)])
