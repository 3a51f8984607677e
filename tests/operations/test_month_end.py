"""What stands in the way of closing a month, each with its next step; and nothing where nothing does.

Source: the issue on breadth, deliverable 6; contract H.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from ix_tools.i18n.formats import LISBON
from tests.harness import SERIES, Harness, Json, document_arguments, execute, guide, invoice, line
from tests.interfaces.mcp import sandbox_documents


async def checked(harness: Harness, month: int = 11, today: str = "2026-12-02") -> Json:
    """The check of a month, on a day after it."""
    then = datetime.fromisoformat(f"{today}T10:00").replace(tzinfo=LISBON)
    desk = replace(harness.context, now=lambda: then)
    result = await execute(desk, "month_end_check", {"month": month, "year": 2026})
    assert result["ready"] is (result["findings"] == [])
    assert all(one["rows"] and one["next"] for one in result["findings"])
    return result


def list_findings(result: Json) -> dict[str, list[str]]:
    return {one["what"]: one["rows"] for one in result["findings"]}


async def test_a_month_without_documents_is_ready_and_has_nothing_to_export(harness: Harness) -> None:
    shown = await checked(harness, 3)
    assert (shown["ready"], shown["documents"], shown["total"]) == (True, 0, "0.00")
    assert shown["saft"] == "nothing_to_export"
    assert shown["saft_due"] == "2026-04-08"


async def test_a_month_in_order_is_ready_with_its_total_and_the_day_it_is_due(harness: Harness) -> None:
    made = await harness.create_issued()
    await harness.create_issued(
        document_type="credit_notes", owner_invoice_id=made["id"], items=[line(quantity=0.5)]
    )
    await harness.call("change_state", document_arguments(made, state="settled"))
    shown = await checked(harness)
    assert (shown["ready"], shown["saft"], shown["saft_due"]) == (True, "ready", "2026-12-07")
    assert shown["total"] == "61.50"
    assert shown["documents"] == 3
    assert shown["next"][0]["arguments"] == {"month": 11, "year": 2026}


async def test_drafts_left_are_named_guides_too(harness: Harness) -> None:
    draft = await harness.create_draft()
    moved = (await harness.call("create_guide", guide()))["document"]
    await harness.create_draft(date="2026-10-31")
    rows = list_findings(await checked(harness))["drafts left"]
    assert rows == [
        f"Invoice, draft {draft['id']}, ACME, Lda, €123.00",
        f"Transport guide, draft {moved['id']}, ACME, Lda, €123.00",
    ]


@pytest.mark.parametrize(
    ("kind", "day", "late"),
    [
        ("invoices", "2026-11-10", True),
        ("invoices", "2026-11-12", False),  # the day of the last number
        ("invoices", "2026-11-13", False),
        ("invoice_receipts", "2026-11-10", False),  # another kind has a series of its own
    ],
)
async def test_a_draft_dated_before_the_last_number_of_its_series_must_move(
    harness: Harness, kind: str, day: str, late: bool
) -> None:
    draft = await harness.create_draft(document_type=kind, date=day)
    await harness.create_issued(date="2026-11-12")
    shown = list_findings(await checked(harness))
    rows = shown["drafts whose date must move" if late else "drafts left"]
    assert ("drafts left" in shown) is not late
    assert f", draft {draft['id']}, ACME, Lda" in rows[0]
    assert ("dated 10/11/2026, but 1/2026 is dated 12/11/2026" in rows[0]) is late


async def test_a_number_of_the_next_month_closes_the_way_too(harness: Harness) -> None:
    await harness.create_draft(date="2026-10-20")
    await harness.create_issued(date="2026-11-12")
    assert "drafts whose date must move" in list_findings(await checked(harness, 10))


async def test_a_draft_in_another_series_stays_possible(harness: Harness) -> None:
    await harness.create_draft(date="2026-11-10", sequence_id=SERIES["invoices"] + 20)
    await harness.create_issued(date="2026-11-12")
    assert "drafts whose date must move" not in list_findings(await checked(harness))


async def test_estimates_count_too(harness: Harness) -> None:
    made = (await harness.call("create_estimate", {**invoice(), "document_type": "quotes"}))["document"]
    rows = list_findings(await checked(harness))["drafts left"]
    assert rows == [f"Quote, draft {made['id']}, ACME, Lda, €123.00"]
    await harness.call("change_state", document_arguments(made, state="finalized"))
    shown = await checked(harness)
    assert (shown["documents"], shown["total"]) == (1, "0.00")


async def test_the_findings_are_in_the_language_of_the_settings(harness: Harness) -> None:
    await harness.create_draft(due_date="2026-11-25")
    harness.context.settings = harness.context.settings.model_copy(update={"language": "pt"})
    shown = await checked(harness, today="2026-11-25")
    assert list(list_findings(shown)) == ["o mês ainda não terminou", "rascunhos por emitir"]
    assert "07/12/2026" in str(shown["findings"][0]["next"])


async def test_a_gap_in_a_series_is_named_and_a_cancelled_number_is_none(harness: Harness) -> None:
    first = await harness.create_issued(date="2026-10-30")
    for _ in range(3):
        await harness.create_issued()
    rows = await harness.call("list_invoices", {"states": ["final"]})
    last = rows["invoices"][0]
    await harness.call(
        "change_state", document_arguments(last, state="canceled", message="Emitida ao cliente errado.")
    )
    assert "numbers missing in a series" not in list_findings(await checked(harness))
    # The second and the third, archived by hand, are left out of what the box lists at all.
    listed = rows["invoices"]
    left = [one for one in listed if one["number"] in {"1/2026", "4/2026"}]
    assert first["id"] in {one["id"] for one in left}
    raw = [
        harness.read_raw(f"/invoices/{one['id']}.json")["invoice"]
        for one in left
        if one["number"] == "4/2026"
    ]
    body = {"invoices": raw, "pagination": {"total_entries": 1, "current_page": 1, "total_pages": 1}}
    harness.sandbox.fault("GET", r"^/invoices\.json$", status=200, body=body)
    assert list_findings(await checked(harness))["numbers missing in a series"] == ["Invoice 2026: 2 to 3"]


async def test_what_is_overdue_is_named_and_what_is_due_later_is_not(harness: Harness) -> None:
    await harness.create_issued(due_date="2026-11-25")
    await harness.create_issued(due_date="2026-12-20")
    shown = list_findings(await checked(harness))
    assert list(shown) == ["unpaid and due by 30/11/2026"]
    assert len(shown["unpaid and due by 30/11/2026"]) == 1
    assert "due 25/11/2026, open €123.00 of €123.00" in shown["unpaid and due by 30/11/2026"][0]


async def test_a_running_month_is_said_to_be_unfinished(harness: Harness) -> None:
    await harness.create_issued(due_date="2026-11-20")
    shown = await checked(harness, today="2026-11-20")
    assert shown["ready"] is False
    assert list(list_findings(shown)) == ["the month is not over"]
    assert list_findings(shown)["the month is not over"] == ["01/11/2026 to 30/11/2026"]
    assert "due at the tax authority by 07/12/2026" in shown["findings"][0]["next"]


@pytest.mark.parametrize(("today", "running"), [("2026-11-30", True), ("2026-12-01", False)])
async def test_a_month_runs_until_the_end_of_its_last_day(
    harness: Harness, today: str, running: bool
) -> None:
    await harness.create_issued(due_date="2026-12-20")
    shown = await checked(harness, today=today)
    assert ("the month is not over" in list_findings(shown)) is running
    assert shown["ready"] is not running


async def test_what_is_unpaid_is_what_is_still_open(harness: Harness) -> None:
    """A part paid, all but the withheld tax paid, and credited in full."""
    part = await harness.create_issued(due_date="2026-11-25")
    rest = await harness.create_issued(due_date="2026-11-25", retention=25)
    gone = await harness.create_issued(due_date="2026-11-25")
    for made, amount in ((part, 23), (rest, 98)):
        call = document_arguments(made, amount=amount, payment_mechanism="TB", payment_date="2026-11-20")
        await harness.call("generate_payment", call)
    await harness.create_issued(document_type="credit_notes", owner_invoice_id=gone["id"])
    rows = list_findings(await checked(harness))["unpaid and due by 30/11/2026"]
    assert len(rows) == 1
    assert f"id {part['id']}" in rows[0]
    assert "open €100.00 of €123.00" in rows[0]


async def test_a_month_to_come_has_not_begun(harness: Harness) -> None:
    assert (await checked(harness, month=12, today="2026-11-20"))["saft"] == "not_begun"


async def test_a_series_without_registration_is_named(harness: Harness) -> None:
    made = await harness.create_issued()
    sequences = harness.read_raw("/sequences.json")
    for one in sequences["sequences"]:
        if one["serie"] == "2026":
            one["current_invoice_validation_code"] = "N/D"
    harness.sandbox.fault("GET", r"^/sequences\.json$", status=200, body=sequences)
    assert made["number"] == "1/2026"
    assert list_findings(await checked(harness))["series used without registration"] == ["2026: Invoice"]


async def test_a_settled_invoice_without_a_receipt_is_named(harness: Harness) -> None:
    made = await harness.create_issued()
    await harness.call("change_state", document_arguments(made, state="settled"))
    harness.sandbox.fault("GET", r"related_documents", status=200, body={"documents": []})
    assert len(list_findings(await checked(harness))["settled without a receipt"]) == 1


async def test_a_file_that_cannot_be_had_is_a_finding_and_one_still_being_made_is_told(
    harness: Harness,
) -> None:
    await harness.create_issued()
    harness.sandbox.fault("GET", "export_saft", status=422, body={"message": "AT credentials missing"})
    assert "AT credentials missing" in list_findings(await checked(harness))["SAF-T cannot be exported"][0]
    harness.sandbox.fault("GET", "export_saft", times=4, status=202, body={"message": "in progress"})
    assert (await checked(harness))["saft"] == "pending"


async def test_calls_whose_outcome_nobody_knows_are_named(harness: Harness) -> None:
    made = await harness.create_issued()
    harness.sandbox.fault("PUT", "email-document", status=500, body={})
    await harness.get_error("send_email", document_arguments(made, email="compras@acme.example"))
    rows = list_findings(await checked(harness))["calls whose outcome is not known"]
    assert len(rows) == 1
    assert rows[0].startswith(f"send_email invoices/{made['id']} (")


async def test_more_than_a_page_of_documents_is_read_to_the_end(harness: Harness) -> None:
    for _ in range(101):
        await sandbox_documents.create_draft(harness)
    shown = await checked(harness)
    assert shown["findings"][0]["count"] == 101
    assert len(shown["findings"][0]["rows"]) == 20


@pytest.mark.parametrize("given", [{"month": 0, "year": 2026}, {"month": 13, "year": 2026}, {"month": 1}])
async def test_a_month_that_does_not_exist_is_refused(harness: Harness, given: Json) -> None:
    assert await harness.get_refusal("month_end_check", given)
