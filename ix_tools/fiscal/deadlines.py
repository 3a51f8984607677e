"""Reporting deadline of invoice data, from secondary sources of the law."""

from datetime import date

REPORTING_DAY = 5
"""Day of the following month by which invoice data are due at the tax authority (since 2023)."""


def get_reporting_deadline(issued: date) -> date:
    """Return the day by which the data of a document's month are due at the tax authority."""
    return date(issued.year + issued.month // 12, issued.month % 12 + 1, REPORTING_DAY)
