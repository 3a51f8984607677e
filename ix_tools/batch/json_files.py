"""Reader of JSON: a list of rows, each an object with the columns of a table, as programs and assistants write it."""

import json
from collections.abc import Mapping
from typing import Any

from ix_tools.batch.cells import EMPTY, Cell
from ix_tools.batch.faults import Fault, Unreadable, name_cell
from ix_tools.batch.table import SourceRow, Table, check_size
from ix_tools.i18n.messages import message

LIST_OF_ROWS = message(
    "a list of rows, such as {example}", example='[{"data": "2026-11-30", "artigo": "Quota", "preco": 25}]'
)
USABLE = message("a text, a number or null; a number of more than 15 digits as text")
LARGEST_NUMBER = 10**15
"""Numbers from here on are not exact in every program; an id that long is written as text."""


def is_json(content: bytes) -> bool:
    """Tell whether a file begins as a list or object of JSON does."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"[", b"{"}


def read_json(content: bytes) -> Table:
    """Read a list of rows. A column that a row does not have is empty in it; the headings stand in the order in which they come.

    Raises:
        Unreadable: It is no list of rows.
    """
    try:
        found = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_build_row, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise Unreadable(message("The JSON is not in UTF-8."), message("save it as UTF-8")) from None
    except (ValueError, RecursionError):
        raise Unreadable(message("The JSON is damaged."), LIST_OF_ROWS) from None
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise Unreadable(message("The JSON is no list of rows."), LIST_OF_ROWS)
    columns: dict[str, int] = {}
    for row in found:
        for name in row:
            columns.setdefault(name, len(columns))
    check_size(len(found), len(columns) - 1)
    faults: list[Fault] = []
    rows = [SourceRow(1, [Cell("text", name) for name in columns])]
    for number, row in enumerate(found, 2):
        cells = [EMPTY] * len(columns)
        for name, value in row.items():
            try:
                cells[columns[name]] = _build_cell(value)
            except _Unusable:
                place = name_cell(number, columns[name], name)
                faults.append(Fault(place, message("is neither a text nor a number"), USABLE))
        rows.append(SourceRow(number, cells))
    return Table("json", rows, faults)


class _Unusable(ValueError):
    """A value that no cell can have."""


def _build_row(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise Unreadable(
            message("A row of the JSON has a column twice."), message("every column once in a row")
        )
    return row


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _build_cell(value: Any) -> Cell:
    if value is None or value == "":
        return EMPTY
    if isinstance(value, str):
        return Cell("text", value)
    if isinstance(value, bool):
        return Cell("yes", value)
    if not isinstance(value, int | float) or abs(value) >= LARGEST_NUMBER:
        raise _Unusable
    return Cell("number", float(value))
