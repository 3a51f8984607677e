"""Report of a batch: the rows of the file with status, id, number, total and problem of each document, as CSV that can be fed in again."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from ix_tools.batch.models import ENDED_BATCH, Batch, BatchRow
from ix_tools.batch.report_columns import REPORT_HEADINGS
from ix_tools.domain.batch_states import RowState
from ix_tools.errors import Problem
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, load_text, message, render
from ix_tools.text.sanitize import sanitize_line
from ix_tools.text.spreadsheet_cells import mark_text

STATUS_LABELS: Mapping[RowState, Message] = {
    "new": message("waiting"),
    "drafted": message("draft"),
    "trying": message("being issued"),
    "issued": message("issued, e-mail waiting"),
    "done": message("issued"),
    "held": message("not issued with the others"),
    "left_out": message("left out"),
    "failed": message("refused"),
    "removing": message("being deleted"),
    "deleted": message("deleted"),
    "skipped": message("issued earlier"),
}
ISSUED_WITH_PROBLEM = message("issued, with a problem")


def write_report(batch: Batch, rows: Sequence[BatchRow], language: Language) -> bytes:
    """Return the report. A CSV file keeps its separator; a workbook becomes a CSV file with semicolons."""
    separator = str(batch.headings.get("separator") or ";")
    names = list(batch.headings["names"])
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow([*names, *(render_heading(one, language) for one in REPORT_HEADINGS)])
    for row in rows:
        for at, cells in enumerate(row.cells or ((),)):
            padded = [*cells, *[""] * (len(names) - len(cells))]
            values = _list_values(row, language) if at == 0 else [""] * len(REPORT_HEADINGS)
            writer.writerow(map(mark_text, (*padded, *values)))
    return out.getvalue().encode("utf-8-sig")


def render_heading(name: str, language: Language) -> str:
    """Return the heading of a column that the report adds."""
    both = REPORT_HEADINGS[name]
    return both.pt if language == "pt" else both.en


def _list_values(row: BatchRow, language: Language) -> list[str]:
    values = {
        "status": render(find_status(row), language),
        "id": str(row.document or ""),
        "number": row.number,
        "total": row.total.replace(".", ",") if language == "pt" else row.total,
        "problem": describe_problem(row.problem, language),
        "key": f"{row.key}#{row.content}",
    }
    return [values[name] for name in REPORT_HEADINGS]


def find_status(row: BatchRow) -> Message:
    """Return what became of a document, in words."""
    return ISSUED_WITH_PROBLEM if row.state == "held" and row.number else STATUS_LABELS[row.state]


def describe_problem(stored: Mapping[str, Any] | None, language: Language) -> str:
    """Return the sentences of a stored error on one line."""
    if stored is None:
        return ""
    problems = [Problem.load(one) for one in stored.get("problems", [])]
    said = [
        render(load_text(stored["message"]), language),
        *(f"{one.field}: {render(one.problem, language)}" for one in problems),
        render(load_text(stored.get("next", "")), language),
    ]
    return " ".join(sanitize_line(" ".join(filter(None, said))).split())


MAX_ROWS_SHOWN = 200
"""Rows that an answer lists; the report has all."""


def describe_batch(batch: Batch, rows: Sequence[BatchRow], language: Language) -> dict[str, Any]:
    """Return the state of a batch in the size of an answer: the rows with a problem, and after the end the first of all."""
    body = summarize(batch, rows, language)
    listed = [one for one in body["rows"] if "problem" in one or batch.state in ENDED_BATCH]
    left_out = len(listed) - MAX_ROWS_SHOWN
    shown = {**body, "rows": listed[:MAX_ROWS_SHOWN]}
    return {**shown, "rows_not_shown": left_out} if left_out > 0 else shown


def summarize(batch: Batch, rows: Sequence[BatchRow], language: Language) -> dict[str, Any]:
    """Return the state of a batch as programs read it; the rows without names, tax numbers and lines."""
    counts: dict[str, int] = {}
    for one in rows:
        counts[one.state] = counts.get(one.state, 0) + 1
    return {
        "id": batch.id,
        "file": batch.name,
        "purpose": batch.purpose,
        "state": batch.state,
        "documents": counts,
        **({"approval": batch.approval} if batch.approval else {}),
        **({"reason": describe_problem(batch.reason, language)} if batch.reason else {}),
        "rows": [
            {
                "row": one.row,
                "state": one.state,
                **({"document_type": one.document_type, "id": one.document} if one.document else {}),
                **({"number": one.number} if one.number else {}),
                **({"total": one.total} if one.total else {}),
                **({"problem": describe_problem(one.problem, language)} if one.problem else {}),
            }
            for one in rows
        ],
    }
