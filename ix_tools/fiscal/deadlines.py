"""Deadlines of the tax law: reporting invoice data, issuing, correcting VAT, and the end of PDFs as electronic invoices.

Each comes from `data/deadlines.toml`, whose rows name source and day of reading, or from an article named here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from ix_tools.fiscal.reference_data import read_table
from ix_tools.fiscal.working_days import add_working_days, move_to_working_day

AUGUST = 8
ISSUE_DAYS = 5
"""Working days after the sale within which an invoice is due (CIVA 36/1)."""
CORRECTION_YEARS = 2
"""Years within which VAT charged in excess can be corrected (CIVA 78/3)."""


@cache
def _load_table() -> dict[str, Any]:
    return read_table("deadlines.toml")


@cache
def _load_extensions() -> dict[str, date]:
    return {row["month"]: row["until"] for row in _load_table()["extended"]}


def get_month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def get_reporting_deadline(issued: date) -> date:
    """Return the day by which the data of a document's month are due at the tax authority.

    Day 5 of the next month, moved to a working day; in August the month's last day (LGT 57-A/1); or the day to which an
    order of the government moved that month's deadline.
    """
    if (ordered := _load_extensions().get(f"{issued:%Y-%m}")) is not None:
        return ordered
    due = (get_month_end(issued) + timedelta(days=1)).replace(day=_load_table()["reporting"]["day"])
    if due.month == AUGUST and due >= _load_table()["august"]["from"]:
        return get_month_end(due)
    return move_to_working_day(due)


def get_issue_deadline(sold: date) -> date:
    """Return the day by which the invoice of a sale or service is due: the 5th working day after it (CIVA 36/1)."""
    return add_working_days(sold, ISSUE_DAYS)


def list_penalty_free_ends(issued: date) -> tuple[date, date]:
    """Return the last days on which missing VAT is corrected without penalty (CIVA 78/3), for monthly and quarterly returns.

    It is the end of the period after the invoice's. Which of the two holds depends on the issuer's returns.
    """
    next_month = get_month_end(get_month_end(issued) + timedelta(days=1))
    quarter_end = _get_quarter_end(issued)
    return next_month, _get_quarter_end(quarter_end + timedelta(days=1))


def _get_quarter_end(day: date) -> date:
    return get_month_end(day.replace(day=1, month=(day.month + 2) // 3 * 3))


def get_correction_limit(issued: date) -> date:
    """Return the last day on which VAT charged in excess can be corrected: two years after the invoice (CIVA 78/3)."""
    try:
        return issued.replace(year=issued.year + CORRECTION_YEARS)
    except ValueError:  # 29 February
        return issued.replace(year=issued.year + CORRECTION_YEARS, day=28)


@dataclass(frozen=True, slots=True)
class PdfInvoiceRule:
    """Rule by which a PDF counts as an electronic invoice."""

    until: date
    """Last day on which it does without a qualified signature or seal."""
    law: str
    has_ended: bool

    @property
    def turning_day(self) -> date:
        """Return the day that a text names: the last without a signature, or the first with one once that has passed."""
        return self.until + timedelta(days=1) if self.has_ended else self.until


def find_pdf_invoice_rule(today: date) -> PdfInvoiceRule | None:
    """Return the rule about PDFs as electronic invoices once users are to be told of it; None before that day."""
    row = _load_table()["pdf_invoices"]
    if today < row["announced"]:
        return None
    return PdfInvoiceRule(row["until"], row["law"], has_ended=today > row["until"])
