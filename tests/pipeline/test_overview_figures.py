"""The overview's figures are those of the operations: VAT of a period, lists of what is open, and drafts."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.figure_refresh import RefreshReport, refresh_all, refresh_part
from ix_tools.storage.database import Store
from ix_tools.storage.figure_readings import list_months
from ix_tools.storage.figure_sums import AGES, AccountFigures, FigureSums, Selection
from ix_tools.storage.schema import document_figures, month_figures
from tests.harness import TODAY, Harness, Json, document_arguments, exempt_line, line

DAY = date.fromisoformat(TODAY)
MONTH = "2026-11"
OPEN_AGE = {"not_due": (None, 0), "30": (1, 30), "60": (31, 60), "90": (61, 90), "more": (91, None)}


def load(context: CallContext, today: date = DAY) -> AccountFigures:
    sums, account = FigureSums(context.store), context.account.name
    return sums.load([account], list_months(today)[-1], today, context.approvals.clock())[account]


def with_store(harness: Harness, place: Path) -> CallContext:
    """Return a context with a store that has seen nothing."""
    store = Store(place)
    approvals = ApprovalRepository(store, 15, harness.context.approvals.clock)
    return replace(harness.context, store=store, approvals=approvals)


async def refresh(context: CallContext) -> RefreshReport:
    report = await refresh_all(context, 900)
    assert report.problem is None, report.problem
    return report


async def make_random_document(harness: Harness, chance: random.Random, bills: list[Json]) -> None:
    """Make a draft, an issued document, a note, a payment or a cancellation."""
    turn, name = chance.random(), f"Artigo {chance.getrandbits(40)}"
    payable = [one for one in bills if one["document_type"] == "invoices" and one["status"] == "final"]
    if turn < 0.2 and payable:
        one = chance.choice(payable)
        kind = chance.choice(["credit_notes", "credit_notes", "debit_notes"])
        note = {"document_type": kind, "owner_invoice_id": one["id"], "date": TODAY}
        await harness.create_issued(
            **note, items=[line(name=name, unit_price=1, tax=one["tax"])], due_date=TODAY
        )
    elif turn < 0.4 and payable:
        one = chance.choice(payable)
        amount = Decimal(chance.randint(1, 40)) if chance.random() < 0.6 else Decimal(60)
        given = {"amount": amount, "payment_mechanism": "TB", "payment_date": TODAY}
        await harness.call("generate_payment", {"document_id": one["id"], **given})
        bills.remove(one)
    elif turn < 0.5 and payable:
        one = payable[-1]
        bills.remove(one)
        reason = {"state": "canceled", "message": "Emitida por engano, sem efeito."}
        await harness.call("change_state", document_arguments(one, **reason))
    elif turn < 0.6:
        await harness.create_draft(items=[line(name=name, unit_price=chance.randint(1, 500))])
    else:
        price = Decimal(chance.randint(8000, 90_000)).scaleb(-2)
        tax = chance.choice(["IVA23", "IVA6", "IVA13"])
        items = [line(name=name, unit_price=price, tax=tax)]
        if chance.random() < 0.3:
            items.append(
                exempt_line(name=f"{name} isento", unit_price="0.855", quantity=chance.randint(1, 9))
            )
        kind = chance.choice(["invoices", "invoices", "invoice_receipts"])
        more: dict[str, Any] = {"retention": 11.5} if kind == "invoices" and chance.random() < 0.3 else {}
        due = f"+{chance.randint(0, 60)}d"
        exempt = {"tax_exemption": "M07", "accept": ["exemption_fits"]} if len(items) > 1 else {}
        made = await harness.create_issued(document_type=kind, items=items, due_date=due, **exempt, **more)
        bills.append({**made, "tax": tax})


async def compare(harness: Harness, context: CallContext, today: date) -> None:
    """Compare the figures with what the operations say now."""
    found = load(context, today)
    ((currency, figures),) = found.currencies.items()
    assert currency == "Euro"
    first = today.replace(day=1)
    for month in list_months(today)[:2]:
        begin = date.fromisoformat(f"{month}-01")
        end = (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        period = {"date_from": str(begin), "date_to": str(end)}
        vat = await harness.call("vat_summary", period)
        sums = figures.months.get(month)
        if sums is None:
            assert vat["documents"] == 0
            continue
        assert [str(one) for one in (sums.net, sums.vat, sums.total)] == [
            vat[name] for name in ("net", "vat", "total")
        ]
        assert sums.documents == vat["documents"]
        known = sorted((row[1], row[2], row[3], row[4], row[5]) for row in vat["rows"] if row[2])
        assert known == sorted(
            (tax, rate, exemption, str(one.net), str(one.vat))
            for (_, tax, rate, exemption), one in figures.rates[month].items()
            if rate
        )
    unpaid = await harness.call("list_invoices", {"unpaid": True, "archived": True, "per_page": 100})
    by_age: dict[str, Decimal] = {}
    for one in unpaid["invoices"]:
        days = one.get("days_overdue") or 0
        age = next(
            age
            for age, (low, high) in OPEN_AGE.items()
            if (low is None or days >= low) and (high is None or days <= high)
        )
        by_age[age] = by_age.get(age, Decimal(0)) + Decimal(one["open"])
    assert {age: one.total for age, one in figures.open.items()} == by_age
    assert sum(one.documents for one in figures.open.values()) == unpaid["total_entries"]
    assert str(sum((one.total for one in figures.open.values()), Decimal(0))) == (unpaid["open_total"] or "0")
    drafts = await harness.call("list_invoices", {"states": ["draft"], "archived": True, "per_page": 1})
    assert found.drafts == drafts["total_entries"]
    assert first.isoformat()[:7] == MONTH


@pytest.mark.parametrize("seed", [1, 2])
async def test_figures_and_operations_agree_on_a_random_account(
    harness: Harness, tmp_path: Path, seed: int
) -> None:
    chance, bills = random.Random(seed), list[Json]()
    for _ in range(25):
        await make_random_document(harness, chance, bills)
    await refresh(harness.context)
    await compare(harness, harness.context, DAY)
    # A store that has seen none of it reads the same.
    fresh = with_store(harness, tmp_path / "fresh.db")
    await refresh(fresh)
    await compare(harness, fresh, DAY)
    for context in (harness.context, fresh):
        check_sums(context)
    mine, theirs = load(harness.context), load(fresh)
    assert mine.currencies == theirs.currencies
    month_end = mine.readings["month_end"].content
    assert month_end is not None
    checked = await harness.call("month_end_check", {"month": 10, "year": 2026})
    assert (month_end["period"], month_end["ready"]) == (checked["period"], checked["ready"])
    assert [one["count"] for one in month_end["findings"]] == [one["count"] for one in checked["findings"]]
    fresh.store.close()


def check_sums(context: CallContext) -> None:
    """Check that the sums of the months are those of their documents, and that lists show the documents of a figure."""
    sums, account = FigureSums(context.store), context.account.name
    found = load(context)
    for currency, figures in found.currencies.items():
        for month, whole in figures.months.items():
            chosen = Selection((account,), "issued", month, currency=currency)
            shown = read_all(sums, chosen)
            assert (len(shown), sum(one.total for one in shown)) == (whole.documents, whole.total)
            for rate in figures.rates[month]:
                some = read_all(sums, replace(chosen, rate=rate))
                assert len(some) == figures.rates[month][rate].documents
        for age in AGES:
            shown = read_all(sums, Selection((account,), "open", age=age, currency=currency))
            expected = figures.open.get(age)
            assert sum(one.open for one in shown) == (expected.total if expected else 0)
    assert len(read_all(sums, Selection((account,), "drafts"))) == found.drafts
    with context.store.reading() as connection:
        negative = sql.select(month_figures).where(month_figures.c.documents < 0)
        assert connection.execute(negative).all() == []


def read_all(sums: FigureSums, wanted: Selection) -> list[Any]:
    found, key = list[Any](), ""
    while True:
        page, key = sums.list_documents(wanted, DAY, key)
        found += page
        if not key:
            return found


async def test_what_passes_through_is_in_the_figures_without_a_request(harness: Harness) -> None:
    made = await harness.create_draft(due_date="2026-11-20")
    assert load(harness.context).drafts == 1
    await harness.call("change_state", document_arguments(made, state="finalized"))
    found = load(harness.context)
    assert found.drafts == 0
    euro = found.currencies["Euro"]
    assert (str(euro.months[MONTH].net), str(euro.months[MONTH].total)) == ("100.00", "123.00")
    assert {rate[1:3]: str(one.vat) for rate, one in euro.rates[MONTH].items()} == {("IVA23", "23"): "23.00"}
    assert str(euro.open["not_due"].total) == "123.00"
    paid = {"document_id": made["id"], "amount": 23, "payment_mechanism": "TB", "payment_date": TODAY}
    await harness.call("generate_payment", paid)
    assert str(load(harness.context).currencies["Euro"].open["not_due"].total) == "100.00"
    note = {"document_type": "credit_notes", "owner_invoice_id": made["id"], "due_date": TODAY}
    await harness.create_issued(**note, items=[line(quantity="0.5")])
    euro = load(harness.context).currencies["Euro"]
    assert (str(euro.months[MONTH].net), euro.months[MONTH].documents) == ("50.00", 2)
    assert str(euro.open["not_due"].total) == "38.50"
    other = await harness.create_issued(items=[line(name="Outro", unit_price=7)])
    reason = {"state": "canceled", "message": "Emitida por engano, sem efeito."}
    await harness.call("change_state", document_arguments(other, **reason))
    assert str(load(harness.context).currencies["Euro"].months[MONTH].net) == "50.00"
    gone = await harness.create_draft(items=[line(name="Rascunho", unit_price=9)])
    await harness.call("change_state", document_arguments(gone, state="deleted"))
    assert load(harness.context).drafts == 0
    check_sums(harness.context)


async def test_what_changed_elsewhere_is_found(harness: Harness, tmp_path: Path) -> None:
    fresh = with_store(harness, tmp_path / "other.db")
    made, other = (
        await harness.create_issued(),
        await harness.create_issued(items=[line(name="Outro", unit_price=50)]),
    )
    draft = await harness.create_draft(items=[line(name="Rascunho", unit_price=9)])
    await refresh(fresh)
    before = load(fresh)
    assert (before.currencies["Euro"].months[MONTH].documents, before.drafts) == (2, 1)
    paid = {"document_id": made["id"], "amount": 123, "payment_mechanism": "TB", "payment_date": TODAY}
    await harness.call("generate_payment", paid)
    reason = {"state": "canceled", "message": "Emitida por engano, sem efeito."}
    await harness.call("change_state", document_arguments(other, **reason))
    await harness.call("change_state", document_arguments(draft, state="deleted"))
    assert load(fresh).currencies == before.currencies
    await refresh(fresh)
    after = load(fresh)
    assert after.currencies["Euro"].open == {}
    assert (after.currencies["Euro"].months[MONTH].documents, after.drafts) == (1, 0)
    check_sums(fresh)
    fresh.store.close()


async def test_a_reading_that_fails_says_so_and_keeps_what_was_read(harness: Harness, tmp_path: Path) -> None:
    fresh = with_store(harness, tmp_path / "other.db")
    await harness.create_issued()
    await refresh(fresh)
    before = load(fresh)
    for _ in range(8):
        harness.sandbox.fault("GET", "/invoices.json", status=503)
    report = await refresh_all(fresh, 900)
    assert report.problem is not None
    assert report.parts == [MONTH]
    after = load(fresh)
    assert after.currencies == before.currencies
    assert after.readings[MONTH].problem == report.problem.code
    assert after.readings[MONTH].read_at == before.readings[MONTH].read_at
    fresh.store.close()


async def test_parts_are_read_in_their_order_and_again_when_they_are_due(
    harness: Harness, tmp_path: Path
) -> None:
    fresh = with_store(harness, tmp_path / "other.db")
    now = 1_800_000_000.0
    fresh.store.clock = lambda: now
    report = await refresh(fresh)
    assert report.parts[:5] == [MONTH, "open", "drafts", "2026-10", "month_end"]
    assert report.parts[5:] == list_months(DAY)[2:]
    assert not await refresh_part(fresh, 900)
    now += 901
    due = 0
    while await refresh_part(fresh, 900):
        due += 1
    assert due == 4
    assert load(fresh).readings[MONTH].read_at == now
    fresh.store.close()


async def test_no_name_of_a_client_is_kept(harness: Harness) -> None:
    made = await harness.create_issued()
    await refresh(harness.context)
    with harness.context.store.reading() as connection:
        rows = [dict(row) for row in connection.execute(sql.select(document_figures)).mappings()]
    assert [row["document_id"] for row in rows] == [made["id"]]
    assert "ACME" not in str(rows)


async def test_an_account_that_may_not_be_listed_is_not_read(harness: Harness, tmp_path: Path) -> None:
    fresh = with_store(harness, tmp_path / "other.db")
    closed = replace(fresh, settings=fresh.settings.model_copy(update={"exclude": ("list_invoices",)}))
    before = len(harness.sandbox.requests())
    report = await refresh_all(closed, 900)
    assert report.problem is not None
    assert len(harness.sandbox.requests()) == before
    fresh.store.close()
