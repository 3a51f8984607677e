"""Reader of a file: finds its format by its content, and refuses what is another format than its name says."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePath

from ix_tools.batch.archives import Archive
from ix_tools.batch.cells import AS_TEXT
from ix_tools.batch.csv_files import read_csv
from ix_tools.batch.faults import Fault, Unreadable, name_cell, refuse_file
from ix_tools.batch.json_files import is_json, read_json
from ix_tools.batch.ods_files import is_ods, read_ods
from ix_tools.batch.table import MAX_BYTES, Table
from ix_tools.batch.xls_files import SIGNATURE, read_xls
from ix_tools.batch.xlsx_files import is_xlsx, read_xlsx
from ix_tools.i18n.messages import message

SUFFIXES = {
    "csv": (".csv", ".txt", ".tsv"),
    "json": (".json",),
    "xlsx": (".xlsx",),
    "ods": (".ods",),
    "xls": (".xls",),
}
"""Formats, and how the names of their files end."""
READABLE = message("a table as CSV, xlsx, ods, xls or JSON")


def digest_file(content: bytes) -> str:
    """Return the SHA-256 digest by which a file is known."""
    return sha256(content).hexdigest()


def read_table(content: bytes, name: str, sheet: str = "") -> Table:
    """Read the table in a file.

    Args:
        name: The file's name; its ending must fit its content.
        sheet: The sheet of a workbook; empty for the only one that is filled.

    Raises:
        InvalidArguments: The file cannot be read; the refusal says why.
        SettingsError: A library for this format is not installed.
    """
    try:
        if len(content) > MAX_BYTES:
            raise Unreadable(
                message("The file has more than {limit} million bytes.", limit=MAX_BYTES // 1_000_000),
                message("a file with the table only"),
            )
        if not content.strip():
            raise Unreadable(message("The file is empty."), READABLE)
        table = _read(content, sheet)
        _check_name(table.format, name)
        table.faults += _find_broken_characters(table)
    except Unreadable as fault:
        raise refuse_file(fault.problem, fault.right) from None
    return table


def _read(content: bytes, sheet: str) -> Table:
    if content.startswith(SIGNATURE):
        return read_xls(content, sheet)
    if content.startswith(b"PK"):
        archive = Archive(content)
        if is_xlsx(archive):
            return read_xlsx(archive, sheet)
        if is_ods(archive):
            return read_ods(archive, sheet)
        if "xl/workbook.bin" in archive.names:
            raise Unreadable(message("The file is a binary workbook (xlsb)."), message("save it as xlsx"))
        if any(one.startswith("Index/") for one in archive.names):
            raise Unreadable(
                message("The file is a {program} document.", program="Numbers"),
                message("export it as xlsx or CSV"),
            )
        raise Unreadable(message("The file is an archive without a table."), READABLE)
    for mark, said in _OTHERS:
        if content.startswith(mark):
            raise Unreadable(message("The file is {kind}, not a table.", kind=said), READABLE)
    return read_json(content) if is_json(content) else read_csv(content)


def _find_broken_characters(table: Table) -> Iterator[Fault]:
    """Yield the cells with characters that no text may have; xlsx and JSON can write them as escapes."""
    for row in table.rows:
        for column, cell in enumerate(row.cells):
            if isinstance(cell.value, str) and _BROKEN.search(cell.value):
                yield Fault(
                    name_cell(row.number, column), message("holds characters that are no text"), AS_TEXT
                )


_BROKEN = re.compile("[\0\ud800-\udfff]")
"""Zero, and halves of a pair of code units."""
_OTHERS = (
    (b"%PDF", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"\x09\x08", "Excel 2-4"),
)


def _check_name(found: str, name: str) -> None:
    suffix = PurePath(name).suffix.lower()
    if suffix and suffix not in SUFFIXES[found]:
        raise Unreadable(
            message("The name ends in {suffix}, and the content is {format}.", suffix=suffix, format=found),
            message("a name that ends in {suffix}", suffix=SUFFIXES[found][0]),
        )
