"""Reader of xls files by python-calamine, in a process of its own with a limit of memory.

The format allows a single cell at the far corner, for which a reader reserves the whole rectangle, and the reader is no Python code:
what it runs into ends that process alone.
"""

import json
import subprocess
import sys
from datetime import date, datetime
from importlib.util import find_spec
from typing import Any

from ix_tools.batch.archives import SAVE_AGAIN, build_damaged, build_protected
from ix_tools.batch.cells import EMPTY, Cell
from ix_tools.batch.faults import Fault, Unreadable
from ix_tools.batch.table import MAX_COLUMNS, MAX_ROWS, SourceRow, Table, check_size
from ix_tools.batch.xlsx_files import choose_sheet
from ix_tools.config.extras import format_install_command
from ix_tools.errors import SettingsError
from ix_tools.i18n.messages import message

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of an OLE file: xls, or a workbook with a password."""
MAX_MEMORY = 1_500_000_000
"""Bytes of address space of the reader's process, which the libraries that it loads count toward."""
SECONDS = 60


def read_xls(content: bytes, sheet: str = "") -> Table:
    """Read one sheet: the named one, otherwise the only one that is not empty.

    Raises:
        SettingsError: The library is not installed.
        Unreadable: No cell can be read.
    """
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise build_protected()
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise Unreadable(
            message("The file contains macros."), message("save it as a workbook without macros (xlsx)")
        )
    if find_spec("python_calamine") is None:
        raise SettingsError(
            message("xls files are read with python-calamine, which is not installed."),
            code="extra_missing",
            next=message(
                "save the file as xlsx, or run: {command}", command=format_install_command("spreadsheets")
            ),
        )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ix_tools.batch.xls_files"],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        found: Any = json.loads(done.stdout) if done.returncode == 0 else {"fault": "damaged"}
    except (subprocess.TimeoutExpired, ValueError):
        raise Unreadable(message("The file takes too long to read."), SAVE_AGAIN) from None
    if found.get("fault") == "password":
        raise build_protected()
    if found.get("fault") == "size":
        check_size(MAX_ROWS + 1, 0)
    if "fault" in found:
        raise build_damaged()
    return choose_sheet({name: _build_table(one) for name, one in found["sheets"].items()}, sheet)


def _build_table(found: dict[str, Any]) -> Table:
    table = Table("xls", [])
    for number, values in found["rows"]:
        cells = [_build_cell(*one) for one in values]
        check_size(number, len(cells) - 1)
        table.rows.append(SourceRow(number, cells))
    for start, end in found["merged"]:
        table.faults.append(
            Fault(
                f"{start[0] + 1}-{end[0] + 1}",
                message("cells are merged, so it is not clear which rows the value belongs to"),
                message("one value in each cell, without merged cells"),
            )
        )
    return table


def _build_cell(form: Any, value: Any) -> Cell:
    if form == "empty":
        return EMPTY
    return Cell(form, datetime.fromisoformat(value) if form == "date" else value)


# --- the reader's process ---------------------------------------------------------------------------------


def _read(content: bytes) -> dict[str, Any]:
    import io

    from python_calamine import CalamineWorkbook, PasswordError, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError:
        return {"fault": "password"}
    sheets: dict[str, Any] = {}
    for about in book.sheets_metadata:
        if about.visible is not SheetVisibleEnum.Visible:
            continue
        sheet = book.get_sheet_by_name(about.name)
        if sheet.total_height > MAX_ROWS or sheet.total_width > MAX_COLUMNS:
            return {"fault": "size"}
        rows = [
            (number, [_tell(cell) for cell in row])
            for number, row in enumerate(sheet.to_python(skip_empty_area=False), 1)
            if any(cell != "" for cell in row)
        ]
        sheets[about.name] = {"rows": rows, "merged": sheet.merged_cell_ranges or []}
    return {"sheets": sheets}


def _tell(value: Any) -> tuple[str, Any]:
    if isinstance(value, bool):
        return "yes", value
    if isinstance(value, int | float):
        return "unformatted", float(value)
    if isinstance(value, date):
        return "date", value.isoformat()
    if isinstance(value, str):
        return ("text", value) if value else ("empty", None)
    return "time", str(value)


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


if __name__ == "__main__":
    _limit_memory()
    sys.stdout.write(json.dumps(_read(sys.stdin.buffer.read())))
