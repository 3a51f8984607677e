"""`audit reconcile` reports every document in the account that was not approved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sql

from faults.cases import Ledger
from ix_tools.pipeline.account_reconciliation import reconcile
from ix_tools.pipeline.reconciliation_report import Month, ReconciliationReport
from ix_tools.sandbox.rows import Document as Row
from ix_tools.storage.schema import audit, intents
from tests.harness import Harness, document_arguments, guide, invoice
from tests.interfaces.cli.conftest import Cli, box, cli  # noqa: F401 - fixtures

NOVEMBER = Month.containing(date(2026, 11, 20))
PAY = {"amount": 50, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
Json = dict[str, Any]


@pytest.fixture
def ledger(harness: Harness) -> Iterator[Ledger]:
    """A user of the web application, outside ix-tools."""
    made = Ledger(harness.sandbox)
    yield made
    made.close()


async def reconcile_month(harness: Harness, month: Month = NOVEMBER) -> ReconciliationReport:
    """Return the report, after checking that only reads were sent and nothing was recorded."""
    harness.sandbox.clear_requests()
    with harness.context.store.reading() as connection:
        before = connection.execute(sql.select(sql.func.count()).select_from(audit)).scalar_one()
    result = await reconcile(harness.context, month)
    assert harness.list_writes() == []
    with harness.context.store.reading() as connection:
        assert connection.execute(sql.select(sql.func.count()).select_from(audit)).scalar_one() == before
    return result


def list_findings(result: ReconciliationReport) -> list[tuple[str, str, int | None, str]]:
    """Return the findings in short form."""
    return [(one.kind, one.document_type, one.id, one.number) for one in result.findings]


async def test_a_month_with_only_approved_documents_has_no_findings(harness: Harness) -> None:
    made = await harness.create_issued()
    paid = (await harness.call("generate_payment", {"document_id": made["id"], **PAY}))["receipt"]
    await harness.call("cancel_payment", {"receipt_id": paid["id"], "message": "Pagamento de outra fatura."})
    quote = (await harness.call("create_estimate", invoice(document_type="quotes")))["document"]
    await harness.call("change_state", document_arguments(quote, state="finalized"))
    goods = (await harness.call("create_guide", guide()))["document"]
    await harness.call("change_state", document_arguments(goods, state="finalized"))
    result = await reconcile_month(harness)
    assert list_findings(result) == []
    assert result.ok
    assert {(one.document_type, one.issued, one.matched) for one in result.series} == {
        (kind, 1, 1) for kind in ("invoices", "receipts", "quotes", "transports")
    }


async def test_the_receipt_of_a_settled_invoice_belongs_to_the_settling_entry(harness: Harness) -> None:
    made = await harness.create_issued()
    await harness.call("change_state", document_arguments(made, state="settled"))
    result = await reconcile_month(harness)
    assert (list_findings(result), result.documents) == ([], 2)


async def test_a_document_created_in_the_web_application_is_an_orphan(
    harness: Harness, ledger: Ledger
) -> None:
    number, receipt = ledger.create_issued(reference="web"), ledger.create_receipt()
    result = await reconcile_month(harness)
    assert not result.ok
    orphans = {one.id: one for one in result.findings if one.kind == "orphan"}
    assert {number, receipt} <= set(orphans)
    assert orphans[number].number == "1/2026"
    assert "no entry" in str(orphans[number].why)


async def test_a_draft_of_ours_that_was_issued_elsewhere_is_an_orphan(
    harness: Harness, ledger: Ledger
) -> None:
    made = await harness.create_draft()
    ledger.change_state("invoice", made["id"], "finalized")
    assert list_findings(await reconcile_month(harness)) == [("orphan", "invoices", made["id"], "1/2026")]


async def test_an_entry_without_its_approval_in_the_audit_trail_matches_nothing(harness: Harness) -> None:
    """An entry written into the journal by other means has no approval."""
    made = await harness.create_issued()
    with harness.context.store.writing() as connection:
        connection.execute(
            intents.update().where(intents.c.operation == "change_state").values(approval="FORGED00")
        )
    (found,) = (await reconcile_month(harness)).findings
    assert (found.kind, found.id) == ("orphan", made["id"])
    assert "no approval" in str(found.why)


async def test_two_documents_of_one_entry_are_duplicates_and_two_requested_ones_are_not(
    harness: Harness,
) -> None:
    first = (await harness.call("create_invoice", invoice()))["document"]
    second = (await harness.call("create_invoice", invoice(idempotency_key="another")))["document"]
    result = await reconcile_month(harness)
    assert [one.kind for one in result.findings] == ["draft", "draft", "twice"]
    assert result.ok
    with harness.context.store.writing() as connection:  # as if the second had come from a repeated request
        connection.execute(intents.delete().where(intents.c.made == f"invoices/{second['id']}"))
    result = await reconcile_month(harness)
    twins = [one for one in result.findings if one.kind == "duplicate"]
    assert [one.id for one in twins] == [first["id"], second["id"]]
    assert f"invoices/{second['id']}" in str(twins[0].why)
    assert not result.ok


async def test_lists_with_other_totals_make_no_duplicates(harness: Harness) -> None:
    """The documents themselves count, and not the list."""
    await harness.create_draft(reference="one")
    await harness.create_draft(reference="two")
    assert {one.kind for one in (await reconcile_month(harness)).findings} == {"draft"}


async def test_a_completed_entry_without_a_document_is_reported(harness: Harness, ledger: Ledger) -> None:
    made = await harness.create_draft()
    gone = await harness.create_draft(reference="deleted here")
    await harness.call("change_state", document_arguments(gone, state="deleted"))
    assert [one.kind for one in (await reconcile_month(harness)).findings] == ["draft"]
    ledger.call("PUT", f"/invoices/{made['id']}/change-state.json", {"invoice": {"state": "deleted"}})
    (found,) = (await reconcile_month(harness)).findings
    assert (found.kind, found.document_type, found.id) == ("no_document", "invoices", made["id"])


async def test_a_document_missing_from_a_list_is_read_by_its_id(harness: Harness) -> None:
    """Lists are late, so an unlisted document may exist."""
    made = await harness.create_issued()
    harness.sandbox.set_lag(60)
    result = await reconcile_month(harness)
    assert (list_findings(result), result.documents) == ([], 1)
    assert any(f"invoices/{made['id']}" in str(note) for note in result.notes)


async def test_a_missing_number_is_a_gap_in_its_series_only(harness: Harness, ledger: Ledger) -> None:
    numbers = [(await harness.create_issued(reference=str(at)))["id"] for at in range(4)]
    await harness.create_issued(document_type="simplified_invoices")
    with harness.sandbox.backend.store.transaction():
        kept = ledger.get_document(numbers[1])
        kept.status = "deleted"
        harness.sandbox.backend.store.save(kept)
        last = ledger.get_document(numbers[3])
        last.status = "deleted"
        harness.sandbox.backend.store.save(last)
    found = list_findings(await reconcile_month(harness))
    assert [one for one in found if one[0] == "gap"] == [
        ("gap", "invoices", None, "2/2026"),
        ("gap", "invoices", None, "4/2026"),
    ]


async def test_a_gap_at_the_start_of_the_month_is_found_from_the_month_before(
    harness: Harness, ledger: Ledger
) -> None:
    numbers = [(await harness.create_issued(reference=str(at)))["id"] for at in range(3)]
    with harness.sandbox.backend.store.transaction():
        for number, changes in ((numbers[0], {"date": "2026-10-31"}), (numbers[1], {"status": "deleted"})):
            harness.sandbox.backend.store.save(replace(ledger.get_document(number), **changes))
    found = list_findings(await reconcile_month(harness))
    assert ("gap", "invoices", None, "2/2026") in found
    assert numbers[0] not in {one[2] for one in found}, "October is another month"


async def test_drafts_are_listed_with_their_origin_and_need_no_attention(
    harness: Harness, ledger: Ledger
) -> None:
    made = await harness.create_draft()
    other = ledger.create_draft(reference="web")
    result = await reconcile_month(harness)
    assert result.ok
    whys = {one.id: str(one.why) for one in result.findings if one.kind == "draft"}
    assert "made by entry" in whys[made["id"]]
    assert "not made here" in whys[other]


async def test_an_unknown_outcome_is_listed_until_it_is_resolved(harness: Harness) -> None:
    made = await harness.create_issued()
    harness.sandbox.fault("PUT", "email", drop="after")
    await harness.get_error("send_email", document_arguments(made, email="a@acme.example"))
    result = await reconcile_month(harness)
    assert [(one.kind, one.id) for one in result.findings] == [("unknown", made["id"])]
    harness.context.journal.settle(result.findings[0].intent, happened=True)
    assert (await reconcile_month(harness)).ok


async def test_every_page_and_every_archive_is_read(harness: Harness, ledger: Ledger) -> None:
    row = ledger.get_document(ledger.create_draft())
    with harness.sandbox.backend.store.transaction():
        for number in range(2000, 2230):
            harness.sandbox.backend.store.save(
                replace(row, id=number, reference=str(number), archived=number % 2 == 0)
            )
    assert (await reconcile_month(harness)).documents == 231


async def test_rows_that_move_during_the_reading_of_a_list_are_not_skipped(
    harness: Harness, ledger: Ledger
) -> None:
    ledger.create_draft()
    answer = harness.read_raw("/invoices.json?type[]=Invoice")
    answer["pagination"]["total_entries"] = 2
    harness.sandbox.fault("GET", r"^/invoices\.json$", status=200, body=answer)
    with pytest.raises(Exception, match="changed while it was read"):
        await reconcile(harness.context, NOVEMBER)


def test_the_command_prints_a_table_or_json(cli: Cli) -> None:  # noqa: F811 - the fixture
    cli.run_approved(*cli.finalize(cli.draft()))
    whole = cli("audit", "reconcile", "--month", "2026-11")
    assert (whole.code, whole.body["ok"], whole.body["found"]) == (0, True, [])
    assert whole.body["series"] == [
        {"document_type": "invoices", "serie": "2026", "issued": 1, "matched": 1, "first": 1, "last": 1}
    ]
    assert "Everything that was issued was approved." in cli.text("audit", "reconcile", "--month", "2026-11")
    ledger = Ledger(cli.box)
    ledger.create_issued()
    ledger.close()
    ran = cli("audit", "reconcile", "--month", "2026-11")
    assert (ran.code, [one["kind"] for one in ran.body["found"]]) == (1, ["orphan"])
    shown = cli("--output", "text", "audit", "reconcile")  # November, by the clock
    assert shown.code == 1
    assert "not approved here" in shown.out
    assert "2/2026" in shown.out
    assert cli("audit", "reconcile", "--month", "2026-10").body["documents"] == 0


@pytest.mark.parametrize("month", ["2026-13", "november", "2026-1", "2026-11-20"])
def test_a_month_has_one_format(cli: Cli, month: str) -> None:  # noqa: F811 - the fixture
    assert cli("audit", "reconcile", "--month", month).code == 2


def test_the_rows_are_read_in_portuguese_too(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("INVOICEXPRESS_LANGUAGE", "pt")
    cli.draft()
    with cli.box.backend.store.transaction():
        (row,) = cli.box.backend.store.find(Row)
        assert row.status == "draft"
    assert "rascunho por emitir" in cli.text("audit", "reconcile", "--month", "2026-11")
