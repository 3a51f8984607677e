"""Dates: what is refused before anything is sent, and the nearest date that is not."""

from typing import Any

import pytest

from tests.guards.judging import judge, warn
from tests.harness import Harness, document_arguments, guide, invoice


@pytest.mark.parametrize(
    ("due", "refused"), [("2026-11-19", True), ("2026-11-20", False), ("2026-11-21", False), ("+0d", False)]
)
def test_a_due_date_before_the_date_is_refused_and_the_same_day_is_not(due: str, refused: bool) -> None:
    """Trap 11: "Vencimento deve ser igual ou posterior à data do documento"; equal is accepted."""
    found = judge("create_invoice", invoice(due_date=due))
    assert set(found) == ({"due_date"} if refused else set())
    assert not refused or "2026-11-20 or later" in found["due_date"]


async def test_moving_only_the_date_of_a_draft_past_its_due_date_is_refused(harness: Harness) -> None:
    """Trap 5: moving the date needs due_date too."""
    draft = await harness.create_draft(due_date="2026-11-25")
    found = await harness.get_refusal("update_invoice", document_arguments(draft, date="2026-11-26"))
    assert "2026-11-26 or later" in found["due_date"]
    moved = await harness.call("update_invoice", document_arguments(draft, date="2026-11-26", due_date="+5d"))
    assert (moved["document"]["date"], moved["document"]["due_date"]) == ("2026-11-26", "2026-12-01")


@pytest.mark.parametrize(
    ("date", "word"),
    [
        ("2026-11-21", "in the future"),
        ("2026-11-20", None),
        ("2026-10-20", None),  # 31 days ago
        ("2026-10-19", "32 days ago"),
    ],
)
def test_a_date_in_the_future_or_long_ago_is_warned_of_and_goes_through(date: str, word: str | None) -> None:
    """A later date blocks the series for every earlier one; CIVA 36/1 wants invoices within five working days."""
    found = warn("create_invoice", invoice(date=date))
    assert ("date" in found) is (word is not None)
    assert word is None or word in found["date"]


@pytest.mark.parametrize(
    "date",
    [
        "2026-02-30",
        "30/02/2026",
        "2026-13-01",
        "20-11-26",
        "11/20/2026",
        "20/11/26",
        "20261120",
        20261120,
        "daqui a dois dias",
        "0001-01-01",
        True,
    ],
)
def test_a_date_that_cannot_be_is_refused_because_the_service_would_take_today(date: Any) -> None:
    """Trap 1."""
    for field in ("date", "due_date"):
        assert "2026-11-30" in judge("create_invoice", invoice(**{field: date}))[field]


@pytest.mark.parametrize(
    ("date", "meant"),
    [("2026-11-20", "20/11/2026"), ("20/11/2026", "20/11/2026"), ("2024-02-29", "29/02/2024")],
)
async def test_both_spellings_of_a_date_travel_as_the_documented_one(
    harness: Harness, date: str, meant: str
) -> None:
    await harness.call("create_invoice", invoice(date=date, due_date=date))
    assert (harness.get_last_body()["date"], harness.get_last_body()["due_date"]) == (meant, meant)


@pytest.mark.parametrize("due", ["30", "+30", "+30 meses", "+9999d", "+-1d"])
def test_only_the_documented_form_of_a_term_is_a_due_date(due: str) -> None:
    assert "2026-11-30" in judge("create_invoice", invoice(due_date=due))["due_date"]


def test_a_term_beyond_the_calendar_is_refused() -> None:
    assert "due_date" in judge("create_invoice", invoice(date="9999-12-31", due_date="+1d"))


@pytest.mark.parametrize(
    ("moment", "refused"),
    [
        ("2026-11-20T09:59:59", True),
        ("2026-11-20T10:00", True),
        ("2026-11-20T10:00:01", False),
        ("20/11/2026 10:01", False),
        ("2026-11-20T10:30+01:00", True),  # half past nine in Lisbon
        ("2026-11-20T09:30-01:00", False),  # half past ten in Lisbon
    ],
)
def test_loading_before_now_is_refused_by_lisbons_clock(moment: str, refused: bool) -> None:
    """Trap 28."""
    found = judge("create_guide", guide(loaded_at=moment))
    assert set(found) == ({"loaded_at"} if refused else set())
    assert not refused or "2026-11-20 10:00 in Lisbon" in found["loaded_at"]
    assert not refused or "a later moment" in found["loaded_at"]


@pytest.mark.parametrize("moment", ["20/11/2026 10:01", "2026-11-20T09:30-01:00"])
async def test_a_loading_time_travels_in_lisbon_time(harness: Harness, moment: str) -> None:
    await harness.call("create_guide", guide(loaded_at=moment))
    assert harness.get_last_body()["loaded_at"].startswith("20/11/2026 10:")


@pytest.mark.parametrize("moment", ["2026-11-20", "12:00", "2026-11-20T25:00", 5, None])
def test_a_loading_time_that_is_no_moment_is_refused(moment: Any) -> None:
    assert "loaded_at" in judge("create_guide", guide(loaded_at=moment))


async def test_nothing_is_finalized_before_the_last_date_of_its_series(harness: Harness) -> None:
    """Trap 10, Portaria 363/2010: numbers and dates run together."""
    early, same = (
        await harness.create_draft(date="2026-11-18", due_date="2026-11-30"),
        await harness.create_draft(date="2026-11-19"),
    )
    await harness.create_issued(date="2026-11-19")
    found = await harness.get_refusal("change_state", document_arguments(early, state="finalized"))
    assert "2026-11-19 or later" in found["date"]
    assert "1/2026" in found["date"]
    error = await harness.get_error("change_state", document_arguments(early, state="finalized"))
    assert "ask whether the date may move" in str(error.next)
    assert (await harness.call("change_state", document_arguments(same, state="finalized")))["document"][
        "status"
    ] == "final"


async def test_another_series_or_type_has_its_own_last_date(harness: Harness) -> None:
    await harness.call("register_sequence", {"sequence_id": 70020})
    await harness.create_issued(date="2026-11-19")
    other_series = await harness.create_draft(date="2026-11-18", due_date="2026-11-30", sequence_id=70020)
    other_type = await harness.create_draft(
        document_type="invoice_receipts", date="2026-11-18", due_date="2026-11-30"
    )
    assert (await harness.call("change_state", document_arguments(other_series, state="finalized")))[
        "document"
    ]["status"] == "final"
    assert (await harness.call("change_state", document_arguments(other_type, state="finalized")))[
        "document"
    ]["status"] == "settled"


async def test_an_early_draft_may_still_be_deleted(harness: Harness) -> None:
    early = await harness.create_draft(date="2026-11-18", due_date="2026-11-30")
    await harness.create_issued(date="2026-11-19")
    assert (await harness.call("change_state", document_arguments(early, state="deleted")))["ok"]


async def test_a_cancelled_document_still_holds_its_place_in_the_series(harness: Harness) -> None:
    """The number stays used, so the date stays the floor."""
    early = await harness.create_draft(date="2026-11-18", due_date="2026-11-30")
    later = await harness.create_issued(date="2026-11-19")
    await harness.call(
        "change_state", document_arguments(later, state="canceled", message="Emitida ao cliente errado.")
    )
    found = await harness.get_refusal("change_state", document_arguments(early, state="finalized"))
    assert "2026-11-19 or later" in found["date"]
