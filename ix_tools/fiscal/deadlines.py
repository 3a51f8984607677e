"""By when the tax authority has the month's data. The law was read through secondary sources; an accountant has the last word."""

from datetime import date

REPORTING_DAY = 5
"""Invoice data are due at the tax authority by this day of the following month (since 2023)."""


def get_reporting_deadline(issued: date) -> date:
    """The day by which the data of a document, or of its whole month, are at the tax authority."""
    return date(issued.year + issued.month // 12, issued.month % 12 + 1, REPORTING_DAY)
