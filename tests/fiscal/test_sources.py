"""Fiscal data say where and when they were read, and a report lists what is old."""

from datetime import date, timedelta

import pytest

from ix_tools.fiscal.reference_data import DATA, parse_date, read_table
from tools.sources import list_stale_rows

TABLES = sorted(path.name for path in DATA.iterdir() if path.suffix in {".json", ".toml"})


@pytest.mark.parametrize("name", TABLES)
def test_a_table_names_its_source_and_the_day_it_was_read(name: str) -> None:
    table = read_table(name)
    assert table["source"]
    assert parse_date(table["as_of"]) is not None


def test_the_report_lists_what_was_read_more_than_a_year_before_a_day() -> None:
    newest = max(day for day in (parse_date(read_table(name)["as_of"]) for name in TABLES) if day)
    oldest = min(day for day in (parse_date(read_table(name)["as_of"]) for name in TABLES) if day)
    assert list(list_stale_rows(oldest + timedelta(days=365))) == []
    late = {file for file, row, _, _ in list_stale_rows(newest + timedelta(days=366)) if row == "the table"}
    assert late == set(TABLES)


def test_a_row_with_a_day_of_its_own_is_listed_by_its_name() -> None:
    rows = [row for file, row, _, _ in list_stale_rows(date(2099, 1, 1)) if file == "deadlines.toml"]
    assert "Despacho 40/2026" in rows
