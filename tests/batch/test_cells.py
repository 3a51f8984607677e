"""Cells: what each means in each kind of column, as docs/guides/batch.md states it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ix_tools.batch.cells import EMPTY, Cell, Form, read_amount, read_date, read_percent, read_text
from ix_tools.batch.faults import CellFault

REFUSED = object()
DAY = datetime(2026, 11, 20)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("form", "value", "as_text", "as_amount", "as_percent", "as_date"),
    [
        ("text", "60,50", "60,50", Decimal("60.50"), Decimal("60.50"), REFUSED),
        ("text", "60.50", "60.50", Decimal("60.50"), Decimal("60.50"), REFUSED),
        ("text", "1.234,50", "1.234,50", Decimal("1234.50"), Decimal("1234.50"), REFUSED),
        ("text", "1,234.50", "1,234.50", Decimal("1234.50"), Decimal("1234.50"), REFUSED),
        ("text", "1 234,5 €", "1 234,5 €", Decimal("1234.5"), Decimal("1234.5"), REFUSED),
        ("text", "1\u00a0234\u00a0567", "1\u00a0234\u00a0567", Decimal(1234567), Decimal(1234567), REFUSED),
        ("text", "1.234.567", "1.234.567", Decimal(1234567), Decimal(1234567), REFUSED),
        ("text", "0,125", "0,125", Decimal("0.125"), REFUSED, REFUSED),
        ("text", "1.234", "1.234", REFUSED, REFUSED, REFUSED),
        ("text", "12,345", "12,345", REFUSED, REFUSED, REFUSED),
        ("text", "1234,567", "1234,567", Decimal("1234.567"), Decimal("1234.567"), REFUSED),
        ("text", "-5", "-5", Decimal(-5), Decimal(-5), REFUSED),
        ("text", "23%", "23%", REFUSED, Decimal(23), REFUSED),
        ("text", "0,5 %", "0,5 %", REFUSED, Decimal("0.5"), REFUSED),
        ("text", "2026-11-20", "2026-11-20", REFUSED, REFUSED, date(2026, 11, 20)),
        ("text", "20/11/2026", "20/11/2026", REFUSED, REFUSED, date(2026, 11, 20)),
        ("text", "20.11.2026", "20.11.2026", REFUSED, REFUSED, date(2026, 11, 20)),
        ("text", "3/4/2026", "3/4/2026", REFUSED, REFUSED, date(2026, 4, 3)),
        ("text", "20-11/2026", "20-11/2026", REFUSED, REFUSED, REFUSED),
        ("text", "001", "001", Decimal(1), Decimal(1), REFUSED),
        ("number", 508025338.0, "508025338", Decimal(508025338), Decimal(508025338), REFUSED),
        ("number", 0.1 + 0.2, REFUSED, Decimal("0.3"), REFUSED, REFUSED),
        ("number", 1.0, "1", Decimal(1), Decimal(1), REFUSED),
        ("unformatted", 1.0, "1", Decimal(1), REFUSED, REFUSED),
        ("number", 0.23, REFUSED, Decimal("0.23"), REFUSED, REFUSED),
        ("number", 0.0, "0", Decimal(0), Decimal(0), REFUSED),
        ("number", 1e15, REFUSED, Decimal(10**15), Decimal(10**15), REFUSED),
        ("percent", 0.23, REFUSED, REFUSED, Decimal(23), REFUSED),
        ("percent", 0.065, REFUSED, REFUSED, Decimal("6.5"), REFUSED),
        ("percent", 1.0, REFUSED, REFUSED, Decimal(100), REFUSED),
        ("date", DAY, REFUSED, REFUSED, REFUSED, date(2026, 11, 20)),
        ("time", 0.5, REFUSED, REFUSED, REFUSED, REFUSED),
        ("yes", True, REFUSED, REFUSED, REFUSED, REFUSED),
        ("error", "#N/A", REFUSED, REFUSED, REFUSED, REFUSED),
        ("formula", None, REFUSED, REFUSED, REFUSED, REFUSED),
    ],
)
def test_a_cell_means_the_same_in_every_format(
    form: Form, value: Any, as_text: Any, as_amount: Any, as_percent: Any, as_date: Any
) -> None:
    cell = Cell(form, value)
    for read, expected in (
        (read_text, as_text),
        (read_amount, as_amount),
        (read_percent, as_percent),
        (read_date, as_date),
    ):
        if expected is REFUSED:
            with pytest.raises(CellFault):
                read(cell)
        else:
            assert read(cell) == expected, read.__name__


def test_an_empty_cell_is_no_value() -> None:
    for cell in (EMPTY, Cell("text", "  "), Cell("text", "\u00a0")):
        assert [read(cell) for read in (read_text, read_amount, read_percent, read_date)] == [None] * 4
