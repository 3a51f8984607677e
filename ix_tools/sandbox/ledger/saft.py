"""Select the period and the documents of a month's SAF-T file."""

from __future__ import annotations

import calendar
import re
from datetime import date

from ix_tools.sandbox.kinds import BY_TYPE
from ix_tools.sandbox.refusals import Refused
from ix_tools.sandbox.rows import Document
from ix_tools.sandbox.state import Books


def find_period(books: Books, year: str, month: str) -> str:
    """Return the month as "2026-11" when it has anything to export."""
    if not year or not month:
        raise Refused("saft_missing")
    if not re.fullmatch(r"[1-9]\d{3}", year) or not re.fullmatch(r"0?[1-9]|1[0-2]", month):
        raise Refused("saft_period")
    if books.options.trial:
        raise Refused("saft_trial")
    asked = f"{year}-{int(month):02d}"
    if asked > books.today.isoformat()[:7]:
        raise Refused("saft_future")
    if not list_documents(books, asked):
        raise Refused("saft_nothing")
    return asked


def get_days(month: str) -> tuple[date, date]:
    """Return the first and last day of a month."""
    first = date.fromisoformat(f"{month}-01")
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def list_documents(books: Books, month: str) -> list[Document]:
    """Return all numbered documents dated in a month, by series, cancelled ones included."""
    rows = [row for row in books.store.find(Document) if row.number and row.date.startswith(month)]
    return sorted(rows, key=lambda row: (BY_TYPE[row.type].prefix, row.serie, row.number or 0))
