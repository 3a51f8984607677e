"""Deadlines move with weekends, national holidays, August and orders of the government.

Source: DL 198/2012 art. 3, CPPT 20, LGT 57-A, CIVA 36/1 and 78/3; calendars of the tax authority for 2026.
"""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from ix_tools.fiscal import deadlines, working_days


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("year", "easter"),
    [
        (1981, "1981-04-19"), (2000, "2000-04-23"), (2019, "2019-04-21"), (2024, "2024-03-31"), (2025, "2025-04-20"),
        (2026, "2026-04-05"), (2027, "2027-03-28"), (2038, "2038-04-25"), (2049, "2049-04-18"), (2076, "2076-04-19"),
    ],
)  # fmt: skip
def test_easter_is_the_churchs(year: int, easter: str) -> None:
    assert working_days.compute_easter(year) == day(easter)


def test_the_holidays_of_2026_are_the_thirteen_of_the_labour_code() -> None:
    assert sorted(f"{one:%m-%d}" for one in working_days.list_national_holidays(2026)) == [
        "01-01", "04-03", "04-05", "04-25", "05-01", "06-04", "06-10", "08-15", "10-05", "11-01", "12-01", "12-08", "12-25",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("when", "works"),
    [
        ("2026-11-30", True), ("2026-11-29", False), ("2026-11-28", False), ("2026-12-01", False), ("2026-12-02", True),
        ("2026-02-17", True), ("2026-06-04", False), ("2026-06-13", False), ("2026-06-24", True), ("2026-04-06", True),
    ],
)  # fmt: skip
def test_carnival_and_city_holidays_are_working_days(when: str, works: bool) -> None:
    """2026-02-17 is carnival, 2026-06-24 Porto's own holiday; Lisbon's, 2026-06-13, is a Saturday."""
    assert working_days.is_working_day(day(when)) is works


@pytest.mark.parametrize(
    ("issued", "due"),
    [
        ("2026-01-15", "2026-02-05"),
        ("2026-02-28", "2026-03-05"),
        ("2026-05-31", "2026-06-05"),
        ("2026-06-30", "2026-07-06"),  # the 5th is a Sunday
        ("2026-07-01", "2026-08-31"),  # August (LGT 57-A)
        ("2027-07-31", "2027-08-31"),
        ("2025-07-10", "2025-08-31"),  # a Sunday: the last day, working day or not
        ("2026-08-10", "2026-09-07"),
        ("2026-09-30", "2026-10-06"),  # the 5th is the Republic's holiday
        ("2026-10-01", "2026-11-05"),
        ("2026-11-20", "2026-12-07"),  # the 5th is a Saturday
        ("2026-12-31", "2027-01-05"),
        ("2025-12-31", "2026-01-09"),  # Despacho 166/2025
        ("2025-11-30", "2025-12-05"),
        ("2026-03-01", "2026-04-08"),  # Despacho 40/2026
        ("2026-04-30", "2026-05-08"),  # Despacho 55/2026
    ],
)
def test_a_months_data_are_due_on_day_five_or_the_day_it_moves_to(issued: str, due: str) -> None:
    assert deadlines.get_reporting_deadline(day(issued)) == day(due)


@pytest.mark.parametrize(
    ("sold", "due"),
    [
        ("2026-11-20", "2026-11-27"),
        ("2026-11-27", "2026-12-07"),  # over 1 December; then 5 and 6 are a weekend
        ("2026-11-28", "2026-12-07"),
        ("2026-12-23", "2026-12-31"),
        ("2026-12-31", "2027-01-08"),
    ],
)
def test_an_invoice_is_due_on_the_fifth_working_day_after_the_sale(sold: str, due: str) -> None:
    assert deadlines.get_issue_deadline(day(sold)) == day(due)


@pytest.mark.parametrize(
    ("issued", "monthly", "quarterly"),
    [
        ("2026-11-20", "2026-12-31", "2027-03-31"),
        ("2026-01-31", "2026-02-28", "2026-06-30"),
        ("2026-03-31", "2026-04-30", "2026-06-30"),
        ("2026-04-01", "2026-05-31", "2026-09-30"),
        ("2026-12-31", "2027-01-31", "2027-03-31"),
    ],
)
def test_missing_vat_is_free_of_penalty_until_the_end_of_the_next_period(
    issued: str, monthly: str, quarterly: str
) -> None:
    assert deadlines.list_penalty_free_ends(day(issued)) == (day(monthly), day(quarterly))


@pytest.mark.parametrize(
    ("issued", "last"),
    [("2024-11-20", "2026-11-20"), ("2024-02-29", "2026-02-28"), ("2026-02-28", "2028-02-28")],
)
def test_vat_in_excess_is_corrected_within_two_years(issued: str, last: str) -> None:
    assert deadlines.get_correction_limit(day(issued)) == day(last)


@pytest.mark.parametrize(
    ("today", "ended"),
    [
        ("2026-11-30", None),
        ("2026-12-01", False),
        ("2026-12-31", False),
        ("2027-01-01", True),
        ("2030-01-01", True),
    ],
)
def test_the_end_of_pdf_invoices_is_told_from_december_2026(today: str, ended: bool | None) -> None:
    rule = deadlines.find_pdf_invoice_rule(day(today))
    assert (rule.has_ended if rule else None) is ended


def test_every_row_has_its_source_and_the_day_it_was_read() -> None:
    path = Path(str(deadlines.__file__)).with_name("data") / "deadlines.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    parts = [part for part in table.values() if isinstance(part, dict | list)]
    rows = [row for part in parts for row in (part if isinstance(part, list) else [part])]
    assert len(rows) >= 8
    for row in rows:
        assert row["source"]
        assert isinstance(row["read"], date)
        assert row.get("law") or row.get("order")
