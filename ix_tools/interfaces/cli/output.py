"""Print the rows, entries and outcomes of the administration commands: as JSON for a program, as text for a person."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ix_tools.error_codes import Exit
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.invocation import Invocation


def print_rows(
    run: Invocation,
    key: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    empty: str,
    columns: Iterable[str] = (),
    **more: Any,
) -> None:
    """Print records under a JSON key, or as a table.

    Args:
        empty: the text for no records.
        columns: the table's columns, if not all of them.
        more: further JSON fields.
    """
    if run.wants_json:
        console.print_json({"ok": True, **more, key: rows})
        return
    from ix_tools.interfaces.cli.tables import Report

    report = Report(run.language)
    shown = tuple(columns)
    report.add_table([{name: row[name] for name in shown or row} for row in rows], empty=empty)
    console.print_out(report.render())


def print_entry(run: Invocation, key: str, entry: Mapping[str, Any]) -> None:
    """Print one record under a JSON key, or as names and values."""
    if run.wants_json:
        console.print_json({"ok": True, key: entry})
        return
    from ix_tools.interfaces.cli.tables import Report

    report = Report(run.language)
    report.add_pairs(entry)
    console.print_out(report.render())


def print_outcome(run: Invocation, body: Mapping[str, Any], text: str) -> int:
    """Print what a command changed, as JSON fields or as a sentence, and return its exit code."""
    if run.wants_json:
        console.print_json({"ok": True, **body})
    else:
        console.print_out(text)
    return Exit.OK
